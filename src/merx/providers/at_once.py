"""Ask a provider that answers from what it is given, also while rows are locked.

A provider with `is_local` is a pure function that happens to be written `async`, as the Protocols
are. This runs it without an event loop: one that tries to wait for anything cannot, so that no lock
is ever held for as long as somebody outside takes (docs/decisions/0016).
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NotLocal(RuntimeError):
    """A provider says that it is local, and waits for something."""


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """The answer of a call that waits for nothing; NotLocal if it does."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    call.close()
    raise NotLocal(f"{call.__qualname__} waits, so its provider must not say it is local")


async def answer_of(call: Coroutine[Any, Any, T], *, is_local: bool) -> T:
    """The answer of a provider, at once if it is local."""
    return at_once(call) if is_local else await call
