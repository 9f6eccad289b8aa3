"""What can go wrong in Atlas."""

from __future__ import annotations

from figment.core.errors import FigmentError


class WorldNotFound(FigmentError):
    """There is no such world."""

    status = 404
    code = "world_not_found"


class WorldNameTaken(FigmentError):
    """There is a world at this address already. Choose another name."""

    status = 409
    code = "world_name_taken"


class NotYourWorld(FigmentError):
    """Only its owner paints in this world. Make a world of your own, or paint in one that is everyone's."""

    status = 403
    code = "not_your_world"


class EditNotFound(FigmentError):
    """There is no such edit in this world."""

    status = 404
    code = "edit_not_found"


class EditNotYours(FigmentError):
    """Only who made an edit, or a moderator, takes it back or brings it again."""

    status = 403
    code = "edit_not_yours"


class EditNotDone(FigmentError):
    """This edit is not in the state for it: what is painted can be taken back, and what was taken back can be brought again."""

    status = 409
    code = "edit_not_done"


class NothingToPaint(FigmentError):
    """Everything in this frame is painted already. Move the frame to where something is blank, or paint a mask over what is to be made anew."""

    status = 422
    code = "nothing_to_paint"


class ExportTooLarge(FigmentError):
    """This is more than one export may hold. Choose a smaller rectangle, or a zoom from further away."""

    status = 422
    code = "export_too_large"


class NothingToExport(FigmentError):
    """Nothing is painted there yet. Paint something, or choose another rectangle."""

    status = 422
    code = "nothing_to_export"


class ExportsBusy(FigmentError):
    """As many exports are being made as this server makes at a time. Try again in a moment."""

    status = 503
    code = "exports_busy"
