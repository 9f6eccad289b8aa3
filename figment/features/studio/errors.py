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


class CollectionNotFound(FigmentError):
    """There is no such collection among yours."""

    status = 404
    code = "collection_not_found"


class CollectionNameTaken(FigmentError):
    """You have a collection of this name already; small and capital letters count as the same. Choose another name."""

    status = 409
    code = "collection_name_taken"

    def __init__(self) -> None:
        super().__init__(errors=[{"field": "name", "message": self.message()}])


class TooManyCollections(FigmentError):
    """You have as many collections as one person may have. Delete one that you no longer need."""

    status = 409
    code = "too_many_collections"

    def __init__(self, most: int) -> None:
        super().__init__(errors=[{"field": "name", "message": f"One person may have {most} collections."}])


class CollectionFull(FigmentError):
    """The collection has no room for so many more images. Begin another one."""

    status = 409
    code = "collection_full"

    def __init__(self, most: int) -> None:
        super().__init__(errors=[{"field": "images", "message": f"One collection holds at most {most:,} images."}])


class ArchiveNotFound(FigmentError):
    """There is no such archive among yours, or its hour has run out. Ask for it again."""

    status = 404
    code = "archive_not_found"


class ArchiveRefused(FigmentError):
    """These images cannot be put into one archive."""

    status = 422
    code = "archive_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, errors=[{"field": "images", "message": reason}])
