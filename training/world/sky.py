"""The light of a scene, its sky, and what falls from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .description import LABELS
from .palette import darker, lighter, mix
from .pen import RGB, Fill, Light, Pen, Point, box

Stops = tuple[RGB, RGB, RGB, RGB]
"""Sky colours from the zenith to the horizon."""

SKIES: dict[str, tuple[Stops, ...]] = {
    "noon": (
        ((0.14, 0.40, 0.80), (0.34, 0.62, 0.92), (0.64, 0.83, 0.97), (0.88, 0.95, 0.98)),
        ((0.10, 0.48, 0.78), (0.30, 0.69, 0.89), (0.64, 0.87, 0.94), (0.93, 0.97, 0.94)),
        ((0.33, 0.57, 0.87), (0.53, 0.74, 0.94), (0.77, 0.89, 0.97), (0.97, 0.96, 0.91)),
    ),
    "dawn": (
        ((0.44, 0.52, 0.82), (0.73, 0.67, 0.87), (0.98, 0.77, 0.77), (1.00, 0.91, 0.76)),
        ((0.40, 0.60, 0.82), (0.70, 0.79, 0.88), (0.99, 0.86, 0.74), (1.00, 0.94, 0.83)),
        ((0.58, 0.52, 0.78), (0.87, 0.66, 0.79), (1.00, 0.77, 0.70), (1.00, 0.90, 0.74)),
    ),
    "sunset": (
        ((0.20, 0.14, 0.42), (0.57, 0.22, 0.50), (0.95, 0.42, 0.34), (1.00, 0.77, 0.36)),
        ((0.10, 0.22, 0.42), (0.42, 0.38, 0.54), (0.96, 0.55, 0.30), (1.00, 0.80, 0.42)),
        ((0.34, 0.11, 0.30), (0.75, 0.21, 0.30), (0.98, 0.49, 0.20), (1.00, 0.83, 0.40)),
    ),
    "night": (
        ((0.02, 0.03, 0.11), (0.05, 0.08, 0.23), (0.09, 0.15, 0.35), (0.18, 0.27, 0.48)),
        ((0.02, 0.06, 0.12), (0.04, 0.12, 0.22), (0.07, 0.21, 0.33), (0.15, 0.34, 0.44)),
        ((0.05, 0.02, 0.14), (0.11, 0.06, 0.27), (0.20, 0.12, 0.40), (0.34, 0.24, 0.50)),
    ),
}
OVERCAST: dict[str, Stops] = {
    "cloudy": ((0.55, 0.62, 0.71), (0.66, 0.71, 0.78), (0.77, 0.81, 0.85), (0.86, 0.88, 0.90)),
    "storm": ((0.15, 0.17, 0.23), (0.25, 0.29, 0.36), (0.38, 0.43, 0.49), (0.60, 0.65, 0.66)),
    "rain": ((0.34, 0.40, 0.50), (0.46, 0.53, 0.61), (0.59, 0.65, 0.70), (0.72, 0.76, 0.79)),
    "snowfall": ((0.58, 0.65, 0.76), (0.69, 0.75, 0.83), (0.80, 0.84, 0.90), (0.91, 0.93, 0.96)),
    "fog": ((0.70, 0.75, 0.79), (0.79, 0.82, 0.84), (0.86, 0.87, 0.88), (0.91, 0.91, 0.91)),
}
AMBIENT: dict[str, RGB] = {
    "noon": (1.0, 1.0, 1.0),
    "dawn": (1.0, 0.94, 0.91),
    "sunset": (0.99, 0.83, 0.75),
    "night": (0.60, 0.63, 0.79),
}
DIMMER = {"clear": 1.0, "cloudy": 0.94, "storm": 0.80, "rain": 0.88, "snowfall": 0.96, "fog": 0.95}
CLOUDS: dict[str, tuple[RGB, RGB]] = {
    "noon": ((1.0, 1.0, 1.0), (0.74, 0.82, 0.92)),
    "dawn": ((1.0, 0.94, 0.91), (0.89, 0.72, 0.79)),
    "sunset": ((1.0, 0.72, 0.50), (0.62, 0.28, 0.42)),
    "night": ((0.30, 0.36, 0.54), (0.12, 0.16, 0.31)),
}
SUNS: dict[str, tuple[RGB, RGB]] = {
    "noon": ((1.0, 0.98, 0.78), (1.0, 0.92, 0.50)),
    "dawn": ((1.0, 0.95, 0.66), (1.0, 0.80, 0.46)),
    "sunset": ((1.0, 0.90, 0.52), (1.0, 0.68, 0.28)),
}
GLOWS: dict[str, RGB] = {"noon": (1.0, 0.95, 0.75), "dawn": (1.0, 0.72, 0.50), "sunset": (1.0, 0.50, 0.20)}
MOON: RGB = (0.97, 0.95, 0.86)
WHITE: RGB = (1.0, 1.0, 1.0)
RAINBOW: tuple[RGB, ...] = (
    (0.90, 0.20, 0.25), (0.98, 0.55, 0.15), (0.99, 0.88, 0.25), (0.30, 0.75, 0.35), (0.25, 0.50, 0.90), (0.50, 0.30, 0.75),
)  # fmt: skip
AURORAS: tuple[tuple[RGB, RGB], ...] = (
    ((0.15, 0.95, 0.55), (0.35, 0.30, 0.85)),
    ((0.10, 0.90, 0.75), (0.20, 0.45, 0.90)),
    ((0.45, 0.95, 0.40), (0.80, 0.25, 0.70)),
)


@dataclass(frozen=True)
class Daylight:
    """Colours that go together. `haze` is what distance fades to; `orb` is where the sun or the moon stands."""

    stops: Stops
    ambient: RGB
    cloud: RGB
    cloud_base: RGB
    haze: RGB
    orb: Point
    time: str
    weather: str

    @property
    def night(self) -> bool:
        return self.time == "night"

    @property
    def glint(self) -> RGB:
        """The light that water throws back."""
        return {"noon": (1.0, 1.0, 0.96), "dawn": (1.0, 0.92, 0.80), "sunset": (1.0, 0.80, 0.45)}.get(
            self.time, (0.86, 0.90, 1.0)
        )

    def light(self) -> Light:
        return Light(self.ambient, self.orb[0], self.night)

    def faded(self, rgb: RGB, distance: float) -> RGB:
        """An unlit colour as it looks through the air; `distance` 0 is near, 1 is the horizon's haze. Not to be lit again."""
        lit: RGB = tuple(part * light for part, light in zip(rgb, self.ambient, strict=True))  # type: ignore[assignment]
        return mix(lit, self.haze, distance)


