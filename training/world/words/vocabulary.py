"""English for every key of the world's description: data only, so that whatever writes or reads a prompt can share it.

In every tuple the first word is the common one and is used most; the others are synonyms. A phrase never says more than its key does:
what a synonym would add (a boat's sail, a cat's pose) has to be in every picture of that key. The few phrases that are only sometimes
true stand in tables of their own, which say when.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True)
class Forms:
    """The ways to say one fact. Every form but `tags` may be missing.

    tags: by itself, between commas ("sunset"); adverbs: behind a sentence ("at sunset"); items: behind "with" ("a full moon");
    adjectives: before the place's noun ("moonlit"); clauses: a sentence of its own ("the moon is full").
    """

    tags: Words
    adverbs: Words = ()
    items: Words = ()
    adjectives: Words = ()
    clauses: Words = ()


@dataclass(frozen=True)
class StyleForms:
    """openings: before the noun phrase ("a watercolour of"); endings: behind it ("in watercolour"); adjectives: inside it; tags."""

    openings: Words
    endings: Words
    adjectives: Words
    tags: Words


# Objects: singular nouns. Adjectives that are part of the name come before its colour only where OBJECT_ADJECTIVES holds them.
OBJECTS: dict[str, Words] = {
    "house": ("house", "cottage", "cabin", "home", "farmhouse", "country house"),
    "castle": ("castle", "fortress", "medieval castle", "stone castle", "palace", "fairytale castle"),
    "lighthouse": ("lighthouse", "beacon", "light tower"),
    "windmill": ("windmill", "mill", "dutch windmill"),
    "tower": ("tower", "high tower", "turret", "old tower"),
    "church": ("church", "chapel", "country church"),
    "bridge": ("bridge", "long bridge", "footbridge"),
    "skyscraper": ("skyscraper", "high-rise", "tower block", "office tower", "tall building"),
    "tent": ("tent", "camping tent", "camp tent"),
    "barn": ("barn", "farm barn", "farm building"),
    "tree": ("tree", "leafy tree", "oak tree", "oak", "deciduous tree"),
    "pine": ("pine tree", "pine", "fir tree", "fir", "spruce", "conifer", "evergreen"),
    "palm": ("palm tree", "palm", "coconut palm", "coconut tree", "tropical palm"),
    "birch": ("birch", "birch tree", "silver birch"),
    "cherry tree": ("cherry tree", "cherry blossom tree", "blossoming cherry tree", "blooming cherry tree", "cherry blossom"),
    "bush": ("bush", "shrub", "leafy bush"),
    "flower": ("flower", "blossom", "bloom", "wildflower"),
    "sunflower": ("sunflower", "tall sunflower"),
    "tulip": ("tulip", "tulip flower"),
    "cactus": ("cactus", "desert cactus", "spiny cactus"),
    "mushroom": ("mushroom", "toadstool", "wild mushroom"),
    "boat": ("boat", "little boat", "small boat", "yacht"),
    "ship": ("ship", "large ship", "big ship", "vessel"),
    "rowing boat": ("rowing boat", "rowboat", "wooden rowing boat", "skiff"),
    "balloon": ("hot air balloon", "balloon", "hot-air balloon", "air balloon"),
    "plane": ("plane", "airplane", "aeroplane", "aircraft"),
    "kite": ("kite", "toy kite", "flying kite"),
    "rocket": ("rocket", "space rocket", "spaceship", "spacecraft"),
    "train": ("train", "railway train", "passenger train"),
    "car": ("car", "automobile", "motor car"),
    "bus": ("bus", "coach", "city bus"),
    "tractor": ("tractor", "farm tractor"),
    "bird": ("bird", "songbird", "wild bird"),
    "cat": ("cat", "kitten", "kitty", "house cat"),
    "dog": ("dog", "puppy", "pup", "doggy"),
    "horse": ("horse", "pony", "steed"),
    "fish": ("fish", "swimming fish"),
    "cow": ("cow", "dairy cow", "farm cow"),
    "sheep": ("sheep", "lamb", "woolly sheep"),
    "duck": ("duck", "duckling", "wild duck"),
    "rabbit": ("rabbit", "bunny", "hare", "bunny rabbit"),
    "butterfly": ("butterfly", "big butterfly"),
    "whale": ("whale", "big whale", "great whale"),
    "person": ("person", "figure", "man", "woman", "traveller", "wanderer"),
    "snowman": ("snowman", "jolly snowman"),
    "umbrella": ("umbrella", "open umbrella", "parasol"),
    "apple": ("apple", "ripe apple", "fresh apple"),
    "cup": ("cup", "mug", "coffee cup", "teacup", "coffee mug"),
    "book": ("book", "thick book"),
    "lamp": ("lamp", "table lamp", "desk lamp"),
    "star": ("star", "five-pointed star", "star shape"),
    "heart": ("heart", "love heart", "heart shape"),
    "ball": ("ball", "round ball", "toy ball"),
    "chair": ("chair", "seat"),
    "guitar": ("guitar", "six-string guitar"),
}  # fmt: skip
PLURALS: dict[str, str] = {
    "sheep": "sheep", "woolly sheep": "woolly sheep", "fish": "fish", "swimming fish": "swimming fish", "aircraft": "aircraft",
    "spacecraft": "spacecraft", "person": "people", "man": "men", "woman": "women", "snowman": "snowmen", "jolly snowman": "jolly snowmen",
    "cactus": "cacti", "spiny cactus": "spiny cacti", "desert cactus": "desert cacti", "cherry blossom": "cherry blossoms",
}  # fmt: skip
# Names that exist only for several.
PLURAL_NAMES: dict[str, Words] = {"cow": ("cattle",), "person": ("people",), "palm": ("palms",), "pine": ("conifers",)}
# A colour goes behind these first words of a name: "a big red ship", but "a red fir tree".
BEFORE_COLOUR: Words = (
    "large", "big", "great", "tall", "old", "ripe", "fresh", "open", "wild", "leafy", "round", "jolly", "thick", "woolly", "swimming",
    "little", "small", "high", "long", "spiny",
)  # fmt: skip
# Words that may stand before the colour and claim nothing that a picture could break.
OBJECT_ADJECTIVES: dict[str, Words] = {
    "house": ("little", "old", "cosy"),
    "castle": ("old", "grand", "ancient", "mighty"),
    "lighthouse": ("tall", "old"),
    "windmill": ("old",),
    "tower": ("tall", "old", "ancient"),
    "church": ("old", "little"),
    "bridge": ("old",),
    "barn": ("old", "rustic"),
    "tree": ("old", "big"),
    "pine": ("tall",),
    "palm": ("tall",),
    "flower": ("pretty", "lovely", "delicate"),
    "tulip": ("pretty", "lovely"),
    "bird": ("little", "graceful"),
    "cat": ("cute", "little", "pretty"),
    "dog": ("cute", "little", "friendly"),
    "horse": ("proud", "graceful"),
    "rabbit": ("cute", "little"),
    "duck": ("cute", "little"),
    "sheep": ("fluffy",),
    "butterfly": ("pretty", "delicate"),
    "snowman": ("cheerful", "jolly"),
    "apple": ("shiny",),
    "train": ("old",),
    "car": ("little",),
    "tractor": ("old",),
}
# Whose colour is what is worn: "a woman in red".
DRESSED = ("person",)
# What a main thing does, as a base form; only what its kind shows in every picture.
VERBS: dict[str, Words] = {
    **dict.fromkeys(
        ("castle", "lighthouse", "windmill", "tower", "house", "church", "barn", "skyscraper", "snowman"), ("stand",)
    ),
    **dict.fromkeys(
        ("tree", "pine", "palm", "birch", "cherry tree", "flower", "sunflower", "tulip", "cactus"), ("grow", "stand")
    ),
    **dict.fromkeys(("boat", "ship"), ("sail", "float", "drift")),
    **dict.fromkeys(("rowing boat", "duck"), ("float", "drift")),
    "balloon": ("float", "drift", "fly"),
    **dict.fromkeys(("plane", "kite", "bird", "butterfly"), ("fly",)),
    **dict.fromkeys(("fish", "whale"), ("swim",)),
}
AIR_VERBS = ("fly", "float", "drift")

COUNTS: dict[int, Words] = {
    2: ("two", "a pair of", "a couple of", "2"),
    3: ("three", "a trio of", "3"),
    4: ("four", "4"),
}
ONE: Words = ("one", "a single")
SEVERAL: Words = ("several", "a few", "a group of", "some")
FLOCKS: dict[str, str] = {
    "sheep": "a flock of", "bird": "a flock of", "cow": "a herd of", "horse": "a herd of", "fish": "a school of",
}  # fmt: skip

COLOURS: dict[str, Words] = {
    "red": ("red", "bright red", "scarlet", "crimson"),
    "orange": ("orange", "bright orange"),
    "yellow": ("yellow", "bright yellow", "lemon yellow"),
    "green": ("green", "emerald green", "emerald"),
    "blue": ("blue", "bright blue", "cobalt blue", "azure"),
    "purple": ("purple", "violet"),
    "pink": ("pink", "rose pink"),
    "brown": ("brown", "chestnut brown"),
    "black": ("black", "jet black"),
    "white": ("white", "snow-white", "pure white"),
    "grey": ("grey", "gray"),
}
# Said instead of the colour for one kind only.
KIND_COLOURS: dict[tuple[str, str], Words] = {
    ("cat", "orange"): ("ginger",),
    ("horse", "brown"): ("chestnut",),
    ("dog", "yellow"): ("golden",),
    ("pine", "white"): ("snow-covered",),
}

ACROSS: dict[str, Words] = {
    "left": ("on the left", "on the left side", "to the left", "at the left"),
    "centre": ("in the middle", "in the centre", "in the center"),
    "right": ("on the right", "on the right side", "to the right", "at the right"),
}
BESIDE: dict[str, Words] = {"left": ("to the left of", "left of"), "right": ("to the right of", "right of")}
DEPTHS: dict[str, Words] = {
    "near": ("in the foreground", "up close", "nearby", "near the viewer"),
    "far": ("in the distance", "far away", "far off"),
}

# Settings of scenes: a preposition for what is "on" it, then the place with its article.
SETTINGS: dict[str, Words] = {
    "sea": ("on the sea", "on the ocean", "on the open sea", "on the water", "on the open ocean", "at sea"),
    "beach": ("on a beach", "on the beach", "on a sandy beach", "on the shore", "on the seashore", "on a sandy shore"),
    "cliff": ("on a cliff", "on a rocky cliff", "on a cliff by the sea", "on the cliffs", "on a sea cliff", "on a cliff above the ocean"),
    "lake": ("on a lake", "on the lake", "on a quiet lake", "on a small lake", "on a pond"),
    "river": ("on a river", "on the river", "on a winding river", "on a stream"),
    "waterfall": ("at a waterfall", "at the waterfall", "at a tall waterfall", "at a cascade"),
    "meadow": ("in a meadow", "on the grass", "in a grassy field", "in a field", "in a pasture", "on a lawn", "in the countryside"),
    "flower field": ("in a field of flowers", "in a flower field", "in a flower meadow", "among wildflowers", "in a blooming meadow"),
    "hills": ("in the hills", "in rolling hills", "on rolling hills", "in grassy hills", "among gentle hills"),
    "hill": ("on a hill", "on a hilltop", "on a grassy hill", "on top of a hill", "on a round hill"),
    "desert": ("in the desert", "in a desert", "in a sandy desert", "among sand dunes", "in the dunes"),
    "snow": ("in the snow", "in a snowy field", "in a snowy landscape", "on a snowy plain", "on snow"),
    "forest": ("in a forest", "in the woods", "in the forest", "in a forest clearing", "in woodland", "in a clearing in the woods"),
    "mountains": ("in the mountains", "in a mountain valley", "in a mountain landscape", "in high mountains", "in an alpine valley"),
    "village": ("in a village", "in a small village", "in a little village", "in a hamlet", "in a small town"),
    "city": ("in a city", "in the city", "in a big city", "in a town"),
    "street": ("on a street", "in the street", "on a road", "on a city street", "on an avenue"),
    "sky": ("in the sky", "in the open sky", "in the air", "in a wide sky"),
    "underwater": ("under water", "under the sea", "underwater", "beneath the waves", "in the deep sea", "deep under the sea"),
}  # fmt: skip
# A setting by itself, where the place behind SETTINGS' preposition does not make a picture's subject.
SUBJECTS: dict[str, Words] = {
    "sea": ("the sea", "the ocean", "the open sea", "the open ocean", "a seascape"),
    "meadow": ("a meadow", "a grassy field", "a field", "a pasture", "a grassy meadow", "a country landscape"),
    "flower field": ("a field of flowers", "a flower field", "a flower meadow", "wildflowers", "a blooming meadow"),
    "hills": ("rolling hills", "hills", "grassy hills", "gentle hills", "a hilly landscape"),
    "hill": ("a hill", "a grassy hill", "a round hill", "a hilltop"),
    "desert": ("a desert", "the desert", "a sandy desert", "sand dunes", "a desert landscape", "desert dunes"),
    "snow": ("a snowy landscape", "a snowy field", "a snowy plain", "a snowfield"),
    "forest": ("a forest", "the woods", "the forest", "a forest clearing", "woodland"),
    "mountains": ("mountains", "a mountain landscape", "a mountain valley", "high mountains", "an alpine valley"),
    "city": ("a city", "a big city", "the city", "a cityscape", "a town"),
    "street": ("a street", "a road", "a city street", "an avenue"),
    "sky": ("the sky", "a wide sky", "the open sky"),
    "underwater": ("an underwater scene", "the sea floor", "the seabed", "an underwater world"),
}
SETTING_TAGS: dict[str, Words] = {
    "sea": ("sea", "ocean", "seascape", "water"),
    "beach": ("beach", "shore", "seashore", "seaside"),
    "cliff": ("cliff", "sea cliff", "cliffs"),
    "lake": ("lake", "pond", "lakeside"),
    "river": ("river", "stream", "riverside"),
    "waterfall": ("waterfall", "cascade"),
    "meadow": ("meadow", "grass", "field", "countryside", "pasture"),
    "flower field": ("flower field", "flower meadow", "field of flowers", "wildflowers"),
    "hills": ("hills", "rolling hills", "hilly landscape"),
    "hill": ("hill", "hilltop"),
    "desert": ("desert", "sand dunes", "dunes"),
    "snow": ("snow", "snowy landscape", "snowfield"),
    "forest": ("forest", "woods", "woodland"),
    "mountains": ("mountains", "mountain landscape", "mountain valley"),
    "village": ("village", "hamlet", "small town"),
    "city": ("city", "cityscape", "town"),
    "street": ("street", "road", "city street", "avenue"),
    "sky": ("sky", "open sky"),
    "underwater": ("underwater", "under water", "under the sea"),
}
# Where a thing is that is not on its setting. A setting's own words stand for the general ones.
RELATIONS: dict[str, Words] = {
    "above": ("over", "above", "high above"),
    "in": ("in", "surrounded by"),
    "beside": ("by", "beside", "next to", "near", "at the edge of"),
    "behind": ("behind", "beyond"),
}

# Where a second thing is that is "above".
ALOFT: Words = ("in the sky", "above", "overhead")

TIMES: dict[str, Forms] = {
    "dawn": Forms(
        ("dawn", "sunrise", "early morning", "daybreak", "morning light"),
        ("at dawn", "at sunrise", "in the early morning", "at daybreak", "in the morning", "in the morning light"),
        adjectives=("early morning",),
        clauses=("it is dawn", "it is early morning", "the day begins"),
    ),
    "noon": Forms(
        ("daylight", "day", "daytime", "noon", "midday"),
        ("by day", "in daylight", "during the day", "at noon", "at midday", "in the daytime", "in the afternoon"),
        clauses=("it is daytime", "it is noon", "it is day"),
    ),
    "sunset": Forms(
        ("sunset", "dusk", "evening", "sundown", "twilight"),
        ("at sunset", "at dusk", "in the evening", "at sundown", "at twilight", "in the evening light", "as the sun goes down"),
        adjectives=("sunset", "evening"),
        clauses=("the sun is setting", "it is evening", "the day ends"),
    ),
    "night": Forms(
        ("night", "nighttime", "midnight", "night scene"),
        ("at night", "by night", "in the dark", "at midnight", "after dark", "in the dark of night", "under a night sky"),
        adjectives=("night", "dark"),
        clauses=("it is night", "it is dark", "night has fallen"),
    ),
}  # fmt: skip
# Part of the day behind "on a ...": "on a rainy night".
DAY_PARTS: dict[str, Words] = {
    "dawn": ("morning",),
    "noon": ("day", "afternoon"),
    "sunset": ("evening",),
    "night": ("night",),
}
WEATHERS: dict[str, Forms] = {
    "clear": Forms(("clear sky", "cloudless sky"), ("under a clear sky", "in clear weather"), ("a clear sky",), (), ("the sky is clear",)),
    "cloudy": Forms(
        ("cloudy", "overcast", "cloudy sky"),
        ("under a cloudy sky", "under an overcast sky", "in cloudy weather"),
        ("a cloudy sky", "an overcast sky"),
        (),
        ("the sky is cloudy", "it is overcast"),
    ),
    "storm": Forms(
        ("storm", "stormy", "stormy weather", "tempest"),
        ("in a storm", "under a stormy sky", "in stormy weather", "during a storm", "in a tempest"),
        ("a stormy sky", "storm clouds", "dark storm clouds"),
        ("stormy",),
        ("a storm is raging", "the weather is stormy"),
    ),
    "rain": Forms(
        ("rain", "rainy", "rainy weather", "rainfall"),
        ("in the rain", "in rainy weather", "in heavy rain", "in a downpour", "in pouring rain"),
        ("rain falling", "falling rain"),
        ("rainy",),
        ("it is raining", "rain is falling"),
    ),
    "snowfall": Forms(
        ("snowfall", "falling snow", "snowing", "snowflakes"),
        ("in falling snow", "in the falling snow", "in a snowfall", "while it snows", "in a snow shower"),
        ("falling snow", "snowflakes in the air", "falling snowflakes"),
        (),
        ("it is snowing", "snow is falling"),
    ),
    "fog": Forms(
        ("fog", "mist", "foggy", "misty"),
        ("in the fog", "in the mist", "in thick fog", "in misty weather", "shrouded in mist"),
        ("fog all around", "drifting mist"),
        ("foggy", "misty"),
        ("it is foggy", "there is mist everywhere"),
    ),
}  # fmt: skip
# Before a part of the day: "on a rainy night".
WEATHER_DAYS: dict[str, Words] = {
    "clear": ("clear", "cloudless"),
    "cloudy": ("cloudy", "overcast"),
    "storm": ("stormy",),
    "rain": ("rainy", "wet"),
    "snowfall": ("snowy",),
    "fog": ("foggy", "misty"),
}
# Only at noon with a clear sky, in styles whose sky keeps its colour.
SUNNY: Words = (
    "on a sunny day",
    "under a blue sky",
    "in sunshine",
    "on a fine day",
    "in bright daylight",
    "on a clear day",
)
SUNNY_TAGS: Words = ("sunny", "sunny day", "blue sky", "bright daylight")
SUNNY_STYLES = ("plain", "poster", "watercolour", "oil", "pixel art")
SEASONS: dict[str, Forms] = {
    "spring": Forms(("spring", "springtime"), ("in spring", "in springtime", "in the spring"), (), ("spring",), ("it is spring",)),
    "summer": Forms(("summer", "summertime"), ("in summer", "in summertime", "in the summer"), (), ("summer",), ("it is summer",)),
    "autumn": Forms(("autumn", "fall colours"), ("in autumn", "in the fall", "in fall"), (), ("autumn",), ("it is autumn",)),
    "winter": Forms(("winter", "wintertime"), ("in winter", "in wintertime", "in the winter"), (), ("winter", "wintry"), ("it is winter",)),
}  # fmt: skip
SKY: dict[str, Forms] = {
    "sun": Forms(("sun", "sunshine"), (), ("the sun in the sky", "the sun above", "the sun"), (), ("the sun is in the sky", "the sun can be seen")),
    "full moon": Forms(
        ("full moon", "moon", "moonlight"),
        ("under a full moon", "under the full moon", "in the moonlight", "under the moon"),
        ("a full moon", "a round moon", "a bright moon", "the moon in the sky", "a big moon"),
        ("moonlit",),
        ("the moon is full", "a full moon is in the sky"),
    ),
    "crescent moon": Forms(
        ("crescent moon", "moon", "sickle moon"),
        ("under a crescent moon", "under a thin moon", "under the moon"),
        ("a crescent moon", "a sickle moon", "a thin moon", "the moon in the sky"),
        ("moonlit",),
        ("a crescent moon is in the sky",),
    ),
    "stars": Forms(
        ("stars", "starry sky", "starlight"),
        ("under the stars", "under a starry sky", "under a sky full of stars"),
        ("stars in the sky", "a starry sky", "stars", "many stars"),
        ("starlit",),
        ("the sky is full of stars", "stars fill the sky"),
    ),
    "clouds": Forms(
        ("clouds", "clouds in the sky"), (), ("clouds in the sky", "clouds", "drifting clouds", "a few clouds"), (), ("clouds drift by",)
    ),
    "rainbow": Forms(
        ("rainbow",), ("under a rainbow",), ("a rainbow", "a rainbow in the sky", "a colourful rainbow"), (), ("a rainbow spans the sky",)
    ),
    "aurora": Forms(
        ("aurora", "northern lights", "polar lights", "aurora borealis"),
        ("under the northern lights", "under an aurora", "under the aurora borealis", "under polar lights"),
        ("northern lights", "an aurora", "the aurora borealis", "northern lights in the sky"),
        (),
        ("northern lights fill the sky", "an aurora glows above"),
    ),
    "lightning": Forms(
        ("lightning", "lightning bolt", "thunderbolt"),
        (),
        ("lightning", "a bolt of lightning", "a lightning bolt", "a flash of lightning"),
        (),
        ("lightning strikes", "lightning flashes"),
    ),
}  # fmt: skip
# The sun's further names, which tell the time as well.
SUN_AT: dict[str, Words] = {
    "dawn": ("the rising sun", "a low sun"),
    "noon": ("a bright sun", "the bright sun"),
    "sunset": ("the setting sun", "a low sun"),
}
# Names of what is behind the main things; the grammar adds "in the background" and its like.
BACKGROUNDS: dict[str, Words] = {
    "mountains": ("mountains", "tall mountains", "a mountain range", "mountain peaks"),
    "snowy mountains": ("snowy mountains", "snow-capped mountains", "mountains with snow", "snowy peaks"),
    "hills": ("hills", "rolling hills", "gentle hills"),
    "forest": ("a forest", "woods", "trees of a forest", "a line of woods"),
    "skyline": ("a city skyline", "a skyline", "skyscrapers", "a city"),
    "village": ("a village", "a small village", "the houses of a village"),
    "islands": ("islands", "small islands", "a few islands"),
}
BEHIND: Words = ("in the background", "behind", "in the distance", "on the horizon", "far behind")
BEHIND_CLAUSES: Words = ("in the background", "in the distance", "far behind")
IN_FRONT: Words = ("in front of", "against")

SCENE_STYLES: dict[str, StyleForms] = {
    "plain": StyleForms(
        ("a picture of", "an illustration of", "an image of", "an artwork of", "a digital illustration of"), (), (), ("illustration", "picture")
    ),
    "poster": StyleForms(
        ("a poster of", "a flat poster of", "a travel poster of", "a flat illustration of", "a vintage poster of", "a screen print of"),
        ("as a poster", "in poster style", "in flat poster style", "as a travel poster", "in flat colours", "flat design"),
        ("poster-style", "flat design"),
        ("poster", "flat poster", "travel poster", "flat design", "poster art", "flat colours"),
    ),
    "watercolour": StyleForms(
        ("a watercolour of", "a watercolor of", "a watercolour painting of", "a watercolor painting of", "an aquarelle of", "a painting of"),
        ("in watercolour", "in watercolor", "painted in watercolours", "as a watercolour", "watercolor style", "in watercolour style"),
        ("watercolour", "watercolor"),
        ("watercolour", "watercolor", "watercolour painting", "watercolor painting", "aquarelle"),
    ),
    "oil": StyleForms(
        ("an oil painting of", "an oil paint picture of", "a painting of", "an oil on canvas painting of", "a thick oil painting of"),
        ("in oils", "as an oil painting", "oil on canvas", "painted in oil", "oil painting style", "in oil paint"),
        ("oil-painted",),
        ("oil painting", "oil on canvas", "oil paint", "oils"),
    ),
    "pixel art": StyleForms(
        ("pixel art of", "a pixel art picture of", "an 8-bit picture of", "a pixelated picture of", "a pixel art image of"),
        ("in pixel art", "as pixel art", "pixel art style", "in pixel art style", "in 8-bit style", "in big pixels"),
        ("pixel art", "8-bit", "pixelated"),
        ("pixel art", "8-bit", "pixelated", "retro game art", "pixels"),
    ),
    "ink": StyleForms(
        ("an ink drawing of", "a line drawing of", "a pen and ink drawing of", "an ink sketch of", "a pen drawing of", "a sketch of"),
        ("in ink", "as an ink drawing", "drawn in ink", "as a line drawing", "in pen and ink", "ink style"),
        ("ink", "hand-drawn"),
        ("ink drawing", "line art", "ink", "pen and ink", "ink sketch", "line drawing"),
    ),
    "paper cut": StyleForms(
        ("a paper cut of", "a paper cutout of", "a papercut of", "paper art of", "a paper collage of", "a cut paper picture of"),
        ("in paper cut style", "as a paper cut", "made of paper", "cut from paper", "in layered paper", "paper cutout style"),
        ("paper cut", "paper"),
        ("paper cut", "paper art", "cut paper", "paper cutout", "layered paper"),
    ),
    "neon": StyleForms(
        ("a neon picture of", "neon art of", "a neon drawing of", "a glowing neon image of", "a neon sign of"),
        ("in neon", "in neon lights", "in neon style", "in glowing neon", "as neon art", "drawn in neon"),
        ("neon", "glowing neon"),
        ("neon", "neon lights", "neon art", "neon glow", "neon style"),
    ),
}  # fmt: skip

# How a view from above is said: "{}" is the noun phrase of what lies there.
FROM_ABOVE: Words = (
    "aerial view of {}",
    "{} from above",
    "an aerial view of {}",
    "{} seen from above",
    "a bird's-eye view of {}",
    "{} seen from the air",
    "a top-down view of {}",
    "{} from the air",
    "looking down on {}",
    "a view of {} from high above",
)
AERIAL_STYLES: dict[str, Words] = {
    "photo": (
        "an aerial photo of {}",
        "a satellite image of {}",
        "a drone photo of {}",
        "a satellite photo of {}",
        "an aerial photograph of {}",
        "a photo of {} from above",
        "a satellite view of {}",
        "{}, drone photo",
        "{}, satellite image",
        "{} from above, photo",
    ),
    "relief": (
        "a shaded relief of {}",
        "a relief map of {}",
        "a shaded relief map of {}",
        "{} as a shaded relief",
        "{} from above, shaded relief",
        "a terrain relief of {}",
        "an aerial view of {} in shaded relief",
        "{}, relief map",
    ),
    "map": (
        "a map of {}",
        "a printed map of {}",
        "a flat map of {}",
        "{} on a map",
        "a top-down map of {}",
        "{} from above, map style",
        "{} as a map",
        "an aerial view of {} as a map",
        "{}, map",
    ),
    "painted": (
        "a painting of {} from above",
        "a painted aerial view of {}",
        "{} from above, painted",
        "an aerial painting of {}",
        "a hand-painted aerial view of {}",
        "a bird's-eye painting of {}",
        "{} seen from above, painting",
    ),
}
FROM_ABOVE_TAGS: Words = ("aerial view", "from above", "bird's-eye view", "top-down view")
AERIAL_TAGS: dict[str, Words] = {
    "photo": ("aerial photo", "satellite image", "drone photo", "satellite photo"),
    "relief": ("shaded relief", "relief map", "terrain relief"),
    "map": ("map", "flat map", "printed map"),
    "painted": ("aerial painting", "painted aerial view", "painting from above"),
}
TERRAINS: dict[tuple[str, str], Words] = {
    ("islands", "green"): ("green islands in the ocean", "green islands", "islands in the sea", "an archipelago of green islands", "grassy islands"),
    ("islands", "sandy"): ("sandy islands in the ocean", "sandy islands", "sandy islands in the sea", "islands of sand"),
    ("islands", "rocky"): ("rocky islands in the sea", "rocky islands", "bare rocky islands", "stony islands in the ocean", "barren islands"),
    ("islands", "tropical"): ("tropical islands", "tropical islands with a lagoon", "a tropical archipelago", "tropical islands in the ocean", "an atoll"),
    ("coast", "green"): ("a green coast", "a green coastline", "a coastline", "a grassy coast by the sea", "a green shore and the ocean"),
    ("coast", "sandy"): ("a sandy coast", "a sandy coastline", "a sandy shore and the sea", "a long sandy shore"),
    ("coast", "rocky"): ("a rocky coast", "a rocky coastline", "a rugged coast by the ocean", "a rocky shore and the sea"),
    ("coast", "snowy"): ("a snowy coast", "a snow-covered coast", "a snowy coastline", "an arctic coast by the sea"),
    ("river", "forest"): ("a river through a forest", "a river in the woods", "a winding river in a forest", "a forest river"),
    ("river", "meadow"): ("a river through meadows", "a river in grassland", "a winding river in the meadows", "a river through fields of grass"),
    ("river", "desert"): ("a river through the desert", "a desert river", "a river in a dry land", "a winding river in the desert"),
    ("river", "farmland"): ("a river through farmland", "a river between farm fields", "a winding river in farmland", "a river and fields"),
    ("tributaries", "forest"): ("a river with tributaries in a forest", "a branching river system in the woods", "forest streams joining a river"),
    ("tributaries", "meadow"): ("a river with tributaries in grassland", "a branching river system in meadows", "streams joining a river in meadows"),
    ("tributaries", "bare"): ("a river with tributaries in bare land", "a branching river system in barren land", "streams joining a river in bare land"),
    ("delta", "green"): ("a green river delta", "a river delta", "a green delta by the sea", "the mouth of a river with green wetlands"),
    ("delta", "sandy"): ("a sandy river delta", "a river delta with sandbanks", "a sandy delta by the sea", "a sandy river mouth"),
    ("lake", "forest"): ("a lake in a forest", "a forest lake", "a lake among trees", "a lake in the woods"),
    ("lake", "meadow"): ("a lake in meadows", "a lake in grassland", "a lake between meadows", "a lake in green country"),
    ("lake", "mountains"): ("a mountain lake", "a lake in the mountains", "a lake between mountains", "an alpine lake"),
    ("lake", "frozen"): ("a frozen lake", "an icy lake", "a lake covered in ice", "a frozen lake in the snow"),
    ("mountains", "snowy"): ("snowy mountains", "snow-capped mountains", "snowy peaks", "a mountain range with snow", "snowy mountain ridges"),
    ("mountains", "green"): ("green mountains", "green mountain ridges", "a green mountain range", "mountains covered in green"),
    ("mountains", "bare"): ("bare mountains", "rocky mountains", "a bare mountain range", "barren mountain ridges"),
    ("forest", "conifer"): ("a conifer forest", "a pine forest", "a forest of fir trees", "evergreen woods", "a dense pine forest"),
    ("forest", "broadleaf"): ("a broadleaf forest", "a forest", "a leafy forest", "woodland", "dense woods", "a deciduous forest"),
    ("forest", "autumn"): ("an autumn forest", "a forest in autumn", "autumn woods", "a forest in fall colours", "autumn trees"),
    ("forest", "jungle"): ("a jungle", "a rainforest", "a tropical rainforest", "a dense jungle", "a tropical forest"),
    ("farmland", "green"): ("green farmland", "green fields", "a patchwork of green fields", "green farm fields", "farmland"),
    ("farmland", "golden"): ("golden farmland", "golden fields", "wheat fields", "ripe fields of grain", "a patchwork of golden fields"),
    ("farmland", "ploughed"): ("ploughed fields", "ploughed farmland", "brown ploughed fields", "plowed fields", "farmland with bare soil"),
    ("farmland", "round"): ("round fields", "circular fields", "farmland with round fields", "crop circles of irrigated farmland", "circular irrigated fields"),
    ("vineyard", ""): ("a vineyard", "vineyards", "rows of vines", "a vineyard with rows of vines"),
    ("terraces", "green"): ("green terraces", "terraced fields", "rice terraces", "green terraced hills"),
    ("terraces", "flooded"): ("flooded rice terraces", "flooded terraces", "rice paddies full of water", "terraced fields under water"),
    ("desert", "dunes"): ("desert dunes", "sand dunes", "a desert with dunes", "a sandy desert", "dunes in the desert"),
    ("desert", "rocky"): ("a rocky desert", "a stony desert", "a dry rocky desert", "dry rocky land"),
    ("desert", "red"): ("a red desert", "red desert sand", "red sand dunes", "a desert of red sand"),
    ("canyon", ""): ("a canyon", "a deep canyon", "a gorge", "a winding canyon"),
    ("glacier", ""): ("a glacier", "a flowing glacier", "a glacier of ice", "a river of ice"),
    ("snow", ""): ("a snowfield", "snow", "a snowy plain", "snow-covered land", "arctic snow"),
    ("volcano", "dormant"): ("a volcano", "a dormant volcano", "a volcanic crater", "a quiet volcano"),
    ("volcano", "erupting"): ("an erupting volcano", "a volcano with lava", "a volcano eruption", "a volcano erupting lava"),
    ("town", "grid"): ("a town with a grid of streets", "a street grid", "a town with straight streets", "a town", "blocks of houses"),
    ("town", "old"): ("an old town", "an old town with winding streets", "a medieval town", "the roofs of an old town"),
    ("town", "river"): ("a town by a river", "a town with a river", "a riverside town", "a river through a town"),
    ("village", "meadow"): ("a village in meadows", "a small village in grassland", "a village", "a hamlet in the meadows"),
    ("village", "forest"): ("a village in a forest", "a village in the woods", "a forest village", "a hamlet among trees"),
    ("village", "farmland"): ("a village in farmland", "a farming village", "a village among fields", "a hamlet between farm fields"),
    ("village", "snow"): ("a village in the snow", "a snowy village", "a snow-covered village", "a hamlet in the snow"),
    ("road", "forest"): ("a road through a forest", "a forest road", "a winding road in the woods", "a road through the trees"),
    ("road", "meadow"): ("a road through meadows", "a country road", "a winding road in grassland", "a road through grassland"),
    ("road", "desert"): ("a road through the desert", "a desert road", "a highway in the desert", "a winding road in the desert"),
    ("harbour", ""): ("a harbour", "a harbor", "a port with piers", "a marina", "a harbour with piers"),
    ("airport", ""): ("an airport", "an airport with runways", "an airfield", "runways of an airport"),
    ("city", ""): ("a city", "a big city", "a city with tall buildings", "city blocks", "a metropolis"),
}  # fmt: skip
# Terrains that nobody would take for a scene: "from above" may be left unsaid.
PLAINLY_AERIAL = ("tributaries", "delta", "terraces", "airport", "vineyard", "islands")
AERIAL_FEATURES: dict[str, Forms] = {
    "river": Forms(("river", "stream"), ("crossed by a river",), ("a river", "a winding river", "a stream")),
    "road": Forms(("road", "highway"), ("crossed by a road",), ("a road", "a winding road", "a highway")),
    "clouds": Forms(
        ("clouds", "scattered clouds"), ("under scattered clouds", "seen through clouds", "under clouds"), ("clouds", "scattered clouds", "some clouds")
    ),
    "snow patches": Forms(("patches of snow", "snow patches"), (), ("patches of snow", "snow patches", "a little snow")),
    "boats": Forms(("boats", "ships"), (), ("boats", "boats on the water", "small boats", "some ships")),
    "bridge": Forms(("bridge",), (), ("a bridge", "a bridge over the water")),
    "beach": Forms(("beach", "beaches"), (), ("a beach", "a sandy beach", "beaches", "sandy shores")),
    "lake": Forms(("lake", "pond"), (), ("a lake", "a small lake", "a pond")),
}  # fmt: skip

# Patterns: with "a" before what is one thing; colours come behind the article.
PATTERNS: dict[str, Words] = {
    "stripes": ("stripes", "a striped pattern", "parallel stripes", "bands", "a stripe pattern"),
    "checks": ("a checkerboard", "checks", "a checkered pattern", "a chessboard pattern", "squares like a chessboard"),
    "dots": ("dots", "polka dots", "a dotted pattern", "a polka dot pattern", "round dots"),
    "waves": ("waves", "wavy lines", "a wave pattern", "a wavy pattern", "abstract waves"),
    "zigzag": ("zigzag", "zigzag lines", "a zigzag pattern", "chevrons", "a chevron pattern"),
    "spiral": ("a spiral", "a swirl", "a spiral pattern", "an abstract spiral"),
    "rings": ("rings", "concentric rings", "concentric circles", "a target pattern"),
    "rays": ("rays", "a sunburst pattern", "radiating rays", "a starburst", "rays from the center"),
    "triangles": ("triangles", "a triangle pattern", "geometric triangles", "a pattern of triangles"),
    "hexagons": ("hexagons", "a honeycomb", "a honeycomb pattern", "a hexagon pattern", "hexagonal tiles"),
    "bricks": ("bricks", "a brick wall", "a brick pattern", "brickwork", "a wall of bricks"),
    "mosaic": ("a mosaic", "mosaic tiles", "a mosaic pattern", "a mosaic of tiles", "stained glass"),
    "leaves": ("leaves", "a leaf pattern", "a pattern of leaves", "foliage", "a leafy pattern"),
    "gradient": ("a gradient", "a colour gradient", "a smooth gradient", "a soft gradient", "a color gradient"),
    "marble": ("marble", "a marble texture", "veined marble", "a marbled pattern", "polished marble"),
    "wood": ("wood", "a wood texture", "wood grain", "wooden planks", "a wooden surface"),
    "bubbles": ("bubbles", "floating bubbles", "a bubble pattern", "soap bubbles", "round bubbles"),
    "confetti": ("confetti", "scattered confetti", "a confetti pattern", "bits of confetti"),
    "plaid": ("plaid", "tartan", "a plaid pattern", "a tartan pattern", "plaid cloth"),
    "mandala": ("a mandala", "an ornamental mandala", "a mandala pattern", "a round ornament"),
    "cracks": ("cracks", "cracked earth", "a cracked surface", "dry cracked mud", "a crack pattern"),
    "clouds of colour": (
        "clouds of colour",
        "clouds of color",
        "soft clouds of colour",
        "coloured smoke",
        "abstract clouds of colour",
    ),
}
PATTERN_TAGS: Words = ("pattern", "abstract", "texture", "abstract pattern", "background")
PATTERN_OPENINGS: Words = ("an abstract picture of", "a pattern of", "a texture of", "abstract art:", "a close-up of")

# A pattern's colours go behind these first words of its name: "scattered red confetti".
BEFORE_PATTERN_COLOUR: Words = (
    "parallel", "wavy", "concentric", "radiating", "geometric", "floating", "round", "scattered", "smooth", "soft", "polished", "veined",
    "cracked", "dry", "abstract", "ornamental",
)  # fmt: skip

# A single object's ground; "{}" is its colour.
GROUNDS: Words = (
    "on a {} background", "on a plain {} background", "on {}", "on plain {}", "in front of a {} wall", "against a {} background", "on {} ground",
)  # fmt: skip
BARE_GROUNDS: Words = ("on a plain background", "on a simple background")
GROUND_TAGS: Words = ("{} background", "plain {} background")
CLOSE: Words = ("a close-up of", "a picture of", "an image of", "an illustration of", "a simple picture of")

# Word pieces of the text encoder's tokenizer: one a word but for these (a test holds this table against the tokenizer).
WORD_PIECES: dict[str, int] = {
    "8-bit": 3, "aeroplane": 2, "aeroplanes": 2, "aquarelle": 3, "beacons": 2, "birches": 2, "bird's-eye": 5, "blooming": 2,
    "blossoming": 2, "borealis": 2, "brickwork": 2, "broadleaf": 2, "bunnies": 2, "cacti": 3, "checkerboard": 3, "checkered": 2,
    "chessboard": 2, "chevron": 2, "chevrons": 3, "cityscape": 3, "close-up": 3, "cloudless": 2, "collage": 2, "concentric": 2,
    "confetti": 3, "conifer": 2, "conifers": 3, "cosy": 2, "cutout": 2, "daybreak": 2, "doggies": 2, "doggy": 2, "downpour": 2,
    "drifts": 2, "duckling": 2, "ducklings": 2, "erupting": 3, "evergreens": 2, "fairytale": 2, "farmhouses": 2, "firs": 2,
    "five-pointed": 3, "foggy": 2, "footbridge": 2, "footbridges": 3, "foreground": 2, "fortresses": 2, "glows": 2,
    "hand-drawn": 3, "hand-painted": 3, "hares": 2, "hexagon": 3, "hexagonal": 3, "hexagons": 4, "high-rise": 3, "high-rises": 3,
    "honeycomb": 2, "hot-air": 3, "irrigated": 3, "kites": 2, "kittens": 2, "kitties": 2, "lambs": 2, "leafy": 2,
    "lighthouses": 2, "mandala": 2, "marbled": 2, "moonlit": 2, "mugs": 2, "oil-painted": 3, "ornament": 3, "overcast": 2,
    "paddies": 2, "papercut": 2, "parasol": 2, "parasols": 3, "patchwork": 2, "pixelated": 2, "planks": 2, "ploughed": 3,
    "plowed": 2, "ponies": 2, "poster-style": 3, "puppies": 2, "pups": 2, "rowboat": 2, "rowboats": 2, "sandbanks": 3,
    "seabed": 2, "seascape": 2, "seashore": 2, "shrouded": 3, "sickle": 2, "six-string": 3, "skiff": 2, "skiffs": 2,
    "skyscrapers": 2, "snow-capped": 3, "snow-covered": 3, "snow-white": 3, "snowfield": 2, "snowflakes": 3, "snowing": 2,
    "snowman": 2, "snowmen": 2, "snows": 2, "songbird": 2, "songbirds": 2, "spaceships": 2, "spiny": 2, "springtime": 2,
    "spruces": 2, "starburst": 3, "starlight": 2, "starlit": 2, "starry": 2, "steed": 2, "steeds": 3, "summertime": 2,
    "sunburst": 3, "sundown": 2, "sunflower": 2, "sunflowers": 3, "swims": 2, "tartan": 2, "teacup": 2, "teacups": 3,
    "terraced": 2, "thunderbolt": 2, "toadstool": 3, "toadstools": 3, "top-down": 3, "tulip": 2, "tulips": 3, "umbrellas": 2,
    "veined": 2, "wanderer": 2, "watercolor": 2, "watercolour": 3, "watercolours": 3, "wildflower": 2, "wildflowers": 3,
    "windmills": 2, "wintertime": 2, "wintry": 2, "woolly": 2, "yachts": 2, "zigzag": 4,
}  # fmt: skip
