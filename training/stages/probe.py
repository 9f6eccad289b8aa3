"""Train the probe: it learns what a picture shows from renders, whose descriptions are the truth, and measures the model by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training import checkpoint, device
from training.config import Config
from training.degradations import degraded
from training.examples import Examples, ahead
from training.fit import fit, seeded
from training.measures.attributes import Answer, Score, score, words_of, words_of_the_whole
from training.networks.probe import DETAILS, OWN, PLACES, WHOLE, Probe, Readings, detail_words
from training.world.description import ACROSS, FIRST_OBJECT, OBJECTS, Shown

UNSAID = -1
MEASURED = 1_000
ROWS = 50
OBJECT_PLACE = {kind: place for place, kind in enumerate(OBJECTS)}
# Left and right change places when a picture is turned over.
MIRRORED = torch.tensor([ACROSS.index({"left": "right", "right": "left"}.get(word, word)) for word in ACROSS])


@dataclass(frozen=True)
class Truth:
    """What b pictures show, as numbers; UNSAID where a description does not say.

    `objects` (b, objects) and `details` (b, details) float; `whole[name]` (b,), `own[name]` (b, objects) and `main[name]`
    (b,) int64.
    """

    objects: Tensor
    details: Tensor
    whole: dict[str, Tensor]
    own: dict[str, Tensor]
    main: dict[str, Tensor]

    @classmethod
    def of(cls, shown: Sequence[Shown]) -> Truth:
        rows = len(shown)
        objects, details = torch.zeros(rows, len(OBJECTS)), torch.zeros(rows, len(DETAILS))
        own = {name: torch.full((rows, len(OBJECTS)), UNSAID) for name in OWN}
        for row, one in enumerate(shown):
            details[row, [place for place, word in enumerate(DETAILS) if word in detail_words(one)]] = 1
            for thing in one.things:
                kind = OBJECT_PLACE[thing.kind]
                # Two groups of one kind have no one colour, count or place.
                alone = sum(other.kind == thing.kind for other in one.things) == 1
                objects[row, kind] = 1
                for name, word in words_of(thing).items():
                    own[name][row, kind] = _number(OWN[name], word) if alone else UNSAID
        first = torch.tensor([OBJECT_PLACE[one.things[0].kind] if one.things else UNSAID for one in shown])
        main = {name: torch.where(first < 0, UNSAID, values[range(rows), first]) for name, values in own.items()}
        whole = {
            name: torch.tensor([_number(words, words_of_the_whole(one)[name]) for one in shown])
            for name, words in WHOLE.items()
        }
        return cls(objects, details, whole, own, {"kind": first, **main})

    def to(self, where: torch.device) -> Truth:
        own, main, whole = (
            {name: values.to(where) for name, values in part.items()} for part in (self.own, self.main, self.whole)
        )
        return Truth(self.objects.to(where), self.details.to(where), whole, own, main)

    def mirrored(self) -> Truth:
        place = {"place": _turned(self.own["place"])}
        return Truth(
            self.objects,
            self.details,
            self.whole,
            {**self.own, **place},
            {**self.main, "place": _turned(self.main["place"])},
        )


def _turned(places: Tensor) -> Tensor:
    return torch.where(places < 0, places, MIRRORED.to(places.device)[places.clamp(min=0)])


def _number(words: Sequence[str], word: str) -> int:
    return words.index(word) if word in words else UNSAID


@dataclass(frozen=True)
class Batch:
    """image (b, 3, h, w) in [-1, 1]; occupied (b, objects, 16, 16), 1 where a kind of object is."""

    image: Tensor
    occupied: Tensor
    truth: Truth


def build(config: Config) -> Probe:
    return Probe(config.probe.widths)


def trained(config: Config, folder: Path) -> Probe:
    """The finished probe of this run, on the processor; raises FileNotFoundError before the stage has ended."""
    state = checkpoint.load(folder / "probe.pt")
    if state is None or not state["finished"]:
        raise FileNotFoundError(f"no finished probe in {folder}; run the stage `probe` first")
    model = build(config)
    model.load_state_dict(state["model"])
    return model.eval()


def run(config: Config, folder: Path) -> None:
    settings, where = config.probe, device.chosen(config.device)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = build(config).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    examples = Examples(folder / "pictures")

    def batches_from(step: int) -> Iterator[Batch]:
        rng = seeded(config.seed, step)
        return (_prepared(*raw, where) for raw in ahead(lambda: _drawn(examples, settings.batch, rng)))

    def loss_of(batch: Batch) -> Tensor:
        image = degraded(batch.image).contiguous(memory_format=torch.channels_last)
        with torch.autocast(where.type, torch.bfloat16):
            readings = model(image)
        return loss(readings, batch)

    fit(
        folder / "probe.pt",
        model,
        loss_of,
        batches_from,
        minutes=settings.minutes,
        peak=settings.learning_rate,
        checkpoint_seconds=config.checkpoint_seconds,
        heads=("where", "is_there", "own", "details", "whole", "main"),
    )
    for name, share in accuracy(model, folder / "held-out").shares().items():
        print(f"probe on held-out renders  {name:8} {share:.3f}", flush=True)


Raw = tuple[NDArray[np.uint8], NDArray[np.uint8], Truth]


def _drawn(examples: Examples, size: int, rng: np.random.Generator) -> Raw:
    rows = np.sort(rng.integers(0, len(examples), size))
    return examples.pixels(rows), examples.labels(rows), Truth.of([examples.shown[row] for row in rows])


def _prepared(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], truth: Truth, where: torch.device) -> Batch:
    """On the device, and turned over every other time."""
    image = to_image(pixels, where)
    kinds = torch.from_numpy(labels).to(where).long() - FIRST_OBJECT
    occupied = F.one_hot(kinds.clamp(min=-1) + 1, len(OBJECTS) + 1)[..., 1:].permute(0, 3, 1, 2).float()
    batch = Batch(image, F.adaptive_max_pool2d(occupied, PLACES), truth.to(where))
    if torch.rand(()) < 0.5:
        return batch
    return Batch(batch.image.flip(3), batch.occupied.flip(3), batch.truth.mirrored())


def to_image(pixels: NDArray[np.uint8], where: torch.device) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1]."""
    return torch.from_numpy(np.array(pixels)).to(where).permute(0, 3, 1, 2).float() / 127.5 - 1


