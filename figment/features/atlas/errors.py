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
    """Only its owner and whom they let in paint in this world. Make a world of your own, or paint in one that is everyone's."""

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


class NothingToErase(FigmentError):
    """Nothing is painted here. Move the frame to where something is, or mark something that is."""

    status = 422
    code = "nothing_to_erase"


class NothingToChoose(FigmentError):
    """This edit has no such candidate: it was chosen or discarded already, or this one is not made yet."""

    status = 409
    code = "nothing_to_choose"


class NothingToPaint(FigmentError):
    """Everything in this frame is painted already. Move the frame to where something is blank, or paint a mask over what is to be made anew."""

    status = 422
    code = "nothing_to_paint"


class WorldIsFull(FigmentError):
    """So many people look at this world now that no more can be shown to each other. The map itself can be looked at; try again later to be seen."""

    status = 503
    code = "world_is_full"


class WorldNotYours(FigmentError):
    """Only the owner of a world, or an administrator, may do this to it; to take back what somebody painted there, a moderator may as well."""

    status = 403
    code = "world_not_yours"


class TooManyWorlds(FigmentError):
    """You have as many worlds as one may have. Delete one that is not needed any more."""

    status = 409
    code = "too_many_worlds"


class WrongWorldName(FigmentError):
    """Give the name of the world as it is written, to say that you mean it: with a world goes everything that was painted in it."""

    status = 422
    code = "wrong_world_name"


class PersonNotFound(FigmentError):
    """Nobody here has this username. Guests have none: send them the invitation link."""

    status = 404
    code = "person_not_found"


class TooManyMembers(FigmentError):
    """This world has as many members as one can have. Remove some, or let everyone paint."""

    status = 409
    code = "too_many_members"


class InvitationNotFound(FigmentError):
    """This invitation is over, or was never made. Ask for a new link."""

    status = 404
    code = "invitation_not_found"


class AuthorGone(FigmentError):
    """Who made this has left: what else they made is not known any more. Take back each edit by itself."""

    status = 409
    code = "author_gone"


class EditRolledBack(FigmentError):
    """The owner of this world, or a moderator, took this back with everything that you painted there. Ask them to bring it again."""

    status = 403
    code = "edit_rolled_back"


class RollbackNotDone(FigmentError):
    """This is not over yet, or was brought again already."""

    status = 409
    code = "rollback_not_done"


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
