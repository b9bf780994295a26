"""The transaction in which a request reads other data of the shop before it changes something."""

from contextvars import ContextVar

from merx.core.database import Transaction

reading_in: ContextVar[Transaction | None] = ContextVar("reading_in", default=None)
