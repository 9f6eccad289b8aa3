"""What can go wrong with accounts."""

from figment.core.errors import FigmentError, InvalidInput


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
    """An API token may not do this, so that one that leaks cannot take an account over. Do it in a browser that is signed in."""

    status = 403
    code = "session_needed"


class AccountNeeded(FigmentError):
    """Guests cannot do this. Sign up first; what you made as a guest stays yours."""

    status = 403
    code = "account_needed"


class AccountSuspended(FigmentError):
    """This account is suspended. You can still see, export and delete what is yours; the moderators' page says why."""

    status = 403
    code = "account_suspended"


class AccountMuted(FigmentError):
    """For now you cannot share, report or comment here. Your decisions page says why, and until when."""

    status = 403
    code = "account_muted"


class SignInAgain(FigmentError):
    """For this you must have signed in during the last ten minutes. Sign in again, then repeat it."""

    status = 403
    code = "sign_in_again"


class TooManyTokens(FigmentError):
    """You have as many API tokens as one person may have. Revoke one that is no longer used."""

    status = 409
    code = "too_many_tokens"


class RegistrationRefused(FigmentError):
    """Nobody can sign up here by themselves. Ask whoever runs this server."""

    status = 403
    code = "registration_closed"


class InviteNeeded(FigmentError):
    """Signing up here needs an invitation. This one is missing, was used up or has expired: ask for a new one."""

    status = 403
    code = "invite_needed"


class UsernameTaken(InvalidInput):
    """Somebody has this name already. Choose another one."""

    status = 409
    code = "username_taken"

    def __init__(self) -> None:
        super().__init__(self.message(), field="username")


class PasswordRefused(InvalidInput):
    """This password is too easy to guess. Take a longer one, such as four words that do not belong together."""

    code = "password_refused"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.message(), field="password")


class WrongPassword(FigmentError):
    """The name or the password is wrong. Names and passwords are told apart by neither."""

    status = 401
    code = "wrong_password"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "The name or the password is wrong.")


class AlreadySignedUp(FigmentError):
    """You have an account and are signed in to it. Sign out first to make another one."""

    status = 409
    code = "already_signed_up"


class LinkSpent(FigmentError):
    """This link was used already or has expired. Ask for a new one."""

    status = 403
    code = "link_spent"


class CeremonyOver(FigmentError):
    """This sign-in took too long, or was begun in another browser. Start it again."""

    status = 400
    code = "ceremony_over"


class PasskeyRefused(FigmentError):
    """This passkey was not accepted. Try again, or sign in another way."""

    status = 403
    code = "passkey_refused"


class TooManyPasskeys(FigmentError):
    """You have as many passkeys as one person may have. Remove one that is no longer used."""

    status = 409
    code = "too_many_passkeys"


class LastWayIn(FigmentError):
    """Without this you could not sign in any more. Add another passkey or a password first."""

    status = 409
    code = "last_way_in"


class LastAdmin(FigmentError):
    """This is the only administrator. Make somebody else one first."""

    status = 409
    code = "last_admin"


class ProviderFailed(FigmentError):
    """The service that you sign in with did not answer as it should. Try again; if it stays, tell whoever runs this server."""

    status = 502
    code = "provider_failed"


class IdentityTaken(FigmentError):
    """Somebody else's account here is connected with this sign-in already."""

    status = 409
    code = "identity_taken"


class NoMail(FigmentError):
    """This server sends no mail. Ask whoever runs it for a link: `figment admin reset NAME` prints one."""

    status = 409
    code = "no_mail"
