"""Captions: what a picture shows in varied English, short and long, with everything in it left out now and then.

What is most often left out is what a user would leave out: the time in plain daylight, the ground of a single object, the sky. A prompt
that leaves something out then gets what most pictures without it had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.world.description import ACROSS, Shown, Thing

from . import vocabulary as words
from .phrases import (
    MOST_PIECES,
    Draft,
    Item,
    Noun,
    Voice,
    content,
    described,
    finite,
    is_several,
    joined,
    noun,
    participle,
    pieces,
    takes_adjective,
    with_article,
)
from .vocabulary import Forms, StyleForms

ATTEMPTS = 4
MOST_TAGS = 5
SAY_STYLE = 0.87
# Of a time, where it is plain daylight and where it is anything else.
SAY_DAYLIGHT, SAY_TIME = 0.4, 0.9
GROUND_WORDS = ("on ", "in front ", "against ")
SWIMMERS = ("fish", "whale")
AIR_SETTINGS = ("sky", "underwater")


def captions(shown: Shown, count: int, rng: np.random.Generator) -> list[str]:
    """`count` captions, different where a few attempts find different ones; none over 32 tokens of the text encoder."""
    voice = Voice(rng)
    found: list[str] = []
    for _ in range(count):
        caption = _caption(shown, voice)
        for _ in range(ATTEMPTS):
            if caption not in found:
                break
            caption = _caption(shown, voice)
        found.append(caption)
    return found


def _caption(shown: Shown, voice: Voice) -> str:
    if voice.chance(0.1):
        return _tags(shown, voice)
    match shown.view:
        case "scene":
            return _scene(shown, voice)
        case "aerial":
            return _aerial(shown, voice)
        case "object":
            return _object(shown, voice)
        case _:
            return _pattern(shown, voice)


# What is said.


@dataclass(frozen=True)
class Plan:
    """What one caption says: the picture without what it leaves out, and how long it is ("short", "middle", "long")."""

    shown: Shown
    length: str

    @property
    def main(self) -> Thing | None:
        return self.shown.things[0] if self.shown.things else None


def _says_time(shown: Shown, voice: Voice) -> bool:
    plain_day = shown.time == "noon" and shown.weather in ("", "clear")
    return bool(shown.time) and voice.chance(SAY_DAYLIGHT if plain_day else SAY_TIME)


def _says_style(shown: Shown, voice: Voice) -> bool:
    if shown.style in ("plain", "photo"):
        return voice.chance(0.2 if shown.style == "plain" else 0.5)
    return voice.chance(SAY_STYLE)


def _kept(values: tuple[Item, ...], probability: float, voice: Voice) -> tuple[Item, ...]:
    return tuple(value for value in values if voice.chance(probability))


def _plan(shown: Shown, voice: Voice) -> Plan:
    """Leave out some of a scene or an aerial view, more of it in a short caption."""
    draw = voice.below(100)
    length = "short" if draw < 25 else "middle" if draw < 75 else "long"
    more = {"short": 0.12, "middle": 0.45, "long": 0.8}[length]
    main = shown.things[:1] if shown.view == "object" or voice.chance(0.97) else ()
    setting = shown.setting if not main or voice.chance(0.65 if length == "short" else 0.92) else ""
    clouded = "clouds" in shown.sky or "clouds" in shown.features
    weather = {"": 0.0, "clear": 0.0 if clouded else more / 4, "cloudy": max(more, 0.55)}.get(shown.weather, 0.92)
    return Plan(
        replace(
            shown,
            style=shown.style if _says_style(shown, voice) else "",
            setting=setting,
            time=shown.time if _says_time(shown, voice) else "",
            weather=shown.weather if voice.chance(weather) else "",
            season=shown.season if voice.chance(more) else "",
            sky=_kept(shown.sky, more, voice),
            backgrounds=_kept(shown.backgrounds, more, voice),
            features=_kept(shown.features, max(more, 0.4), voice),
            things=(*main, *_kept(shown.things[1:], 0.5 if length == "short" else 0.9, voice)) if main else (),
        ),
        length,
    )


# Parts that several views share.


def _style_forms(style: str) -> StyleForms | None:
    return words.SCENE_STYLES.get(style)


def _add_style(draft: Draft, style: str, voice: Voice) -> None:
    """The style before or behind what is there; "" says nothing."""
    forms = _style_forms(style)
    if forms is None:
        return
    if not forms.endings or (not draft.lead and voice.chance(0.5)):
        draft.opening = voice.pick(forms.openings)
    else:
        ending = voice.pick(forms.endings)
        joins = ending.startswith(("in ", "as ", "made ", "drawn ", "painted ", "cut "))
        # Behind a list or a ground, "in ink" would belong to their last word.
        bound = bool(draft.items) or (bool(draft.adverbs) and draft.adverbs[-1].startswith(GROUND_WORDS))
        draft.ending = f" {ending}" if joins and not bound and voice.chance(0.6) else f", {ending}"


def _is_sunny(shown: Shown) -> bool:
    """Whether a picture has what SUNNY says."""
    clear = shown.weather == "clear" and "clouds" not in shown.sky
    return shown.time == "noon" and clear and shown.style in words.SUNNY_STYLES


def _add_time(draft: Draft, shown: Shown, sunny: bool, voice: Voice) -> bool:
    """Says the time, perhaps together with weather or season; whether it took these in."""
    if not shown.time:
        return False
    phrase, took_in = _time_phrase(shown, sunny, voice)
    if phrase.startswith("under ") and " under " in f" {draft.head}":
        phrase, took_in = words.TIMES[shown.time].adverbs[0], False
    if not draft.lead and not shown.style and voice.chance(0.2):
        draft.lead = phrase
    else:
        draft.adverbs.append(phrase)
    return took_in


def _time_phrase(shown: Shown, sunny: bool, voice: Voice) -> tuple[str, bool]:
    if sunny and voice.chance(0.45):
        return voice.pick(words.SUNNY), not shown.season
    if (shown.weather or shown.season) and voice.chance(0.35):
        part = voice.pick(words.DAY_PARTS[shown.time])
        season = f"{shown.season} " if shown.season else ""
        weather = f"{voice.pick(words.WEATHER_DAYS[shown.weather])} " if shown.weather else ""
        return f"on {with_article(weather + season + part)}", True
    return voice.pick(words.TIMES[shown.time].adverbs), False


def _add_fact(draft: Draft, forms: Forms, voice: Voice, *, long: bool) -> None:
    """One more fact in whichever of its forms suits; nothing where its words are there already."""
    if long and forms.clauses and not draft.clauses and voice.chance(0.3):
        clause = voice.pick(forms.clauses)
        if not draft.says(clause):
            draft.clauses.append(f"while {clause}" if voice.chance(0.4) else clause)
        return
    adverbial = bool(forms.adverbs) and (not forms.items or voice.chance(0.5))
    choices = forms.adverbs if adverbial else forms.items
    phrase = voice.pick(choices) if choices else ""
    if phrase and not draft.says(phrase):
        (draft.adverbs if adverbial else draft.items).append(phrase)


# Scenes.


def _scene(shown: Shown, voice: Voice) -> str:
    plan = _plan(shown, voice)
    said = plan.shown
    draft, adjective = _scene_head(shown, plan, voice)
    said = _without(said, adjective)
    took_in = _add_time(draft, said, _is_sunny(shown), voice)
    facts: list[Forms] = [words.SKY[key] if key != "sun" else _sun(shown) for key in said.sky]
    if said.weather and not took_in:
        facts.append(words.WEATHERS[said.weather])
    if said.season and not took_in:
        facts.append(words.SEASONS[said.season])
    for key in said.backgrounds:
        _add_background(draft, key, voice, long=plan.length == "long")
    for forms in voice.shuffled(facts):
        _add_fact(draft, forms, voice, long=plan.length == "long")
    draft.items_first = len(draft.items) == 1 and voice.chance(0.5)
    _add_style(draft, said.style if adjective != "style" else "", voice)
    return draft.fitted()


def _without(said: Shown, fact: str) -> Shown:
    """Without the fact that an adjective has said already."""
    match fact:
        case "time":
            return replace(said, time="")
        case "weather":
            return replace(said, weather="")
        case "season":
            return replace(said, season="")
        case _:
            return said


def _sun(shown: Shown) -> Forms:
    special = words.SUN_AT.get(shown.time, ())
    forms = words.SKY["sun"]
    return replace(forms, items=(*special, *forms.items))


def _scene_head(shown: Shown, plan: Plan, voice: Voice) -> tuple[Draft, str]:
    """The subject and its place, and which fact was said as an adjective in it: "style", "time", "weather", "season" or ""."""
    main = plan.main
    if main is None:
        return _place_alone(plan.shown, voice)
    if plan.shown.setting and voice.chance(0.18):
        draft, adjective = _place_alone(plan.shown, voice)
        draft.items.extend(_beside_things(plan.shown.things, None, plan.shown, voice))
        return draft, adjective
    before, adjective = "", ""
    style = _style_forms(plan.shown.style)
    if style and style.adjectives and voice.chance(0.15):
        before, adjective = voice.pick(style.adjectives), "style"
    named = noun(
        main, voice, article=plan.length != "short" or bool(plan.shown.style) or voice.chance(0.5), before=before
    )
    others = plan.shown.things[1:]
    together = (
        len(others) == 1
        and main.across == others[0].across
        and (main.relation == others[0].relation or not plan.shown.setting)
        and voice.chance(0.6)
    )
    subject = named.phrase
    if together:
        subject = f"{subject} and {_other(others[0], main, voice).phrase}"
        others = ()
    place, placed = _place(main, plan.shown, voice, adjective)
    verb = _verb(main, plan, voice) if place and not together else ""
    where = _where(main, voice) if not together else ""
    draft = Draft("")
    _arrange(draft, subject, verb, where, place, plan, voice)
    draft.items.extend(_beside_things(others, (main, named), plan.shown, voice))
    return draft, adjective or placed


def _arrange(draft: Draft, subject: str, verb: str, where: str, place: str, plan: Plan, voice: Voice) -> None:
    """Puts the main thing's words in order: left or right before the sentence, behind the thing, or at the end."""
    placed = " ".join(part for part in (subject, verb, place) if part)
    if not where:
        draft.head = placed
    elif not plan.shown.style and voice.chance(0.25):
        draft.lead, draft.head = where, placed
    elif place and voice.chance(0.3):
        draft.head = f"{placed}, {where}"
    else:
        draft.head = " ".join(part for part in (subject, where, verb, place) if part)


