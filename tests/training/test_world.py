"""The renderer keeps its promises: the same picture for a seed in any batch, and descriptions that say only what is there."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from training.world import VIEW_SHARES, Picture, draw, imagine, render
from training.world.description import (
    BACKGROUNDS,
    COLOURS,
    FIRST_OBJECT,
    LABELS,
    OBJECTS,
    SCENE_STYLES,
    SETTINGS,
    Shown,
    Thing,
)
from training.world.ground import DRAW_GROUND, HORIZONS
from training.world.palette import PAINTS
from training.world.pen import Fill, Light, Mirror, Pen
from training.world.placing import arrange
from training.world.raster import rasterise
from training.world.reflections import reflect
from training.world.scene import LEAST_THING, SEEN_BY, choose, compose, imagine_scene
from training.world.stage import Room, Strip
from training.world.styles import TREATMENTS, stylise
from training.world.things import DRAW, TRAITS

SAMPLE = 96
SMALL = 64
RED, WHITE = Fill((1.0, 0.0, 0.0)), Fill((1.0, 1.0, 1.0))
OBJECT_LABELS = {LABELS[kind]: kind for kind in OBJECTS}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return render(range(SAMPLE), size=96)


def area(pen: Pen, size: int = SMALL) -> float:
    """The share of the frame that is red."""
    rgb, _ = rasterise([pen], size)
    return float(rgb[0, 0].mean())


# --- the rasteriser -------------------------------------------------------------------------------------------------------


def test_areas_are_exact() -> None:
    triangle, disc, bar, star = Pen(), Pen(), Pen(), Pen()
    triangle.polygon([(0.1, 0.9), (0.5, 0.13), (0.87, 0.8)], RED)
    disc.ellipse((0.5, 0.5), (0.33, 0.21), RED, angle=0.5)
    bar.line([(0.2, 0.3), (0.8, 0.7)], 0.1, RED)
    points = [
        (0.5 + r * math.sin(k * math.pi / 5), 0.5 - r * math.cos(k * math.pi / 5)) for k, r in enumerate([0.4, 0.2] * 5)
    ]
    star.polygon(points, RED)
    assert area(triangle) == pytest.approx(abs((0.4 * -0.1) - (0.77 * -0.77)) / 2, rel=0.002)
    assert area(disc) == pytest.approx(math.pi * 0.33 * 0.21, rel=0.005)
    assert area(bar) == pytest.approx(0.1 * math.hypot(0.6, 0.4) + math.pi * 0.05**2, rel=0.01)
    assert area(star) == pytest.approx(5 * 0.4 * 0.2 * math.sin(math.pi / 5), rel=0.002)


def test_what_is_thinner_than_a_pixel_is_fainter() -> None:
    thin, dot = Pen(), Pen()
    thin.line([(0.1, 0.5), (0.9, 0.52)], 0.25 / SMALL, RED)
    dot.ellipse((0.5, 0.5), (0.2 / SMALL, 0.2 / SMALL), RED)
    assert area(thin) == pytest.approx(0.8 * 0.25 / SMALL, rel=0.35)
    assert area(dot) < 3 * math.pi * (0.2 / SMALL) ** 2


def test_marks_beyond_the_frame_are_cut_off() -> None:
    pen = Pen()
    pen.polygon([(-3.0, 0.25), (4.0, 0.25), (4.0, 0.5), (-3.0, 0.5)], RED)
    pen.ellipse((2.0, 2.0), (0.3, 0.3), RED)
    pen.glow((-2.0, -2.0), 0.1, (1.0, 0.0, 0.0), 0.5)
    assert area(pen) == pytest.approx(0.25, abs=1e-4)


def test_later_marks_lie_over_earlier_ones_and_labels_follow() -> None:
    pen = Pen()
    pen.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], WHITE, 3)
    pen.ellipse((0.5, 0.5), (0.25, 0.25), RED, 7)
    pen.polygon([(0.45, 0.45), (0.55, 0.45), (0.55, 0.55), (0.45, 0.55)], WHITE)
    rgb, labels = rasterise([pen], SMALL)
    middle, side = SMALL // 2, SMALL // 2 + SMALL // 8
    assert rgb[0, :, middle, middle].tolist() == [1.0, 1.0, 1.0]
    assert rgb[0, :, middle, side].tolist() == [1.0, 0.0, 0.0]
    assert (int(labels[0, middle, middle]), int(labels[0, 2, 2])) == (7, 3)


def test_ridges_fill_down_from_their_profile() -> None:
    pen = Pen()
    pen.ridge([0.25, 0.75], RED, bottom=0.9)
    assert area(pen) == pytest.approx(0.9 - 0.5, rel=0.01)


def test_gradients_run_over_the_bounding_box() -> None:
    pen = Pen()
    pen.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], Fill((0, 0, 0), (1, 1, 1), axis="x"))
    rgb, _ = rasterise([pen], SMALL)
    columns = rgb[0, 0, 10]
    assert torch.allclose(columns, (torch.arange(SMALL) + 0.5) / SMALL, atol=1e-4)


def test_only_lit_fills_take_the_light() -> None:
    pen = Pen(Light(ambient=(0.5, 0.5, 0.5)))
    pen.polygon([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], RED)
    pen.polygon([(0.5, 0), (1, 0), (1, 1), (0.5, 1)], Fill((1.0, 0.0, 0.0), lit=False))
    rgb, _ = rasterise([pen], SMALL)
    assert float(rgb[0, 0, 5, 5]) == pytest.approx(0.5)
    assert float(rgb[0, 0, 5, SMALL - 5]) == pytest.approx(1.0)


def test_hidden_marks_change_nothing() -> None:
    """Tiles that are covered wholly drop what is below: it must make no difference."""
    rng = np.random.default_rng(3)
    below, plain = Pen(), Pen()
    for x, y in rng.random((40, 2)).tolist():
        below.ellipse((x, y), (0.1, 0.05), RED, 9)
    for pen in (below, plain):
        pen.polygon([(-0.1, -0.1), (1.1, -0.1), (1.1, 1.1), (-0.1, 1.1)], WHITE, 4)
        pen.ridge([0.6, 0.5, 0.7], RED, 5)
    first, second = rasterise([below], 96), rasterise([plain], 96)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_still_water_shows_what_is_above_it() -> None:
    pen = Pen(mirror=Mirror(0.5, 1.0, 0.0))
    pen.polygon([(0, 0), (1, 0), (1, 0.5), (0, 0.5)], WHITE, LABELS["sky"])
    pen.polygon([(0.3, 0.2), (0.6, 0.2), (0.6, 0.5), (0.3, 0.5)], RED, LABELS["mountain"])
    pen.polygon([(0, 0.5), (1, 0.5), (1, 1), (0, 1)], Fill((0.0, 0.0, 1.0)), LABELS["water"])
    rgb, labels = rasterise([pen], SMALL)
    reflect(rgb, labels, [pen.mirror])
    red, blue = rgb[0, :, int(0.55 * SMALL), int(0.45 * SMALL)].tolist(), rgb[0, :, -1, 0].tolist()
    assert red[0] > 0.8
    assert blue[2] > 0.9


# --- pictures -------------------------------------------------------------------------------------------------------------


def same(first: Picture, second: Picture) -> bool:
    return (
        np.array_equal(first.pixels, second.pixels)
        and np.array_equal(first.labels, second.labels)
        and first.record() == second.record()
    )


def test_a_picture_depends_on_its_seed_only(pictures: list[Picture]) -> None:
    """Alone, in another order, among others: the same to the last bit."""
    chosen = list(range(0, 48, 3))
    for seed, again in zip(chosen[::-1], render(chosen[::-1], size=96), strict=True):
        assert same(again, pictures[seed]), (seed, pictures[seed].shown)
    for seed in (0, 5, 11):
        assert same(render([seed], size=96)[0], pictures[seed])


@pytest.mark.parametrize("size", [64, 96, 256])
def test_shapes_and_types(size: int) -> None:
    picture = render([3], size, captions=2)[0]
    assert picture.pixels.shape == (size, size, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.labels.shape == (size, size)
    assert picture.labels.dtype == np.uint8
    assert len(picture.captions) == 2


def test_all_views_occur_in_their_shares() -> None:
    views = [imagine(seed).view for seed in range(600)]
    for view, share in VIEW_SHARES.items():
        assert views.count(view) / 600 == pytest.approx(share, abs=0.06)


def test_descriptions_survive_json(pictures: list[Picture]) -> None:
    for picture in pictures:
        record = picture.record()
        del record["captions"]
        assert Shown.from_dict(record) == picture.shown


def test_everything_said_can_be_seen(pictures: list[Picture]) -> None:
    for picture in pictures:
        if picture.shown.view not in ("scene", "object"):
            continue
        shares = np.bincount(picture.labels.ravel(), minlength=len(LABELS)) / picture.labels.size
        for thing in picture.shown.things:
            assert shares[LABELS[thing.kind]] >= LEAST_THING, picture.shown
        for name in (*picture.shown.sky, *picture.shown.backgrounds):
            assert name not in SEEN_BY or any(shares[LABELS[label]] > 0 for label in SEEN_BY[name]), picture.shown


def test_no_thing_is_seen_that_is_not_said(pictures: list[Picture]) -> None:
    for picture in pictures:
        if picture.shown.view not in ("scene", "object"):
            continue
        said = {thing.kind for thing in picture.shown.things}
        found, counts = np.unique(picture.labels[picture.labels >= FIRST_OBJECT], return_counts=True)
        large = {
            OBJECT_LABELS[int(label)]
            for label, count in zip(found, counts, strict=True)
            if count > 0.02 * picture.labels.size
        }
        assert large <= said, picture.shown


def test_main_things_are_large() -> None:
    """The median main thing of a scene fills a good part of the frame, and hardly one is lost."""
    shares, lost = [], 0
    shown = [one for seed in range(160) if (one := imagine(seed)).view == "scene" and one.things]
    drawn = draw([replace(one, style="plain") for one in shown], list(range(len(shown))), 96)
    for one, label in zip(drawn.shown, drawn.labels.numpy(), strict=True):
        if one.things:
            shares.append(float((label == LABELS[one.things[0].kind]).mean()))
        else:
            lost += 1
    assert float(np.median(shares)) > 0.06
    assert lost <= 0.02 * len(shown)


def component_count(mask: np.ndarray) -> int:
    """Connected parts that are not tiny."""
    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = ndimage.sum_labels(mask, parts, range(1, count + 1))
    return int((sizes > 0.15 * max(sizes)).sum())


@pytest.mark.parametrize("kind", ["car", "apple", "cat", "house", "balloon", "fish"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_as_many_as_said(kind: str, count: int) -> None:
    shown = Shown(
        "object",
        "plain",
        "plain",
        colours=("yellow" if kind != "fish" else "blue",),
        things=(Thing(kind, "red", count),),
    )
    for seed in range(4):
        drawn = draw([shown], [seed], 256)
        assert component_count(drawn.labels[0].numpy() == LABELS[kind]) == count


def test_left_is_left() -> None:
    for seed in range(300, 420):
        shown = imagine(seed)
        if shown.view not in ("scene", "object") or not any(
            thing.across in ("left", "right") for thing in shown.things
        ):
            continue
        drawn = draw([replace(shown, style="plain")], [seed], 96)
        label = drawn.labels[0].numpy()
        kinds = [thing.kind for thing in drawn.shown[0].things]
        for thing in drawn.shown[0].things:
            if thing.across in ("left", "right") and kinds.count(thing.kind) == 1:
                x = np.nonzero(label == LABELS[thing.kind])[1].mean() / 96
                assert (x < 0.5) == (thing.across == "left"), shown


def test_things_do_not_overlap() -> None:
    room = Room(land=Strip(0.0, 1.0, 0.55, 0.93))
    rng = np.random.default_rng(1)
    for kind in ("car", "tree", "person", "sheep"):
        for count in (2, 3, 4):
            boxes = [
                TRAITS[kind].bounds(one.pose) for one in arrange((Thing(kind, count=count),), ("land",), room, 0.5, rng)
            ]
            for number, (left, top, right, bottom) in enumerate(boxes):
                assert min(left, top) > 0
                assert max(right, bottom) < 1
                for other in boxes[:number]:
                    apart = right <= other[0] + 0.01 or other[2] <= left + 0.01
                    assert apart or bottom <= other[1] + 0.03 or other[3] <= top + 0.03, (kind, count)


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_kind_can_be_shown_and_seen(kind: str) -> None:
    """On plain ground, and in one of the settings that are drawn for it."""
    rng = np.random.default_rng(len(kind))
    alone = Shown("object", "plain", "plain", colours=("yellow",), things=(Thing(kind, TRAITS[kind].paints[0]),))
    drawn = draw([alone], [1], 96)
    assert [thing.kind for thing in drawn.shown[0].things] == [kind]
    for _ in range(4000):
        shown = imagine_scene(rng)
        if shown.things and shown.things[0].kind == kind:
            seen = draw([replace(shown, style="plain")], [2], 96).shown[0]
            assert kind in [thing.kind for thing in seen.things]
            return
    pytest.fail(f"no scene of a {kind} in 4000")


def test_the_registers_are_complete() -> None:
    assert set(DRAW_GROUND) == set(HORIZONS) == set(SETTINGS)
    assert set(DRAW) == set(TRAITS) == set(OBJECTS)
    assert set(TREATMENTS) == set(SCENE_STYLES) - {"plain"}
    assert set(SEEN_BY) >= set(BACKGROUNDS)
    assert set(PAINTS) == set(COLOURS)
    for kind, traits in TRAITS.items():
        assert set(traits.paints) <= {"", *COLOURS}, kind


def test_every_setting_time_and_style_is_imagined() -> None:
    rng = np.random.default_rng(0)
    shown = [imagine_scene(rng) for _ in range(1500)]
    assert {one.setting for one in shown} == set(SETTINGS)
    assert {one.style for one in shown} == set(SCENE_STYLES)
    assert {one.time for one in shown} == {"dawn", "noon", "sunset", "night", ""}
    assert {background for one in shown for background in one.backgrounds} == set(BACKGROUNDS)
    assert {thing.count for one in shown for thing in one.things} == {1, 2, 3, 4}
    pairs = [one for one in shown if len(one.things) == 2]
    assert len(pairs) > 0.1 * len(shown)
    assert all({thing.across for thing in one.things} == {"left", "right"} for one in pairs)


def brightness(shown: Shown) -> float:
    return float(draw([shown], [4], SMALL).rgb.mean())


def test_night_is_dark_and_noon_is_bright() -> None:
    for setting in ("meadow", "sea", "city", "forest", "mountains", "sky"):
        night = brightness(Shown("scene", "plain", setting, time="night", weather="clear"))
        noon = brightness(Shown("scene", "plain", setting, time="noon", weather="clear"))
        assert night < 0.62 * noon, setting


def mean_colour(kind: str, colour: str, seed: int) -> Tensor:
    shown = Shown(
        "scene", "plain", "meadow", time="noon", weather="clear", things=(Thing(kind, colour, across="centre"),)
    )
    drawn = draw([shown], [seed], 128)
    return drawn.rgb[0][:, drawn.labels[0] == LABELS[kind]].mean(dim=1)


@pytest.mark.parametrize("colour", ["red", "blue", "green", "yellow", "white", "black"])
def test_a_thing_has_the_colour_that_is_said(colour: str) -> None:
    """Nearer to its own paint than to the others' in tint: the mean of all of it, shades and windows included."""
    tone = mean_colour("heart", colour, 5)
    paints = torch.tensor([PAINTS[name] for name in ("red", "blue", "green", "yellow", "white", "black")])
    names = ["red", "blue", "green", "yellow", "white", "black"]
    assert names[int((paints - tone).square().sum(dim=1).argmin())] == colour


@pytest.mark.parametrize("style", sorted(TREATMENTS))
def test_styles_change_a_picture_but_not_beyond_recognition(style: str) -> None:
    shown = Shown(
        "scene", "plain", "beach", time="noon", weather="clear", things=(Thing("house", "red", across="left"),)
    )
    plain = draw([shown], [8], 128)
    styled = draw([replace(shown, style=style)], [8], 128)
    assert torch.equal(plain.labels, styled.labels)
    assert 0.02 < float((plain.rgb - styled.rgb).abs().mean()) < 0.6
    stacked = torch.stack([plain.rgb.mean(dim=(0, 1)).flatten(), styled.rgb.mean(dim=(0, 1)).flatten()])
    if style != "neon":
        assert float(torch.corrcoef(stacked)[0, 1]) > 0.5


def test_a_style_treats_each_picture_by_itself() -> None:
    drawn = draw([Shown("scene", "plain", "meadow", time="noon", weather="clear")] * 3, [1, 2, 3], 64)
    for style in TREATMENTS:
        together = stylise(drawn.rgb, drawn.labels, [style] * 3, [1, 2, 3])
        alone = stylise(drawn.rgb[1:2], drawn.labels[1:2], [style], [2])
        assert torch.allclose(together[1], alone[0], atol=1e-5), style


def test_composing_leaves_no_bare_pixel() -> None:
    """Sky and ground meet: nothing of the black canvas shows."""
    for setting in SETTINGS:
        for seed in range(3):
            pen, _ = compose(
                Shown("scene", "plain", setting, time="noon", weather="clear"), np.random.default_rng(seed)
            )
            marked = Pen(
                Light(),
                [
                    replace(mark, fill=WHITE)
                    for mark in pen.marks
                    if mark.kind not in ("glow", "haze") and mark.fill.opacity == 1
                ],
            )
            rgb, _ = rasterise([marked], 96)
            assert float(rgb.min()) > 0.97, setting


def test_lots_follow_their_weights() -> None:
    rng = np.random.default_rng(2)
    drawn = [choose(rng, {"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(2000)]
    assert drawn.count("a") / 2000 == pytest.approx(0.75, abs=0.04)
    assert "c" not in drawn
