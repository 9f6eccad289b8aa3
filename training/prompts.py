"""Prompts to judge a model by: drawn ones with what each asks for, in the manner of GenEval (Ghosh et al., 2023), and hand-written ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from training.world.aerial import imagine_aerial
from training.world.description import Shown, Thing
from training.world.patterns import imagine_pattern
from training.world.scene import imagine_object, imagine_scene
from training.world.things import TRAITS
from training.world.words import vocabulary as words
from training.world.words.phrases import Voice, joined, plural, with_article
from training.world.words.vocabulary import Words

# No other stage draws from this stream.
STREAM = 0x97C0
# Every third prompt has a word or a phrasing that no caption has.
UNFAMILIAR_EVERY = 3
NOWHERE = Shown("", "", "")
WATERS = ("sea", "lake", "river")


@dataclass(frozen=True)
class Prompt:
    """A prompt and what it asks for: `expected` holds only what the text says, all else in it is empty.

    `task`: what it tries (a key of TASKS). `familiar`: whether captions have all of its words and its phrasing.
    """

    text: str
    expected: Shown
    task: str
    familiar: bool


# What no caption says, with the same keys as the vocabulary.
UNSEEN_OBJECTS: dict[str, Words] = {
    "house": ("bungalow", "villa"),
    "castle": ("citadel", "stronghold"),
    "church": ("cathedral",),
    "bridge": ("viaduct",),
    "skyscraper": ("headquarters",),
    "tent": ("wigwam",),
    "barn": ("granary",),
    "tree": ("maple", "elm"),
    "pine": ("christmas tree", "larch"),
    "bush": ("thicket",),
    "flower": ("daisy",),
    "cactus": ("succulent",),
    "mushroom": ("fungus",),
    "boat": ("sailboat", "sloop"),
    "ship": ("galleon", "steamship"),
    "rowing boat": ("canoe",),
    "plane": ("airliner", "biplane"),
    "rocket": ("space shuttle",),
    "train": ("express",),
    "car": ("sedan", "vehicle"),
    "bus": ("minibus",),
    "bird": ("sparrow", "swallow"),
    "cat": ("tomcat", "feline"),
    "dog": ("hound", "labrador"),
    "horse": ("stallion", "mare"),
    "cow": ("heifer",),
    "sheep": ("ewe",),
    "duck": ("mallard",),
    "rabbit": ("cottontail",),
    "butterfly": ("moth",),
    "whale": ("humpback",),
    "person": ("hiker", "pedestrian"),
    "heart": ("valentine",),
    "cup": ("tankard",),
    "book": ("novel",),
    "chair": ("stool",),
    "ball": ("football",),
}  # fmt: skip
UNSEEN_PLURALS = {"fungus": "fungi", "daisy": "daisies"}
UNSEEN_COLOURS: dict[str, Words] = {
    "red": ("ruby", "vermilion"),
    "orange": ("tangerine",),
    "yellow": ("mustard", "canary yellow"),
    "green": ("olive", "lime"),
    "blue": ("sapphire", "navy"),
    "purple": ("lilac", "lavender"),
    "pink": ("magenta",),
    "brown": ("mahogany",),
    "black": ("ebony",),
    "white": ("ivory",),
    "grey": ("silvery",),
}
UNSEEN_COUNTS: dict[int, Words] = {2: ("twin", "a duo of"), 3: ("a threesome of",), 4: ("a quartet of",)}
UNSEEN_SETTINGS: dict[str, Words] = {
    "sea": ("on the atlantic", "on salt swell"),
    "beach": ("on the seafront",),
    "cliff": ("on a precipice",),
    "lake": ("on a tarn", "on a loch"),
    "river": ("on a brook", "on a creek"),
    "waterfall": ("at niagara",),
    "meadow": ("on a prairie",),
    "flower field": ("among poppies",),
    "hills": ("in the downs", "in the foothills"),
    "hill": ("on a knoll",),
    "desert": ("in the sahara",),
    "snow": ("in the tundra",),
    "forest": ("in a grove",),
    "mountains": ("in the alps", "in the himalayas"),
    "village": ("in a settlement",),
    "city": ("in manhattan",),
    "street": ("on a boulevard",),
    "sky": ("in the heavens",),
    "underwater": ("in the abyss",),
}
UNSEEN_TIMES: dict[str, Words] = {
    "dawn": ("at first light", "as the rooster crows"),
    "noon": ("at lunchtime",),
    "sunset": ("at golden hour", "at nightfall"),
    "night": ("after lights out", "in the small hours"),
}
UNSEEN_WEATHERS: dict[str, Words] = {
    "cloudy": ("under a leaden sky",),
    "storm": ("in a hurricane",),
    "rain": ("in a drizzle",),
    "snowfall": ("in a blizzard",),
    "fog": ("in haze",),
}
UNSEEN_STYLES: dict[str, Words] = {
    "poster": ("{}, retro advertisement", "{}, vector graphic"),
    "watercolour": ("{} in gouache", "{}, wet-on-wet washes"),
    "oil": ("{}, impasto brushwork", "{} on a varnished canvas by an old master"),
    "pixel art": ("{}, 16-bit sprite", "{} on a nintendo cartridge"),
    "ink": ("{}, fountain pen doodle", "{}, engraving"),
    "paper cut": ("{}, origami", "{} snipped from cardboard"),
    "neon": ("{} in fluorescent tubes", "{}, electric glow"),
}
UNSEEN_TERRAINS: dict[tuple[str, str], Words] = {
    ("islands", "tropical"): ("the maldives",),
    ("islands", "rocky"): ("skerries",),
    ("coast", "rocky"): ("fjords",),
    ("lake", "frozen"): ("an iced-over reservoir",),
    ("mountains", "snowy"): ("the himalayas", "the alps"),
    ("forest", "jungle"): ("the amazon",),
    ("forest", "conifer"): ("the taiga",),
    ("farmland", "golden"): ("cornfields",),
    ("farmland", "green"): ("cropland",),
    ("desert", "dunes"): ("the sahara",),
    ("canyon", ""): ("a ravine",),
    ("glacier", ""): ("an ice tongue",),
    ("snow", ""): ("the tundra",),
    ("volcano", "erupting"): ("mount etna spewing magma",),
    ("town", "grid"): ("a suburb",),
    ("harbour", ""): ("docks",),
    ("airport", ""): ("an aerodrome",),
    ("city", ""): ("manhattan",),
}
UNSEEN_FRAMES: Words = (
    "show me {}",
    "please draw {}",
    "i would like to see {}",
    "create {} for me",
    "imagine {}",
    "{}, please",
)
FRAMES: Words = ("{}", "{}", "{}", "a picture of {}", "an image of {}")


class Writer:
    """Words for one prompt. An unfamiliar one takes one unseen word or phrasing; everything else is as in captions."""

    def __init__(self, rng: np.random.Generator, familiar: bool) -> None:
        self.rng = rng
        self.familiar = familiar
        self._voice = Voice(rng)
        self._unseen_left = not familiar

    def word(self, seen: Words, unseen: Words = ()) -> str:
        if self._unseen_left and unseen:
            self._unseen_left = False
            return self._voice.pick(unseen)
        return seen[0] if self._voice.chance(0.6) else self._voice.pick(seen)

    def chance(self, probability: float) -> bool:
        return self._voice.chance(probability)

    def framed(self, phrase: str) -> str:
        return (self._voice.pick(UNSEEN_FRAMES) if self._unseen_left else self._voice.pick(FRAMES)).format(phrase)

    def noun(self, thing: Thing) -> str:
        """What of the thing is asked for: its kind, its count, its colour unless that is empty."""
        name = self.word(words.OBJECTS[thing.kind], UNSEEN_OBJECTS.get(thing.kind, ()))
        if thing.count > 1:
            name = UNSEEN_PLURALS.get(name) or plural(name)
        if thing.colour:
            colour = self.word(words.COLOURS[thing.colour], UNSEEN_COLOURS[thing.colour])
            name = f"{name} in {colour}" if thing.kind in words.DRESSED else f"{colour} {name}"
        if thing.count == 1:
            return with_article(name)
        return f"{self.word(words.COUNTS[thing.count], UNSEEN_COUNTS[thing.count])} {name}"

    def place(self, setting: str, kind: str = "") -> str:
        """Where a kind is in a setting, or the setting by itself."""
        seen = words.SETTINGS[setting] if kind else words.SUBJECTS.get(setting, words.SETTINGS[setting])
        phrase = self.word(seen, UNSEEN_SETTINGS[setting])
        preposition, _, place = phrase.partition(" ")
        if not kind:
            return place if phrase in words.SETTINGS[setting] or phrase in UNSEEN_SETTINGS[setting] else phrase
        if setting in ("sky", "underwater"):
            return phrase
        if "air" in TRAITS[kind].places[:1]:
            return f"over {place}"
        return f"by {place}" if setting in WATERS and "water" not in TRAITS[kind].places else f"{preposition} {place}"


def evaluation_prompts(seed: int, count: int) -> list[Prompt]:
    """`count` prompts, the tasks in turn; the first n are the same for every count."""
    tasks = list(TASKS)
    return [_prompt(seed, index, tasks[index % len(tasks)]) for index in range(count)]


def _prompt(seed: int, index: int, task: str) -> Prompt:
    familiar = (index // len(TASKS)) % UNFAMILIAR_EVERY != UNFAMILIAR_EVERY - 1
    writer = Writer(np.random.default_rng((STREAM, seed, index)), familiar)
    text, expected = TASKS[task](writer)
    return Prompt(text, expected, task, familiar)


def _scene_with(writer: Writer, fits: Callable[[Shown], bool]) -> Shown:
    """A scene with one main thing, as the world would draw it by lot, that suits the task."""
    while True:
        shown = imagine_scene(writer.rng)
        if shown.things and fits(shown):
            return shown


def _asked(shown: Shown, **details: object) -> Shown:
    """Only the main thing's kind and what `details` name."""
    thing = Thing(shown.things[0].kind)
    return replace(NOWHERE, things=(replace(thing, **details),))  # type: ignore[arg-type]


