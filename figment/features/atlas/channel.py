"""WebSockets of Atlas: who looks at a world, and where they point."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from figment.accounts.asking import Allowed
from figment.accounts.schemas import Person
from figment.core.errors import RateLimited
from figment.features.atlas.schemas import Look
from figment.features.atlas.service import Atlas
from figment.features.atlas.service.presence import Presences, Seat

router = APIRouter(prefix="/api/atlas")

SILENT_S = 8.0
"""A page says at least so often where it looks; one that was closed without a word, or frozen, is gone after that."""
_MOST_CHARS = 300

# https://www.rfc-editor.org/rfc/rfc6455#section-7.4; from 4000 on they are our own.
_POLICY, _TOO_BIG, _SILENT, _INVALID = 1008, 1009, 4000, 4001


@router.websocket("/worlds/{world}/presence")
async def presence(
    socket: WebSocket,
    world: Annotated[str, Path(max_length=60)],
    person: Annotated[Person | None, Allowed("atlas.read")],
) -> None:
    """Say where I look and point; hear where the others do."""
    service: Atlas = socket.app.state.atlas
    async with service.presences.seat(person, world) as seat:
        await socket.accept()
        telling = asyncio.create_task(_tell(socket, service.presences, seat), name="presence")
        try:
            await _listen(socket, service.presences, seat)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _tell(socket: WebSocket, presences: Presences, seat: Seat) -> None:
    """What is new, as soon as it is: whoever reads slowly gets the last state and nothing in between."""
    while True:
        told = await presences.told(seat)
        await socket.send_text(told.model_dump_json())
        await asyncio.sleep(presences.beat_s(seat))


async def _listen(socket: WebSocket, presences: Presences, seat: Seat) -> None:
    """Until the page goes, says nothing any more, or says something else than where it looks."""
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                words = await socket.receive_text()
            if len(words) > _MOST_CHARS:
                await socket.close(_TOO_BIG, f"At most {_MOST_CHARS} characters a message.")
                return
            presences.look(seat, Look.model_validate_json(words))
    except WebSocketDisconnect:
        return
    except TimeoutError:
        await socket.close(_SILENT, f"Nothing was heard for {SILENT_S:.0f} seconds.")
    except RateLimited as error:
        await socket.close(_POLICY, error.detail[:120])
    except (ValidationError, KeyError):
        # KeyError: bytes instead of text.
        await socket.close(_INVALID, 'Send {"view": [left, top, right, bottom], "at": [x, y] or null}.')
