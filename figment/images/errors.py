"""What can go wrong with images."""

from figment.core.errors import FigmentError


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
