"""Helpers that read answers."""

from typing import Any

import httpx


def good(answer: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer that must be a success."""
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    return answer.json()


def refused(answer: httpx.Response, status: int = 400) -> str:
    """The message of an answer that must be a refusal of that status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    return answer.json()["message"]


def problems(answer: httpx.Response) -> dict[str, str]:
    """The problems of a refusal: the message for each bad row and field, by its path."""
    return {problem["path"]: problem["message"] for problem in answer.json()["errors"]}
