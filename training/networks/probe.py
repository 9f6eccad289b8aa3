"""The probe: says what a picture shows, in the words of training/world/description.py. It measures; it is not shipped.

For every kind of object it attends to where that kind is, and reads colour, count and place from there: the answer for
the cat is the cat's, whatever else is in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from training.networks.tower import SIDE, STRIDE, Trunk
from training.world.description import (
    ACROSS,
    AERIAL_FEATURES,
    BACKGROUNDS,
    COLOURS,
    MOST,
    OBJECTS,
    PATTERNS,
    SETTINGS,
    SKY,
    STYLES,
    TERRAINS,
    TIMES,
    VIEWS,
    WEATHERS,
    Shown,
)

FEATURES = 128
PLACES = SIDE // STRIDE
RARE = -3.0

# What holds of a whole picture: exactly one of each.
WHOLE: dict[str, tuple[str, ...]] = {
    "view": VIEWS,
    "style": STYLES,
    "time": TIMES,
    "weather": WEATHERS,
    # A village is another sight from above than from the ground.
    "setting": tuple(
        f"{view} {word}"
        for view, words in (("scene", SETTINGS), ("aerial", TERRAINS), ("object", ("plain",)), ("pattern", PATTERNS))
        for word in words
    ),
}
# What holds of one kind of object in a picture.
OWN: dict[str, tuple[str, ...]] = {
    "colour": COLOURS,
    "count": tuple(str(count) for count in range(1, MOST + 1)),
    "place": ACROSS,
}
# Any number of them may be in a picture.
DETAILS = (*SKY, *(f"{name} behind" for name in BACKGROUNDS), *(f"{name} below" for name in AERIAL_FEATURES))


@dataclass(frozen=True)
class Readings:
    """Logits of the probe for b pictures, and the penultimate layer's features (b, 128).

    `objects` (b, objects), `details` (b, details); `whole[name]` (b, classes); `own[name]` (b, objects, classes);
    `where` (b, objects, 16, 16), what is where; `main[name]` (b, classes) of the first thing, read from the features.
    """

    features: Tensor
    objects: Tensor
    details: Tensor
    whole: dict[str, Tensor]
    own: dict[str, Tensor]
    main: dict[str, Tensor]
    where: Tensor


def detail_words(shown: Shown) -> set[str]:
    behind, below = (f"{name} behind" for name in shown.backgrounds), (f"{name} below" for name in shown.features)
    return {*shown.sky, *behind, *below}


class Probe(nn.Module):
    """image (b, 3, h, w) in [-1, 1] to Readings."""

    grid: Tensor

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.trunk = Trunk(widths)
        width = self.trunk.width
        self.where = nn.Conv2d(width, len(OBJECTS), 1)
        self.is_there = nn.Parameter(torch.randn(len(OBJECTS), width) * width**-0.5)
        self.offset = nn.Parameter(torch.full((len(OBJECTS),), RARE))
        self.thing = nn.Sequential(nn.Linear(width + 7, width), nn.SiLU())
        self.own = nn.ModuleDict({name: nn.Linear(width, len(words)) for name, words in OWN.items()})
        self.penultimate = nn.Sequential(nn.Linear(2 * width, FEATURES), nn.SiLU())
        self.details = nn.Linear(FEATURES, len(DETAILS))
        self.whole = nn.ModuleDict({name: nn.Linear(FEATURES, len(words)) for name, words in WHOLE.items()})
        self.main = nn.ModuleDict(
            {name: nn.Linear(FEATURES, len(words)) for name, words in {"kind": OBJECTS, **OWN}.items()}
        )
        # Most things are not there, and that need not be learnt.
        nn.init.constant_(cast(Tensor, self.where.bias), RARE)
        nn.init.constant_(self.details.bias, RARE)
        side = (torch.arange(PLACES, dtype=torch.float32) + 0.5) / PLACES
        down, across = torch.meshgrid(side, side, indexing="ij")
        self.register_buffer("grid", torch.stack([across, down, across**2, down**2], dim=2).flatten(0, 1))

    def forward(self, image: Tensor) -> Readings:
        features = self.trunk(image)
        where = self.where(features)
        scores = where.flatten(2).float()
        attention = scores.softmax(dim=2)
        chosen = attention @ features.flatten(2).transpose(1, 2).float()
        described = self.thing(torch.cat([chosen, self._shape(scores, attention)], dim=2))
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        penultimate = self.penultimate(pooled)
        return Readings(
            features=penultimate,
            objects=(chosen * self.is_there).sum(dim=2) + self.offset,
            details=self.details(penultimate),
            whole={name: head(penultimate) for name, head in self.whole.items()},
            own={name: head(described) for name, head in self.own.items()},
            main={name: head(penultimate) for name, head in self.main.items()},
            where=where,
        )

    def _shape(self, scores: Tensor, attention: Tensor) -> Tensor:
        """Where a kind is and how much of it there is, which a weighted mean of features forgets: (b, objects, 7)."""
        covered = torch.sigmoid(scores)
        area = covered.sum(dim=2, keepdim=True)
        focus = attention @ self.grid
        spread = (covered @ self.grid) / area.clamp(min=1e-3)
        return torch.cat([focus[..., :2], spread, torch.log1p(area)], dim=2)
