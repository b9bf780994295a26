"""Who attacks, and what came of it."""

import traceback
from collections import Counter
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True)
class Attacked:
    """A shop that may be spoiled, and what opens it, by who calls."""

    client: httpx.AsyncClient
    credentials: dict[str, dict[str, str]]

    @property
    def admin(self) -> str:
        return self.credentials["admin"]["authorization"]


@dataclass
class Report:
    """Answers by status; a request for each place that failed."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    faults: dict[str, str] = field(default_factory=dict[str, str])

    async def send(self, attacked: Attacked, request: httpx.Request) -> httpx.Response | None:
        """The answer; None for a fault, which is noted."""
        try:
            answer = await attacked.client.send(request)
        except Exception as error:  # The app lets tests see what it answers with a 500.
            self._note(place_of(error), request)
            return None
        self.statuses[answer.status_code] += 1
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._note(f"{answer.status_code} {answer.text[:300]}", request)
        return answer

    def _note(self, fault: str, request: httpx.Request) -> None:
        shown = f"{request.method} {str(request.url)[:600]} {request.content[:2000]!r}"
        self.faults.setdefault(fault, shown)

    def counts(self) -> str:
        return f"{sum(self.statuses.values())} requests: {sorted(self.statuses.items())}"

    def text(self) -> str:
        return "\n\n".join(f"{request}\n{fault}" for fault, request in self.faults.items())


def place_of(error: Exception) -> str:
    """What failed, and the lines of ours that led there, the last one first."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "/merx/" in frame.filename
    ]
    lines = [f"{frame.filename.rpartition('/merx/')[2]}:{frame.lineno}" for frame in frames[:-6:-1]]
    return f"{type(error).__name__}: {str(error)[:300]} at {' < '.join(lines)}"