def loss(readings: Readings, batch: Batch) -> Tensor:
    truth = batch.truth
    kinds = F.binary_cross_entropy_with_logits(readings.objects.float(), truth.objects, reduction="none")
    places = F.binary_cross_entropy_with_logits(readings.where.float(), batch.occupied, reduction="none")
    details = F.binary_cross_entropy_with_logits(readings.details.float(), truth.details, reduction="none")
    total = kinds.sum(dim=1).mean() + places.sum(dim=1).mean() + 0.3 * details.sum(dim=1).mean()
    for name, logits in readings.whole.items():
        total = total + _choice(logits, truth.whole[name])
    for name, logits in readings.own.items():
        total = total + _choice(logits.flatten(0, 1), truth.own[name].flatten())
    for name, logits in readings.main.items():
        total = total + 0.5 * _choice(logits, truth.main[name])
    return total


def _choice(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy over the rows for which something is said, 0 where there are none."""
    said = (wanted >= 0).sum().clamp(min=1)
    return F.cross_entropy(logits.float(), wanted, ignore_index=UNSAID, reduction="sum") / said


@torch.no_grad()
def read(model: Probe, pixels: NDArray[np.uint8]) -> tuple[list[Answer], NDArray[np.float32]]:
    """What the probe says of (n, h, w, 3) uint8, and the features (n, 128) for the Fréchet distance."""
    where = model.grid.device
    answers: list[Answer] = []
    features = []
    for start in range(0, len(pixels), ROWS):
        readings = model(to_image(pixels[start : start + ROWS], where))
        answers += _answers(readings)
        features.append(readings.features.float().cpu().numpy())
    return answers, np.concatenate(features)


def _answers(readings: Readings) -> list[Answer]:
    seen = (readings.objects > 0).cpu().numpy()
    own = {name: logits.argmax(dim=2).cpu().numpy() for name, logits in readings.own.items()}
    whole = {name: logits.argmax(dim=1).cpu().numpy() for name, logits in readings.whole.items()}
    return [
        Answer(
            {OBJECTS[kind]: {name: OWN[name][own[name][row, kind]] for name in OWN} for kind in seen[row].nonzero()[0]},
            {name: words[whole[name][row]] for name, words in WHOLE.items()},
        )
        for row in range(len(seen))
    ]


def accuracy(model: Probe, folder: Path) -> Score:
    """Of the probe itself, on the first rendered pictures of a folder."""
    examples = Examples(folder)
    rows = np.arange(min(MEASURED, len(examples)))
    answers, _ = read(model, examples.pixels(rows))
    return score(answers, examples.shown[: len(rows)])
