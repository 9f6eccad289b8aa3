"""How far the running jobs of this process are, told to whoever watches."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from uuid import UUID

import structlog

from figment.core.database import Database
from figment.generation import store
from figment.generation.contract import Progress, Waiting
from figment.generation.places import Drawing
from figment.generation.schemas import JobProgress
from figment.generation.service import job_event, wire
from figment.generation.store import JobRow
from figment.images import codec

log = structlog.get_logger(__name__)

_FLUSH_S = 0.2
# Before the first of a burst: on a processor, what is told takes turns with what it tells of, and a picture of a quarter of a second
# needs no account of its first step.
_LINGER_S = 0.1
_SHOWN_S = 0.45
"""Between two tellings of one picture to others than its owner, of whom there can be many."""


@dataclass(frozen=True, slots=True)
class _Note:
    row: JobRow
    update: Waiting | Progress
    drawing: Drawing


class Reporter:
    """Writes the latest progress of all jobs of this process, at most five times a second, in one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: dict[UUID, _Note] = {}
        self._shown_at: dict[UUID, float] = {}
        self._news = asyncio.Event()

    def note(self, row: JobRow, update: Waiting | Progress, drawing: Drawing) -> None:
        """Tell of this soon; what was noted of the job before and is not told yet is left out."""
        self._notes[row.id] = _Note(row, update, drawing)
        self._news.set()

    def forget(self, job: UUID) -> None:
        self._notes.pop(job, None)

    async def run(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(_LINGER_S)
            self._news.clear()
            notes, self._notes = self._notes, {}
            try:
                await self._write(list(notes.values()))
            except Exception as error:
                # Progress is worth no failed job: the next note tells more.
                log.warning("progress.lost", error=str(error))
            await asyncio.sleep(_FLUSH_S - _LINGER_S)

    async def _write(self, notes: list[_Note]) -> None:
        due = self._due(notes)
        told = await asyncio.to_thread(lambda: [each for note in notes for each in _tell(note, note.row.id in due)])
        async with self._database.statements(relaxed=True) as connection:
            await store.report_progress(connection, told)

    def _due(self, notes: list[_Note]) -> set[UUID]:
        """The jobs of which others are told as well this time."""
        now = time.monotonic()
        self._shown_at = {job: at for job, at in self._shown_at.items() if now < at + _SHOWN_S}
        begun = {note.row.id for note in notes if isinstance(note.update, Progress)}
        due = begun - self._shown_at.keys()
        self._shown_at |= dict.fromkeys(due, now)
        return due


def _tell(note: _Note, shown: bool) -> list[store.Told]:
    """One note as it is told to its owner, and if `shown` to others; encodes the preview, hence in a thread."""
    job = wire(note.row)
    if isinstance(note.update, Waiting):
        job.state, job.ahead = "queued", note.update.ahead
    else:
        preview = note.update.preview
        url = None
        if preview is not None:
            url = "data:image/webp;base64," + base64.b64encode(codec.preview_webp(preview)).decode()
        job.state, job.progress = "running", JobProgress(step=note.update.step, of=note.update.of, preview=url)
    told = [store.Told(note.row, job.progress is not None, job_event(note.row.topic, job))]
    if shown and job.progress is not None and (event := note.drawing.shown(job.progress)) is not None:
        told.append(store.Told(note.row, True, event))
    return told
