"""What is kept of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas import store


class Keeping:
    """`figment.accounts.entrance.Keeper`."""

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        await store.hand_over(connection, giver, taker)

    async def forget(self, connection: Connection, person: UUID) -> None:
        """What they painted stays in the maps of all, without a name and without its words."""
        await store.forget(connection, person)

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        return {"atlas.json": await store.everything_of(connection, person)}
