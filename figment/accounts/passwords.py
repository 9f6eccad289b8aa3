"""Passwords: hashed with Argon2id (RFC 9106) in threads of their own, a few at a time.

One hash takes 64 MiB and tens of milliseconds by design. Unbounded, a burst of sign-ins would take the machine's memory, and on the event
loop every picture would wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from figment.accounts.errors import PasswordRefused
from figment.core.errors import Unavailable

T = TypeVar("T")

SHORTEST = 10
LONGEST = 200
# zxcvbn: 2 is "somewhat guessable, safe against an attack that the limits slow down".
_LEAST_SCORE = 2
# It takes time with the square of the length; nobody guesses the rest.
_SCORED_LETTERS = 64


class Passwords:
    """Makes and checks hashes. What waits is bounded, too: beyond it the answer is to try again."""

    def __init__(self, at_once: int = 2, waiting: int = 64) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._most = at_once + waiting
        self._held = 0
        # Of nobody's password: checking against it takes as long as against somebody's.
        self._nobodys = self._hasher.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def check(self, password: str, hash_: str | None) -> tuple[bool, str | None]:
        """Whether `password` is the one of `hash_`, and a newer hash where the parameters have moved on.

        Without a hash (nobody has this name, or no password) it takes the same time and is never right: whoever measures learns no names.
        """
        right, newer = await self._run(lambda: self._hasher.verify_and_update(password, hash_ or self._nobodys))
        return (right, newer) if hash_ else (False, None)

    async def require_strong(self, password: str, known: Iterable[str]) -> None:
        """
        Raises:
            PasswordRefused: it is short, or guessed early (NIST SP 800-63B, section 3.1.1.2: length and a list, no rules of composition).
                `known` are words that an attacker tries first: the person's own names.
        """
        if len(password) < SHORTEST:
            raise PasswordRefused(f"A password has at least {SHORTEST} characters.")
        words = ["figment", *known]
        score = await self._run(lambda: int(zxcvbn(password[:_SCORED_LETTERS], user_inputs=words)["score"]))
        if score < _LEAST_SCORE:
            raise PasswordRefused

    async def _run(self, work: Callable[[], T]) -> T:
        if self._held >= self._most:
            raise Unavailable("Too many people are signing in just now. Try again in a few seconds.", retry_after_s=3)
        self._held += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._held -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