def _verb(main: Thing, plan: Plan, voice: Voice) -> str:
    verbs = words.VERBS.get(main.kind, ())
    if main.relation == "above":
        verbs = tuple(verb for verb in verbs if verb in words.AIR_VERBS)
    if not verbs or not voice.chance(0.15):
        return ""
    verb = voice.pick(verbs)
    styled = bool(plan.shown.style) or plan.length == "short" or voice.chance(0.5)
    return participle(verb) if styled else finite(verb, main.count > 1)


def _side(thing: Thing, voice: Voice) -> str:
    said = thing.across and voice.chance(0.15 if thing.across == "centre" else 0.6)
    return voice.pick(words.ACROSS[thing.across]) if said else ""


def _where(thing: Thing, voice: Voice) -> str:
    """Left or right, near or far, of the main thing."""
    side = _side(thing, voice)
    if side:
        return side
    if thing.depth and voice.chance(0.25 if thing.depth == "near" else 0.45):
        return voice.pick(words.DEPTHS[thing.depth])
    return ""


def _place(thing: Thing, said: Shown, voice: Voice, adjective: str) -> tuple[str, str]:
    """Where a thing is in its setting, and which fact was said as the place's adjective."""
    if not said.setting:
        return "", ""
    preposition, _, place = voice.pick(words.SETTINGS[said.setting]).partition(" ")
    if said.setting == "underwater":
        return f"{preposition} {place}".strip(), ""
    if said.setting == "sky":
        return f"in {place}", ""
    placed = ""
    if not adjective and takes_adjective(place) and voice.chance(0.12):
        place, placed = _with_fact(place, said, voice)
    if thing.relation in words.RELATIONS:
        preposition = voice.pick(words.RELATIONS[thing.relation])
    elif thing.kind in SWIMMERS:
        preposition = "in"
    return f"{preposition} {place}", placed


