"""Examples for the API document, from the recordings: `python -m tests.conformance.examples`.

Of each operation the answer that is most telling without being long, with the body that brought
it. They are kept in `src/merx/web/examples.json`; a test compares.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import merx
from tests.api_document import Document, Operation

from .scenario import PLACEHOLDER, RECORDINGS, Scenario, Step, fill, pick, scenario_names

FILE = Path(merx.__file__).parent / "web" / "examples.json"
LONGEST = 1500
MOST = 4000
_ID = re.compile(r"<([a-z]+(?:_[a-z]+)*) (\d+)>")
_OK = range(200, 300)
_ANY = "<any>"
_EMPTY = (None, 0, "", [], {})
_TYPICAL_ERROR = 90
_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhY3Rvcl9pZCI6InVzZXJfMDEifQ.c2lnbmF0dXJl"


@dataclass(frozen=True)
class Told:
    """A request of a scenario, with its recorded answer."""

    key: str
    status: int
    body: Any
    answer: Any
    is_whole: bool
    operation: tuple[Operation, str]

    @property
    def worth(self) -> tuple[bool, bool, int]:
        """Answers with all default fields before narrow ones, then the longest that is not long."""
        size = len(json.dumps(self.answer))
        if self.key.isdigit():
            return True, True, -abs(size - _TYPICAL_ERROR)
        return size <= LONGEST, self.is_whole, size if size <= LONGEST else -size

    def fits(self, document: Document) -> bool:
        """Whether body and answer are as the schemas say."""
        if self.status not in _OK:
            return True
        is_taken = self.body is None or document.accepts(self.operation, self.body)
        return is_taken and not document.mismatches(self.operation, self.status, self.answer)


def examples() -> dict[str, Any]:
    """By method and path of an operation its `body` and `answer`; by status an error."""
    found: dict[str, Told] = {}
    document = Document()
    for told in told_by_recordings(document):
        is_better = told.key not in found or told.worth > found[told.key].worth
        if is_better and told.fits(document):
            found[told.key] = told
    return {
        key: {"answer": told.answer} | ({} if told.body is None else {"body": told.body})
        for key, told in sorted(found.items())
    }


def told_by_recordings(document: Document) -> Iterator[Told]:
    """What the recordings tell, in the words of the document."""
    for name in scenario_names():
        recorded = json.loads((RECORDINGS / f"{name}.json").read_text())["steps"]
        saved: dict[str, Any] = {"run": ""}
        for step, answer in zip(Scenario.read(name).steps, recorded, strict=True):
            told = _told(step, answer, saved, document)
            if told is not None:
                yield told
            saved |= {key: _saved(answer["body"], path, saved) for key, path in step.save.items()}


def _saved(body: Any, path: str, saved: dict[str, Any]) -> Any:
    """What later steps take of an answer, or something that no example may show."""
    try:
        return pick(body, fill(path, saved))
    except (LookupError, StopIteration, TypeError):
        return "<unknown>"


def _told(
    step: Step, answer: dict[str, Any], saved: dict[str, Any], document: Document
) -> Told | None:
    path, status = PLACEHOLDER.sub("x", step.path), answer["status"]
    operation = document.operation(step.method, path)
    if operation is None or step.stricter or step.ours or step.raw_body is not None:
        return None
    shown, body = shortened(plausible(answer["body"])), None
    if step.body is not None and status in _OK:
        # A code is different each time.
        written = re.sub(r"\$\{(?:totp|seen):\w+\}", "123456", json.dumps(step.body))
        body = plausible(fill(json.loads(written), saved))
    key = operation[1] if status in _OK else str(status)
    written = json.dumps([shown, body])
    if not shown or not isinstance(shown, dict) or "<" in written or len(written) > MOST:
        return None
    if status not in _OK and set(shown) != {"type", "message"}:
        return None
    return Told(key, status, body, shown, "fields" not in step.query, operation)


def plausible(value: Any) -> Any:
    """The answer with what recordings leave out: ids, times, texts that differ from run to run."""
    if isinstance(value, dict):
        known = {**value, **({"token": _TOKEN} if value.get("token") == _ANY else {})}
        return {plausible(key): plausible(one) for key, one in known.items() if one != _ANY}
    if isinstance(value, list):
        return [plausible(one) for one in value]
    if not isinstance(value, str):
        return value
    value = _ID.sub(lambda found: f"{found[1]}_01K{int(found[2]):023}", value)
    return re.sub(r"[- ]?<run>", "", value).replace("<time>", "2026-01-15T12:00:00.000Z")


def shortened(value: Any) -> Any:
    """An excerpt of a long answer: one row of each list, no text of an amount's digits; of one that
    is still long only what is not empty; then only so many levels of it."""
    if len(json.dumps(value)) <= LONGEST:
        return value
    for depth in (9, 4, 3, 2):
        excerpt = _excerpt(value, depth, without=_EMPTY if depth < 9 else ())
        if len(json.dumps(excerpt)) <= LONGEST:
            break
    return excerpt


def _excerpt(value: Any, depth: int, without: tuple[Any, ...]) -> Any:
    if isinstance(value, dict):
        kept = [key for key, one in value.items() if depth or not isinstance(one, dict | list)]
        told = {k: _excerpt(value[k], depth - 1, without) for k in kept if not k.startswith("raw_")}
        return {k: one for k, one in told.items() if one not in without or one is False}
    return (
        [_excerpt(one, depth, without) for one in value[:1]] if isinstance(value, list) else value
    )


def text() -> str:
    """The file as it should be."""
    return json.dumps(examples(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(not FILE.write_text(text()))
