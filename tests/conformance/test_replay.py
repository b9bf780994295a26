"""Replays every scenario against Merx and compares with the reference's recorded answers."""

import json

import httpx
import pytest

from tests.api_document import Document

from .compare import difference
from .play import play
from .scenario import RECORDINGS, Scenario, scenario_names

DOCUMENT = Document()


@pytest.mark.parametrize("name", scenario_names())
def test_replay(name: str, conformance_client: httpx.Client, conformance_token: str) -> None:
    scenario = Scenario.read(name)
    recorded = read_recording(name)
    assert [step["name"] for step in recorded] == [step.name for step in scenario.steps], (
        f"{name} changed since it was recorded: make record"
    )

    expected = {step["name"]: step for step in recorded}
    for played in play(scenario, conformance_client, token=conformance_token, ours=True):
        wrong = DOCUMENT.faults(played.answer)
        if wrong:
            pytest.fail(f"{name}, {played.step.name}\n{wrong}", pytrace=False)
        found = difference(played, expected[played.step.name])
        if found:
            pytest.fail(f"{name} ({scenario.about})\n{found}", pytrace=False)


def test_every_recording_has_its_scenario() -> None:
    recordings = RECORDINGS.glob("**/*.json")
    names = {path.relative_to(RECORDINGS).with_suffix("").as_posix() for path in recordings}

    assert names == set(scenario_names())


def read_recording(name: str) -> list[dict[str, object]]:
    """The recorded steps of one scenario."""
    path = RECORDINGS / f"{name}.json"
    if not path.exists():
        pytest.fail(f"{name} was never recorded: make record", pytrace=False)
    return json.loads(path.read_text())["steps"]