def _with_fact(place: str, said: Shown, voice: Voice) -> tuple[str, str]:
    """The place with one of the facts as an adjective, where one has it."""
    choices = [
        (name, forms.adjectives)
        for name, forms in (
            ("weather", words.WEATHERS.get(said.weather)),
            ("season", words.SEASONS.get(said.season)),
        )
        if forms and forms.adjectives
    ]
    if not choices:
        return place, ""
    name, adjectives = choices[voice.below(len(choices))]
    return described(voice.pick(adjectives), place), name


def _place_alone(said: Shown, voice: Voice) -> tuple[Draft, str]:
    """The setting as the subject."""
    setting = said.setting
    if setting in words.SUBJECTS:
        place = voice.pick(words.SUBJECTS[setting])
    else:
        place = voice.pick(words.SETTINGS[setting]).partition(" ")[2]
    if not takes_adjective(place) or not voice.chance(0.3):
        return Draft(place), ""
    place, name = _with_fact(place, said, voice)
    if name or not said.time:
        return Draft(place), name
    adjectives = words.TIMES[said.time].adjectives
    return (Draft(described(voice.pick(adjectives), place)), "time") if adjectives else (Draft(place), "")


def _other(thing: Thing, main: Thing, voice: Voice) -> Noun:
    """A second thing; "another" where it is like the first."""
    if thing.count == 1 and thing.kind == main.kind and thing.colour == main.colour:
        bare = noun(thing, voice, article=False, coloured=0.3)
        return replace(bare, phrase=f"another {bare.phrase}")
    return noun(thing, voice)


