"""What can go wrong with images."""

from figment.core.errors import FigmentError, Unavailable


class ImageUnreadable(FigmentError):
    """This file is not an image that can be read. Send a JPEG, PNG, GIF or WebP."""

    status = 422
    code = "image_unreadable"


class ImageTypeRefused(FigmentError):
    """Only JPEG, PNG, GIF and WebP images are taken."""

    status = 415
    code = "image_type_refused"


class ImageTooManyPixels(FigmentError):
    """This image has more pixels than are taken. Make it smaller and send it again."""

    status = 413
    code = "image_too_many_pixels"


class UploadNotThere(FigmentError):
    """Nothing was put at the upload's address yet, or its time has run out. Ask for a new one."""

    status = 409
    code = "upload_not_there"


class ImageBlocked(FigmentError):
    """This picture looks like one that is not allowed on this server, and was not kept. Ask its moderators if you think otherwise."""

    status = 422
    code = "image_blocked"


class ImageWithheld(FigmentError):
    """This picture is held until a moderator has looked at it, or was refused. Your decisions page says why, and how to appeal."""

    status = 403
    code = "image_withheld"


class SigningFailed(Unavailable):
    """The file could not be signed. Try again in a moment; if it stays, whoever runs this server finds the cause in its log."""

    code = "signing_failed"


class BadCertificate(Exception):
    """Files cannot be signed with what is configured. The message says why and what to do."""
