"""How the corpora fare, as figures: `python -m tests.safety.corpus.report [--missed]`. The part that is held out is never shown."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from figment.safety import encoded
from figment.safety.fields import Kind
from figment.safety.meaning import Meaning
from figment.safety.policy import ALWAYS_REFUSED
from figment.safety.screening import Screener
from figment.safety.verdict import State
from tests.safety.test_corpus import FOLDER, benign, evasions
from tests.safety.test_meaning import RealEncoder, held

EVASIONS = ("evasions", "by_hand", "held_out")
BENIGN = ("benign", "benign_second", "benign_held_out", "benign_languages")
UNSAFE = ("unsafe", "unsafe_second", "unsafe_held_out")


def words(show: bool) -> None:
    general, mature = Screener(), Screener(profile="mature")
    for name in EVASIONS:
        rows = evasions(name)
        states = [general.screen(row["fields"], Kind(row["kind"])).state for row in rows]
        missed = [row for row, state in zip(rows, states, strict=True) if state == State.APPROVED]
        always = [row for row in rows if row["category"] in ALWAYS_REFUSED]
        refused = [mature.screen(row["fields"], Kind(row["kind"])).state != State.APPROVED for row in always]
        print(f"{name:18s} {len(rows):4d} texts, recall {1 - len(missed) / len(rows):.3f}; ", end="")
        print(f"always refused, mature profile: {len(always)} texts, recall {sum(refused) / len(refused):.3f}")
        if show and name != "held_out":
            print("   missed by disguise:", dict(Counter(row.get("way", "by hand") for row in missed)))
    for name in BENIGN:
        texts = list(benign(name))
        blocked = [text for kind, text in texts if general.screen({kind: text}, kind).state != State.APPROVED]
        print(f"{name:18s} {len(texts):4d} texts, false blocks {len(blocked) / len(texts):.4f}")
        if show and name != "benign_held_out":
            print("   blocked:", blocked)


async def meaning() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rules = await Meaning.build(RealEncoder(Path(folder)))
        for name in UNSAFE:
            texts = [line.partition("\t")[2] for line in encoded.read(FOLDER / f"{name}.encoded")]
            print(f"{name:18s} {len(texts):4d} texts, held by meaning {await held(rules, texts):.3f}")
        for name in BENIGN:
            texts = [text for _, text in benign(name)]
            print(f"{name:18s} {len(texts):4d} texts, held by meaning {await held(rules, texts):.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true", help="show what was missed in the parts that are not held out")
    words(parser.parse_args().missed)
    asyncio.run(meaning())


if __name__ == "__main__":
    main()
