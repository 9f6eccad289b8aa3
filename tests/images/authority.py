"""A certificate authority of the tests' own. Nobody trusts it, and nobody should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def new_key(kind: str = "es256") -> Key:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ps256":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key({"es256": ec.SECP256R1(), "es384": ec.SECP384R1(), "k1": ec.SECP256K1()}[kind])


@dataclass(frozen=True)
class Authority:
    """Issues certificates that may sign C2PA manifests."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str = "Figment's tests: an untrusted authority") -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, -30, 365)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        built = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return cls(key, built.add_extension(usage, critical=True).sign(key, SHA256()))

    def issue(
        self, key: Key, name: str = "Figment's tests", days: tuple[int, int] = (-1, 90), signs: bool = True
    ) -> x509.Certificate:
        """A certificate good from `days[0]` to `days[1]`, counted from today."""
        builder = _builder(_name(name), self.certificate.subject, key, *days)
        built = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=signs, key_encipherment=not signs), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        return built.sign(self.key, SHA256())

    def files(self, folder: Path, kind: str = "es256", name: str = "Figment's tests") -> tuple[Path, Path]:
        """The paths of a new certificate with its issuer, and of its key."""
        key = new_key(kind)
        return write_chain(folder, self.issue(key, name), self.certificate), write_key(folder, key)


def write_chain(folder: Path, *certificates: x509.Certificate) -> Path:
    path = folder / "chain.pem"
    path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return path


def write_key(folder: Path, key: Key, password: bytes | None = None) -> Path:
    path = folder / "key.pem"
    locked: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return path


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, first: int, last: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=first))
        .not_valid_after(now + timedelta(days=last))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