def daylight(time: str, weather: str, orb: Point, rng: np.random.Generator) -> Daylight:
    """One of the skies of that hour in that weather; without an hour (under water) it is noon."""
    time, weather = time or "noon", weather or "clear"
    stops = SKIES[time][int(rng.integers(len(SKIES[time])))]
    cloud, base = CLOUDS[time]
    ambient = AMBIENT[time]
    if weather != "clear":
        kept = {"noon": 0.0, "dawn": 0.5, "sunset": 0.5, "night": 0.8}[time]
        kept *= 0.8 if weather == "storm" else 1.0
        kept += (1 - kept) * 0.35 * (weather == "cloudy")
        stops = tuple(mix(grey, own, kept) for grey, own in zip(OVERCAST[weather], stops, strict=True))  # type: ignore[assignment]
        ambient = tuple(part * DIMMER[weather] for part in mix(ambient, (0.93, 0.96, 1.0), 0.25 * (time != "night")))  # type: ignore[assignment]
        cloud, base = _clouds_of(weather, stops, cloud, base)
    turned = float(rng.normal(0, 0.012))
    shifted: Stops = tuple(  # type: ignore[assignment]
        (red + turned, green - 0.3 * turned, blue - turned) for red, green, blue in stops
    )
    haze = mix(shifted[3], shifted[2], 0.35)
    return Daylight(shifted, ambient, cloud, base, haze, orb, time, weather)


