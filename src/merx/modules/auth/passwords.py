"""Password hashes: Argon2id, on dedicated threads.

A hash deliberately costs tens of milliseconds. On the event loop it would stall every request, and
on the default thread pool a flood of log-ins would crowd out everything else. Here at most
`_THREADS` cores and `_THREADS` times `_MEMORY_KIB` are used, and beyond `_QUEUE` waiting log-ins
the next is told to retry, so a flood ends in quick refusals instead of minutes of waiting.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from merx.core.errors import TooManyRequests
from merx.core.scrypt import is_scrypt, scrypt_matches

# OWASP's first recommendation: 46 MiB, one pass, one lane.
_MEMORY_KIB = 47_104
_HASHER = PasswordHasher(time_cost=1, memory_cost=_MEMORY_KIB, parallelism=1)
_THREADS = 2
_QUEUE = 50

T = TypeVar("T")


def _unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


# The hash of a random password, checked when an e-mail is unknown, so that the answer takes as long
# as for a wrong password.
ABSENT_HASH = "$".join(
    ("", "argon2id", "v=19", f"m={_MEMORY_KIB},t=1,p=1", _unpadded(bytes(16)), _unpadded(bytes(32)))
)


_threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="password")
_places = BoundedSemaphore(_QUEUE)


async def _run(work: Callable[[], T]) -> T:
    _take_place()
    waiting = _threads.submit(work)
    # Also called for work that is cancelled before it starts.
    waiting.add_done_callback(lambda _: _places.release())
    return await asyncio.wrap_future(waiting)


def _take_place() -> None:
    if not _places.acquire(blocking=False):
        raise TooManyRequests(
            "Too many logins at the same time. Try again in 1 second", retry_after=1
        )


def turn_away_when_busy() -> None:
    """Refuse a log-in that would not fit in the queue, before any work is done for it."""
    _take_place()
    _places.release()


def _encoded(password: str) -> bytes:
    # JSON can carry lone surrogates, which UTF-8 cannot encode by default.
    return password.encode("utf-8", "surrogatepass")


async def hash_password(password: str) -> str:
    """The password's hash in the PHC string format, including parameters and salt."""
    return await _run(lambda: _HASHER.hash(_encoded(password)))


async def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password matches; without a hash False, after the same time."""

    def verify() -> bool:
        if stored and is_scrypt(stored):
            return scrypt_matches(stored, _encoded(password))
        try:
            return _HASHER.verify(stored or ABSENT_HASH, _encoded(password))
        except (VerificationError, InvalidHashError):
            return False

    return await _run(verify)


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with old parameters, or by another shop."""
    return is_scrypt(stored) or _HASHER.check_needs_rehash(stored)
