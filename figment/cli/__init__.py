"""The `figment` command."""

from figment.cli.commands import app

__all__ = ["app"]
