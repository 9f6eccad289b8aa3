"""What can be wrong with a model."""


class BrokenModel(Exception):
    """A model cannot be used. The message names its folder and what is wrong with it."""

    code = "broken_model"


class NoSuchModel(BrokenModel):
    """Nobody has a model of that name: neither this machine nor the hub."""

    code = "no_such_model"


class NeedsToken(BrokenModel):
    """The hub gives this model only to whom its authors let have it."""

    code = "needs_token"


class HubUnreachable(BrokenModel):
    """The model is not on this machine, and the hub did not answer."""

    code = "hub_unreachable"


class NotEnoughMemory(BrokenModel):
    """The device has less room than the weights take."""

    code = "not_enough_memory"
