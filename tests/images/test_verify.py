"""What `/api/verify` finds out about a file, and what it keeps to itself."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from figment.images import codec, provenance
from figment.images.certificates import open_certificate
from figment.images.manifests import Signer
from figment.images.provenance import Made
from tests.images.authority import Authority
from tests.images.conftest import Workshop, workshop_of
from tests.images.scenes import file_of, scene
from tests.images.test_codec import bomb

MADE = Made("figment-1", composite=False)
TODAY = datetime.now(UTC).date().isoformat()


async def asked(client: httpx.AsyncClient, data: bytes) -> dict[str, Any]:
    answer = await client.post("/api/verify", files={"file": ("a", data, "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def stranger(workshop: Workshop) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a session."""
    async with httpx.AsyncClient(base_url=workshop.address, timeout=30, trust_env=False) as opened:
        yield opened


class TestMadeHere:
    async def test_the_file_as_it_was_given_or_without_its_metadata(
        self, workshop: Workshop, stranger: httpx.AsyncClient
    ) -> None:
        image = await workshop.picture(seed=1)
        stored = (await workshop.client.get(image["url"])).content
        for data in (
            stored,
            await workshop.downloaded(image),
            file_of(scene(1)),
            file_of(scene(1), "WEBP", lossless=True),
        ):
            found = await asked(stranger, data)
            assert (found["verdict"], found["confirmed_by"]) == ("made_here", ["pixels"])
            assert (found["model"], found["from_upload"]) == ("figment-1", False)
            assert found["made_on"] in (TODAY, datetime.now(UTC).date().isoformat())
        assert "set-cookie" not in (await stranger.post("/api/verify", files={"file": ("a", stored)})).headers

    async def test_every_size_and_format_that_goes_out(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        image = await workshop.picture(seed=1)
        for name in ("128.webp", "256.avif", "256.jpg", "512.png"):
            shown = (await stranger.get(image["url"].replace("original.png", name))).content
            found = await asked(stranger, shown)
            assert found["verdict"] in ("changed_copy", "made_here"), name
            assert found["metadata"]["says_made_here"]
            assert found["metadata"]["confirmed"]

    async def test_a_changed_copy(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        await workshop.picture(seed=1)
        mirrored = file_of(np.ascontiguousarray(scene(1)[:, ::-1]), "JPEG", quality=50)
        found = await asked(stranger, mirrored)
        assert (found["verdict"], found["confirmed_by"]) == ("changed_copy", ["likeness"])
        assert 0 <= found["distance"] <= 31
        assert (found["model"], found["metadata"]) == ("figment-1", None)
        assert "no proof" in found["explanation"]


class TestWhatIsTold:
    async def test_only_the_owner_learns_whose_it_is_and_the_prompt(
        self, workshop: Workshop, stranger: httpx.AsyncClient
    ) -> None:
        image = await workshop.picture(seed=1, prompt="my secret garden")
        found = await asked(workshop.client, file_of(scene(1)))
        assert found["mine"] == {"id": image["id"], "prompt": "my secret garden", "url": image["url"]}
        async with workshop.somebody() as other:
            for client in (other, stranger):
                found = await asked(client, file_of(scene(1)))
                assert found["mine"] is None
                told = json.dumps(found)
                me = (await workshop.client.get("/api/session")).json()["person"]
                assert not any(word in told for word in ("secret", "garden", image["id"], me["id"], "/files/"))

    async def test_uploads_are_nobody_elses_business(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        await workshop.upload(file_of(scene(5)))
        for client in (workshop.client, stranger):
            found = await asked(client, file_of(scene(5)))
            assert (found["verdict"], found["made_on"], found["mine"]) == ("not_known", None, None)

    async def test_a_picture_that_was_deleted_is_not_known(
        self, workshop: Workshop, stranger: httpx.AsyncClient
    ) -> None:
        image = await workshop.picture(seed=1)
        data = await workshop.downloaded(image)
        await workshop.client.delete(f"/api/images/{image['id']}")
        found = await asked(stranger, data)
        assert (found["verdict"], found["confirmed_by"]) == ("says_so", [])
        assert (found["metadata"]["says_made_here"], found["metadata"]["confirmed"]) == (True, False)
        assert "anybody can write that" in found["explanation"]


class TestClaims:
    async def test_forged_metadata_is_only_a_saying(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        await workshop.picture(seed=1)
        forged = provenance.png_with_packet(file_of(scene(99)), provenance.packet(MADE, codec.pixels_sha256(scene(1))))
        found = await asked(stranger, forged)
        assert (found["verdict"], found["metadata"]["confirmed"]) == ("says_so", False)

    async def test_another_generator(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        xmp = provenance.packet(MADE).replace(b'CreatorTool="Figment ', b'CreatorTool="Dreamer ')
        found = await asked(stranger, provenance.png_with_packet(file_of(scene(99)), xmp))
        assert found["verdict"] == "not_known"
        assert found["metadata"]["generator"].startswith("Dreamer")
        assert (found["metadata"]["made_with_ai"], found["metadata"]["says_made_here"]) == (True, False)

    async def test_nothing_at_all(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        await workshop.picture(seed=1)
        found = await asked(stranger, file_of(scene(99), "GIF"))
        assert (found["verdict"], found["manifest"], found["metadata"]) == ("not_known", None, None)
        assert "as far as one can tell" in found["explanation"]

    async def test_a_flat_picture_is_like_no_other(self, workshop: Workshop, stranger: httpx.AsyncClient) -> None:
        await workshop.picture(seed=1)
        found = await asked(stranger, file_of(np.full((64, 64, 3), 120, np.uint8)))
        assert found["verdict"] == "not_known"


class TestManifests:
    async def test_our_signature_proves_even_what_is_deleted(self, signing: Workshop) -> None:
        image = await signing.picture(seed=1)
        data = await signing.downloaded(image)
        found = await asked(signing.client, data)
        assert (found["verdict"], found["confirmed_by"]) == ("made_here", ["signature", "pixels"])
        assert found["manifest"] == {
            "state": "valid",
            "by_this_server": True,
            "signer": "Figment's tests",
            "generator": "Figment",
            "made_with_ai": True,
        }
        await signing.client.delete(f"/api/images/{image['id']}")
        found = await asked(signing.client, data)
        assert (found["verdict"], found["confirmed_by"], found["made_on"]) == ("made_here", ["signature"], None)

    async def test_what_was_changed_after_it_was_signed(self, signing: Workshop) -> None:
        image = await signing.picture(seed=1)
        data = await signing.downloaded(image)
        await signing.client.delete(f"/api/images/{image['id']}")
        altered = provenance.png_with_packet(data, provenance.packet(MADE, None, "other words"))
        found = await asked(signing.client, altered)
        assert found["verdict"] == "says_so"
        assert (found["manifest"]["state"], found["manifest"]["by_this_server"]) == ("tampered", True)
        assert "changed afterwards" in found["explanation"]

    async def test_somebody_elses(self, workshop: Workshop, tmp_path: Path, authority: Authority) -> None:
        certificate = open_certificate(*authority.files(tmp_path, name="Another studio"))
        assert certificate is not None
        data = Signer(certificate).sign(file_of(scene(99)), "image/png", MADE)
        found = await asked(workshop.client, data)
        assert found["verdict"] == "not_known"
        assert (found["manifest"]["signer"], found["manifest"]["by_this_server"]) == ("Another studio", False)


class TestEdges:
    @pytest.mark.parametrize(
        ("sent", "status", "code"),
        [
            (bytes(10 * 1024 * 1024 + 1), 413, "body_too_large"),
            (bomb(50_000, 50_000), 413, "image_too_many_pixels"),
            (b"<svg/>", 415, "image_type_refused"),
            (file_of(scene(1))[:900], 422, "image_unreadable"),
        ],
    )
    async def test_what_cannot_be_looked_at_says_why(
        self, workshop: Workshop, sent: bytes, status: int, code: str
    ) -> None:
        answer = await workshop.client.post("/api/verify", files={"file": ("a", sent)})
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_an_animated_or_rotated_file(self, workshop: Workshop) -> None:
        await workshop.picture(seed=1)
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = Image.fromarray(np.rot90(scene(1)).copy())
        out = io.BytesIO()
        turned.save(out, "PNG", exif=exif)
        found = await asked(workshop.client, out.getvalue())
        assert found["verdict"] == "made_here", "upright it is the same picture"

    async def test_too_many_at_once_wait(self, database_url: str, data: Path) -> None:
        async with workshop_of(database_url, data, limit_verify="2/minute") as workshop:
            answers = [
                await workshop.client.post("/api/verify", files={"file": ("a", file_of(scene(1, 64, 64)))})
                for _ in range(3)
            ]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 0
