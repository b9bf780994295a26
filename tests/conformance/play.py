"""Playing a scenario against a server: where requests are sent, for recording and replay alike."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from .normalise import Labels, normalise
from .scenario import Scenario, Step, Stricter, fill, pick

TIMEOUT = 60.0


@dataclass(frozen=True)
class Played:
    """A step, the server's normalised answer, and the answer promised where Merx is stricter."""

    step: Step
    status: int
    body: Any
    promised: Stricter | None
    answer: httpx.Response


def play(
    scenario: Scenario, client: httpx.Client, *, token: str, ours: bool = False
) -> Iterator[Played]:
    """Sends the steps in order and yields each answer, ids numbered through the whole scenario.

    `ours` says that it is Merx that is asked.
    """
    # Digits, for with letters a search for a short word would now and then find a run.
    run = f"r{uuid.uuid4().int % 10**11:011}"
    saved: dict[str, Any] = {"run": run}
    labels = Labels()
    client.cookies.clear()
    for step in steps_of(scenario, ours=ours):
        answer = send(client, step, saved, token)
        body = content(answer)
        # Such a step leaves rows on one server only, so its ids stay out of the numbering.
        alone = step.stricter or (step.ours and step.ours.skip)
        numbering = labels.fork() if alone else labels
        normal = normalise(body, numbering, run=run, unordered=step.unordered, ignore=step.ignore)
        promised = promise(step, saved, numbering, run)
        yield Played(step, answer.status_code, normal, promised, answer)
        saved |= save(scenario, step, body, saved)


def steps_of(scenario: Scenario, *, ours: bool) -> list[Step]:
    """The steps as the server is asked them."""
    if not ours:
        return list(scenario.steps)
    return [step.as_ours() for step in scenario.steps if not (step.ours and step.ours.skip)]


def save(scenario: Scenario, step: Step, body: Any, saved: dict[str, Any]) -> dict[str, Any]:
    """The values a step keeps for later ones."""
    try:
        return {name: pick(body, fill(path, saved)) for name, path in step.save.items()}
    except (KeyError, IndexError, TypeError, StopIteration) as error:
        raise LookupError(f"{scenario.name}, {step.name}: cannot save from {body}") from error


def send(client: httpx.Client, step: Step, saved: dict[str, Any], token: str) -> httpx.Response:
    """One request, with placeholders filled."""
    headers = dict(step.headers)
    if step.auth == "admin":
        headers["authorization"] = f"Bearer {token}"
    content: bytes | None = None
    if step.raw_body is not None:
        content = str(fill(step.raw_body, saved)).encode()
    elif step.body is not None:
        content = json.dumps(fill(step.body, saved)).encode()
    if content is not None:
        headers.setdefault("content-type", "application/json")
    return client.request(
        step.method,
        fill(step.path, saved),
        params=fill(step.query, saved) or None,
        headers=fill(headers, saved),
        content=content,
    )


def content(answer: httpx.Response) -> Any:
    """The JSON of an answer without the row errors that only Merx adds; else its text."""
    try:
        body = answer.json()
    except ValueError:
        return answer.text
    if answer.status_code >= httpx.codes.BAD_REQUEST and isinstance(body, dict):
        body.pop("errors", None)
    return body


def promise(step: Step, saved: dict[str, Any], labels: Labels, run: str) -> Stricter | None:
    """The stricter answer with its placeholders filled and normalised like a real one."""
    if step.stricter is None:
        return None
    filled = fill({"message": step.stricter.message, "body": step.stricter.body}, saved)
    normal = normalise(filled, labels, run=run, unordered=[f"body.{p}" for p in step.unordered])
    return replace(step.stricter, message=normal["message"], body=normal["body"])
