"""When a failed delivery is retried, and what is stored of its failure."""

import random
import traceback

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 3600.0
KEPT_CHARACTERS = 4000


def retry_delay(attempt: int) -> float:
    """Seconds until the next attempt: doubling, at most an hour, with a random part.

    Without the random part, deliveries that failed together would be retried together.
    """
    full = min(FIRST_SECONDS * 2 ** min(attempt - 1, 30), LONGEST_SECONDS)
    return full * random.uniform(0.5, 1)


def describe(error: BaseException) -> str:
    """The end of the traceback, as text that PostgreSQL can store."""
    text = "".join(traceback.format_exception(error)).strip()[-KEPT_CHARACTERS:]
    return text.replace("\0", "").encode("utf-8", "replace").decode()
