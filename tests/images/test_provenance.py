"""Every file that goes out says how it was made, nothing false, and the prompt only where its owner lets it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from figment.accounts.schemas import TokenRequest
from figment.images import codec, provenance
from figment.images.certificates import open_certificate
from figment.images.manifests import read
from figment.images.provenance import COMPOSITE, TRAINED, Made
from figment.images.recipes import Recipe
from tests.images.conftest import Workshop
from tests.images.scenes import file_of, scene

PROMPT = "a boat &amp; a &lt;lighthouse&gt;"
MADE = Made("figment-1", composite=False)


def packet(data: bytes) -> str:
    found = provenance.packet_of(data)
    assert found is not None, "the file has no XMP"
    return found.decode()


def variant(url: str, name: str) -> str:
    head, _, key = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{key}"


class TestPublicFiles:
    async def test_the_original_and_every_size_and_format_say_it(self, workshop: Workshop) -> None:
        image = await workshop.picture(seed=1)
        for name in ("original.png", "64.webp", "128.avif", "256.jpg", "512.png"):
            shown = await workshop.client.get(variant(image["url"], name))
            said = packet(shown.content)
            assert f'DigitalSourceType="{TRAINED}"' in said, name
            assert 'CreatorTool="Figment ' in said
            assert 'AISystemUsed="figment-1"' in said
            assert "boat" not in said, "an address is for everybody who has it: the prompt is not in it"
            assert image["id"] not in said

    async def test_the_mark_names_the_pixels(self, workshop: Workshop) -> None:
        image = await workshop.picture(seed=1)
        claim = provenance.claim_of((await workshop.client.get(image["url"])).content)
        assert claim is not None
        assert claim.pixels == codec.pixels_sha256(scene(1))

    async def test_an_upload_is_not_ours_to_mark(self, workshop: Workshop) -> None:
        image = await workshop.upload(file_of(scene(2)))
        for name in ("original.png", "256.webp"):
            assert provenance.packet_of((await workshop.client.get(variant(image["url"], name))).content) is None
        assert provenance.packet_of(await workshop.downloaded(image)) is None

    async def test_a_mark_that_is_uploaded_does_not_stay(self, workshop: Workshop) -> None:
        image = await workshop.upload(codec.encode_png(scene(2), MADE).data)
        assert provenance.packet_of((await workshop.client.get(image["url"])).content) is None

    async def test_two_people_with_the_same_picture_share_its_file(self, workshop: Workshop) -> None:
        mine = await workshop.picture(seed=3)
        async with workshop.somebody() as other:
            theirs = await workshop.picture(other, seed=3, prompt="the same seed, other words")
        assert mine["url"] == theirs["url"]
        assert mine["id"] != theirs["id"]


class TestComposites:
    async def test_what_comes_from_an_upload_says_so_through_all_edits(self, workshop: Workshop) -> None:
        photo = await workshop.upload(file_of(scene(4)))
        first = await workshop.picture(seed=5, image=photo["id"])
        second = await workshop.picture(seed=6, image=first["id"])
        for image in (first, second):
            said = packet((await workshop.client.get(image["thumbs"]["256"])).content)
            assert f'DigitalSourceType="{COMPOSITE}"' in said

    async def test_it_stays_true_when_the_upload_is_deleted(self, workshop: Workshop) -> None:
        photo = await workshop.upload(file_of(scene(4)))
        first = await workshop.picture(seed=5, image=photo["id"])
        await workshop.client.delete(f"/api/images/{photo['id']}")
        assert COMPOSITE in packet(await workshop.downloaded(first))
        second = await workshop.picture(seed=6, image=first["id"])
        assert COMPOSITE in packet(await workshop.downloaded(second))

    async def test_what_was_made_from_what_was_made_is_no_composite(self, workshop: Workshop) -> None:
        first = await workshop.picture(seed=7)
        mask = await workshop.upload(file_of(np.full((256, 256, 3), 255, np.uint8)))
        second = await workshop.picture(seed=8, image=first["id"], mask=mask["id"])
        assert TRAINED in packet((await workshop.client.get(second["url"])).content), "a mask only says where"

    async def test_what_was_made_from_something_that_is_gone_may_be_one(self, workshop: Workshop) -> None:
        recipe = Recipe(
            model="figment-1",
            weights_hash="0" * 64,
            task="image-to-image",
            prompt="",
            seed=1,
            steps=1,
            guidance=1,
            width=64,
            height=64,
            inputs={"image": str(uuid4())},
        )
        assert (await workshop.house.images.made(recipe)).composite


class TestHandedOver:
    async def test_a_download_has_the_prompt_and_the_same_pixels(self, workshop: Workshop) -> None:
        image = await workshop.picture(seed=1)
        answer = await workshop.client.get(image["download_url"])
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith('attachment; filename="figment-')
        said = packet(answer.content)
        assert PROMPT in said
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), scene(1))

    async def test_who_does_not_want_it_told_is_given_the_stored_file(self, workshop: Workshop) -> None:
        image = await workshop.picture(seed=1)
        assert (await workshop.client.get("/api/preferences")).json() == {"prompt_in_files": True}
        changed = await workshop.client.patch("/api/preferences", json={"prompt_in_files": False})
        assert changed.json() == {"prompt_in_files": False}
        assert (await workshop.client.patch("/api/preferences", json={})).json() == {"prompt_in_files": False}
        answer = await workshop.client.get(image["download_url"])
        assert answer.status_code == 307
        said = packet(await workshop.downloaded(image))
        assert TRAINED in said
        assert "boat" not in said

    async def test_preferences_are_each_persons_own(self, workshop: Workshop) -> None:
        await workshop.client.patch("/api/preferences", json={"prompt_in_files": False})
        async with workshop.somebody() as other:
            assert (await other.get("/api/preferences")).json() == {"prompt_in_files": True}
        refused = await workshop.client.patch("/api/preferences", json={"prompt_in_file": False})
        assert refused.status_code == 422

    async def test_an_archive_has_it_and_its_sums_are_of_the_files_in_it(self, workshop: Workshop) -> None:
        photo = await workshop.upload(file_of(scene(4)))
        ids = [
            (await workshop.picture(seed=1))["id"],
            (await workshop.picture(seed=2, image=photo["id"]))["id"],
            photo["id"],
        ]
        prepared = (await workshop.client.post("/api/studio/archives", json={"images": ids})).json()
        archive = zipfile.ZipFile(io.BytesIO((await workshop.client.get(prepared["url"])).content))
        lines = {line["id"]: line for line in map(json.loads, archive.read("recipes.jsonl").decode().splitlines())}
        files = [archive.read(lines[image]["file"]) for image in ids]
        assert [hashlib.sha256(data).hexdigest() for data in files] == [lines[image]["sha256"] for image in ids]
        assert [len(data) for data in files] == [lines[image]["bytes"] for image in ids]
        assert all(PROMPT in packet(data) for data in files[:2])
        assert [TRAINED in packet(files[0]), COMPOSITE in packet(files[1])] == [True, True]
        assert provenance.packet_of(files[2]) is None

    @pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
    async def test_openais_api_has_it_in_both_ways(self, workshop: Workshop, form: str) -> None:
        token = await token_of(workshop)
        headers = {"Authorization": f"Bearer {token}"}
        asked = {"prompt": "a boat & a <lighthouse>", "seed": 9, "output_format": form}
        made = (await workshop.client.post("/v1/images/generations", json=asked, headers=headers)).json()
        said = packet(base64.b64decode(made["data"][0]["b64_json"]))
        assert PROMPT in said
        assert TRAINED in said
        asked["response_format"] = "url"
        made = (await workshop.client.post("/v1/images/generations", json=asked, headers=headers)).json()
        said = packet((await workshop.client.get(made["data"][0]["url"])).content)
        assert TRAINED in said
        assert "boat" not in said

    async def test_openais_edits_are_composites(self, workshop: Workshop) -> None:
        headers = {"Authorization": f"Bearer {await token_of(workshop)}"}
        files = {"image": ("a.png", file_of(scene(4)), "image/png")}
        answer = await workshop.client.post("/v1/images/edits", data={"prompt": "a boat"}, files=files, headers=headers)
        assert COMPOSITE in packet(base64.b64decode(answer.json()["data"][0]["b64_json"]))


async def token_of(workshop: Workshop) -> str:
    """An API token of the person in front, who has an account for it."""
    me = (await workshop.client.get("/api/session")).json()["person"]["id"]
    async with workshop.house.database.transaction() as connection:
        await connection.execute("UPDATE people SET guest = false WHERE id = %(id)s", {"id": UUID(me)})
    asked = TokenRequest.model_validate({"name": "test"})
    answer = await workshop.client.post("/api/tokens", json=asked.model_dump(mode="json"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


class TestSigned:
    async def test_a_download_is_signed_and_names_what_it_was_made_from(self, signing: Workshop) -> None:
        photo = await signing.upload(file_of(scene(4)))
        image = await signing.picture(seed=5, image=photo["id"])
        data = await signing.downloaded(image)
        assert PROMPT in packet(data)
        found = manifest_of(signing, data)
        assert (found["state"], found["by_us"], found["source_type"]) == ("valid", True, COMPOSITE)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)))[128:], scene(5)[128:])
        [manifest] = [chunk for chunk in provenance._chunks(data) if chunk[4:8] == b"caBX"]
        assert b"inputTo" in manifest
        assert b"boat" not in manifest, "the prompt is said once, in the metadata"

    async def test_the_stored_file_is_not_signed_and_is_shared_as_before(self, signing: Workshop) -> None:
        first, second = await signing.picture(seed=3), await signing.picture(seed=3, prompt="other words")
        assert first["url"] == second["url"]
        shown = (await signing.client.get(first["url"])).content
        assert read(shown, "image/png", None) is None
        assert hashlib.sha256(shown).hexdigest() in first["url"]

    async def test_an_address_that_is_given_away_leads_to_a_signed_file_that_stays_the_same(
        self, signing: Workshop
    ) -> None:
        headers = {"Authorization": f"Bearer {await token_of(signing)}"}
        for form, mime in (("png", "image/png"), ("jpeg", "image/jpeg")):
            asked = {"prompt": "a boat", "seed": 9, "response_format": "url", "output_format": form}
            url = (await signing.client.post("/v1/images/generations", json=asked, headers=headers)).json()["data"][0][
                "url"
            ]
            shown = await signing.client.get(url)
            assert shown.headers["content-type"] == mime
            assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert manifest_of(signing, shown.content, mime)["state"] == "valid"
            assert b"boat" not in shown.content
            assert (await signing.client.get(url)).content == shown.content
            again = await signing.client.get(url, headers={"If-None-Match": shown.headers["etag"]})
            assert again.status_code == 304

    async def test_an_archive_and_api_answers_are_signed(self, signing: Workshop) -> None:
        image = await signing.picture(seed=1)
        prepared = (await signing.client.post("/api/studio/archives", json={"images": [image["id"]]})).json()
        archive = zipfile.ZipFile(io.BytesIO((await signing.client.get(prepared["url"])).content))
        assert manifest_of(signing, archive.read(archive.namelist()[0]))["by_us"]
        headers = {"Authorization": f"Bearer {await token_of(signing)}"}
        asked = {"prompt": "a boat", "output_format": "webp"}
        made = (await signing.client.post("/v1/images/generations", json=asked, headers=headers)).json()
        data = base64.b64decode(made["data"][0]["b64_json"])
        assert manifest_of(signing, data, "image/webp")["state"] == "valid"

    async def test_an_upload_is_never_signed(self, signing: Workshop) -> None:
        photo = await signing.upload(file_of(scene(4)))
        assert read(await signing.downloaded(photo), "image/png", None) is None
        for name in ("signed-original.png", "signed-256.webp"):
            assert (await signing.client.get(variant(photo["url"], name))).status_code == 404

    @pytest.mark.parametrize(
        "name", ["signed-original.webp", "signed-original.gif", "signed-100.png", "signed-signed-64.png"]
    )
    async def test_no_other_signed_names(self, signing: Workshop, name: str) -> None:
        image = await signing.picture(seed=1)
        assert (await signing.client.get(variant(image["url"], name))).status_code == 404

    async def test_where_nothing_is_signed_there_is_no_signed_file(self, workshop: Workshop) -> None:
        image = await workshop.picture(seed=1)
        assert (await workshop.client.get(variant(image["url"], "signed-original.png"))).status_code == 404


def manifest_of(workshop: Workshop, data: bytes, mime: str = "image/png") -> dict[str, Any]:
    settings = workshop.house.settings
    certificate = open_certificate(settings.c2pa_certificate, settings.c2pa_key)
    assert certificate is not None
    found = read(data, mime, certificate.own)
    assert found is not None, "the file is not signed"
    return {"state": found.state, "by_us": found.by_us, "source_type": found.source_type}


class TestPacket:
    @given(st.text(max_size=300), st.text(min_size=1, max_size=50))
    def test_any_words_make_an_xmp_that_can_be_read(self, prompt: str, model: str) -> None:
        data = codec.encode_png(np.zeros((8, 8, 3), np.uint8), MADE).data
        marked = provenance.png_with_packet(data, provenance.packet(Made(model, True), "0" * 64, prompt))
        claim = provenance.claim_of(marked)
        assert claim is not None
        assert claim.is_ours
        assert claim.source_type == COMPOSITE

    def test_a_packet_replaces_the_one_before_and_leaves_the_rest(self) -> None:
        first = codec.encode_png(scene(1, 40, 30), MADE).data
        second = provenance.png_with_packet(first, provenance.packet(MADE, "1" * 64, "words"))
        assert second.count(b"XML:com.adobe.xmp") == 1
        assert provenance.png_with_packet(second, provenance.packet_of(first) or b"") == first
        with Image.open(io.BytesIO(second)) as picture:
            picture.verify()

    @pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "PNG"])
    def test_the_longest_prompt_fits_every_format(self, form: str) -> None:
        original = codec.encode_png(scene(1, 64, 64), MADE).data
        for prompt in ("&" * 10_000, "\U0001f6a4" * 10_000):
            made = codec.reencode(original, form, 90, None, provenance.packet(MADE, "0" * 64, prompt))
            claim = provenance.claim_of(made.data)
            assert claim is not None
            assert claim.is_ours

    @pytest.mark.parametrize(
        "xmp",
        [
            b"not xml",
            b"<x",
            b'<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>',
            b"\xff\xfe<",
            b"<x/>" + b" " * 300_000,
        ],
        ids=["words", "cut", "entities", "bytes", "large"],
    )
    def test_a_strangers_packet_that_is_none_says_nothing(self, xmp: bytes) -> None:
        data = provenance.png_with_packet(file_of(scene(1, 40, 30)), xmp)
        assert provenance.claim_of(data) is None

    def test_elements_are_read_as_attributes_are(self) -> None:
        xmp = provenance.packet(MADE, "0" * 64).decode()
        attribute = f'Iptc4xmpExt:DigitalSourceType="{TRAINED}"'
        element = f"<Iptc4xmpExt:DigitalSourceType>{TRAINED}</Iptc4xmpExt:DigitalSourceType></rdf:Description>"
        written = xmp.replace(attribute, "").replace("</rdf:Description>", element)
        claim = provenance.claim_of(provenance.png_with_packet(file_of(scene(1, 40, 30)), written.encode()))
        assert claim is not None
        assert claim.source_type == TRAINED


async def test_images_of_before_learn_where_they_come_from(workshop: Workshop) -> None:
    photo = await workshop.upload(file_of(scene(4)))
    first = await workshop.picture(seed=5, image=photo["id"])
    second = await workshop.picture(seed=6, image=first["id"])
    plain = await workshop.picture(seed=7)
    again = await workshop.picture(seed=8, image=plain["id"])
    orphan = await workshop.picture(seed=9, image=photo["id"])
    from figment.core.migrations.versions import v0004_provenance

    backfill = v0004_provenance._SCRIPT.partition("CHECK (origin IN ('upload', 'made', 'composite'));")[2].partition(
        "ALTER TABLE people"
    )[0]
    async with await psycopg.AsyncConnection.connect(workshop.house.database.url, autocommit=True) as connection:
        await connection.execute("UPDATE images SET origin = 'upload'")
        await connection.execute("UPDATE images SET parent = NULL WHERE id = %s", [orphan["id"]])
        await connection.execute(backfill)
        rows = await (await connection.execute("SELECT id, origin FROM images")).fetchall()
    found = {str(row[0]): row[1] for row in rows}
    assert [found[image["id"]] for image in (photo, first, second, plain, again, orphan)] == [
        "upload",
        "composite",
        "composite",
        "made",
        "made",
        "composite",
    ]
