"""What it costs to screen a megabyte that was written to be expensive.

    .venv/bin/python -m benchmarks.safety_text [--rounds 7]

Each text is 1 MB in UTF-8. Three columns: reading (all views) and screening (reading, matching, judging by the default policy) in
processor time, which is what the text costs; and screening by the clock, which on a busy machine counts the neighbours' work too.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial

from benchmarks.figures import heading, verdict
from figment.safety import text as safety_text
from figment.safety.fields import Kind
from figment.safety.folding import table
from figment.safety.screening import Screener

MEGABYTE = 1_000_000
GOAL_MS = 50
USUAL = {
    "prompt": "a lighthouse on a cliff at sunset, oil painting, waves against the rocks, 4k, highly detailed",
    "negative_prompt": "blurry, text, watermark",
    "title": "At the coast",
}


def texts(screener: Screener) -> dict[str, str]:
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    marks = "".join(chr(0x300 + rng.randrange(0x70)) for _ in range(1000))
    words = ["".join(rng.choice(letters) for _ in range(rng.randrange(2, 10))) for _ in range(2000)]
    pieces = {
        "prose": " ".join(rng.choice(words) for _ in range(3000)) + " ",
        "no spaces": "".join(rng.choice(letters) for _ in range(1000)),
        "one letter": "a",
        "spaced letters": " ".join(rng.choice(letters) for _ in range(1000)) + " ",
        "dotted letters": ".".join(rng.choice(letters) for _ in range(1000)) + ".",
        "spaced digits and signs": " ".join(rng.choice("a1e3|!$@0") for _ in range(1000)) + " ",
        "leet words": " ".join(rng.choice(["n0t", "h3re", "l1ke|th!s", "a$.k-1", "m*n", "bo00k"]) for _ in range(500))
        + " ",
        "signs": "!|$@+*1",
        "punctuation": ".-_/~#",
        "white space": " \n\t ",
        "marks": marks,
        "letters with marks": "".join(letter + marks[i : i + 3] for i, letter in enumerate(letters)),
        "marks in the worst order": "\u0301\u0316",
        "Cyrillic look-alikes": "асеорху ",
        "mathematical letters": "".join(map(chr, range(0x1D400, 0x1D434))),
        "fullwidth": "".join(map(chr, range(0xFF21, 0xFF5B))),
        "ligatures": "ﬃ㏂",
        "longest expansions": "\ufdfa㎯",
        "zero-width": "a\u200b",
        "ideographs": "".join(map(chr, range(0x4E00, 0x4F00))),
        "emoji letters": "🇳🇺🇩🅴",
        "named references": "&eacute;&amp;&lt;",
        "numeric references": "&#110;&#x75;",
        "shortest references": "&#9",
        "nested references": "&amp;amp;amp;amp;amp;#38;#38;#110;",
        "ampersands": "&",
        "unknown references": "&abcdefghijklmnopqrstuvwxyz;",
        "one deep reference": "amp;",
        "terms": " ".join(sorted({term for name in ("minor", "person") for term in screener.policy.lists[name]})) + " ",
        "terms in leet": " ".join(screener.policy.lists["minor"]).translate(str.maketrans("aeios", "43!0$")) + " ",
        "beginnings of terms": " ".join(term[:-1] for term in screener.policy.lists["explicit"]) + " ",
        "one term": "child ",
        "hits far apart, all read": _far_apart(screener),
        "unfinished numbers": "&#0000000000000000000",
    }
    for name in ("spaced digits and signs", "dotted letters", "leet words", "signs"):
        pieces[f"{name}, mixed"] = "ю" + pieces[name]
    return {name: ("&" if name == "one deep reference" else "") + _filled(piece) for name, piece in pieces.items()}


def _far_apart(screener: Screener) -> str:
    """One term of each list, too far from each other for any rule of comments, and as often as is read on."""
    terms = [min(terms, key=len) for terms in screener.policy.lists.values()]
    return " ".join(f"{term} {'h3re ' * 900}" for term in terms)


def _filled(piece: str) -> str:
    return piece * (MEGABYTE // len(piece.encode()))


def best_ms(work: Callable[[], object], clock: Callable[[], float], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = clock()
        work()
        took.append(clock() - began)
    return 1e3 * min(took)


def read(text: str) -> list[safety_text.View]:
    return list(safety_text.views(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    heading("safety: a megabyte of text")
    table()
    began = time.thread_time()
    screener = Screener()
    print(f"   built in {1e3 * (time.thread_time() - began):.0f} ms")
    screener.screen({"comment": "warm &amp; up"}, Kind.COMMENT)
    slowest = 0.0
    for name, text in texts(screener).items():
        screen = partial(screener.screen, {"comment": text}, Kind.COMMENT)
        reading = best_ms(partial(read, text), time.thread_time, asked.rounds)
        screening = best_ms(screen, time.thread_time, asked.rounds)
        slowest = max(slowest, screening)
        by_clock = best_ms(screen, time.perf_counter, asked.rounds)
        print(f"   {name:34s} {reading:7.1f} ms {screening:7.1f} ms {by_clock:7.1f} ms")
    usual = partial(screener.screen, USUAL, Kind.PROMPT)
    print(f"   usual fields: {best_ms(usual, time.thread_time, 100 * asked.rounds):.2f} ms")
    verdict("the slowest", slowest, GOAL_MS, at_most=True, unit=" ms")


if __name__ == "__main__":
    main()
