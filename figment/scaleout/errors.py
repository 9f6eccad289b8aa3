"""What can be wrong with the pool."""


class NoPool(Exception):
    """The pool cannot be used. The message says why, and what the operator can do."""


def first_line(error: Exception) -> str:
    """Ray's errors go on for pages."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
