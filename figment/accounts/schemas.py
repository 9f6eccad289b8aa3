"""Wire shapes of accounts."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from figment.core.text import Words

Role = Literal["user", "moderator", "admin"]


class Person(BaseModel):
    """Who is asking. A guest has no way to sign in elsewhere: the work lives with this browser's cookie."""

    id: UUID
    name: str
    role: Role
    guest: bool

    @property
    def topic(self) -> str:
        """The topic of this person's own events."""
        return f"person:{self.id}"


class Session(BaseModel):
    person: Person | None


class AdminClaim(BaseModel):
    token: Words = Field(min_length=8, max_length=200)
    name: Words = Field("Administrator", min_length=1, max_length=60)
