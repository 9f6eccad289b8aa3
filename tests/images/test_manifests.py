"""C2PA: every key and format, what is wrong with a certificate is told, and strangers' manifests are judged and never fetched."""

from __future__ import annotations

import asyncio
import random
import socket
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from figment.images import codec, provenance
from figment.images.certificates import open_certificate
from figment.images.errors import BadCertificate, SigningFailed
from figment.images.manifest_reader import ManifestReader
from figment.images.manifests import UNREADABLE, Certificate, Ingredient, Signer, read
from figment.images.provenance import COMPOSITE, TRAINED, Made
from tests.images.authority import Authority, new_key, write_chain, write_key
from tests.images.scenes import file_of, scene

MADE = Made("figment-1", composite=False)


def certificate_of(
    folder: Path, authority: Authority, kind: str = "es256", name: str = "Figment's tests"
) -> Certificate:
    folder.mkdir(exist_ok=True)
    found = open_certificate(*authority.files(folder, kind, name))
    assert found is not None
    return found


@pytest.fixture
def certificate(tmp_path: Path, authority: Authority) -> Certificate:
    return certificate_of(tmp_path, authority)


@pytest.mark.parametrize("kind", ["es256", "es384", "ps256", "ed25519"])
def test_the_key_decides_the_algorithm(tmp_path: Path, authority: Authority, kind: str) -> None:
    certificate = certificate_of(tmp_path, authority, kind)
    assert certificate.algorithm == kind.encode()
    signed = Signer(certificate).sign(file_of(scene(1)), "image/png", MADE)
    found = read(signed, "image/png", certificate.own)
    assert found is not None
    assert (found.state, found.by_us, found.signer) == ("valid", True, "Figment's tests")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_every_format_is_signed_and_keeps_its_pixels_and_metadata(certificate: Certificate, form: str) -> None:
    packet = provenance.packet(MADE, "0" * 64)
    data = codec.reencode(file_of(scene(1)), form, 90, None, packet).data
    signed = Signer(certificate).sign(
        data, codec.MIME[form], Made("figment-1", composite=True), Ingredient(data, codec.MIME[form])
    )
    found = read(signed, codec.MIME[form], certificate.own)
    assert found is not None
    assert (found.state, found.source_type, found.generator) == ("valid", COMPOSITE, "Figment")
    assert provenance.packet_of(signed) == packet
    assert codec.look(signed, 10**6) == codec.look(data, 10**6)
    assert len(signed) - len(data) < 8000


def test_nothing_signed_is_nothing_found(certificate: Certificate) -> None:
    assert read(file_of(scene(1)), "image/png", certificate.own) is None


def test_a_changed_file_is_told_from_a_whole_one(certificate: Certificate) -> None:
    signed = bytearray(Signer(certificate).sign(file_of(scene(1)), "image/png", MADE))
    signed[signed.rindex(b"IDAT") + 40] ^= 1
    found = read(bytes(signed), "image/png", certificate.own)
    assert found is not None
    assert (found.state, found.by_us) == ("tampered", True)


def test_a_manifest_moved_to_another_picture_is_told(certificate: Certificate) -> None:
    signed = Signer(certificate).sign(file_of(scene(1)), "image/png", MADE)
    [manifest] = [chunk for chunk in provenance._chunks(signed) if chunk[4:8] == b"caBX"]
    other = provenance._chunks(file_of(scene(2)))
    moved = b"\x89PNG\r\n\x1a\n" + other[0] + manifest + b"".join(other[1:])
    found = read(moved, "image/png", certificate.own)
    assert found is not None
    assert found.state == "tampered"


def test_somebody_else_is_not_us_even_under_our_name(tmp_path: Path, certificate: Certificate) -> None:
    """An authority that we do not know can put any name into a certificate."""
    forged = certificate_of(tmp_path / "other", Authority.new(), name="Figment's tests")
    found = read(Signer(forged).sign(file_of(scene(1)), "image/png", MADE), "image/png", certificate.own)
    assert found is not None
    assert (found.state, found.by_us, found.source_type) == ("valid", False, TRAINED)
    assert not (read(Signer(forged).sign(file_of(scene(1)), "image/png", MADE), "image/png", None) or found).by_us


