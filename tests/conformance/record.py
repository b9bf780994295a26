"""Records the reference server's answers: `python -m tests.conformance.record [area/name ...]`.

REFERENCE_URL names the server (http://localhost:9100 by default), REFERENCE_EMAIL and
REFERENCE_PASSWORD its admin. What needs a reference with an option that it has not by default is
recorded only where REFERENCE_OPTIONS names that, with commas: `mfa` is the `mfa.encryption_key` of
its auth module, `verifications` is `authVerificationsPerActor`: e-mail by emailpass for couriers.

The recordings are of a reference with the translation module, the auth module's option
`mfa.encryption_key`, and `authVerificationsPerActor` of couriers: e-mail for emailpass.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

from .compare import differs_from_promise
from .play import TIMEOUT, play
from .scenario import RECORDINGS, Scenario, scenario_names

URL = os.environ.get("REFERENCE_URL", "http://localhost:9100")
EMAIL = os.environ.get("REFERENCE_EMAIL", "admin@test.com")
PASSWORD = os.environ.get("REFERENCE_PASSWORD", "supersecret")
OPTIONS = os.environ.get("REFERENCE_OPTIONS", "").split(",")


def main(wanted: list[str]) -> int:
    """Records the wanted scenarios, or all, and then drops recordings whose scenario is gone."""
    token = log_in()
    names = [name for name in scenario_names() if not wanted or name.startswith(tuple(wanted))]
    requests = 0
    with httpx.Client(base_url=URL, timeout=TIMEOUT) as client:
        for name in names:
            scenario = Scenario.read(name)
            if scenario.needs and scenario.needs not in OPTIONS:
                say(f"{name} is left: it needs a reference with the option {scenario.needs}")
                continue
            steps = record(scenario, client, token)
            requests += len(steps)
            write(RECORDINGS / f"{name}.json", {"steps": steps})
    if not wanted:
        drop_orphans(names)
    say(f"{len(names)} scenarios, {requests} requests recorded from {URL}")
    return 0


def log_in() -> str:
    """A bearer token of the reference's admin."""
    answer = httpx.post(
        f"{URL}/auth/user/emailpass", json={"email": EMAIL, "password": PASSWORD}, timeout=30
    )
    return answer.raise_for_status().json()["token"]


def record(scenario: Scenario, client: httpx.Client, token: str) -> list[dict[str, Any]]:
    """The answers of one scenario; says where a stricter answer is no longer one."""
    steps: list[dict[str, Any]] = []
    for played in play(scenario, client, token=token):
        chance = played.promised is not None and played.promised.chance
        body = "<chance>" if chance else played.body
        steps.append({"name": played.step.name, "status": played.status, "body": body})
        if played.promised and not chance and not differs_from_promise(played):
            say(f"{scenario.name}, {played.step.name}: the reference answers as Merx promises")
    return steps


def write(path: Path, recording: dict[str, Any]) -> None:
    """One recording, in a form whose diffs are readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(recording, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def drop_orphans(names: list[str]) -> None:
    """Recordings without a scenario would never be compared again."""
    for path in RECORDINGS.glob("**/*.json"):
        if path.relative_to(RECORDINGS).with_suffix("").as_posix() not in names:
            path.unlink()


def say(line: str) -> None:
    """One line for whoever records."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
