"""What can go wrong between an OpenAI client and its picture."""

from figment.core.errors import FigmentError


class PictureRefused(FigmentError):
    """The model cannot make this picture. Change what is asked."""

    status = 422
    code = "picture_refused"


class PictureFailed(FigmentError):
    """The picture failed each time it was tried. Try again later; if it stays, tell whoever runs this server."""

    status = 500
    code = "picture_failed"


class PictureCancelled(FigmentError):
    """The picture was cancelled before it was done. Ask again if you still want it."""

    status = 409
    code = "picture_cancelled"
