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
from tests.api_document import Document

from .scenario import PLACEHOLDER, RECORDINGS, Scenario, Step, fill, pick, scenario_names

FILE = Path(merx.__file__).parent / "web" / "examples.json"
LONGEST = 1500
_ID = re.compile(r"<([a-z]+(?:_[a-z]+)*) (\d+)>")
_OK = range(200, 300)


@dataclass(frozen=True)
class Told:
    """A request of a scenario, with its recorded answer."""

    key: str
    status: int
    body: Any
    answer: Any
    is_whole: bool

    @property
    def worth(self) -> tuple[bool, bool, int]:
        """Answers with all default fields before narrow ones, then the longest that is not long."""
        size = len(json.dumps(self.answer))
        return size <= LONGEST, self.is_whole, size if size <= LONGEST else -size


def examples() -> dict[str, Any]:
    """By method and path of an operation its `body` and `answer`; by status an error."""
    found: dict[str, Told] = {}
    for told in told_by_recordings():
        if told.key not in found or told.worth > found[told.key].worth:
            found[told.key] = told
    return {
        key: {"answer": told.answer} | ({} if told.body is None else {"body": told.body})
        for key, told in sorted(found.items())
    }


def told_by_recordings() -> Iterator[Told]:
    """What the recordings tell, in the words of the document."""
    document = Document()
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


def _told(step: Step, answer: dict[str, Any], saved: dict[str, Any], document: Document) -> Told | None:
    path, status = PLACEHOLDER.sub("x", step.path), answer["status"]
    operation = document.operation(step.method, path)
    if operation is None or step.stricter or step.ours or step.raw_body is not None:
        return None
    shown, body = plausible(answer["body"]), None
    if step.body is not None and status in _OK:
        # A code is another one each time.
        written = re.sub(r"\$\{totp:\w+\}", "123456", json.dumps(step.body))
        body = plausible(fill(json.loads(written), saved))
    key = operation[1] if status in _OK else str(status)
    if not shown or not isinstance(shown, dict) or "<" in json.dumps([shown, body]):
        return None
    if status not in _OK and set(shown) != {"type", "message"}:
        return None
    return Told(key, status, body, shown, "fields" not in step.query)


def plausible(value: Any) -> Any:
    """The answer with what recordings leave out: ids, times, texts that differ from run to run."""
    if isinstance(value, dict):
        return {plausible(key): plausible(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plausible(one) for one in value]
    if not isinstance(value, str):
        return value
    value = _ID.sub(lambda found: f"{found[1]}_01K{int(found[2]):023}", value)
    return re.sub(r"[- ]?<run>", "", value).replace("<time>", "2026-01-15T12:00:00.000Z")


def text() -> str:
    """The file as it should be."""
    return json.dumps(examples(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(not FILE.write_text(text()))
