"""The recipe: how an image was made, and the key under which the same image is found again."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

from pydantic import BaseModel, ConfigDict

FORMAT = 1


class Recipe(BaseModel):
    """Everything that decides the pixels. The same recipe gives the same image again."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    model: str
    weights_hash: str
    task: str
    prompt: str
    negative_prompt: str = ""
    seed: int
    steps: int
    guidance: float
    strength: float | None = None
    width: int
    height: int
    inputs: dict[str, str] = {}
    parent: UUID | None = None

    def sources(self) -> list[UUID]:
        """The images of which something is seen in this one. A mask only says where, and is not among them; nor is a map."""
        named = [UUID(value) for name, value in self.inputs.items() if name == "image"]
        return named if self.parent is None or self.parent in named else [*named, self.parent]

    def key(self) -> str:
        """SHA-256 over what decides the pixels, in canonical JSON; where it came from (`parent`) does not count."""
        body = self.model_dump(mode="json", exclude={"parent"})
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
