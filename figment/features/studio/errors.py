"""What can go wrong in Studio."""

from figment.core.errors import FigmentError


class GenerationNotFound(FigmentError):
    """There is no such generation among yours."""

    status = 404
    code = "generation_not_found"


class CursorUnreadable(FigmentError):
    """This cursor is not one that this server gave. Begin again without it."""

    status = 422
    code = "cursor_unreadable"

    def __init__(self) -> None:
        super().__init__(errors=[{"field": "cursor", "message": self.message()}])
