"""Land from above and patterns: seeded, each picture its own, and labelled as what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.world.aerial import draw_aerial, imagine_aerial
from training.world.description import (
    AERIAL_FEATURES,
    AERIAL_STYLES,
    COLOURS,
    LABELS,
    PATTERNS,
    SEASONS,
    TERRAINS,
    TIMES,
    Shown,
)
from training.world.fields import Sheet, cast_shadow, drainage, fbm, hillshade, lines, pieces, strokes, voronoi
from training.world.palette import PAINTS
from training.world.patterns import draw_patterns, imagine_pattern

KINDS = [(terrain, variant) for terrain, variants in TERRAINS.items() for variant in variants]
# What at least a tenth (or the share given) of every picture of a terrain is labelled as.
MADE_OF: dict[str, tuple[tuple[str, ...], float]] = {
    "islands": (("water",), 0.35), "coast": (("water", "ice"), 0.10), "river": (("water",), 0.03), "tributaries": (("water",), 0.02),
    "delta": (("water",), 0.10), "lake": (("water", "ice"), 0.03), "mountains": (("mountain", "snow", "grass", "forest", "sand"), 0.9),
    "forest": (("forest",), 0.5), "farmland": (("field",), 0.4), "vineyard": (("field",), 0.5),
    "terraces": (("field", "water"), 0.4), "desert": (("sand", "rock"), 0.8), "canyon": (("rock",), 0.6), "glacier": (("ice",), 0.1),
    "snow": (("snow",), 0.7), "volcano": (("rock", "lava"), 0.1), "town": (("town", "forest"), 0.12), "village": (("town",), 0.01),
    "road": (("road",), 0.03), "harbour": (("water",), 0.15), "airport": (("road",), 0.1), "city": (("town",), 0.15),
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small fields: threads that wait for each other cost more than they bring, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def sheet(size: int = 64, seeds: tuple[int, ...] = (1, 2)) -> Sheet:
    return Sheet([np.random.default_rng(seed) for seed in seeds], size, torch.device("cpu"))


@pytest.mark.parametrize(("terrain", "variant"), KINDS)
def test_every_terrain_in_every_style_and_light(terrain: str, variant: str) -> None:
    looks = [(style, time) for style in AERIAL_STYLES for time in ("", *TIMES)]
    shown = [Shown("aerial", style, terrain, variant, time) for style, time in looks]
    rgb, labels, out = draw_aerial(shown, [7] * len(shown), 64, "cpu")
    assert rgb.shape == (len(shown), 3, 64, 64)
    assert labels.shape == (len(shown), 64, 64)
    assert torch.isfinite(rgb).all()
    assert rgb.amin() >= 0
    assert rgb.amax() <= 1
    made_of, least = MADE_OF[terrain]
    found = sum((labels == LABELS[name]).float().mean((1, 2)) for name in made_of)
    assert (found >= least).all(), found
    for one, (style, time) in zip(out, looks, strict=True):
        assert one.time == (time if style in ("photo", "painted") else "")
    lit = {time: rgb[looks.index(("photo", time))].mean((1, 2)) for time in TIMES}
    assert lit["night"].sum() < 0.6 * lit["noon"].sum()
    assert lit["sunset"][0] - lit["sunset"][2] > lit["noon"][0] - lit["noon"][2]


def test_a_picture_is_its_own_in_any_batch() -> None:
    shown = [imagine_aerial(np.random.default_rng(seed)) for seed in range(12)]
    shown += [replace(shown[0], features=("clouds", "boats", "road")), replace(shown[0], features=("road",))]
    seeds = list(range(100, 100 + len(shown)))
    rgb, labels, out = draw_aerial(shown, seeds, 64, "cpu")
    for row in (0, 3, 7, 11, 12, 13):
        alone, label, one = draw_aerial([shown[row]], [seeds[row]], 64, "cpu")
        assert (alone[0] - rgb[row]).abs().mean() < 1e-4
        assert (label[0] != labels[row]).float().mean() < 1e-3
        assert one[0] == out[row]


def test_the_seed_decides() -> None:
    shown = [Shown("aerial", "photo", "coast", "green")] * 3
    rgb, _, _ = draw_aerial(shown, [5, 5, 6], 64, "cpu")
    assert torch.equal(rgb[0], rgb[1])
    assert (rgb[0] - rgb[2]).abs().mean() > 0.03


def test_the_size_changes_little() -> None:
    shown = [
        Shown("aerial", "photo", terrain, variant)
        for terrain, variant in (("islands", "green"), ("farmland", "golden"))
    ]
    small, large = draw_aerial(shown, [3, 4], 64, "cpu")[0], draw_aerial(shown, [3, 4], 128, "cpu")[0]
    apart = (torch.nn.functional.avg_pool2d(large, 8) - torch.nn.functional.avg_pool2d(small, 4)).abs().mean((1, 2, 3))
    assert (apart < 0.04).all(), apart


def test_imagined_views_keep_to_the_vocabulary() -> None:
    shown = [imagine_aerial(np.random.default_rng(seed)) for seed in range(1500)]
    for one in shown:
        assert one.view == "aerial"
        assert one.variant in TERRAINS[one.setting]
        assert one.style in AERIAL_STYLES
        assert one.time in ("", *TIMES)
        assert one.season in ("", *SEASONS)
        assert set(one.features) <= set(AERIAL_FEATURES)
    assert {(one.setting, one.variant) for one in shown} == set(KINDS)
    assert {one.style for one in shown} == set(AERIAL_STYLES)
    assert {feature for one in shown for feature in one.features} == set(AERIAL_FEATURES)


def test_features_are_struck_when_they_cannot_be_seen() -> None:
    dry = Shown("aerial", "map", "desert", "dunes", features=("clouds", "boats"))
    assert draw_aerial([dry], [1], 64, "cpu")[2][0].features == ()
    cloudy = Shown("aerial", "photo", "coast", "green", features=("clouds", "boats"))
    _, labels, out = draw_aerial([cloudy] * 6, list(range(6)), 128, "cpu")
    seen = Counter(feature for one in out for feature in one.features)
    assert seen["clouds"] == 6
    assert seen["boats"] >= 4
    assert ((labels == LABELS["cloud"]).float().mean((1, 2)) > 0.02).all()


def test_terrains_are_unlike_each_other() -> None:
    """The nearest picture by mean colours in a grid of four by four and by roughness is mostly of the same kind."""
    shown = [Shown("aerial", "photo", terrain, variant) for terrain, variant in KINDS for _ in range(4)]
    rgb, labels, _ = draw_aerial(shown, list(range(len(shown))), 64, "cpu")
    share = torch.stack([(labels == number).float().mean((1, 2)) for number in range(18)], 1)
    colour, spread = rgb.mean((2, 3)), rgb.std((2, 3))
    rough = (rgb[..., 1:] - rgb[..., :-1]).abs().mean((2, 3))
    features = torch.cat((colour * 2, spread * 2, rough * 4, share * 2), 1)
    apart = torch.cdist(features, features) + 9 * torch.eye(len(shown))
    kinds = torch.arange(len(KINDS)).repeat_interleave(4)
    assert (kinds[apart.argmin(1)] == kinds).float().mean() > 0.6


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_show_their_colours_first_most(pattern: str) -> None:
    pairs = [("blue", "white"), ("red", "yellow"), ("green", "pink"), ("black", "orange"), ("white", "purple")] * 3
    shown = [Shown("pattern", "plain", pattern, colours=colours) for colours in pairs]
    rgb, labels, out = draw_patterns(shown, list(range(len(shown))), 64, "cpu")
    assert out == shown
    assert (labels == LABELS["pattern"]).all()
    assert rgb.amin() >= 0
    assert rgb.amax() <= 1
    paints = torch.tensor([PAINTS[name] for name in COLOURS])
    right = 0
    for picture, (first, second) in zip(rgb, pairs, strict=True):
        two = paints[[COLOURS.index(first), COLOURS.index(second)]]
        nearer = torch.cdist(picture.flatten(1).T, two).argmin(1).float().mean()
        assert nearer > 0.015, second
        right += int(nearer < 0.56)
    assert right >= 0.85 * len(pairs)


def test_patterns_are_their_own_in_any_batch() -> None:
    shown = [imagine_pattern(np.random.default_rng(seed)) for seed in range(24)]
    seeds = list(range(24))
    rgb, _, _ = draw_patterns(shown, seeds, 64, "cpu")
    for row in range(0, 24, 5):
        assert (draw_patterns([shown[row]], [seeds[row]], 64, "cpu")[0][0] - rgb[row]).abs().mean() < 1e-4
    assert {imagine_pattern(np.random.default_rng(seed)).setting for seed in range(400)} == set(PATTERNS)


def test_noise_has_unit_spread() -> None:
    field = fbm(sheet(128, tuple(range(40))), 4, 5)
    assert abs(float(field.mean())) < 0.1
    assert 0.85 < float(field.std()) < 1.15


def test_line_distances_are_exact_near_the_line() -> None:
    board = sheet(64, (1,))
    points = np.array(((-0.2, 0.3), (0.4, 0.35), (0.9, 0.7), (1.3, 0.6)), np.float32)
    parts = torch.from_numpy(pieces(points, 0.1))[None]
    y, x = board.y.expand(1, 64, 64), board.x.expand(1, 64, 64)
    start, end = points[:-1], points[1:]
    best = torch.full((1, 64, 64), 9.0)
    for (ax, ay), (bx, by) in zip(start, end, strict=True):
        amount = (((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)).clamp(0, 1)
        best = torch.minimum(best, torch.hypot(x - ax - amount * (bx - ax), y - ay - amount * (by - ay)))
    assert torch.allclose(strokes(board, parts), best - 0.05, atol=1e-5)
    assert torch.allclose(lines(board, parts).side.abs(), best, atol=1e-5)


def test_cell_borders_lie_half_way() -> None:
    cells = voronoi(sheet(128, (3,)), 5, 0.8)
    plain = voronoi(sheet(128, (3,)), 5, 0.5, borders=False)
    assert float(cells.border.min()) > -1e-4
    change = cells.index[:, :, 1:] != cells.index[:, :, :-1]
    assert float(cells.border[:, :, 1:][change].max()) < 0.1  # a pixel is 5 / 128 wide
    again = voronoi(sheet(128, (3,)), 5, 0.5)
    assert torch.equal(again.index, plain.index)


def test_rivers_run_down_to_the_outlet() -> None:
    parts, area = drainage(np.random.default_rng(4), 12)
    assert (parts[:, 6] > parts[:, 7]).all()
    assert 0.25 < area.max() < 1
    assert np.isclose(area.min(), 1 / 144)  # a spring drains only its own place
    assert len(parts) == 12 * 12 - 1


def test_light_falls_from_the_upper_left() -> None:
    board = sheet(64, (1,))
    bump = 0.1 * torch.exp(-((board.x - 0.5) ** 2 + (board.y - 0.5) ** 2) / 0.01)
    shade, shadow = hillshade(bump, 0.6), cast_shadow(bump, 0.3)
    assert shade[0, 26, 26] > 1.1 > 0.9 > shade[0, 38, 38]
    assert shadow[0, 40, 40] > 0.01
    assert shadow[0, 20, 20] == 0
