"""What can go wrong with accounts."""

from figment.core.errors import FigmentError


class ClaimSpent(FigmentError):
    """This link was used already, or the server was started anew since it was printed. Start the server again for a fresh one."""

    status = 403
    code = "claim_spent"


class MissingScope(FigmentError):
    """This API token was made without the scope that is needed here. Make another one that has it."""

    status = 403
    code = "missing_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API token was made without the scope `{scope}`. Make another one that has it.")


class SessionNeeded(FigmentError):
    """An API token may not do this, so that one that leaks cannot make others. Do it in a browser that is signed in."""

    status = 403
    code = "session_needed"


class GuestsHaveNoTokens(FigmentError):
    """Guests cannot have API tokens: once the browser's cookie is gone, nobody could revoke them. Sign up first, or ask whoever runs this server."""

    status = 403
    code = "guests_have_no_tokens"


class TooManyTokens(FigmentError):
    """You have as many API tokens as one person may have. Revoke one that is no longer used."""

    status = 409
    code = "too_many_tokens"
