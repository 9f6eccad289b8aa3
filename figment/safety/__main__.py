"""`python -m figment.safety`: reads and writes encoded lists, and checks a policy file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from figment.safety import encoded
from figment.safety.policy import PROFILES, PolicyBroken, load


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m figment.safety", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in (
        ("show", "print an encoded file in the clear"),
        ("encode", "write an encoded file from what is typed in"),
    ):
        commands.add_parser(name, help=told).add_argument("file", type=Path)
    check = commands.add_parser("check", help="read a policy file and say what it does")
    check.add_argument("file", type=Path, nargs="?", help="the built-in policy alone where there is none")
    asked = parser.parse_args(arguments)
    try:
        print(*{"show": show, "encode": encode, "check": summary}[asked.command](asked.file), sep="\n")
    except (encoded.NotEncoded, PolicyBroken, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def show(path: Path) -> list[str]:
    """The lines of an encoded file in the clear. Raises NotEncoded, OSError."""
    return encoded.read_all(path)


def encode(path: Path) -> list[str]:
    """Writes standard input to an encoded file. Raises OSError."""
    plain = sys.stdin.read()
    encoded.write(path, plain)
    return [f"{path}: {len(plain.splitlines())} lines."]


def summary(path: Path | None) -> list[str]:
    """What a policy does, one category a line, without its words. Raises PolicyBroken."""
    policy = load(path)
    lines = [f"Policy {policy.fingerprint}: {len(policy.rules)} rules, {sum(map(len, policy.lists.values()))} terms."]
    for name, category in policy.categories.items():
        actions = ", ".join(f"{profile}: {category.action(profile)}" for profile in PROFILES)
        lines.append(f"  {name:16s} {actions}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
