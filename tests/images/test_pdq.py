"""PDQ in NumPy says what the reference code says, and recognises what people do to pictures."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from figment.images.pdq import LEAST_QUALITY, THRESHOLD, Pdq, distance, pdq
from tests.images.scenes import file_of, scene

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pdq.json").read_text())
SEEDS = range(40)


def apart(one: Pdq, other: Pdq) -> int:
    """The least distance of a picture from another in any rotation or mirror."""
    return min(distance(one.hash, each) for each in other.variants)


def decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("vector", VECTORS["pictures"], ids=lambda vector: f"{vector['width']}x{vector['height']}")
def test_the_reference_code_says_the_same(vector: dict[str, object]) -> None:
    small = np.frombuffer(base64.b64decode(str(vector["rgb"])), np.uint8).reshape(vector["rgb_shape"])  # type: ignore[call-overload]
    size = (vector["width"], vector["height"])
    pixels = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.NEAREST))  # type: ignore[arg-type]
    ours = pdq(pixels)
    theirs = [bytes.fromhex(each) for each in vector["dihedral"]]  # type: ignore[attr-defined]
    # The reference code sums in 32 bits: a wave or two at the median may fall to the other side.
    assert distance(ours.hash, theirs[0]) <= 2
    assert all(min(distance(one, other) for one in ours.variants) <= 2 for other in theirs)
    assert abs(ours.quality - int(str(vector["quality"]))) <= 1


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_jpeg_is_recognised(quality: int) -> None:
    assert worst(lambda pixels: decoded(file_of(pixels, "JPEG", quality=quality))) <= THRESHOLD


@pytest.mark.parametrize("quality", [30, 80])
def test_webp_is_recognised(quality: int) -> None:
    assert worst(lambda pixels: decoded(file_of(pixels, "WEBP", quality=quality))) <= THRESHOLD


@pytest.mark.parametrize("share", [0.5, 1.7])
def test_other_sizes_are_recognised(share: float) -> None:
    side = round(256 * share)
    assert worst(lambda pixels: np.asarray(Image.fromarray(pixels).resize((side, side)))) <= THRESHOLD


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_mirrors_and_quarter_turns_are_recognised(turns: int, mirrored: bool) -> None:
    def changed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        turned = np.rot90(pixels[:, ::-1] if mirrored else pixels, turns)
        return decoded(file_of(np.ascontiguousarray(turned), "JPEG", quality=60))

    assert worst(changed) <= THRESHOLD


def worst(change: object) -> int:
    """The greatest distance of a changed scene from the scene."""
    assert callable(change)
    return max(apart(pdq(change(scene(seed))), pdq(scene(seed))) for seed in SEEDS)


def test_crops_escape() -> None:
    """PDQ sees the whole: with a quarter of each side cut off nearly all are another picture. This is a limit, not a wish."""
    cropped = [apart(pdq(np.ascontiguousarray(scene(seed)[64:, 64:])), pdq(scene(seed))) for seed in SEEDS]
    assert sum(far > THRESHOLD for far in cropped) >= 0.9 * len(cropped)


def test_two_thousand_pictures_are_not_taken_for_each_other() -> None:
    """Nor for any mirror or turn of each other, at the threshold, if they say enough to be compared."""
    seen = [pdq(scene(seed, 96, 96)) for seed in range(2000)]
    good = np.array([found.quality >= LEAST_QUALITY for found in seen])
    assert good.sum() >= 1500
    hashes = bits([found.hash for found in seen])
    for variant in range(8):
        others = bits([found.variants[variant] for found in seen])
        # Of two rows of ±1 the product is 256 less twice the bits in which they differ.
        far = (256 - hashes @ others.T) / 2
        np.fill_diagonal(far, 256)
        # What is kept has to say enough; what is compared with it need not.
        assert far[good].min() > THRESHOLD


def bits(hashes: list[bytes]) -> NDArray[np.float32]:
    """(n, 256) float32 of -1 and 1."""
    rows = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1


@pytest.mark.parametrize("size", [(1, 1), (4, 300), (5, 5), (300, 7), (3000, 40), (1025, 1025)])
def test_any_size_has_a_hash(size: tuple[int, int]) -> None:
    found = pdq(scene(1, *size))
    assert len(found.hash) == 32
    assert len(set(map(len, found.variants))) == 1
    assert 0 <= found.quality <= 100
    assert found.quality == 0 or min(size) >= 5


def test_a_flat_picture_says_little() -> None:
    assert pdq(np.full((64, 64, 3), 99, np.uint8)).quality == 0
