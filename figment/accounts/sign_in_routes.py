"""HTTP of signing up and in, and of what one signs in with."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse

from figment.accounts.asking import (
    Allowed,
    cookie_name,
    drop_cookie,
    relying_party,
    send_cookie,
    site_of,
    spend,
    visit_of,
    visitor_of,
)
from figment.accounts.errors import (
    AccountNeeded,
    AlreadySignedUp,
    CeremonyOver,
    IdentityTaken,
    InviteNeeded,
    LastWayIn,
    LinkSpent,
    NoMail,
    PasskeyRefused,
    PasswordRefused,
    ProviderFailed,
    RegistrationRefused,
    SessionNeeded,
    SignInAgain,
    TooManyPasskeys,
    UsernameTaken,
    WrongPassword,
)
from figment.accounts.schemas import (
    Ceremony,
    EmailChange,
    LinkToken,
    PasskeyAnswer,
    PasskeySignUp,
    PasswordChange,
    Person,
    Reset,
    ResetRequest,
    Session,
    SignIn,
    SignInOptions,
    SignUp,
)
from figment.accounts.service import require_recent
from figment.accounts.signing_in import Entered, Return, SigningIn
from figment.core.errors import FigmentError, InvalidInput, NotFound, NotSignedIn, RateLimited, Unavailable
from figment.core.problems import problems

router = APIRouter(prefix="/api", tags=["signing in"])

_BROWSER = "figment-oidc"
_BROWSER_S = 600


async def signing_in(request: Request) -> SigningIn:
    service: SigningIn = request.app.state.signing_in
    return service


Door = Annotated[SigningIn, Depends(signing_in)]
Anybody = Annotated[Person | None, Allowed("account.sign_in")]
# Who may change what an account is entered with: its holder, just after having shown that it is them.
Holder = Annotated[Person, Allowed("account.credentials")]


async def _recent(request: Request) -> None:
    if visit := await visit_of(request):
        require_recent(visit)


Recent = Depends(_recent)


def _in(request: Request, entered: Entered) -> Session:
    send_cookie(request, entered.token)
    return Session(person=entered.person)


@router.get("/sign-in", responses=problems(RateLimited))
async def sign_in_options(request: Request, door: Door, _: Anybody) -> SignInOptions:
    """How one may come in here."""
    return SignInOptions(
        registration=request.app.state.settings.registration,
        guests=request.app.state.settings.guests,
        passkeys=True,
        mail=door.sends_mail,
        providers=[SignInOptions.Provider(id=provider.id, name=provider.name) for provider in door.providers],
    )


@router.post(
    "/sign-up",
    status_code=201,
    responses=problems(
        RegistrationRefused, InviteNeeded, AlreadySignedUp, UsernameTaken, PasswordRefused, RateLimited, Unavailable
    ),
)
async def sign_up(asked: SignUp, request: Request, door: Door, _: Anybody) -> Session:
    """Make an account. Whoever is here as a guest keeps what they made."""
    await spend(request, "sign_ups", address=True)
    return _in(request, await door.sign_up(await visitor_of(request), asked))


@router.post("/sign-in", responses=problems(WrongPassword, InvalidInput, RateLimited, Unavailable))
async def sign_in(asked: SignIn, request: Request, door: Door, _: Anybody) -> Session:
    """Sign in with a name and a password."""
    await spend(request, "sign_ins", f"name:{asked.username.lower()}", address=True)
    return _in(request, await door.sign_in(await visitor_of(request), asked))


@router.put(
    "/account/password",
    responses=problems(
        NotSignedIn,
        SessionNeeded,
        AccountNeeded,
        WrongPassword,
        UsernameTaken,
        PasswordRefused,
        RateLimited,
        Unavailable,
    ),
)
async def change_password(asked: PasswordChange, request: Request, door: Door, person: Holder) -> Session:
    """Set or change my password; every other browser is signed out."""
    await spend(request, "sign_ins", f"person:{person.id}")
    visitor = await visitor_of(request)
    if asked.current is None and visitor.visit:
        # Without a password to ask for, a browser that was left open must not be enough.
        require_recent(visitor.visit)
    return _in(request, await door.change_password(visitor, person, asked))


@router.delete(
    "/account/password",
    status_code=204,
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, NotFound, LastWayIn),
)
async def remove_password(door: Door, person: Holder) -> None:
    """Sign in with passkeys only."""
    await door.remove_password(person)


# -- mail and links -----------------------------------------------------------------------------------------------------


@router.put(
    "/account/email",
    status_code=204,
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, NoMail, InvalidInput, RateLimited),
)
async def change_email(asked: EmailChange, request: Request, door: Door, person: Holder) -> None:
    """The address to write to when I forget my password. A link is sent there, to prove that it is mine."""
    if asked.email:
        await spend(request, "resets", f"email:{asked.email.lower()}", f"person:{person.id}", address=True)
    await door.set_email(person, asked.email, site_of(request))


@router.post("/account/email/verify", status_code=204, responses=problems(LinkSpent, InvalidInput, RateLimited))
async def verify_email(asked: LinkToken, request: Request, door: Door, _: Anybody) -> None:
    """Prove an address with the link that was sent to it."""
    await spend(request, "sign_ins", address=True)
    await door.verify_email(asked.token)


@router.post("/reset/request", status_code=204, responses=problems(NoMail, InvalidInput, RateLimited))
async def request_reset(asked: ResetRequest, request: Request, door: Door, _: Anybody) -> None:
    """Have a link to a new password sent. The answer is the same whether or not the address is somebody's."""
    await spend(request, "resets", f"email:{asked.email.lower()}", address=True)
    await door.forgot(asked.email, site_of(request))


