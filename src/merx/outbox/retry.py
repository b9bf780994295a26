"""When a failed delivery is tried again, and what is kept of its failure."""

import random
import traceback

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 3600.0
KEPT_CHARACTERS = 4000


def retry_delay(attempt: int) -> float:
    """Seconds until the next attempt: doubling, at most an hour, and never the same for all.

    Without the random part, deliveries that failed together would come back together.
    """
    full = min(FIRST_SECONDS * 2 ** min(attempt - 1, 30), LONGEST_SECONDS)
    return full * random.uniform(0.5, 1)


def describe(error: BaseException) -> str:
    """The end of the traceback, as text that PostgreSQL takes."""
    text = "".join(traceback.format_exception(error)).strip()[-KEPT_CHARACTERS:]
    return text.replace("\0", "").encode("utf-8", "replace").decode()
