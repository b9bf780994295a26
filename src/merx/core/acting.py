"""The actor: who sent the request that is being answered.

Kept in a context variable like the request's id, so functions that change stock need no extra
argument. None outside requests: commands, subscribers, tests.
"""

from contextvars import ContextVar

acting: ContextVar[str | None] = ContextVar("acting", default=None)
