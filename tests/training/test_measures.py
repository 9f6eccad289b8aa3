"""Measures on inputs whose answer is known, and networks that measure learning something small."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import checkpoint, clock
from training.config import Config, Probe, Tower
from training.degradations import degraded
from training.measures.attributes import Answer, score
from training.measures.drift import drift
from training.measures.frechet import frechet_distance, mean_pairwise_distance
from training.measures.psnr import psnr
from training.measures.seam import seam_error
from training.networks import probe as probe_network
from training.networks import tower as tower_network
from training.painter import inpainting_masks
from training.pictures import shard_at
from training.stages import probe, tower
from training.world.description import LABELS, OBJECTS, Shown, Thing

SIDE = 64


def gaussian(count: int, mean: list[float], deviations: list[float], seed: int) -> np.ndarray:
    """Samples whose mean and covariance are exactly these."""
    raw = np.random.default_rng(seed).standard_normal((count, len(mean)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw, rowvar=False)).T)
    return white * deviations + mean


def test_frechet_distance_has_its_closed_form() -> None:
    first = gaussian(500, [0, 0, 0], [1, 2, 3], 0)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    shifted = gaussian(400, [3, 0, -4], [1, 2, 3], 1)
    assert frechet_distance(first, shifted) == pytest.approx(25)
    wider = gaussian(400, [0, 0, 0], [2, 2, 7], 2)
    assert frechet_distance(first, wider) == pytest.approx((2 - 1) ** 2 + (7 - 3) ** 2)


def test_frechet_distance_of_correlated_features_does_not_depend_on_the_axes() -> None:
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0]
    first, second = gaussian(300, [0, 0, 0], [1, 2, 3], 4), gaussian(300, [1, 0, 0], [3, 1, 2], 5)
    assert frechet_distance(first @ turn, second @ turn) == pytest.approx(frechet_distance(first, second))


def test_pairwise_distance_is_the_mean_over_pairs() -> None:
    assert mean_pairwise_distance(np.array([[0.0, 0], [3, 4], [0, 0]])) == pytest.approx(10 / 3)


def ramp(per_pixel: float) -> np.ndarray:
    across = np.arange(SIDE) * per_pixel
    return np.broadcast_to(across[None, :, None], (SIDE, SIDE, 3)).astype(np.uint8)[None]


def right_half() -> np.ndarray:
    mask = np.zeros((1, SIDE, SIDE), bool)
    mask[:, :, SIDE // 2 :] = True
    return mask


def test_a_smooth_continuation_has_no_seam() -> None:
    seam = seam_error(ramp(3), right_half())
    assert seam.ratio == pytest.approx(1)
    assert seam.worst_tenth == pytest.approx(1)


def test_a_step_at_the_edge_is_a_seam_by_its_height() -> None:
    picture = ramp(3)
    picture[:, :, SIDE // 2 :] += 27
    assert seam_error(picture, right_half()).ratio == pytest.approx(10)


def test_a_step_elsewhere_is_no_seam() -> None:
    picture = ramp(3)
    picture[:, :, SIDE // 2 + 7 :] += 27
    assert seam_error(picture, right_half()).ratio < 1


def test_a_horizontal_edge_is_compared_with_vertical_neighbours() -> None:
    picture = ramp(3).transpose(0, 2, 1, 3).copy()
    picture[:, :, ::2] += 60  # a texture across, which an edge below it does not meet
    assert seam_error(picture, right_half().transpose(0, 2, 1)).ratio == pytest.approx(1)
    assert seam_error(picture, right_half()).ratio == pytest.approx(1)


def test_a_mask_without_an_edge_has_no_seam_to_measure() -> None:
    with pytest.raises(ValueError, match="edge"):
        seam_error(ramp(3), np.ones((1, SIDE, SIDE), bool))


def test_drift_is_what_all_walks_have_in_common() -> None:
    rng = np.random.default_rng(6)
    first = rng.integers(60, 190, (4, 1, 16, 16, 3))
    steady = np.concatenate([first, first, first], axis=1).astype(np.uint8)
    assert drift(steady) == drift(steady[:, ::-1])
    assert drift(steady).brightness == drift(steady).contrast == drift(steady).wander == 0
    brighter = steady.copy()
    brighter[:, 2] += 20
    assert drift(brighter).brightness == pytest.approx(20)
    assert drift(brighter).colour == pytest.approx(0, abs=1e-9)
    redder = steady.copy()
    redder[:, 2, ..., 0] += 30
    assert drift(redder).brightness == pytest.approx(10)
    assert drift(redder).colour == pytest.approx(np.linalg.norm([20, -10, -10]))


def test_walks_that_wander_apart_do_not_drift() -> None:
    apart = np.full((2, 2, 8, 8, 3), 100, np.uint8)
    apart[0, 1] += 40
    apart[1, 1] -= 40
    assert drift(apart).brightness == 0
    assert drift(apart).wander == pytest.approx(40 * 3**0.5)


def test_contrast_that_fades_is_drift() -> None:
    loud = np.zeros((1, 2, 8, 8, 3), np.uint8) + 100
    loud[:, 0, ::2] = 160
    assert drift(loud).contrast == pytest.approx(-30)


def test_psnr_of_a_known_error() -> None:
    pictures = np.full((2, 8, 8, 3), 100, np.uint8)
    worse = pictures.copy()
    worse[1] += 10
    assert psnr(worse, pictures)[1] == pytest.approx(20 * np.log10(25.5))
    assert psnr(worse, pictures)[0] > 100


WHOLE = {"style": "oil", "time": "night", "weather": "clear", "view": "scene", "setting": "scene sea"}
CAT = {"cat": {"colour": "black", "count": "2", "place": "left"}}


def test_what_is_right_is_counted() -> None:
    wanted = Shown("scene", "oil", "sea", time="night", weather="clear", things=(Thing("cat", "black", 2, "left"),))
    assert set(score([Answer(CAT, WHOLE)], [wanted]).shares().values()) == {1.0}
    other = replace(wanted, style="ink", things=(Thing("cat", "red", 2, "right"),))
    shares = score([Answer(CAT, WHOLE)], [other]).shares()
    assert {name for name, share in shares.items() if share == 0} == {"style", "colour", "place", "all"}


def test_what_is_not_said_is_not_asked() -> None:
    wanted = Shown("scene", "oil", "sea", things=(Thing("cat"),))
    assert set(score([Answer(CAT, WHOLE)], [wanted]).asked) == {
        "object", "single", "style", "view", "setting", "all", "nothing else",
    }  # fmt: skip


def test_a_thing_that_is_not_seen_has_no_right_colour() -> None:
    wanted = Shown("scene", "", "", things=(Thing("dog", "black", 2, "left"),))
    shares = score([Answer(CAT, WHOLE)], [wanted]).shares()
    assert shares["object"] == shares["colour"] == shares["count"] == shares["place"] == shares["nothing else"] == 0


def test_a_village_from_above_is_no_village_from_the_ground() -> None:
    answer = Answer({}, {**WHOLE, "view": "aerial", "setting": "aerial village"})
    assert score([answer], [Shown("scene", "", "village")]).shares()["setting"] == 0


def test_inpainting_masks_have_an_edge_on_the_grid_of_the_latents() -> None:
    masks = inpainting_masks(64, 128, seed=1)
    assert set(np.unique(masks)) == {0, 255}
    assert np.array_equal(masks, masks[:, ::8, ::8].repeat(8, axis=1).repeat(8, axis=2))
    for mask in masks:
        assert 0 < mask.mean() < 255


def test_degradations_are_mild_and_leave_some_pictures_alone() -> None:
    torch.manual_seed(0)
    image = torch.nn.functional.interpolate(torch.rand(64, 3, 8, 8) * 2 - 1, (SIDE, SIDE), mode="bilinear")
    change = (degraded(image) - image).square().mean(dim=(1, 2, 3)).sqrt()
    assert 0 < float((change < 1e-3).float().mean()) < 0.6
    assert float(change.max()) < 0.2


def test_recall_counts_the_own_column_among_the_largest() -> None:
    alike = np.array([[0.9, 0.1, 0.0], [0.8, 0.5, 0.2], [0.9, 0.8, 0.7]], np.float32)
    assert tower.recall(alike, 1) == pytest.approx(1 / 3)
    assert tower.recall(alike, 2) == pytest.approx(2 / 3)
    assert tower.recall(alike, 3) == 1


# Networks in small: plain grounds with one square, whose colour and side are the whole truth.
PAINTS = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (40, 80, 220), "yellow": (240, 220, 60)}


def square(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, dict]:
    colour, across = str(rng.choice(list(PAINTS))), str(rng.choice(["left", "centre", "right"]))
    pixels, labels = np.full((256, 256, 3), 128, np.uint8), np.zeros((32, 32), np.uint8)
    left = {"left": 2, "centre": 12, "right": 22}[across]
    pixels[96:160, 8 * left : 8 * left + 64] = PAINTS[colour]
    labels[12:20, left : left + 8] = LABELS["ball"]
    shown = Shown("object", "plain", "plain", things=(Thing("ball", colour, 1, across),))
    return pixels, labels, {**shown.as_dict(), "captions": [f"a {colour} ball on the {across}", f"{colour} ball"]}


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "squares"
    for part, count in (("pictures", 96), ("held-out", 24)):
        (folder / part).mkdir(parents=True)
        rng = np.random.default_rng(len(part))
        pixels, labels, records = zip(*(square(rng) for _ in range(count)), strict=True)
        shard_at(folder / part, 0).write(np.stack(pixels), np.stack(labels), list(records))
        write_texts(
            folder / "latents" / ("" if part == "pictures" else part), [record["captions"] for record in records]
        )
    return folder


def write_texts(latents: Path, captions: list[list[str]]) -> None:
    """As the stage `latents` does, with one random vector a word in place of a language model's states."""
    latents.mkdir(parents=True, exist_ok=True)
    distinct = ["", *sorted({text for one in captions for text in one})]
    tokens = [["start", *text.split()] for text in distinct]
    states = [np.random.default_rng(list(word.encode())).standard_normal(384) for words in tokens for word in words]
    np.save(latents / "text-states.npy", np.array(states, np.float16))
    np.save(latents / "text-starts.npy", np.cumsum([0, *(len(words) for words in tokens)]))
    np.save(latents / "caption-of.npy", np.array([[distinct.index(text) for text in one] for one in captions]))


