"""What a picture shows, as data: the renderer draws it, the captions say it, the probe is asked for it.

Nothing here draws. Every word is a key: the captions have its names in English, the renderer has its form.
A description never claims what cannot be seen: what is hidden or off the frame is struck from it after composing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

VIEWS = ("scene", "aerial", "object", "pattern")
TIMES = ("dawn", "noon", "sunset", "night")
WEATHERS = ("clear", "cloudy", "storm", "rain", "snowfall", "fog")
SEASONS = ("spring", "summer", "autumn", "winter")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")

# How a picture is made. "plain" is the renderer's own look: soft shading, no treatment.
SCENE_STYLES = ("plain", "poster", "watercolour", "oil", "pixel art", "ink", "paper cut", "neon")
AERIAL_STYLES = ("photo", "relief", "map", "painted")
STYLES = tuple(dict.fromkeys(SCENE_STYLES + AERIAL_STYLES))

# Where a scene is set: the ground that fills its lower part.
SETTINGS = (
    "sea", "beach", "cliff", "lake", "river", "waterfall", "meadow", "flower field", "hills", "hill", "desert", "snow",
    "forest", "mountains", "village", "city", "street", "sky", "underwater",
)  # fmt: skip

# What can be seen in a scene's sky, and behind its main things.
SKY = ("sun", "full moon", "crescent moon", "stars", "clouds", "rainbow", "aurora", "lightning")
BACKGROUNDS = ("mountains", "snowy mountains", "hills", "forest", "skyline", "village", "islands")

OBJECTS = (
    # buildings
    "house", "castle", "lighthouse", "windmill", "tower", "church", "bridge", "skyscraper", "tent", "barn",
    # plants
    "tree", "pine", "palm", "birch", "cherry tree", "bush", "flower", "sunflower", "tulip", "cactus", "mushroom",
    # on water
    "boat", "ship", "rowing boat",
    # in the air
    "balloon", "plane", "kite", "rocket",
    # on land
    "train", "car", "bus", "tractor",
    # animals
    "bird", "cat", "dog", "horse", "fish", "cow", "sheep", "duck", "rabbit", "butterfly", "whale",
    # people, as silhouettes, and things
    "person", "snowman", "umbrella", "apple", "cup", "book", "lamp", "star", "heart", "ball", "chair", "guitar",
)  # fmt: skip

TERRAINS: dict[str, tuple[str, ...]] = {
    "islands": ("green", "sandy", "rocky", "tropical"),
    "coast": ("green", "sandy", "rocky", "snowy"),
    "river": ("forest", "meadow", "desert", "farmland"),
    "tributaries": ("forest", "meadow", "bare"),
    "delta": ("green", "sandy"),
    "lake": ("forest", "meadow", "mountains", "frozen"),
    "mountains": ("snowy", "green", "bare"),
    "forest": ("conifer", "broadleaf", "autumn", "jungle"),
    "farmland": ("green", "golden", "ploughed", "round"),
    "vineyard": ("",),
    "terraces": ("green", "flooded"),
    "desert": ("dunes", "rocky", "red"),
    "canyon": ("",),
    "glacier": ("",),
    "snow": ("",),
    "volcano": ("dormant", "erupting"),
    "town": ("grid", "old", "river"),
    "village": ("meadow", "forest", "farmland", "snow"),
    "road": ("forest", "meadow", "desert"),
    "harbour": ("",),
    "airport": ("",),
    "city": ("",),
}
# What else an aerial view can hold over its terrain.
AERIAL_FEATURES = ("river", "road", "clouds", "snow patches", "boats", "bridge", "beach", "lake")

PATTERNS = (
    "stripes", "checks", "dots", "waves", "zigzag", "spiral", "rings", "rays", "triangles", "hexagons", "bricks", "mosaic", "leaves",
    "gradient", "marble", "wood", "bubbles", "confetti", "plaid", "mandala", "cracks", "clouds of colour",
)  # fmt: skip

ACROSS = ("left", "centre", "right")
DEPTHS = ("near", "far")
MOST = 4


@dataclass(frozen=True)
class Thing:
    """One group of equal objects.

    `colour` is empty where none is worth naming. `across` and `depth` are empty where nobody would say it. `relation` is where it is
    with respect to the setting: on, above, in (surrounded by it), beside, behind.
    """

    kind: str
    colour: str = ""
    count: int = 1
    across: str = ""
    depth: str = ""
    relation: str = "on"


@dataclass(frozen=True)
class Shown:
    """Everything that a picture shows.

    `setting` is one of SETTINGS in a scene, of TERRAINS in an aerial view, "plain" for a single object, one of PATTERNS in a pattern.
    `colours` are the ground of a single object, or a pattern's colours, most of it first.
    The first of `things` is the main one. Fields that do not apply to a view are empty.
    """

    view: str
    style: str
    setting: str
    variant: str = ""
    time: str = ""
    weather: str = ""
    season: str = ""
    sky: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    things: tuple[Thing, ...] = ()

    def without(self, thing: Thing) -> Shown:
        return replace(self, things=tuple(other for other in self.things if other is not thing))

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds; `from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Shown:
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list) and name != "things"}
        return cls(**{**values, **lists, "things": tuple(Thing(**thing) for thing in values["things"])})


# Semantic classes of a pixel, for the training's side task and for striking out what is hidden: grounds first, then objects.
GROUND_LABELS = (
    "sky", "cloud", "sun", "moon", "mountain", "snow", "grass", "sand", "water", "forest", "rock", "field", "town", "road", "ice",
    "lava", "plain", "pattern",
)  # fmt: skip
LABELS: dict[str, int] = {name: number for number, name in enumerate((*GROUND_LABELS, *OBJECTS))}
FIRST_OBJECT = len(GROUND_LABELS)
