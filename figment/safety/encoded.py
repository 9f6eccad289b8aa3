"""Text files whose lines are written in base64, so that nobody meets hateful words who did not ask for them.

This is no secret and no protection: `python -m figment.safety show FILE` prints such a file, `encode FILE` writes one. Lines that begin
with `#` are notes, in the file as in what it holds.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

HEADER = """\
# Lines of this file are in base64 because they hold words that nobody should meet unasked: slurs, sexual and violent terms.
# They are here so that the moderation can find them. To read them:   python -m figment.safety show {name}
# To change them:  python -m figment.safety show {name} > plain.txt, edit plain.txt, python -m figment.safety encode {name} < plain.txt
"""


class NotEncoded(ValueError):
    """A line is not base64 of UTF-8 text. Write the file with `python -m figment.safety encode FILE`."""

    def __init__(self, path: Path, line: int) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}, line {line}: {' '.join((self.__doc__ or '').split())}")


def read_all(path: Path) -> list[str]:
    """Every line of a file in the clear, its inner notes and empty lines included. Raises NotEncoded, OSError."""
    lines = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            lines.append(base64.b64decode(line, validate=True).decode())
        except (binascii.Error, UnicodeDecodeError) as error:
            raise NotEncoded(path, number) from error
    return lines


def read(path: Path) -> list[str]:
    """The lines of a file in the clear, without notes and empty lines. Raises NotEncoded, OSError."""
    return [line.strip() for line in read_all(path) if line.strip() and not line.startswith("#")]


def write(path: Path, plain: str) -> None:
    lines = (base64.b64encode(line.encode()).decode() for line in plain.splitlines())
    path.write_text(HEADER.format(name=path.name) + "".join(f"{line}\n" for line in lines), "utf-8")
