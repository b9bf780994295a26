"""Cheap password hashes: the tests make thousands, and a real one takes 50 ms of a core.

Tests of the hashes themselves, and of the time that a log-in takes, use `real_hashes`.
"""

from argon2 import PasswordHasher

from merx.modules.auth import passwords

REAL = {name: getattr(passwords, name) for name in ("_HASHER", "ABSENT_HASH")}
# Not as weak as those in tests.factories.people, which a log-in replaces.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)


def use_cheap_hashes() -> None:
    """From now on, in this process and its forks."""
    passwords._HASHER = _CHEAP
    passwords.ABSENT_HASH = _CHEAP.hash("of nobody")