def _clouds_of(weather: str, stops: Stops, cloud: RGB, base: RGB) -> tuple[RGB, RGB]:
    if weather == "storm":
        return lighter(stops[1], 0.10), darker(stops[0], 0.80)
    if weather == "rain":
        return lighter(stops[1], 0.22), darker(stops[0], 0.90)
    return mix(lighter(stops[2], 0.45), cloud, 0.4), mix(darker(stops[1], 0.92), base, 0.3)


def draw_sky(pen: Pen, day: Daylight, holds: tuple[str, ...], horizon: float, rng: np.random.Generator) -> None:
    """The sky down to a little below `horizon`, with what it holds."""
    _gradient(pen, day, horizon)
    if "stars" in holds:
        _stars(pen, horizon, rng)
    if "aurora" in holds:
        _aurora(pen, horizon, rng)
    if "sun" in holds:
        _sun(pen, day)
    if "full moon" in holds or "crescent moon" in holds:
        _moon(pen, day, "crescent moon" in holds, rng)
    if "rainbow" in holds:
        _rainbow(pen, day, horizon, rng)
    if "clouds" in holds:
        _clouds(pen, day, horizon, rng)
    if "lightning" in holds:
        _lightning(pen, horizon, rng)


def _gradient(pen: Pen, day: Daylight, horizon: float) -> None:
    """Three bands of colour, and below the horizon the last of it, for grounds that begin lower."""
    bottom = horizon + 0.03
    edges = (0.0, 0.36 * bottom, 0.72 * bottom, bottom)
    below = Fill(day.stops[3], lit=False)
    pen.polygon(box(0, bottom - 0.02, 1, 1), below, LABELS["sky"])
    for index in (2, 1, 0):
        # A flat strip under each seam: the soft edges of two bands would let through what was there before.
        top, end = edges[index], edges[index + 1]
        pen.polygon(box(0, top - 0.02, 1, top + 0.02), Fill(day.stops[index], lit=False), LABELS["sky"])
        pen.polygon(box(0, top, 1, end), Fill(day.stops[index], day.stops[index + 1], lit=False), LABELS["sky"])


def _stars(pen: Pen, horizon: float, rng: np.random.Generator) -> None:
    count = int(rng.integers(60, 130))
    places = rng.uniform((0, 0), (1, horizon * 0.95), (count, 2)).tolist()
    sizes = (0.0014 + 0.0030 * rng.random(count) ** 4).tolist()
    tints = rng.random(count).tolist()
    for index, ((x, y), size, tint) in enumerate(zip(places, sizes, tints, strict=True)):
        rgb = mix((0.75, 0.84, 1.0), (1.0, 0.95, 0.80), tint)
        pen.ellipse((x, y), (size, size), Fill(rgb, lit=False, opacity=0.55 + 0.45 * tint))
        if index < 5:
            pen.ellipse((x, y), (0.0036, 0.0036), Fill(rgb, lit=False))
            pen.glow((x, y), 0.014, rgb, 0.35)


def _sun(pen: Pen, day: Daylight) -> None:
    radius = {"noon": 0.055, "dawn": 0.065, "sunset": 0.085}[day.time]
    wide, close = {"noon": (0.13, 0.28), "dawn": (0.10, 0.18), "sunset": (0.24, 0.30)}[day.time]
    pen.glow(day.orb, 0.42, GLOWS[day.time], wide)
    pen.glow(day.orb, 2.0 * radius, GLOWS[day.time], close)
    bright, rim = SUNS[day.time]
    pen.ellipse(day.orb, (radius, radius), Fill(bright, rim, lit=False), LABELS["sun"])


