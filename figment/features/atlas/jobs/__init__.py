"""The background side of Atlas."""