def _somewhere(writer: Writer, shown: Shown, expected: Shown) -> tuple[str, Shown]:
    """The asked thing, half the time with its setting."""
    text = writer.noun(expected.things[0])
    if writer.chance(0.5):
        return text, expected
    return f"{text} {writer.place(shown.setting, shown.things[0].kind)}", replace(
        expected, view="scene", setting=shown.setting
    )


def _object(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda _: True)
    text, expected = _somewhere(writer, shown, _asked(shown))
    return writer.framed(text), expected


def _colour(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: bool(shown.things[0].colour))
    text, expected = _somewhere(writer, shown, _asked(shown, colour=shown.things[0].colour))
    return writer.framed(text), expected


def _count(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: shown.things[0].count > 1)
    text, expected = _somewhere(writer, shown, _asked(shown, count=shown.things[0].count))
    return writer.framed(text), expected


def _place(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: len(shown.things) == 1 and shown.things[0].across in ("left", "right"))
    expected = _asked(shown, across=shown.things[0].across)
    text = f"{writer.noun(expected.things[0])} {writer.word(words.ACROSS[expected.things[0].across])}"
    return writer.framed(text), expected


def _two_objects(writer: Writer) -> tuple[str, Shown]:
    shown = _pair(writer)
    things = tuple(Thing(thing.kind) for thing in shown.things)
    return writer.framed(joined([writer.noun(thing) for thing in things])), replace(NOWHERE, things=things)