def _beside_things(things: tuple[Thing, ...], main: tuple[Thing, Noun] | None, said: Shown, voice: Voice) -> list[str]:
    """The other things as items behind "with", each with where it is."""
    items = []
    for thing in things:
        named = _other(thing, main[0], voice) if main else noun(thing, voice)
        where = _relative(thing, main, voice) or _item_where(thing, said, voice)
        items.append(f"{named.phrase} {where}".strip())
    return items


def _item_where(thing: Thing, said: Shown, voice: Voice) -> str:
    if thing.relation == "above" and said.setting not in AIR_SETTINGS and voice.chance(0.5):
        return voice.pick(words.ALOFT)
    if thing.across and voice.chance(0.2 if thing.across == "centre" else 0.65):
        return voice.pick(words.ACROSS[thing.across])
    if thing.depth and voice.chance(0.4):
        return voice.pick(words.DEPTHS[thing.depth])
    return ""


def _relative(thing: Thing, main: tuple[Thing, Noun] | None, voice: Voice) -> str:
    """ "to the left of the castle", where the description holds it and "the castle" can only be the main thing."""
    if main is None or main[0].kind == thing.kind or not voice.chance(0.35):
        return ""
    if not thing.across or not main[0].across or thing.across == main[0].across:
        return ""
    left = ACROSS.index(thing.across) < ACROSS.index(main[0].across)
    return f"{voice.pick(words.BESIDE['left' if left else 'right'])} {main[1].back}"


def _add_background(draft: Draft, key: str, voice: Voice, *, long: bool) -> None:
    name = voice.pick(words.BACKGROUNDS[key])
    if draft.says(name):
        return
    if voice.chance(0.2):
        draft.adverbs.insert(0, f"{voice.pick(words.IN_FRONT)} {name}")
    elif long and not draft.clauses and voice.chance(0.3):
        draft.clauses.append(f"{voice.pick(words.BEHIND_CLAUSES)} there {'are' if is_several(name) else 'is'} {name}")
    else:
        behind = voice.pick(words.BEHIND)
        draft.items.append(name if draft.says(behind) else f"{name} {behind}")