def _moon(pen: Pen, day: Daylight, crescent: bool, rng: np.random.Generator) -> None:
    radius = float(rng.uniform(0.055, 0.080))
    x, y = day.orb
    pen.glow(day.orb, 0.36, (0.50, 0.60, 0.90), 0.22)
    pen.glow(day.orb, 1.9 * radius, (0.75, 0.80, 0.95), 0.26)
    if crescent:
        _crescent(pen, day.orb, radius, rng)
        return
    pen.ellipse(day.orb, (radius, radius), Fill(lighter(MOON, 0.3), darker(MOON, 0.93), lit=False), LABELS["moon"])
    for dx, dy, size in ((-0.32, -0.22, 0.22), (0.28, 0.10, 0.17), (-0.08, 0.42, 0.14), (0.18, -0.46, 0.11)):
        pen.ellipse(
            (x + dx * radius, y + dy * radius), (size * radius, size * radius), Fill((0.86, 0.84, 0.76), lit=False)
        )


def _crescent(pen: Pen, centre: Point, radius: float, rng: np.random.Generator) -> None:
    """A lune: the outer half circle and the inner bow, turned a little."""
    turn = float(rng.uniform(-0.5, 0.5)) + (math.pi if rng.random() < 0.5 else 0.0)
    outline = []
    for step in range(13):
        angle = math.pi * (step / 12 - 0.5)
        outline.append((math.cos(angle), math.sin(angle)))
    for step in range(11):
        angle = math.pi * (0.5 - (step + 1) / 12)
        outline.append((0.45 * math.cos(angle), math.sin(angle)))
    cosine, sine = math.cos(turn), math.sin(turn)
    points = [
        (centre[0] + radius * (x * cosine - y * sine - 0.3 * cosine), centre[1] + radius * (x * sine + y * cosine))
        for x, y in outline
    ]
    pen.polygon(points, Fill(lighter(MOON, 0.3), MOON, lit=False), LABELS["moon"])


def _rainbow(pen: Pen, day: Daylight, horizon: float, rng: np.random.Generator) -> None:
    centre_x = 0.5 + (0.5 - day.orb[0]) * float(rng.uniform(0.3, 0.7))
    radius = float(rng.uniform(0.42, 0.58)) * (0.7 + 0.5 * horizon)
    width = 0.014
    for index, rgb in enumerate(RAINBOW):
        size = radius - index * width * 0.95
        points = [
            (centre_x + size * math.cos(math.pi * step / 30), horizon + 0.01 - size * math.sin(math.pi * step / 30))
            for step in range(31)
        ]
        pen.line(points, width * 1.15, Fill(lighter(rgb, 0.15), lit=False, opacity=0.62))


def _aurora(pen: Pen, horizon: float, rng: np.random.Generator) -> None:
    """Curtains: soft columns of light along waving bands, bright at their foot."""
    low, high = AURORAS[int(rng.integers(len(AURORAS)))]
    for band in range(int(rng.integers(2, 4))):
        foot = horizon * float(rng.uniform(0.45, 0.78)) - 0.05 * band
        swing, turns, phase = float(rng.uniform(0.04, 0.09)), float(rng.uniform(3, 7)), float(rng.uniform(0, 6))
        tilt = float(rng.uniform(-0.12, 0.12))
        for x in np.arange(-0.04, 1.06, 0.045).tolist():
            wave = math.sin(turns * x + phase)
            y = foot + swing * wave + tilt * (x - 0.5)
            bright = 0.35 + 0.35 * float(rng.random()) + 0.2 * wave
            tall = horizon * (0.20 + 0.14 * bright)
            pen.haze((x, y - 0.75 * tall), (0.05, 1.25 * tall), Fill(high, low, lit=False, opacity=0.36 * bright))
            pen.haze((x, y - 0.10 * tall), (0.055, 0.42 * tall), Fill(low, lit=False, opacity=0.55 * bright))