def _two_places(writer: Writer) -> tuple[str, Shown]:
    shown = _pair(writer)
    things = tuple(Thing(thing.kind, across=thing.across) for thing in shown.things)
    text = joined([f"{writer.noun(thing)} {writer.word(words.ACROSS[thing.across])}" for thing in things])
    return writer.framed(text), replace(NOWHERE, things=things)


def _two_colours(writer: Writer) -> tuple[str, Shown]:
    while True:
        shown = _pair(writer)
        if all(thing.colour for thing in shown.things):
            break
    things = tuple(Thing(thing.kind, thing.colour) for thing in shown.things)
    return writer.framed(joined([writer.noun(thing) for thing in things])), replace(NOWHERE, things=things)


def _pair(writer: Writer) -> Shown:
    """Two single things of different kinds, left and right, in a scene or on plain ground."""
    while True:
        shown = imagine_object(writer.rng) if writer.chance(0.5) else imagine_scene(writer.rng)
        if len(shown.things) == 2 and shown.things[0].kind != shown.things[1].kind:
            return shown


def _setting(writer: Writer) -> tuple[str, Shown]:
    shown = imagine_scene(writer.rng)
    return writer.framed(writer.place(shown.setting)), replace(NOWHERE, view="scene", setting=shown.setting)


def _time(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: bool(shown.time))
    time = writer.word(words.TIMES[shown.time].adverbs, UNSEEN_TIMES[shown.time])
    text, expected = _somewhere(writer, shown, _asked(shown))
    return writer.framed(f"{text} {time}"), replace(expected, view="scene", time=shown.time)


def _weather(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: shown.weather not in ("", "clear"))
    weather = writer.word(words.WEATHERS[shown.weather].adverbs, UNSEEN_WEATHERS[shown.weather])
    place = writer.place(shown.setting)
    return writer.framed(f"{place} {weather}"), replace(
        NOWHERE, view="scene", setting=shown.setting, weather=shown.weather
    )


def _style(writer: Writer) -> tuple[str, Shown]:
    shown = _scene_with(writer, lambda shown: shown.style != "plain")
    forms = words.SCENE_STYLES[shown.style]
    ways = tuple(f"{opening} {{}}" for opening in forms.openings[:3]) + tuple(
        f"{{}}, {ending}" for ending in forms.endings[:3]
    )
    way = writer.word(ways, UNSEEN_STYLES[shown.style])
    text, expected = _somewhere(writer, shown, _asked(shown))
    return way.format(text), replace(expected, style=shown.style)


