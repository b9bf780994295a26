"""The actor: who sent the request that is being answered.

Kept in a context variable like the request's id, so functions that change stock need no extra
argument. None outside requests: commands, subscribers, tests.
"""

import re
from contextvars import ContextVar

from structlog.contextvars import get_contextvars

from merx.core.ids import new_id

acting: ContextVar[str | None] = ContextVar("acting", default=None)

# The actor in the audit log, as "type id": admins, commands, jobs and subscribers. Changes of
# shoppers are recorded in their orders and in the stock ledger.
changing: ContextVar[str | None] = ContextVar("changing", default=None)

# What may stand between quotes in the statement.
_UNUSABLE = re.compile(r"[^\w.:@-]", re.ASCII)


def naming_statement() -> str | None:
    """The statement that tells the triggers of the audit log who changes what follows in the
    transaction, and by which request; None where nobody is to be named."""
    who = changing.get()
    if who is None:
        return None
    request_id = str(get_contextvars().get("request_id", ""))
    parts = [*who.split(" ", 1), new_id("audbat"), request_id]
    return f"SET LOCAL merx.audit = '{' '.join(_UNUSABLE.sub('-', part) for part in parts)}'"