def _lightning(pen: Pen, horizon: float, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 3))):
        x, y = float(rng.uniform(0.12, 0.88)), 0.02
        points = [(x, y)]
        while y < horizon - 0.02:
            y += horizon * float(rng.uniform(0.08, 0.15))
            x += float(rng.normal(0, 0.035))
            points.append((x, min(y, horizon)))
        pen.glow((x, horizon * 0.6), 0.20, (0.55, 0.60, 1.0), 0.30)
        pen.line(points, 0.020, Fill((0.62, 0.68, 1.0), lit=False, opacity=0.35), -1, 0.006)
        pen.line(points, 0.009, Fill((0.97, 0.97, 1.0), lit=False), -1, 0.003)
        fork = points[len(points) // 2]
        side = 1.0 if rng.random() < 0.5 else -1.0
        branch = [fork, (fork[0] + side * 0.05, fork[1] + 0.06), (fork[0] + side * 0.07, fork[1] + 0.14)]
        pen.line(branch, 0.005, Fill((0.90, 0.92, 1.0), lit=False), -1, 0.001)


# --- clouds -----------------------------------------------------------------------------------------------------------


def _clouds(pen: Pen, day: Daylight, horizon: float, rng: np.random.Generator) -> None:
    if day.weather in ("storm", "rain"):
        _cloud_deck(pen, day, horizon, rng)
        return
    draw = (_cumulus, _cumulus, _streaks, _soft_banks)[int(rng.integers(4))]
    if day.weather == "cloudy":
        draw = (_cumulus, _soft_banks)[int(rng.integers(2))]
    count = int(rng.integers(5, 9)) if day.weather == "cloudy" else int(rng.integers(2, 5))
    lanes = rng.permutation(count).tolist()
    for lane in lanes:
        x = (lane + float(rng.uniform(0.1, 0.9))) / count
        y = horizon * float(rng.uniform(0.12, 0.72))
        if math.hypot(x - day.orb[0], y - day.orb[1]) < 0.17 and day.weather == "clear":
            y = horizon * 0.75 if day.orb[1] < horizon * 0.4 else horizon * 0.15
        draw(pen, day, (x, y), 0.10 + 0.13 * (1 - y / max(horizon, 1e-3)), rng)


def _cumulus(pen: Pen, day: Daylight, centre: Point, size: float, rng: np.random.Generator) -> None:
    """Puffs on a flat base: the shade below, then lit tops."""
    x, y = centre
    wide = size * float(rng.uniform(1.1, 1.7))
    puffs = int(rng.integers(5, 9))
    offsets = np.linspace(-0.85, 0.85, puffs) + rng.normal(0, 0.05, puffs)
    heights = (1 - 0.75 * np.abs(offsets)) * rng.uniform(0.75, 1.15, puffs)
    for offset, height in zip(offsets.tolist(), heights.tolist(), strict=True):
        radius = size * (0.16 + 0.26 * height)
        middle = (x + offset * wide, y - 0.25 * radius)
        pen.ellipse((middle[0], y), (radius * 1.15, radius * 0.62), Fill(day.cloud_base, lit=False), LABELS["cloud"])
    for index in np.argsort(heights).tolist():
        radius = size * (0.15 + 0.26 * heights[index])
        middle = (x + offsets[index] * wide, y - 0.12 * size - 0.42 * radius)
        fill = Fill(day.cloud, mix(day.cloud, day.cloud_base, 0.55), lit=False)
        pen.ellipse(middle, (radius * 1.08, radius * 0.86), fill, LABELS["cloud"])


def _streaks(pen: Pen, day: Daylight, centre: Point, size: float, rng: np.random.Generator) -> None:
    """Long thin lenses, one above the other."""
    x, y = centre
    for row in range(int(rng.integers(2, 5))):
        wide = size * float(rng.uniform(1.0, 2.1))
        thin = size * float(rng.uniform(0.06, 0.13))
        place = (x + size * float(rng.normal(0, 0.5)), y + row * 0.16 * size)
        fill = Fill(day.cloud, mix(day.cloud, day.cloud_base, 0.6), lit=False, opacity=0.85)
        pen.ellipse(place, (wide, thin), fill, LABELS["cloud"], float(rng.normal(0, 0.03)))


def _soft_banks(pen: Pen, day: Daylight, centre: Point, size: float, rng: np.random.Generator) -> None:
    """Clouds without an outline: hazes heaped up, bright above, dark below."""
    x, y = centre
    count = int(rng.integers(6, 10))
    for dx, dy, scale in rng.uniform((-1.3, -0.30, 0.55), (1.3, 0.22, 1.0), (count, 3)).tolist():
        radius = size * scale * (1.15 - 0.45 * abs(dx))
        lower = (x + dx * size, y + dy * size + 0.30 * radius)
        pen.haze(lower, (radius * 1.5, radius * 0.72), Fill(day.cloud_base, lit=False, opacity=0.75), LABELS["cloud"])
        upper = (x + dx * size, y + dy * size)
        pen.haze(upper, (radius * 1.3, radius * 0.75), Fill(day.cloud, lit=False, opacity=0.95), LABELS["cloud"])


def _cloud_deck(pen: Pen, day: Daylight, horizon: float, rng: np.random.Generator) -> None:
    """A low ceiling of heavy clouds, darker towards the top of the frame."""
    for row in range(4):
        y = horizon * (0.46 - 0.14 * row)
        tone = mix(day.cloud, day.cloud_base, 0.25 * row + 0.1)
        for x in np.arange(-0.05, 1.2, 0.19).tolist():
            place = (x + float(rng.normal(0, 0.05)), y + float(rng.normal(0, 0.025)))
            radii = (float(rng.uniform(0.12, 0.22)), float(rng.uniform(0.07, 0.11)))
            pen.ellipse(place, radii, Fill(lighter(tone, 0.10), darker(tone, 0.82), lit=False), LABELS["cloud"])


# --- weather in front of everything -------------------------------------------------------------------------------------


def draw_mist(pen: Pen, day: Daylight, horizon: float, rng: np.random.Generator) -> None:
    """Fog behind the things of a scene: a veil over all that is far, and banks that lie on the ground."""
    if day.weather != "fog":
        return
    pen.polygon(box(0, 0, 1, 1), Fill(day.haze, lit=False, opacity=0.30))
    for share in np.linspace(-0.12, 0.34, 12).tolist():
        place = (float(rng.uniform(-0.1, 1.1)), horizon + share)
        radii = (float(rng.uniform(0.30, 0.65)), float(rng.uniform(0.06, 0.11)))
        pen.haze(place, radii, Fill(lighter(day.haze, 0.15), lit=False, opacity=0.50))


def draw_weather(pen: Pen, day: Daylight, rng: np.random.Generator) -> None:
    """Rain, snow and fog between the scene and who looks at it."""
    if day.weather == "rain" or (day.weather == "storm" and rng.random() < 0.4):
        _rain(pen, rng)
    elif day.weather == "snowfall":
        _snowfall(pen, day, rng)
    elif day.weather == "fog":
        _fog(pen, day, rng)


def _rain(pen: Pen, rng: np.random.Generator) -> None:
    slant = float(rng.uniform(-0.25, 0.25))
    for x, y, length in rng.uniform((-0.1, -0.05, 0.035), (1.1, 1.0, 0.08), (110, 3)).tolist():
        fill = Fill((0.88, 0.92, 0.98), lit=False, opacity=0.42)
        pen.line([(x, y), (x + slant * length, y + length)], 0.0030, fill)


def _snowfall(pen: Pen, day: Daylight, rng: np.random.Generator) -> None:
    white = day.faded((1.0, 1.0, 1.0), 0.0) if day.night else WHITE
    for x, y, size in rng.uniform((0, 0, 0), (1, 1, 1), (150, 3)).tolist():
        radius = 0.0028 + 0.0062 * size**3
        pen.ellipse((x, y), (radius, radius), Fill(lighter(white, 0.4), lit=False, opacity=0.92))


def _fog(pen: Pen, day: Daylight, rng: np.random.Generator) -> None:
    """A breath of it in front of things, more at their feet."""
    pen.polygon(box(0, 0, 1, 1), Fill(day.haze, lit=False, opacity=0.10))
    for _ in range(3):
        place = (float(rng.uniform(0, 1)), float(rng.uniform(0.86, 1.0)))
        pen.haze(place, (float(rng.uniform(0.3, 0.6)), 0.07), Fill(lighter(day.haze, 0.15), lit=False, opacity=0.35))
