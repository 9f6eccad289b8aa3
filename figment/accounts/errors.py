"""What can go wrong with accounts."""

from figment.core.errors import FigmentError


class ClaimSpent(FigmentError):
    """This link was used already, or the server was started anew since it was printed. Start the server again for a fresh one."""

    status = 403
    code = "claim_spent"
