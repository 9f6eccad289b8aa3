"""Wire shapes of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

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


Scope = Literal["images:write", "images:read", "models:read", "models:write"]
EVERY_SCOPE: tuple[Scope, ...] = get_args(Scope)


class TokenRequest(BaseModel):
    """What a token is for and what it may do; without `expires_in_days` it is good until it is revoked."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(min_length=1, max_length=60)
    scopes: list[Scope] = Field(list(EVERY_SCOPE), min_length=1)
    expires_in_days: int | None = Field(None, ge=1, le=3650)

    @field_validator("scopes")
    @classmethod
    def _each_once(cls, scopes: list[Scope]) -> list[Scope]:
        return [scope for scope in EVERY_SCOPE if scope in scopes]


class Token(BaseModel):
    """An API token, without its secret. `used_at` is when it was last sent."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewToken(Token):
    """The only answer that holds the token itself: only its hash is kept."""

    token: str


class Tokens(BaseModel):
    """My tokens, the newest first."""

    items: list[Token]
