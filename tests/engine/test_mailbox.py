"""The mailbox between the device's thread and a reader, with a clock of its own."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from figment.engine.mailbox import PACE_S, Mailbox
from figment.generation.contract import Finished, Progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def mailbox(clock: Clock) -> Mailbox:
    return Mailbox(asyncio.get_running_loop(), clock)


async def test_a_step_right_after_another_wakes_nobody(mailbox: Mailbox, clock: Clock) -> None:
    mailbox.progressed(1, 4, None)
    assert await mailbox.take() == Progress(1, 4)
    reader = asyncio.create_task(mailbox.take())
    clock.now += PACE_S / 2
    mailbox.progressed(2, 4, None)
    await asyncio.sleep(0.01)
    assert not reader.done()
    clock.now += PACE_S / 2
    mailbox.progressed(3, 4, None)
    assert await reader == Progress(3, 4)


async def test_the_picture_wakes_at_once(mailbox: Mailbox) -> None:
    picture = np.zeros((1, 1, 3), np.uint8)
    mailbox.progressed(1, 2, None)
    mailbox.progressed(2, 2, None)
    mailbox.finished(picture, 0.5)
    assert await mailbox.take() == Finished(picture, 0.5)


async def test_a_reader_that_is_late_gets_the_latest(mailbox: Mailbox) -> None:
    mailbox.waiting(3)
    mailbox.progressed(1, 9, None)
    mailbox.progressed(2, 9, None)
    assert await mailbox.take() == Progress(2, 9)


async def test_after_the_end_nothing_is_taken(mailbox: Mailbox) -> None:
    mailbox.failed(ValueError("no"))
    mailbox.waiting(1)
    with pytest.raises(ValueError, match="no"):
        await mailbox.take()