# Views from above.


def _aerial(shown: Shown, voice: Voice) -> str:
    plan = _plan(shown, voice)
    said = plan.shown
    draft = Draft(voice.pick(words.TERRAINS[shown.setting, shown.variant]))
    took_in = _add_time(draft, said, False, voice)
    facts = [words.AERIAL_FEATURES[key] for key in said.features]
    if said.season and not took_in:
        facts.append(words.SEASONS[said.season])
    if said.weather and said.weather != "clear" and not took_in:
        facts.append(words.WEATHERS[said.weather])
    for forms in facts:
        _add_fact(draft, forms, voice, long=False)
    draft.items.extend(noun(thing, voice).phrase for thing in said.things)
    if said.style in words.AERIAL_STYLES:
        _look_down(draft, voice.pick(words.AERIAL_STYLES[said.style]))
    elif shown.setting not in words.PLAINLY_AERIAL or voice.chance(0.8):
        _look_down(draft, voice.pick(words.FROM_ABOVE))
    return draft.fitted()


def _look_down(draft: Draft, form: str) -> None:
    """Puts the draft's subject into a form such as "{} from above"; what follows a comma goes to the very end."""
    before, _, behind = form.partition("{}")
    beside, comma, ending = behind.partition(",")
    draft.head += beside
    draft.ending = comma + ending
    if before:
        draft.opening = before.strip()
        if draft.lead:
            draft.adverbs.insert(0, draft.lead)
            draft.lead = ""


# Single objects.


def _object(shown: Shown, voice: Voice) -> str:
    style = shown.style if _says_style(shown, voice) else ""
    things = shown.things if voice.chance(0.93) else shown.things[:1]
    article = bool(style) or len(things) > 1 or voice.chance(0.75)
    first = noun(things[0], voice, article=article)
    phrases = [f"{first.phrase} {_side(things[0], voice)}".strip()]
    for thing in things[1:]:
        named = _other(thing, things[0], voice)
        where = _relative(thing, (things[0], first), voice) or _side(thing, voice)
        phrases.append(f"{named.phrase} {where}".strip())
    draft = Draft(joined(phrases))
    if voice.chance(0.6):
        draft.adverbs.append(_ground(shown.colours, voice))
    _add_style(draft, style, voice)
    if not draft.opening and not draft.ending and article and voice.chance(0.15):
        draft.opening = voice.pick(words.CLOSE)
    return draft.fitted()


def _ground(colours: tuple[str, ...], voice: Voice) -> str:
    if not colours or voice.chance(0.12):
        return voice.pick(words.BARE_GROUNDS)
    colour = joined([words.COLOURS[colour][0] for colour in colours])
    phrase = voice.pick(words.GROUNDS)
    before, _, behind = phrase.partition("{}")
    return f"{before[:-3]} {with_article(colour)}{behind}" if before.endswith(" a ") else f"{before}{colour}{behind}"


# Patterns.


def _pattern(shown: Shown, voice: Voice) -> str:
    name = voice.pick(words.PATTERNS[shown.setting])
    colours = joined(_pattern_colours(shown.colours, voice)) if shown.colours and voice.chance(0.93) else ""
    if colours and voice.chance(0.6):
        draft = Draft(_painted(colours, name))
    else:
        draft = Draft(name, adverbs=[f"{voice.pick(('in', 'of', 'in'))} {colours}"] if colours else [])
    if shown.style != "photo":
        _add_style(draft, shown.style if _says_style(shown, voice) else "", voice)
    if not draft.opening and voice.chance(0.2) and not name.startswith(("a ", "an ")) and "pattern" not in name:
        draft.opening = voice.pick(words.PATTERN_OPENINGS)
    elif not draft.ending and voice.chance(0.12) and "pattern" not in name:
        draft.ending = f", {voice.pick(words.PATTERN_TAGS)}"
    return draft.fitted()


