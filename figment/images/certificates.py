"""The certificate that signs files: read, and tried before anything depends on it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from PIL import Image

from figment.images.errors import BadCertificate, SigningFailed
from figment.images.manifests import Certificate, Own, Signer, read
from figment.images.provenance import Made

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

# C2PA Technical Specification 2.2, section 13.2.
_CURVES = {"secp256r1": b"es256", "secp384r1": b"es384", "secp521r1": b"es512"}
_MANUAL = "docs/howto/provenance.md says which certificates will do."


def open_certificate(chain: Path | None, key: Path | None, timestamps: str | None = None) -> Certificate | None:
    """What `FIGMENT_C2PA_CERTIFICATE` and `FIGMENT_C2PA_KEY` name; None where neither is set.

    Raises:
        BadCertificate: they cannot be read, do not belong together, have run out, or may not sign.
    """
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        lacks = "FIGMENT_C2PA_CERTIFICATE" if chain is None else "FIGMENT_C2PA_KEY"
        raise BadCertificate(f"{lacks} is not set. Set both settings to sign files, or none.")
    certificates, private = _certificates(chain), _private_key(key)
    leaf = certificates[0]
    if leaf.public_key() != private.public_key():
        raise BadCertificate(
            f"{key} is not the key of the first certificate in {chain}. Put the signer's own certificate first, then its issuers."
        )
    _check_dates(leaf, chain)
    names = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    found = Certificate(
        chain=b"".join(each.public_bytes(Encoding.PEM) for each in certificates),
        key=key.read_bytes(),
        algorithm=_algorithm(private, key),
        timestamps=timestamps,
        own=Own(
            anchor=certificates[-1].public_bytes(Encoding.PEM).decode(),
            subject=str(names[0].value) if names else leaf.subject.rfc4514_string(),
            serial=str(leaf.serial_number),
        ),
        expires_at=leaf.not_valid_after_utc,
    )
    _try(found, chain)
    return found


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadCertificate(f"FIGMENT_C2PA_CERTIFICATE: {path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise BadCertificate(f"FIGMENT_C2PA_CERTIFICATE: {path} holds no certificates in PEM. {_MANUAL}") from error


def _private_key(path: Path) -> Key:
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadCertificate(f"FIGMENT_C2PA_KEY: {path} cannot be read ({error.strerror}).") from error
    except TypeError as error:
        raise BadCertificate(f"FIGMENT_C2PA_KEY: {path} has a password. Give a key without one: chmod 600.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(f"FIGMENT_C2PA_KEY: {path} holds no private key in PEM. {_MANUAL}") from error
    if isinstance(found, Key):
        return found
    raise BadCertificate(f"FIGMENT_C2PA_KEY: {path} is of a kind that C2PA does not take. {_MANUAL}")


def _algorithm(key: Key, path: Path) -> bytes:
    """C2PA Technical Specification 2.2, section 13.2."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return b"ps256"
    if (found := _CURVES.get(key.curve.name)) is None:
        raise BadCertificate(f"FIGMENT_C2PA_KEY: {path} is on the curve {key.curve.name}; take P-256. {_MANUAL}")
    return found


def _check_dates(leaf: x509.Certificate, path: Path) -> None:
    now = datetime.now(UTC)
    if now >= leaf.not_valid_after_utc:
        raise BadCertificate(f"The certificate in {path} ran out on {leaf.not_valid_after_utc:%Y-%m-%d}. Renew it.")
    if now < leaf.not_valid_before_utc:
        raise BadCertificate(f"The certificate in {path} is good from {leaf.not_valid_before_utc:%Y-%m-%d} on only.")


def _try(certificate: Certificate, path: Path) -> None:
    """Sign a small picture and look at it: what a reader would find wrong with the certificate is told now."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    # Without the time: whether its authority answers is no question of the certificate.
    alone = Signer(replace(certificate, timestamps=None))
    try:
        signed = alone.sign(out.getvalue(), "image/png", Made("none", composite=False))
    except SigningFailed as error:
        raise BadCertificate(f"The certificate in {path} cannot sign: {error.__cause__}. {_MANUAL}") from error
    found = read(signed, "image/png", certificate.own)
    if found is None or not found.by_us:
        raise BadCertificate(
            f"Readers would not accept what the certificate in {path} signs. It needs the key usage `digitalSignature`, the extended "
            f"key usage `emailProtection` or C2PA's own, its issuers after it in the file, and must not sign itself. {_MANUAL}"
        )
