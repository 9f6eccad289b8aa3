"""Sign-in with OpenID Connect: the authorization code flow with PKCE, state bound to the browser, and a nonce.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (best practice).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from figment.accounts.errors import ProviderFailed
from figment.core.settings import OidcProvider

log = structlog.get_logger(__name__)

# Signatures only: with an HMAC, or none, whoever knows the public key, or nothing, could sign.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_TIMEOUT_S = 10
_KEPT_S = 3600
_LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says this is. Only `issuer` and `subject` together name somebody; the rest are words to show."""

    issuer: str
    subject: str
    name: str | None
    label: str


class Provider:
    """One provider that the operator has named. What it publishes is read when it is first needed, and kept for an hour."""

    def __init__(self, settings: OidcProvider) -> None:
        self.id = settings.id
        self.name = settings.name
        self._settings = settings
        self._published: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = float("-inf")

    async def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent to sign in.

        Raises:
            ProviderFailed.
        """
        published = await self._discover()
        async with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                published["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
            return str(url)

    async def claims(self, redirect_uri: str, code: str, nonce: str, verifier: str, issuer: str | None) -> Claims:
        """Who came back with `code`. `issuer` is what the answer itself said, where the provider says it.

        Raises:
            ProviderFailed: the provider is away, or what it says does not hold.
        """
        published = await self._discover()
        if issuer is not None and issuer != self._settings.issuer:
            raise ProviderFailed("The answer came from another service than the one that was asked. Start again.")
        try:
            async with self._client(redirect_uri) as client:
                tokens = await client.fetch_token(published["token_endpoint"], code=code, code_verifier=verifier)
                found = await self._checked(str(tokens["id_token"]), nonce)
                if not found.get("name") and (endpoint := published.get("userinfo_endpoint")):
                    more = (await client.get(endpoint)).raise_for_status().json()
                    # Core, section 5.3.2: without this, a provider that mixes its users up would mix ours.
                    if more.get("sub") == found["sub"]:
                        found = more | found
        except (AuthlibBaseError, httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("oidc.refused", provider=self.id, error=repr(error))
            raise ProviderFailed from error
        name = found.get("name") or found.get("preferred_username")
        label = found.get("email") or found.get("preferred_username") or name or ""
        return Claims(self._settings.issuer, str(found["sub"]), str(name)[:60] if name else None, str(label)[:120])

    async def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token whose signature, issuer, audience, time and nonce hold (Core, section 3.1.3.7)."""
        assert self._keys is not None
        try:
            decoded = jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # A key of before: providers change them.
            self._read_at = float("-inf")
            await self._discover()
            decoded = jwt.decode(token, self._keys, algorithms=_ALGORITHMS)
        claims = dict(decoded.claims)
        JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._settings.client_id:
            raise ValueError("the id token is for somebody else")
        return claims

    async def _discover(self) -> dict[str, Any]:
        if time.monotonic() - self._read_at < _KEPT_S:
            return self._published
        address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
                published = (await client.get(address)).raise_for_status().json()
                if published["issuer"] != self._settings.issuer:
                    raise ValueError(f"{address} speaks for {published['issuer']}")
                keys = KeySet.import_key_set((await client.get(published["jwks_uri"])).raise_for_status().json())
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("oidc.away", provider=self.id, error=repr(error))
            raise ProviderFailed from error
        self._published, self._keys, self._read_at = published, keys, time.monotonic()
        return self._published

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        methods = self._published.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = self._settings.client_secret
        method = "none" if secret is None else next((one for one in methods if one.startswith("client_secret_")), None)
        return AsyncOAuth2Client(
            client_id=self._settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=method,
            scope="openid profile email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )
