"""English for what a picture shows: short and long, in varied words, never more than is there."""

from __future__ import annotations

import numpy as np

from .description import Aerial, Description, Scene, Thing

Words = tuple[str, ...]

NAMES: dict[str, Words] = {
    "house": ("house", "house", "cottage", "home", "small house"),
    "boat": ("boat", "boat", "sailing boat", "sailboat", "yacht", "sailing ship"),
    "tree": ("tree", "tree", "leafy tree", "round tree"),
    "pine": ("pine tree", "pine tree", "fir tree", "pine", "conifer", "evergreen tree"),
    "lighthouse": ("lighthouse", "lighthouse", "striped lighthouse", "beacon"),
    "castle": ("castle", "castle", "stone castle", "fortress", "medieval castle"),
    "balloon": ("balloon", "hot air balloon", "hot-air balloon", "balloon"),
    "bird": ("bird", "bird", "flying bird", "songbird"),
    "cat": ("cat", "cat", "sitting cat", "kitten", "kitty"),
}
NUMBERS = {2: ("two", "two", "a pair of"), 3: ("three",)}
GROUNDS: dict[str, Words] = {
    "sea": ("the sea", "the ocean", "the open sea", "the water", "calm sea"),
    "cliff": ("a cliff", "a cliff by the sea", "a rocky cliff", "a cliff above the ocean", "the edge of a cliff"),
    "beach": ("a beach", "a sandy beach", "the beach", "the seashore"),
    "lake": ("a lake", "a calm lake", "the lake", "a small lake"),
    "meadow": ("a meadow", "a green field", "the grass", "a grassy plain", "a green meadow"),
    "hills": ("rolling hills", "green hills", "the hills"),
    "hill": ("a hill", "a green hill", "a round hill", "the top of a hill"),
    "desert": ("a desert", "the desert", "sand dunes", "a sandy desert"),
    "snow": ("the snow", "a snowy field", "a snowy plain", "a winter landscape"),
    "forest": ("a forest clearing", "the woods", "a clearing in the forest"),
    "mountains": ("a mountain valley", "the mountains", "a valley"),
}
PREPOSITIONS: dict[str, Words] = {
    "on": ("on",),
    "above": ("over", "above", "flying over"),
    "shore": ("by", "beside", "next to", "on the shore of", "near"),
    "island": ("in", "surrounded by", "on an island in", "on a rock in"),
}
IN_SETTINGS = {"desert", "snow", "forest", "mountains", "meadow"}
TIMES: dict[str, Words] = {
    "noon": ("by day", "in daylight", "under a blue sky", "on a clear day", "during the day"),
    "dawn": ("at dawn", "at sunrise", "in the early morning", "in soft morning light"),
    "sunset": ("at sunset", "at sunset", "in the evening", "at dusk", "under an orange sky"),
    "night": ("at night", "at night", "in the dark", "under a night sky", "by night"),
    "storm": ("in a storm", "under grey clouds", "on a stormy day", "under a stormy sky"),
}
OPENINGS: Words = ("", "", "", "", "", "", "a picture of ", "an illustration of ", "a painting of ", "a drawing of ")
AERIAL_FORMS: Words = (
    "aerial view of {}",
    "aerial view of {}",
    "{} from above",
    "{} from above",
    "{} seen from above",
    "a satellite image of {}",
    "satellite view of {}",
    "an aerial photo of {}",
    "a bird's-eye view of {}",
    "top-down map of {}",
    "{} seen from the air",
)
AERIALS: dict[tuple[str, str], Words] = {
    ("islands", "green"): ("green islands in the ocean", "islands in the sea", "an archipelago", "forested islands"),
    ("islands", "sandy"): ("sandy islands in the ocean", "desert islands", "sandy islands"),
    ("islands", "rocky"): ("rocky islands in the sea", "bare rocky islands", "barren islands"),
    ("coast", "green"): ("a green coast", "a coastline", "a green shore and the sea", "the coast of the ocean"),
    ("coast", "sandy"): ("a sandy coast", "a desert coast", "a sandy coastline"),
    ("coast", "rocky"): ("a rocky coast", "a rocky coastline", "a barren coast"),
    ("river", "forest"): ("a river through a forest", "a winding river in the woods", "a river between trees"),
    ("river", "meadow"): ("a river through green meadows", "a river", "a river in grassland"),
    ("river", "desert"): ("a river through the desert", "a river in a dry land"),
    ("lake", "forest"): ("a lake in a forest", "a lake among trees", "a forest lake"),
    ("lake", "meadow"): ("a lake", "a lake in green meadows", "a lake in grassland"),
    ("lake", "mountains"): ("a mountain lake", "a lake in the mountains", "a lake between rocks"),
    ("mountains", "snowy"): ("snowy mountains", "snow-capped mountains", "a mountain range with snow"),
    ("mountains", "green"): ("green mountains", "forested mountains", "mountains covered in forest"),
    ("mountains", "bare"): ("brown mountains", "bare mountains", "a rocky mountain range"),
    ("forest", "green"): ("a forest", "a green forest", "woodland", "dense trees"),
    ("forest", "autumn"): ("an autumn forest", "a forest in autumn", "orange and red trees"),
    ("farmland", "green"): ("farmland", "green fields", "a patchwork of fields", "farm fields"),
    ("farmland", "golden"): ("golden fields", "farmland in late summer", "wheat fields", "golden farmland"),
    ("town", ""): ("a town", "a city", "streets and houses", "a grid of streets", "a town with red roofs"),
    ("town", "river"): ("a town with a river", "a city by a river", "a river through a town"),
    ("desert", "dunes"): ("desert dunes", "sand dunes", "a sandy desert", "a desert"),
    ("desert", "rocky"): ("a rocky desert", "dry barren land", "a stony desert"),
    ("snow", ""): ("a snow field", "snow", "a snowy plain", "the arctic"),
    ("snow", "lake"): ("a frozen lake in the snow", "a frozen lake", "ice and snow"),
}


def _pick(rng: np.random.Generator, words: Words) -> str:
    return words[int(rng.integers(len(words)))]


def _article(phrase: str) -> str:
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def captions(shown: Description, count: int, rng: np.random.Generator) -> list[str]:
    """`count` captions of what is shown, seeded by `rng`."""
    if isinstance(shown, Aerial):
        return [_aerial(shown, rng) for _ in range(count)]
    return [_scene(shown, rng) for _ in range(count)]


def _aerial(shown: Aerial, rng: np.random.Generator) -> str:
    return _pick(rng, AERIAL_FORMS).format(_pick(rng, AERIALS[shown.terrain, shown.variant]))


def thing_phrase(thing: Thing, rng: np.random.Generator) -> str:
    """The object with its colour and count, such as "two red boats"."""
    name = _pick(rng, NAMES[thing.kind])
    tint = _tint(thing, rng)
    if thing.count > 1:
        return f"{_pick(rng, NUMBERS[thing.count])} {tint} {name}s".replace("  ", " ")
    if thing.kind in ("lighthouse", "castle") and tint:
        return _painted_building(thing.kind, tint, name, rng)
    return _article(f"{tint} {name}".strip())


def _tint(thing: Thing, rng: np.random.Generator) -> str:
    if thing.kind == "pine":
        return _pick(rng, ("", "", "snowy")) if thing.colour == "white" else _pick(rng, ("", "", "green"))
    if thing.kind == "tree" and not thing.colour:
        return _pick(rng, ("", "", "green"))
    keep = 0.25 if thing.kind in ("lighthouse", "castle") else 0.9
    return thing.colour if rng.random() < keep else ""


def _painted_building(kind: str, tint: str, name: str, rng: np.random.Generator) -> str:
    if kind == "castle":
        return _article(f"{name} with {tint} roofs")
    return _article(f"{tint} and white {name}")


def _where(scene: Scene, thing: Thing, rng: np.random.Generator) -> str:
    preposition = _pick(rng, PREPOSITIONS[thing.place])
    if thing.place == "on" and scene.setting in IN_SETTINGS:
        preposition = "in"
    if thing.kind == "boat" and scene.setting == "beach":
        preposition = _pick(rng, ("off", "in the water by"))
    ground = _pick(rng, GROUNDS[scene.setting])
    if scene.setting == "meadow" and ground == "the grass":
        preposition = "on" if thing.place == "on" else preposition
    return f"{preposition} {ground}"


def _background(scene: Scene, rng: np.random.Generator) -> list[str]:
    """Phrases for whatever else can be seen, in a random order."""
    extras = []
    if scene.mountains and scene.setting != "mountains":
        kind = _pick(rng, ("snowy mountains", "snow-capped mountains")) if scene.mountains == "snowy" else "mountains"
        extras.append(f"with {kind} in the background")
    if scene.forest and scene.setting != "forest":
        extras.append("with a forest behind")
    if scene.sun:
        extras.append(
            _pick(
                rng,
                (
                    "with the sun in the sky",
                    "and the sun",
                    "in the sunshine" if scene.time == "noon" else "with a low sun",
                ),
            )
        )
    if scene.clouds and scene.time != "storm":
        extras.append(
            _pick(
                rng,
                (
                    "with clouds in the sky",
                    "under a cloudy sky",
                    "and white clouds" if scene.time == "noon" else "and clouds",
                ),
            )
        )
    if scene.moon:
        moon = "full moon" if scene.moon == "full" else "crescent moon"
        extras.append(_pick(rng, (f"under a {moon}", f"with a {moon}", "under the moon", "in the moonlight")))
    if scene.stars:
        extras.append(_pick(rng, ("with stars", "under the stars", "under a starry sky")))
    return [extras[int(index)] for index in rng.permutation(len(extras))]


def _landscape(scene: Scene, rng: np.random.Generator) -> str:
    if scene.setting == "mountains":
        tall = (
            ("snowy mountains", "snow-capped mountains", "mountains with snow")
            if scene.mountains == "snowy"
            else ("mountains", "bare mountains")
        )
        return _pick(rng, tall) if scene.mountains else "a valley"
    return _pick(rng, GROUNDS[scene.setting])


def _scene(scene: Scene, rng: np.random.Generator) -> str:
    parts = []
    if scene.thing:
        parts.append(thing_phrase(scene.thing, rng))
        if scene.thing.spot != "centre" and rng.random() < 0.15:
            parts.append(f"on the {scene.thing.spot}")
        if rng.random() < 0.85:
            parts.append(_where(scene, scene.thing, rng))
    else:
        parts.append(_landscape(scene, rng))
    extras = _background(scene, rng)
    if rng.random() < 0.82:
        extras.insert(int(rng.integers(len(extras) + 1)), _pick(rng, TIMES[scene.time]))
    keep = int(rng.integers(1, 4))
    parts += _without_repeats(extras)[:keep]
    return _pick(rng, OPENINGS) + " ".join(parts)


def _without_repeats(extras: list[str]) -> list[str]:
    """At most one phrase that says what the sky is "under"."""
    kept: list[str] = []
    for phrase in extras:
        if phrase.startswith("under") and any(other.startswith("under") for other in kept):
            continue
        kept.append(phrase)
    return kept