@router.post("/reset", responses=problems(LinkSpent, PasswordRefused, RateLimited, Unavailable))
async def reset_password(asked: Reset, request: Request, door: Door, _: Anybody) -> Session:
    """Set a new password with a link; every browser of before is signed out, and this one in."""
    await spend(request, "sign_ins", address=True)
    return _in(request, await door.reset(await visitor_of(request), asked.token, asked.password))


# -- passkeys -----------------------------------------------------------------------------------------------------------


@router.post(
    "/passkeys/sign-up",
    responses=problems(RegistrationRefused, AlreadySignedUp, UsernameTaken, InvalidInput, RateLimited),
)
async def begin_passkey_sign_up(asked: PasskeySignUp, request: Request, door: Door, _: Anybody) -> Ceremony:
    """What to hand to `navigator.credentials.create()` to make an account with a passkey."""
    await spend(request, "sign_ups", address=True)
    return await door.begin_passkey_sign_up(relying_party(request), await visitor_of(request), asked)


@router.post(
    "/passkeys/sign-up/finish",
    status_code=201,
    responses=problems(
        CeremonyOver, PasskeyRefused, RegistrationRefused, InviteNeeded, AlreadySignedUp, UsernameTaken, InvalidInput
    ),
)
async def finish_passkey_sign_up(answer: PasskeyAnswer, request: Request, door: Door, _: Anybody) -> Session:
    """Make the account with what the browser gave."""
    visitor = await visitor_of(request)
    return _in(request, await door.finish_passkey_sign_up(relying_party(request), visitor, answer))


@router.post("/passkeys/sign-in", responses=problems(RateLimited))
async def begin_passkey_sign_in(request: Request, door: Door, _: Anybody) -> Ceremony:
    """What to hand to `navigator.credentials.get()` to sign in with a passkey."""
    await spend(request, "sign_ins", address=True)
    return await door.begin_passkey_sign_in(relying_party(request))


@router.post("/passkeys/sign-in/finish", responses=problems(CeremonyOver, PasskeyRefused, InvalidInput))
async def finish_passkey_sign_in(answer: PasskeyAnswer, request: Request, door: Door, _: Anybody) -> Session:
    """Sign in with what the browser gave."""
    visitor = await visitor_of(request)
    return _in(request, await door.finish_passkey_sign_in(relying_party(request), visitor, answer))


@router.post(
    "/passkeys",
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, TooManyPasskeys),
)
async def begin_adding_passkey(request: Request, door: Door, person: Holder) -> Ceremony:
    """What to hand to `navigator.credentials.create()` to add a passkey to my account."""
    return await door.begin_adding_passkey(relying_party(request), person)


@router.post(
    "/passkeys/finish",
    status_code=204,
    responses=problems(
        NotSignedIn, SessionNeeded, AccountNeeded, CeremonyOver, PasskeyRefused, TooManyPasskeys, InvalidInput
    ),
)
async def finish_adding_passkey(answer: PasskeyAnswer, request: Request, door: Door, person: Holder) -> None:
    """Add the passkey that the browser made."""
    await door.add_passkey(relying_party(request), person, answer)


@router.delete(
    "/passkeys/{passkey}",
    status_code=204,
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, NotFound, LastWayIn),
)
async def remove_passkey(passkey: UUID, door: Door, person: Holder) -> None:
    """Forget a passkey of mine."""
    await door.remove_passkey(person, passkey)


# -- services elsewhere -------------------------------------------------------------------------------------------------


@router.get(
    "/sign-in/{provider}",
    status_code=307,
    response_class=RedirectResponse,
    responses=problems(NotFound, ProviderFailed, RateLimited),
)
async def depart(
    provider: str, request: Request, door: Door, _: Anybody, inside: Annotated[str, Query(max_length=500)] = "/"
) -> RedirectResponse:
    """Off to a service to sign in there; `inside` is where in the app to go on afterwards."""
    await spend(request, "sign_ins", address=True)
    return await _depart(provider, request, door, inside, None)


@router.get(
    "/account/identities/{provider}/connect",
    status_code=307,
    response_class=RedirectResponse,
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, NotFound, ProviderFailed),
)
async def connect_identity(provider: str, request: Request, door: Door, person: Holder) -> RedirectResponse:
    """Off to a service, to connect its account with mine."""
    return await _depart(provider, request, door, "/account", person)


async def _depart(
    provider: str, request: Request, door: SigningIn, inside: str, connecting: Person | None
) -> RedirectResponse:
    departure = await door.depart(provider, f"{site_of(request)}/api/sign-in/{provider}/return", inside, connecting)
    send_cookie(request, departure.browser, _BROWSER, _BROWSER_S)
    return RedirectResponse(departure.url, 307, {"Cache-Control": "no-store"})


@router.get("/sign-in/{provider}/return", status_code=303, response_class=RedirectResponse)
async def arrive(
    provider: str,
    request: Request,
    door: Door,
    _: Anybody,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str | None, Query(max_length=4000)] = None,
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> RedirectResponse:
    """Where a service sends the browser back to. Whatever went wrong is told on the sign-in page."""
    browser = request.cookies.get(cookie_name(request, _BROWSER))
    try:
        await spend(request, "sign_ins", address=True)
        entered, inside = await door.arrive(await visitor_of(request), Return(provider, state, code, iss, browser))
    except FigmentError as error:
        drop_cookie(request, _BROWSER)
        return RedirectResponse(f"/sign-in?failed={error.code}", 303, {"Cache-Control": "no-store"})
    drop_cookie(request, _BROWSER)
    send_cookie(request, entered.token)
    return RedirectResponse(inside, 303, {"Cache-Control": "no-store"})


@router.delete(
    "/account/identities/{identity}",
    status_code=204,
    dependencies=[Recent],
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, SignInAgain, NotFound, LastWayIn, IdentityTaken),
)
async def remove_identity(identity: UUID, door: Door, person: Holder) -> None:
    """Disconnect a service's account from mine."""
    await door.remove_identity(person, identity)
