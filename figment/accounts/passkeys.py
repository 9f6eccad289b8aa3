"""Passkeys: Web Authentication level 3 by py_webauthn. What is asked of a browser, and whether its answer holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from figment.accounts.errors import PasskeyRefused

_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "internal", "cable", "hybrid"})
# What py_webauthn raises for an answer that is not even shaped like one.
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Asked:
    """`challenge`, base64url, comes back signed; `options` is for the browser."""

    challenge: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewPasskey:
    credential: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    synced: bool

    def columns(self, name: str | None) -> dict[str, Any]:
        return {
            "credential": self.credential,
            "public_key": self.public_key,
            "sign_count": self.sign_count,
            "transports": self.transports,
            "synced": self.synced,
            "name": name or "Passkey",
        }


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """This site as browsers know it: a passkey works at `origin` only, and belongs to the host `id`."""

    id: str
    origin: str

    def ask_for_new(self, person: UUID, username: str, name: str, known: Sequence[bytes]) -> Asked:
        """A passkey that can be found without a name, and that asks its holder for a fingerprint or a PIN: it stands alone, no password
        beside it."""
        options = generate_registration_options(
            rp_id=self.id,
            rp_name="Figment",
            user_id=person.bytes,
            user_name=username,
            user_display_name=name,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return Asked(bytes_to_base64url(options.challenge), json.loads(options_to_json(options)))

    def ask_for_any(self) -> Asked:
        options = generate_authentication_options(rp_id=self.id, user_verification=UserVerificationRequirement.REQUIRED)
        return Asked(bytes_to_base64url(options.challenge), json.loads(options_to_json(options)))

    def accept_new(self, answer: dict[str, Any], challenge: str) -> NewPasskey:
        """
        Raises:
            PasskeyRefused: the answer does not hold.
        """
        try:
            found = verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=self.origin,
                require_user_verification=True,
            )
            transports = answer.get("response", {}).get("transports") or []
        except _BROKEN as error:
            raise PasskeyRefused from error
        return NewPasskey(
            credential=found.credential_id,
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
            transports=[one for one in transports if one in _TRANSPORTS],
            synced=found.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        )

    def credential_of(self, answer: dict[str, Any]) -> bytes:
        """
        Raises:
            PasskeyRefused: there is none in it.
        """
        try:
            return base64url_to_bytes(answer["rawId"])
        except _BROKEN as error:
            raise PasskeyRefused from error

    def accept(self, answer: dict[str, Any], challenge: str, public_key: bytes, sign_count: int) -> int:
        """The passkey's new counter.

        Raises:
            PasskeyRefused: the answer does not hold, or the counter went back: the key was copied.
        """
        try:
            found = verify_authentication_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=self.origin,
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except _BROKEN as error:
            raise PasskeyRefused from error
        return found.new_sign_count