def _terrain(writer: Writer) -> tuple[str, Shown]:
    shown = imagine_aerial(writer.rng)
    key = shown.setting, shown.variant
    place = writer.word(words.TERRAINS[key], UNSEEN_TERRAINS.get(key, ()))
    return writer.framed(writer.word(words.FROM_ABOVE[1:]).format(place)), replace(
        NOWHERE, view="aerial", setting=shown.setting, variant=shown.variant
    )


def _aerial_style(writer: Writer) -> tuple[str, Shown]:
    shown = imagine_aerial(writer.rng)
    key = shown.setting, shown.variant
    place = writer.word(words.TERRAINS[key], UNSEEN_TERRAINS.get(key, ()))
    text = writer.word(words.AERIAL_STYLES[shown.style]).format(place)
    expected = replace(NOWHERE, view="aerial", style=shown.style, setting=shown.setting, variant=shown.variant)
    return (text if writer.familiar else writer.framed(text)), expected


def _pattern(writer: Writer) -> tuple[str, Shown]:
    shown = imagine_pattern(writer.rng)
    name = writer.word(words.PATTERNS[shown.setting])
    colours = [writer.word(words.COLOURS[colour], UNSEEN_COLOURS[colour]) for colour in shown.colours]
    expected = replace(NOWHERE, view="pattern", setting=shown.setting, colours=shown.colours)
    return writer.framed(f"{name} in {joined(colours)}" if colours else name), expected


TASKS: dict[str, Callable[[Writer], tuple[str, Shown]]] = {
    "object": _object,
    "colour": _colour,
    "count": _count,
    "place": _place,
    "two objects": _two_objects,
    "two places": _two_places,
    "two colours": _two_colours,
    "setting": _setting,
    "time": _time,
    "weather": _weather,
    "style": _style,
    "terrain": _terrain,
    "aerial style": _aerial_style,
    "pattern": _pattern,
}

FIFTY: tuple[str, ...] = (
    "a red sailing boat on the sea at sunset",
    "a lighthouse on a cliff in a storm",
    "a castle on a hill at night under a full moon",
    "snowy mountains reflected in a lake at dawn",
    "a little house in the snow with northern lights",
    "two horses in a meadow on a sunny day",
    "a hot air balloon over the desert at sunrise",
    "a waterfall in the forest, watercolour",
    "a city skyline at night, neon",
    "palm trees on a tropical beach",
    "a field of flowers with a windmill",
    "an autumn forest with a winding river",
    "a black cat on a street at night",
    "three white sheep on green hills",
    "a train in the mountains in winter",
    "a pixel art castle under the stars",
    "an ink drawing of a village in the hills",
    "an oil painting of a ship in a storm",
    "a travel poster of mountains and a lake",
    "a paper cut of a forest with pine trees under the moon",
    "a whale under water",
    "four fish in the deep blue sea",
    "a rainbow over a farm with a red barn",
    "a snowman beside a fir tree in falling snow",
    "a person with an umbrella in the rain",
    "a rocket flying through a starry sky",
    "a bridge over a river on a foggy morning",
    "a cactus in the desert at noon",
    "a pink cherry tree in spring",
    "a yellow tractor on a field in summer",
    "a blue car on the left and a red bus on the right",
    "two birds flying over the ocean",
    "a tent in the mountains under the milky way",
    "sunflowers in front of a white church",
    "a duck on a pond, watercolour",
    "an aerial view of green islands in a turquoise sea",
    "farmland from above in autumn",
    "a river delta seen from space",
    "satellite image of a volcano with lava",
    "a drone photo of a winding road through a forest",
    "a map of a coast with a harbour",
    "snowy mountains from above, shaded relief",
    "an old town with red roofs seen from above",
    "rice terraces from the air",
    "a glacier between mountains, aerial photo",
    "a green apple on a white background",
    "a red guitar next to a chair",
    "three yellow stars on a blue background",
    "blue and white waves, abstract pattern",
    "a colourful mosaic",
)
OUTSIDE: tuple[str, ...] = (
    "",
    "a cyberpunk astronaut",
    "a plate of spaghetti with meatballs",
    "portrait of a queen with a pearl earring",
    "the concept of justice",
    "a dragon fighting a robot",
    "42",
    "a crowded supermarket",
    "asdf qwerty zxcv",
    "an x-ray of a hand",
    "a dinosaur playing the piano",
    "Die Gedanken sind frei",
)
