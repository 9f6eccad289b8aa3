"""Pictures are looked at before they are kept: by the image classifiers that this instance has, if it has any."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from figment.core.database import Connection
from figment.images import codec
from figment.images.store import Concern, State
from figment.safety import consequences, store
from figment.safety.consequences import Letter
from figment.safety.images import ImageClassifier, look
from figment.safety.screening import Screener
from figment.safety.verdict import State as Judged

_CHILDREN = "minors"
# Classifiers see far less than this; a picture of 40 megapixels would be 120 MB for each of them. Squeezed, not cut: the edges count.
_LOOKED_AT_PX = 512


class PictureGate:
    """`figment.images.service.Gate`: what becomes of a new picture, and the case that is opened with it."""

    def __init__(self, classifiers: Sequence[ImageClassifier], screener: Screener) -> None:
        self._classifiers = classifiers
        self._screener = screener
        # As in `Images`: decoding is memory.
        self._decoding = asyncio.Semaphore(2)

    async def look(self, data: bytes) -> Concern | None:
        """What is wrong with the picture in a file. Raises what a classifier raises: a check that failed must not look like one that passed."""
        async with self._decoding:
            pixels = await asyncio.to_thread(codec.squeezed, data, _LOOKED_AT_PX)
        [found] = await look(self._classifiers, pixels[None], self._screener.policy, self._screener.profile)
        if found.state == Judged.APPROVED:
            return None
        worst = found.reasons[0]
        state: State = "refused" if found.state == Judged.REFUSED else "held"
        return Concern(state, worst.message, worst.category)

    async def open(self, connection: Connection, image: UUID, owner: UUID, sha256: str, concern: Concern) -> None:
        """Held, it waits for a moderator. Refused, it is decided; the owner is told and may appeal. Nobody is struck for what a model made."""
        refused = concern.state == "refused"
        case = await store.open_picture_case(
            connection, owner, image, sha256, "screening", concern.category, concern.reason
        )
        await store.weigh(connection, case, concern.category, concern.category == _CHILDREN, weight=1.0)
        if refused:
            await store.decide(connection, case, None, "refuse", concern.reason, None)
        words = f"{concern.reason} {'You may appeal.' if refused else 'You will be told what a moderator says.'}"
        await consequences.tell(connection, [Letter(owner, "refused" if refused else "held", words, case)])
