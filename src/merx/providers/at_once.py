"""Calls a local provider without an event loop, so that it may be called while rows are locked.

A provider with `is_local` is a pure function that is written as `async` because the Protocol is.
Run without an event loop, it cannot wait for anything, so no lock is held while an external service
takes its time (docs/decisions/0016).
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NotLocal(RuntimeError):
    """A provider claims to be local, but waits for something."""


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """The result of a call that waits for nothing; NotLocal if it does."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    call.close()
    raise NotLocal(f"{call.__qualname__} waits, so its provider must not say it is local")


async def answer_of(call: Coroutine[Any, Any, T], *, is_local: bool) -> T:
    """The provider's answer, without an event loop if it is local."""
    return at_once(call) if is_local else await call
