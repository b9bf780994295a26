"""Who acts: the caller of the request that is being answered.

Kept beside the call like the request's id, so that no function that changes stock has to be told.
None where nobody called: commands, subscribers, tests.
"""

from contextvars import ContextVar

acting: ContextVar[str | None] = ContextVar("acting", default=None)
