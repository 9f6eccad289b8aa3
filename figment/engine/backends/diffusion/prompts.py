"""What a model's text encoders make of prompts: kept on the device, and those of several requests made in one call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

import structlog

from figment.engine.backends.diffusion.families import Conditions, Family
from figment.engine.sampling import Guidance

log = structlog.get_logger(__name__)

KEPT_BYTES = 256 << 20
"""Of one model's prompts on the device: 1,600 of SD-Turbo's, 64 of Flux's."""


class Prompt(NamedTuple):
    """`unwanted`: it is a negative one."""

    text: str
    unwanted: bool


Told = tuple[Conditions, ...]
"""What the network reads of one request's prompts, in their order."""


def of(guidance: Guidance) -> tuple[Prompt, ...]:
    return tuple(Prompt(text.strip() if place else text, place == 1) for place, text in enumerate(guidance.prompts))


class Prompts:
    """Any thread may call; one at a time encodes, and what is kept is answered meanwhile. `kept_bytes`: of the device's memory."""

    def __init__(self, family: Family, kept_bytes: int = KEPT_BYTES) -> None:
        self._family, self._kept_bytes = family, kept_bytes
        self._kept: OrderedDict[Prompt, Conditions] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        # Tokenizers are not for two threads at a time; and who waited finds what was encoded meanwhile.
        self._encoding = threading.Lock()

    def has(self, prompts: Iterable[Prompt]) -> bool:
        """Are all of them there already?"""
        with self._lock:
            return all(prompt in self._kept for prompt in prompts)

    def read(self, asked: Sequence[Sequence[Prompt]]) -> list[Told | Exception]:
        """For each request what its prompts say, or why one of them cannot be read, which is no other's matter."""
        wanted = list(dict.fromkeys(chain.from_iterable(asked)))
        found = self._recalled(wanted)
        if len(found) < len(wanted):
            found |= self._encode(wanted)
        return [_told(found, prompts) for prompts in asked]

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _recalled(self, wanted: Iterable[Prompt]) -> dict[Prompt, Conditions | Exception]:
        with self._lock:
            found = [prompt for prompt in wanted if prompt in self._kept]
            for prompt in found:
                self._kept.move_to_end(prompt)
            return {prompt: self._kept[prompt] for prompt in found}

    def _encode(self, wanted: Sequence[Prompt]) -> dict[Prompt, Conditions | Exception]:
        with self._encoding:
            found = self._recalled(wanted)
            missing = [prompt for prompt in wanted if prompt not in found]
            for part in _parts(missing, self._family.texts_at_once):
                found |= self._encoded(part)
        return found

    def _encoded(self, part: Sequence[Prompt]) -> dict[Prompt, Conditions | Exception]:
        """One call. When it fails every prompt is encoded alone, so that only those fail that cannot be."""
        try:
            made = self._family.encode([prompt.text for prompt in part], part[0].unwanted)
        except Exception as error:  # the libraries have as many kinds of "not this text" as of "no memory"
            if len(part) == 1:
                return {part[0]: error}
            log.warning("engine.prompts_apart", prompts=len(part), error=str(error))
            return {prompt: alone for each in part for prompt, alone in self._encoded([each]).items()}
        # Copies: a view would keep the memory of the whole call.
        owned = [{name: tensor.clone() for name, tensor in each.items()} for each in made]
        for prompt, conditions in zip(part, owned, strict=True):
            self._keep(prompt, conditions)
        return dict(zip(part, owned, strict=True))

    def _keep(self, prompt: Prompt, conditions: Conditions) -> None:
        with self._lock:
            self._kept[prompt] = conditions
            self._bytes += _bytes(conditions)
            while self._bytes > self._kept_bytes:
                self._bytes -= _bytes(self._kept.popitem(last=False)[1])


def _told(found: Mapping[Prompt, Conditions | Exception], prompts: Iterable[Prompt]) -> Told | Exception:
    read: list[Conditions] = []
    for prompt in prompts:
        made = found[prompt]
        if isinstance(made, Exception):
            return made
        read.append(made)
    return tuple(read)


def _parts(prompts: Iterable[Prompt], most: int) -> Iterator[list[Prompt]]:
    """Of one kind each: some families tell a negative prompt in another way."""
    kind = attrgetter("unwanted")
    for _, same in groupby(sorted(prompts, key=kind), key=kind):
        alike = list(same)
        yield from (alike[place : place + most] for place in range(0, len(alike), most))


def _bytes(conditions: Conditions) -> int:
    return sum(tensor.nbytes for tensor in conditions.values())
