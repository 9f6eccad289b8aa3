"""A security key in software: real keys and signatures (Web Authentication level 3, section 6), without a browser."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Credential:
    id: bytes
    key: ec.EllipticCurvePrivateKey
    handle: bytes
    count: int = 0


@dataclass
class Authenticator:
    """Holds one passkey. `verifies`: it asked for a fingerprint."""

    origin: str
    verifies: bool = True
    credential: Credential | None = field(default=None)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create()` gives, as JSON."""
        handle = base64url_to_bytes(options["user"]["id"])
        made = Credential(secrets.token_bytes(32), ec.generate_private_key(ec.SECP256R1()), handle)
        self.credential = made
        point = made.key.public_key().public_numbers()
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + len(made.id).to_bytes(2, "big") + made.id + public
        data = self._data(options["rp"]["id"], _ATTESTED) + attested
        response = {
            "clientDataJSON": self._client("webauthn.create", options["challenge"]),
            "attestationObject": bytes_to_base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "something new"],
        }
        return self._answer(response)

    def get(self, options: dict[str, Any], origin: str | None = None) -> dict[str, Any]:
        """What `navigator.credentials.get()` gives, as JSON."""
        made = self._made()
        made.count += 1
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"], origin)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        response = {
            "clientDataJSON": client,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(made.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": bytes_to_base64url(made.handle),
        }
        return self._answer(response)

    def _made(self) -> Credential:
        assert self.credential is not None
        return self.credential

    def _data(self, party: str, more: int) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + self._made().count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str | None = None) -> str:
        words = {"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(words).encode())

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = bytes_to_base64url(self._made().id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
