"""English for the world: the vocabulary as data and the grammar of captions."""

from .grammar import captions

__all__ = ["captions"]
