"""Boat, trees, balloon, bird and cat; with the buildings, the things a scene can hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .buildings import Pose, block, castle, house, lighthouse
from .canvas import Canvas, colour, mix
from .description import Label
from .palette import PAINTS, darker, lighter, varied

Draw = Callable[[Canvas, Pose, str, np.random.Generator], None]


def boat(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    hull = varied(rng, PAINTS[paint])
    facing = 1.0 if rng.random() < 0.5 else -1.0
    sail = lighter(hull, 0.45) if rng.random() < 0.35 else varied(rng, (0.97, 0.95, 0.90), 0.01)
    canvas.paint(
        canvas.line([pose.at(0, 0.1), pose.at(0, 1.0)], 0.018 * pose.size / 0.5), (0.35, 0.24, 0.16), Label.BOAT
    )
    main = [pose.at(0.02 * facing, 0.98), pose.at(0.02 * facing, 0.28), pose.at(0.46 * facing, 0.28)]
    canvas.paint(canvas.polygon(main), sail, Label.BOAT, end=darker(sail, 0.86), axis="x")
    jib = [pose.at(-0.03 * facing, 0.90), pose.at(-0.03 * facing, 0.28), pose.at(-0.34 * facing, 0.28)]
    canvas.paint(canvas.polygon(jib), darker(sail, 0.90), Label.BOAT)
    points = [pose.at(-0.52, 0.22), pose.at(0.52, 0.22), pose.at(0.36, -0.03), pose.at(-0.36, -0.03)]
    canvas.paint(canvas.polygon(points), lighter(hull, 0.1), Label.BOAT, end=darker(hull, 0.7))
    foam = canvas.ellipses([(pose.at(-0.46, 0)[0], pose.at(0, 0.0)[1], pose.at(0.46, 0)[0], pose.at(0, -0.06)[1])])
    canvas.paint(foam, (0.85, 0.92, 0.96), opacity=0.55)


def tree(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    leaf = varied(rng, PAINTS[paint] if paint else (0.27, 0.55, 0.24), 0.05)
    block(canvas, pose, (-0.065, -0.01, 0.065, 0.48), varied(rng, (0.42, 0.28, 0.19)), Label.TREE)
    puffs = [
        (-0.22, 0.56, 0.22),
        (0.22, 0.56, 0.22),
        (0.0, 0.72, 0.27),
        (-0.13, 0.70, 0.2),
        (0.14, 0.68, 0.2),
        (0, 0.5, 0.22),
    ]
    away = 0.035 if pose.light_x < pose.foot[0] else -0.035
    for shift, scale, tone in (
        (0.0, 1.0, darker(leaf, 0.78)),
        (-away, 0.80, leaf),
        (-2 * away, 0.5, lighter(leaf, 0.18)),
    ):
        boxes = []
        for x, y, radius in puffs:
            left, top = pose.at(x * (0.4 + 0.6 * scale) + shift - radius * scale, y + radius * scale - abs(shift) * 0.5)
            right, bottom = pose.at(
                x * (0.4 + 0.6 * scale) + shift + radius * scale, y - radius * scale - abs(shift) * 0.5
            )
            boxes.append((left, top, right, bottom))
        canvas.paint(canvas.ellipses(boxes), tone, Label.TREE)


def pine(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    """`paint` "white" puts snow on the branches."""
    leaf = varied(rng, (0.11, 0.37, 0.24), 0.05)
    block(canvas, pose, (-0.045, -0.01, 0.045, 0.18), colour((0.38, 0.26, 0.18)), Label.PINE)
    away = 1 if pose.light_x < pose.foot[0] else -1
    for low, high, half in ((0.13, 0.58, 0.33), (0.36, 0.78, 0.26), (0.58, 1.0, 0.19)):
        points = [pose.at(-half, low), pose.at(0, high), pose.at(half, low)]
        canvas.paint(canvas.polygon(points), lighter(leaf, 0.12), Label.PINE, end=darker(leaf, 0.8))
        dark = [pose.at(0.0, high), pose.at(away * half, low), pose.at(away * half * 0.15, low)]
        canvas.paint(canvas.polygon(dark), darker(leaf, 0.72), Label.PINE)
        if paint == "white":
            drop = (high - low) * 0.45
            cap = [
                pose.at(0, high),
                pose.at(half * 0.45, high - drop),
                pose.at(0, high - drop * 0.7),
                pose.at(-half * 0.45, high - drop),
            ]
            canvas.paint(canvas.polygon(cap), (0.95, 0.97, 1.0), Label.PINE)


def balloon(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    tone = varied(rng, PAINTS[paint])
    pale = mix(lighter(tone, 0.45), colour((1, 1, 1)), 0.1) if paint != "white" else colour((0.80, 0.80, 0.82))
    for x in (-0.10, 0.10):
        canvas.paint(
            canvas.line([pose.at(x * 2.2, 0.36), pose.at(x * 0.8, 0.13)], 0.008), (0.3, 0.22, 0.18), Label.BALLOON
        )
    left, top = pose.at(-0.36, 1.0)
    right, bottom = pose.at(0.36, 0.30)
    skirt = [pose.at(-0.335, 0.54), pose.at(-0.13, 0.27), pose.at(0.13, 0.27), pose.at(0.335, 0.54)]
    canvas.paint(canvas.polygon(skirt), tone, Label.BALLOON, end=darker(tone, 0.75))
    canvas.paint(
        canvas.ellipses([(left, top, right, bottom)]), lighter(tone, 0.08), Label.BALLOON, end=darker(tone, 0.85)
    )
    for half, fill in ((0.22, pale), (0.10, tone)):
        inner = (pose.at(-half, 0)[0], top + 0.004, pose.at(half, 0)[0], pose.at(0, 0.285)[1])
        canvas.paint(canvas.ellipses([inner]), lighter(fill, 0.05), Label.BALLOON, end=darker(fill, 0.82))
    block(canvas, pose, (-0.085, 0.0, 0.085, 0.13), colour((0.50, 0.33, 0.20)), Label.BALLOON)


def bird(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    """A gliding bird; it needs no ground under it."""
    tone = varied(rng, PAINTS[paint])
    facing = 1.0 if rng.random() < 0.5 else -1.0

    def at(dx: float, dy: float) -> tuple[float, float]:
        return pose.at(dx * facing, dy)

    far = [at(-0.08, 0.42), at(0.16, 0.46), at(-0.16, 0.98)]
    canvas.paint(canvas.polygon(far), darker(tone, 0.68), Label.BIRD)
    canvas.paint(
        canvas.polygon([at(-0.25, 0.40), at(-0.62, 0.56), at(-0.58, 0.34), at(-0.25, 0.28)]),
        darker(tone, 0.8),
        Label.BIRD,
    )
    body = sorted([at(-0.34, 0)[0], at(0.34, 0)[0]])
    canvas.paint(
        canvas.ellipses([(body[0], at(0, 0.50)[1], body[1], at(0, 0.20)[1])]),
        lighter(tone, 0.12),
        Label.BIRD,
        end=darker(tone, 0.8),
    )
    head = sorted([at(0.20, 0)[0], at(0.46, 0)[0]])
    canvas.paint(canvas.ellipses([(head[0], at(0, 0.60)[1], head[1], at(0, 0.34)[1])]), tone, Label.BIRD)
    canvas.paint(canvas.polygon([at(0.44, 0.52), at(0.60, 0.45), at(0.44, 0.41)]), (0.98, 0.66, 0.15), Label.BIRD)
    near = [at(0.12, 0.40), at(-0.20, 0.34), at(-0.42, 0.88)]
    canvas.paint(canvas.polygon(near), lighter(tone, 0.22), Label.BIRD, end=darker(tone, 0.9))
    eye = sorted([at(0.32, 0)[0], at(0.36, 0)[0]])
    canvas.paint(canvas.ellipses([(eye[0], at(0, 0.52)[1], eye[1], at(0, 0.48)[1])]), (0.05, 0.05, 0.05), Label.BIRD)


def cat(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    """A sitting cat seen from the front."""
    fur = varied(rng, PAINTS[paint])
    side = 1.0 if rng.random() < 0.5 else -1.0
    tail = [
        pose.at(0.22 * side, 0.05),
        pose.at(0.42 * side, 0.10),
        pose.at(0.44 * side, 0.34),
        pose.at(0.36 * side, 0.46),
    ]
    canvas.paint(canvas.line(tail, 0.085 * pose.size), darker(fur, 0.8), Label.CAT)

    def oval(x: float, y: float, rx: float, ry: float) -> tuple[float, float, float, float]:
        left, top = pose.at(x - rx, y + ry)
        right, bottom = pose.at(x + rx, y - ry)
        return left, top, right, bottom

    canvas.paint(canvas.ellipses([oval(0, 0.26, 0.27, 0.30)]), lighter(fur, 0.06), Label.CAT, end=darker(fur, 0.82))
    canvas.paint(
        canvas.ellipses([oval(-0.12, 0.03, 0.10, 0.06), oval(0.12, 0.03, 0.10, 0.06)]), lighter(fur, 0.15), Label.CAT
    )
    for x in (-1, 1):
        ear = [pose.at(0.24 * x, 0.72), pose.at(0.20 * x, 1.0), pose.at(0.04 * x, 0.84)]
        canvas.paint(canvas.polygon(ear), darker(fur, 0.88), Label.CAT)
    canvas.paint(canvas.ellipses([oval(0, 0.68, 0.25, 0.21)]), lighter(fur, 0.10), Label.CAT, end=darker(fur, 0.92))
    eyes = (0.55, 0.80, 0.35)
    canvas.paint(
        canvas.ellipses([oval(-0.10, 0.71, 0.052, 0.052), oval(0.10, 0.71, 0.052, 0.052)]), eyes, Label.CAT, lit=False
    )
    canvas.paint(
        canvas.ellipses([oval(-0.10, 0.71, 0.02, 0.045), oval(0.10, 0.71, 0.02, 0.045)]), (0.03, 0.03, 0.03), Label.CAT
    )
    canvas.paint(
        canvas.polygon([pose.at(-0.035, 0.635), pose.at(0.035, 0.635), pose.at(0, 0.60)]), (0.92, 0.50, 0.52), Label.CAT
    )


DRAW: dict[str, Draw] = {
    "house": house,
    "boat": boat,
    "tree": tree,
    "pine": pine,
    "lighthouse": lighthouse,
    "castle": castle,
    "balloon": balloon,
    "bird": bird,
    "cat": cat,
}