def test_another_customer_of_our_authority_is_not_us(
    tmp_path: Path, authority: Authority, certificate: Certificate
) -> None:
    neighbour = certificate_of(tmp_path / "other", authority, name="A neighbour")
    found = read(Signer(neighbour).sign(file_of(scene(1)), "image/png", MADE), "image/png", certificate.own)
    assert found is not None
    assert (found.state, found.by_us, found.signer) == ("valid", False, "A neighbour")


def test_a_renewed_certificate_knows_what_the_one_before_signed(
    tmp_path: Path, authority: Authority, certificate: Certificate
) -> None:
    renewed = certificate_of(tmp_path / "renewed", authority)
    found = read(Signer(certificate).sign(file_of(scene(1)), "image/png", MADE), "image/png", renewed.own)
    assert found is not None
    assert found.by_us


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", file_of(scene(1))[:500] + b"caBX" * 50])
def test_garbage_is_read_without_harm(certificate: Certificate, data: bytes) -> None:
    found = read(data, "image/png", certificate.own)
    assert found is None or found.state in ("unreadable", "tampered")


@pytest.fixture
def listener() -> socket.socket:
    opened = socket.create_server(("127.0.0.1", 0))
    opened.settimeout(1.0)
    return opened


def test_no_address_in_a_strangers_file_is_fetched(listener: socket.socket, certificate: Certificate) -> None:
    """C2PA lets a file say where its manifest lies; a server that went there could be sent anywhere."""
    with listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa"
        xmp = provenance.packet(MADE, "0" * 64).decode()
        pointing = xmp.replace(
            '<rdf:Description rdf:about=""',
            f'<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"',
        )
        for form in ("PNG", "JPEG", "WEBP"):
            data = codec.reencode(file_of(scene(1)), form, 90, None, pointing.encode()).data
            found = read(data, codec.MIME[form], certificate.own)
            assert found is None or found.state == "unreadable"
        with pytest.raises(TimeoutError):
            listener.accept()


