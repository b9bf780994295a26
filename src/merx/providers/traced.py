"""Any provider, with a span around each of its calls (core/tracing.py)."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from merx.core.tracing import span

T = TypeVar("T")


def traced(provider: T, kind: str) -> T:
    """The provider, whose calls are seen in traces: `payment authorize`."""
    names = [name for name in dir(provider) if not name.startswith("_")]
    parts = {name: _part(provider, kind, name) for name in names}
    # A class of its own, so that the provider is what its Protocol says, also at run time.
    return cast(T, type(type(provider).__name__, (), parts)())


def _part(provider: object, kind: str, name: str) -> object:
    found = getattr(provider, name)
    if not inspect.iscoroutinefunction(found):
        return property(lambda _: getattr(provider, name))
    return staticmethod(_spanned(found, f"{kind} {name}", str(getattr(provider, "id", kind))))


def _spanned(
    call: Callable[..., Awaitable[Any]], name: str, provider: str
) -> Callable[..., Awaitable[Any]]:
    @wraps(call)
    async def spanned(*arguments: Any, **options: Any) -> Any:
        with span(name, merx_provider=provider):
            return await call(*arguments, **options)

    return spanned
