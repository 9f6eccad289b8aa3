"""What can be wrong with a model."""


class BrokenModel(Exception):
    """A model cannot be used. The message names its folder and what is wrong with it."""