def test_sentences_are_unit_means_of_token_states(squares: Path) -> None:
    latents = squares / "latents" / "held-out"
    vectors = tower.sentences(latents).astype(np.float32)
    assert np.linalg.norm(vectors, axis=2) == pytest.approx(np.ones((24, 2)), abs=1e-3)
    text = np.load(latents / "caption-of.npy")[5, 1]
    start, end = np.load(latents / "text-starts.npy")[text : text + 2]
    mean = np.load(latents / "text-states.npy")[start:end].astype(np.float32).mean(axis=0)
    assert vectors[5, 1] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-3)


@pytest.fixture(autouse=True)
def second_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock takes a second: a budget of minutes is a number of steps, on a busy machine too."""
    ticks = itertools.count()
    monkeypatch.setattr(clock, "now", lambda: float(next(ticks)))


@pytest.fixture(scope="module")
def config() -> Config:
    small = (16, 16, 32)
    return Config(
        name="squares",
        device="cpu",
        threads=1,
        checkpoint_seconds=100,
        probe=Probe(minutes=5.0, batch=12, learning_rate=3e-3, widths=small),
        tower=Tower(minutes=3.5, batch=12, learning_rate=3e-3, widths=small, bank=32),
    )


def test_the_probe_learns_what_is_there(config: Config, squares: Path) -> None:
    probe.run(config, squares)
    shares = probe.accuracy(probe.trained(config, squares), squares / "held-out").shares()
    assert shares["object"] > 0.9
    assert shares["colour"] > 0.6  # a quarter by chance
    state = checkpoint.load(squares / "probe.pt")
    probe.run(config, squares)
    assert checkpoint.load(squares / "probe.pt")["step"] == state["step"]


def test_a_probe_that_was_cut_off_goes_on(config: Config, squares: Path) -> None:
    before = checkpoint.load(squares / "probe.pt")
    probe.run(replace(config, probe=replace(config.probe, minutes=5.5)), squares)
    after = checkpoint.load(squares / "probe.pt")
    assert after["step"] > before["step"]
    assert after["spent_s"] >= 60 * 5.5


def test_an_unfinished_probe_is_not_taken_for_one(config: Config, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="stage `probe`"):
        probe.trained(config, tmp_path)


def test_the_tower_brings_pictures_to_their_captions(config: Config, squares: Path) -> None:
    tower.run(config, squares)
    found = tower.recalls(tower.trained(config, squares), squares)
    assert found["text_to_picture_10"] > 0.6  # 10 of 24 by chance
    vectors = tower.vectors_of(tower.trained(config, squares), shard_at(squares / "held-out", 0).pixels()[:3])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_a_tower_takes_pictures_of_any_size() -> None:
    model = tower_network.Tower((16, 16, 32)).eval()
    image = torch.nn.functional.interpolate(torch.rand(1, 3, 16, 16) * 2 - 1, (512, 512), mode="bilinear")
    with torch.no_grad():
        large, small = model(image), model(torch.nn.functional.avg_pool2d(image, 2))
    assert float((large * small).sum()) > 0.99


def test_truth_is_turned_over_with_the_picture() -> None:
    shown = Shown("scene", "plain", "sea", things=(Thing("boat", "red", 2, "left"), Thing("bird", across="centre")))
    turned = probe.Truth.of([shown]).mirrored()
    places = probe_network.OWN["place"]
    assert places[int(turned.own["place"][0, OBJECTS.index("boat")])] == "right"
    assert places[int(turned.own["place"][0, OBJECTS.index("bird")])] == "centre"
    assert places[int(turned.main["place"][0])] == "right"
    assert int(turned.own["place"][0, OBJECTS.index("cat")]) == probe.UNSAID
