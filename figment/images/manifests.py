"""C2PA manifests: signed statements in a file of how it was made, and reading those of others.

Source: C2PA Technical Specification 2.2 (actions, ingredients, trust model), through c2pa-python. The library is opened when the
first file is signed or looked at: it is large, and a server that does neither needs none of it.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal

import structlog

from figment.images.errors import SigningFailed
from figment.images.provenance import GENERATOR, Made

log = structlog.get_logger(__name__)

# Nothing is fetched: a stranger's file may name any address as the place of its manifest. No thumbnails: they would tell more than
# the file does, and weigh more than all else.
_SETTINGS: dict[str, Any] = {
    "version": 1,
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_INPUT = "input"


@dataclass(frozen=True, slots=True)
class Own:
    """What our signatures are known by: the certificate that others rest on (PEM), the name in ours, and its number."""

    anchor: str
    subject: str
    serial: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What files are signed with. `chain`: PEM, the signer's own certificate first."""

    chain: bytes
    key: bytes
    algorithm: bytes
    timestamps: str | None
    own: Own
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ingredient:
    """The picture that another was made from."""

    data: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file's manifest comes to. `signer` is who the certificate names; that it is they, only trust in its issuer can say."""

    state: Literal["valid", "tampered", "unreadable"]
    by_us: bool
    signer: str | None
    generator: str | None
    source_type: str | None


UNREADABLE = Manifest("unreadable", by_us=False, signer=None, generator=None, source_type=None)


# -- signing --------------------------------------------------------------------------------------------------------------


class Signer:
    """Signs files with a certificate. Methods block: with an authority for timestamps, on the network too."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate

    def sign(self, data: bytes, mime: str, made: Made, source: Ingredient | None = None) -> bytes:
        """The file with a manifest that says that it was made here, with which model, and from which picture.

        Raises:
            SigningFailed: the authority for timestamps does not answer, or the library fails.
        """
        import c2pa

        own = self.certificate
        out = io.BytesIO()
        try:
            info = c2pa.C2paSignerInfo(own.algorithm, own.chain, own.key, own.timestamps)
            with (
                c2pa.Signer.from_info(info) as signer,
                c2pa.Context.from_dict(_SETTINGS) as context,
                c2pa.Builder.from_json(json.dumps(_definition(made, source)), context) as builder,
            ):
                if source is not None:
                    described = {"title": "source", "relationship": "inputTo", "label": _INPUT}
                    builder.add_ingredient(described, source.mime, io.BytesIO(source.data))
                builder.sign(signer, mime, io.BytesIO(data), out)
        except c2pa.C2paError as error:
            log.warning("c2pa.not_signed", error=str(error))
            raise SigningFailed from error
        return out.getvalue()


def _definition(made: Made, source: Ingredient | None) -> dict[str, Any]:
    action: dict[str, Any] = {
        "action": "c2pa.created",
        "digitalSourceType": made.source_type,
        "softwareAgent": {"name": made.model},
    }
    if source is not None:
        action["parameters"] = {"ingredientIds": [_INPUT]}
    return {
        "claim_generator_info": [{"name": GENERATOR, "version": version("figment")}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


# -- reading --------------------------------------------------------------------------------------------------------------


def read(data: bytes, mime: str, own: Own | None) -> Manifest | None:
    """What a stranger's file says in its manifest; None where it has none. Nothing is fetched.

    "By us" is what was signed with our certificate, or with an earlier one that the same issuer gave to the same name.
    """
    import c2pa

    trust = {"trust": {"user_anchors": own.anchor}} if own else {}
    try:
        with c2pa.Context.from_dict(_SETTINGS | trust) as context:
            reader = c2pa.Reader.try_create(mime, io.BytesIO(data), context=context)
            if reader is None:
                return None
            with reader:
                return _manifest(json.loads(reader.json()), own)
    except (c2pa.C2paError, ValueError, LookupError, TypeError, AttributeError):
        # The latter of a broken manifest, of which the library tells things that do not fit together.
        return UNREADABLE


def _manifest(found: dict[str, Any], own: Own | None) -> Manifest:
    active = found["manifests"][found["active_manifest"]]
    signature = active.get("signature_info") or {}
    anchored = "signingCredential.trusted" in _codes(found, "success")
    named = signature.get("cert_serial_number"), signature.get("common_name")
    is_ours = own is not None and anchored and (named[0] == own.serial or named[1] == own.subject)
    generators = active.get("claim_generator_info") or [{}]
    return Manifest(
        state="valid" if found.get("validation_state") in ("Valid", "Trusted") else "tampered",
        by_us=is_ours,
        signer=_short(signature.get("common_name") or signature.get("issuer")),
        generator=_short(generators[0].get("name")),
        source_type=_short(_source_type(active)),
    )


def _codes(found: dict[str, Any], kind: str) -> set[str]:
    results = (found.get("validation_results") or {}).get("activeManifest") or {}
    return {status.get("code", "") for status in results.get(kind) or []}


def _source_type(manifest: dict[str, Any]) -> str | None:
    for assertion in manifest.get("assertions") or []:
        if assertion.get("label", "").startswith("c2pa.actions"):
            for action in assertion["data"].get("actions") or []:
                if found := action.get("digitalSourceType"):
                    return str(found)
    return None


def _short(words: object) -> str | None:
    return str(words)[:200] if words else None