def test_an_authority_for_timestamps_that_is_away_is_a_clear_failure(
    tmp_path: Path, authority: Authority, listener: socket.socket
) -> None:
    chain, key = authority.files(tmp_path)
    asked = threading.Event()

    def hang_up() -> None:
        connection, _ = listener.accept()
        asked.set()
        connection.close()

    with listener:
        listener.settimeout(20)
        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        certificate = open_certificate(chain, key, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert certificate is not None
        with pytest.raises(SigningFailed):
            Signer(certificate).sign(file_of(scene(1)), "image/png", MADE)
    assert asked.wait(5)


class TestCertificates:
    def test_none_is_needed(self) -> None:
        assert open_certificate(None, None) is None

    def test_one_without_the_other(self, tmp_path: Path, authority: Authority) -> None:
        chain, key = authority.files(tmp_path)
        with pytest.raises(BadCertificate, match="FIGMENT_C2PA_KEY is not set"):
            open_certificate(chain, None)
        with pytest.raises(BadCertificate, match="FIGMENT_C2PA_CERTIFICATE is not set"):
            open_certificate(None, key)

    def test_files_that_are_not_there_or_something_else(self, tmp_path: Path, authority: Authority) -> None:
        chain, key = authority.files(tmp_path)
        with pytest.raises(BadCertificate, match="cannot be read"):
            open_certificate(tmp_path / "none.pem", key)
        with pytest.raises(BadCertificate, match="cannot be read"):
            open_certificate(chain, tmp_path / "none.pem")
        with pytest.raises(BadCertificate, match="no certificates in PEM"):
            open_certificate(key, key)
        with pytest.raises(BadCertificate, match="no private key in PEM"):
            open_certificate(chain, chain)

    def test_the_key_of_another(self, tmp_path: Path, authority: Authority) -> None:
        chain, _ = authority.files(tmp_path)
        with pytest.raises(BadCertificate, match="is not the key of the first certificate"):
            open_certificate(chain, write_key(tmp_path, new_key()))

    def test_a_chain_in_the_wrong_order(self, tmp_path: Path, authority: Authority) -> None:
        key = new_key()
        chain = write_chain(tmp_path, authority.certificate, authority.issue(key))
        with pytest.raises(BadCertificate, match="own certificate first"):
            open_certificate(chain, write_key(tmp_path, key))

    @pytest.mark.parametrize(("days", "words"), [((-30, -1), "ran out on"), ((2, 30), "is good from")])
    def test_the_time_is_not_now(self, tmp_path: Path, authority: Authority, days: tuple[int, int], words: str) -> None:
        key = new_key()
        chain = write_chain(tmp_path, authority.issue(key, days=days), authority.certificate)
        with pytest.raises(BadCertificate, match=words):
            open_certificate(chain, write_key(tmp_path, key))

    def test_one_that_may_not_sign(self, tmp_path: Path, authority: Authority) -> None:
        key = new_key()
        chain = write_chain(tmp_path, authority.issue(key, signs=False), authority.certificate)
        with pytest.raises(BadCertificate, match=r"digitalSignature|cannot sign"):
            open_certificate(chain, write_key(tmp_path, key))

    def test_a_key_with_a_password_and_a_curve_that_c2pa_has_not(self, tmp_path: Path, authority: Authority) -> None:
        key = new_key()
        chain = write_chain(tmp_path, authority.issue(key), authority.certificate)
        with pytest.raises(BadCertificate, match="password"):
            open_certificate(chain, write_key(tmp_path, key, b"secret"))
        odd = new_key("k1")
        chain = write_chain(tmp_path, authority.issue(odd), authority.certificate)
        with pytest.raises(BadCertificate, match="take P-256"):
            open_certificate(chain, write_key(tmp_path, odd))

    def test_the_pictures_of_a_test_authority_are_trusted_by_nobody_else(self, certificate: Certificate) -> None:
        signed = Signer(certificate).sign(file_of(scene(1)), "image/png", MADE)
        found = read(signed, "image/png", None)
        assert found is not None
        assert (found.state, found.by_us) == ("valid", False)


def test_a_picture_of_eight_pixels_can_be_signed(certificate: Certificate) -> None:
    assert Signer(certificate).sign(file_of(scene(1, 8, 8)), "image/png", MADE)


@pytest.mark.parametrize("seed", range(4))
def test_broken_manifests_are_judged_whatever_is_broken(certificate: Certificate, seed: int) -> None:
    chance = random.Random(seed)
    mime, form = chance.choice([("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")])
    whole = Signer(certificate).sign(file_of(scene(1, 64, 64), form), mime, MADE)
    first = whole.index(b"jumb") - 10
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(first, min(len(broken), first + 3800))] = chance.choice(
                [0, 255, chance.randrange(256)]
            )
        found = read(bytes(broken), mime, certificate.own)
        assert found is None or found.state in ("valid", "tampered", "unreadable")


class TestReader:
    async def test_it_answers_as_the_library_does(self, certificate: Certificate) -> None:
        reader = ManifestReader(certificate.own)
        signed = Signer(certificate).sign(file_of(scene(1)), "image/png", MADE)
        assert await reader.read(signed, "image/png") == read(signed, "image/png", certificate.own)
        assert (await ManifestReader(None).read(signed, "image/png")) == read(signed, "image/png", None)

    async def test_a_file_without_one_needs_no_process(self, certificate: Certificate) -> None:
        with patch("asyncio.create_subprocess_exec", side_effect=AssertionError):
            assert await ManifestReader(certificate.own).read(file_of(scene(1)), "image/png") is None

    @pytest.mark.parametrize(
        "ending", ["import os; os.abort()", "import sys; sys.exit(3)", "import time; time.sleep(60)"]
    )
    async def test_a_process_that_dies_or_hangs_is_a_manifest_that_cannot_be_read(
        self, certificate: Certificate, ending: str
    ) -> None:
        started = asyncio.create_subprocess_exec
        processes = []

        async def other(*_: object, **pipes: Any) -> asyncio.subprocess.Process:
            processes.append(await started(sys.executable, "-c", ending, **pipes))
            return processes[-1]

        with (
            patch("asyncio.create_subprocess_exec", other),
            patch("figment.images.manifest_reader._PATIENCE_S", 1.5),
        ):
            found = await ManifestReader(certificate.own).read(b"c2pa", "image/png")
        assert found == UNREADABLE
        assert [process.returncode is not None for process in processes] == [True], "none is left behind"
