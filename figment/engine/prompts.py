"""What the text encoder makes of texts, kept: the same words are asked for again and again (a live session, a sweep, every empty negative prompt)."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from figment.engine.backends.base import SentenceEncoder, TextEncoder
from figment.engine.sampling import TextStates


class PromptCache:
    """The last `capacity` prompts' token states (a built-in model's are 49 kB each). `open_encoder` is called when the first is asked for."""

    def __init__(self, open_encoder: Callable[[], TextEncoder], capacity: int = 512) -> None:
        self._open_encoder = open_encoder
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, int], TextStates] = OrderedDict()
        # Held while encoding too: two threads with one new prompt encode it once, and the encoder sees one thread at a time.
        self._lock = threading.Lock()

    @cached_property
    def _encoder(self) -> TextEncoder:
        return self._open_encoder()

    def states(self, text: str, tokens: int) -> TextStates:
        key = (text, tokens)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._encode(text, tokens)
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _encode(self, text: str, tokens: int) -> TextStates:
        # One text a call: a prompt's states must not depend on what it was encoded beside.
        states, mask = self._encoder.token_states([text], tokens=tokens)
        return TextStates(states[0], mask[0])


class Sentences:
    """The vectors of the last `capacity` sentences (1.5 kB each), for those who ask what a text means."""

    def __init__(self, encoder: SentenceEncoder, capacity: int = 512) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        # Held while encoding too: eight pictures of one prompt encode it once.
        self._lock = threading.Lock()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, width) float32, every row of length one."""
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            rows = [self._one(text) for text in texts]
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return np.stack(rows)

    def _one(self, text: str) -> NDArray[np.float32]:
        # One text a call: padded to a longer one, it would cost what that costs.
        if text not in self._kept:
            self._kept[text] = self._encoder.sentence([text])[0]
        self._kept.move_to_end(text)
        return self._kept[text]
