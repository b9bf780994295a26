"""Which long statements a connection keeps prepared.

PostgreSQL keeps about eight bytes for each character of a prepared statement, and clients choose
the `fields` that make a statement long. Long statements therefore share a budget of characters;
those beyond it are planned anew each time. The driver drops a statement five minutes after
preparing it, so one not asked for in ten minutes leaves the budget.
"""

import time

LONG = 4000
MOST_CHARACTERS = 512 * 1024
_FORGOTTEN_AFTER = 600.0


class Prepared:
    """The long statements that may stay prepared, and when each was last asked for."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._characters = 0
        self._asked_at: dict[str, float] = {}

    def keeps(self, text: str) -> bool:
        """Whether the connection that runs the statement may keep it prepared."""
        if len(text) <= LONG:
            return True
        now = time.monotonic()
        if text not in self._asked_at:
            if self._characters + len(text) > self._most:
                self._forget(now - _FORGOTTEN_AFTER)
            if self._characters + len(text) > self._most:
                return False
            self._characters += len(text)
        self._asked_at[text] = now
        return True

    def forget_all(self) -> None:
        """Forget everything, as in a new process."""
        self._characters = 0
        self._asked_at.clear()

    def _forget(self, before: float) -> None:
        for text in [text for text, at in self._asked_at.items() if at < before]:
            del self._asked_at[text]
            self._characters -= len(text)


PREPARED = Prepared()
