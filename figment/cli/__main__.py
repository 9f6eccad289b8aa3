"""`python -m figment.cli`: the same as the `figment` command."""

from figment.cli.commands import app

app()