def _painted(colours: str, name: str) -> str:
    """ "a smooth red gradient", "a red spiral"."""
    adjective, _, rest = _without_article(name).partition(" ")
    if adjective in words.BEFORE_PATTERN_COLOUR:
        return f"{name.removesuffix(rest)}{colours} {rest}"
    return described(colours, name)


def _pattern_colours(colours: tuple[str, ...], voice: Voice) -> list[str]:
    """Mostly all of them in their order, sometimes the first alone."""
    said = colours[:1] if len(colours) > 1 and voice.chance(0.08) else colours
    return [voice.pick(words.COLOURS[colour]) if voice.chance(0.2) else words.COLOURS[colour][0] for colour in said]


# Tags.


def _tags(shown: Shown, voice: Voice) -> str:
    """The first tag, then the others in any order; those that matter least are the first to find no room."""
    said = _plan(shown, voice).shown
    tags = {"scene": _scene_tags, "aerial": _aerial_tags, "object": _object_tags}.get(shown.view, _pattern_tags)
    first, *others = tags(said, voice)
    kept: list[str] = []
    for tag in others[:MOST_TAGS]:
        text = ", ".join((first, *kept, tag))
        if pieces(text) <= MOST_PIECES and content(tag).isdisjoint(content(", ".join((first, *kept)))):
            kept.append(tag)
    return ", ".join((first, *voice.shuffled(kept)))


def _style_tags(style: str, voice: Voice) -> list[str]:
    return [voice.pick(words.SCENE_STYLES[style].tags)] if style in words.SCENE_STYLES else []


def _light_tags(said: Shown, voice: Voice) -> list[str]:
    forms = (words.TIMES.get(said.time), words.WEATHERS.get(said.weather), words.SEASONS.get(said.season))
    return [voice.pick(form.tags) for form in forms if form]


def _scene_tags(said: Shown, voice: Voice) -> list[str]:
    subjects = [noun(thing, voice, article=False).phrase for thing in said.things]
    subjects += [voice.pick(words.SETTING_TAGS[said.setting])] if said.setting else []
    backgrounds = [_without_article(voice.pick(words.BACKGROUNDS[key])) for key in said.backgrounds]
    sky = [voice.pick(words.SKY[key].tags) for key in said.sky]
    return [
        *subjects[:1],
        *_style_tags(said.style, voice),
        *subjects[1:],
        *_light_tags(said, voice),
        *backgrounds,
        *sky,
    ]


def _aerial_tags(said: Shown, voice: Voice) -> list[str]:
    terrain = _without_article(voice.pick(words.TERRAINS[said.setting, said.variant]))
    view = voice.pick(words.AERIAL_TAGS[said.style] if said.style else words.FROM_ABOVE_TAGS)
    features = [voice.pick(words.AERIAL_FEATURES[key].tags) for key in said.features]
    return [terrain, view, *_light_tags(replace(said, weather=""), voice), *features]


def _object_tags(said: Shown, voice: Voice) -> list[str]:
    things = [noun(thing, voice, article=False).phrase for thing in said.things]
    ground = [words.COLOURS[colour][0] for colour in said.colours[:1] if voice.chance(0.5)]
    grounds = [voice.pick(words.GROUND_TAGS).format(colour) for colour in ground]
    return [*things[:1], *_style_tags(said.style, voice), *things[1:], *grounds]


def _pattern_tags(said: Shown, voice: Voice) -> list[str]:
    name = _without_article(voice.pick(words.PATTERNS[said.setting]))
    colours = [words.COLOURS[colour][0] for colour in said.colours]
    named = [f"{joined(colours)} {name}"] if colours and voice.chance(0.5) else [name, *colours]
    style = _style_tags(said.style if said.style != "plain" else "", voice)
    return [*named, *style, voice.pick(words.PATTERN_TAGS)]


def _without_article(phrase: str) -> str:
    first, _, rest = phrase.partition(" ")
    return rest if first in ("a", "an", "the") else phrase
