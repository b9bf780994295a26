"""The transaction in which a request reads something else of the shop before it changes it."""

from contextvars import ContextVar

from merx.core.database import Transaction

reading_in: ContextVar[Transaction | None] = ContextVar("reading_in", default=None)
