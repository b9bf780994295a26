"""Examples of the API document: requests with the answers that were recorded for them.

`examples.json` has them by method and path, and errors by status; `python -m
tests.conformance.examples` writes it from the recordings.
"""

import json
from importlib.resources import files
from typing import Any

from merx.web.parameters import Part

JSON = "application/json"


def add_examples(document: Part) -> None:
    """Give operations, and the errors that they share, their examples."""
    text = files("merx.web").joinpath("examples.json").read_text(encoding="utf-8")
    examples: Part = json.loads(text)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            example = examples.get(f"{method.upper()} {path}", {})
            _show(operation.get("requestBody", {}), example.get("body"))
            for status, answer in operation["responses"].items():
                known = example if status.startswith("2") else examples.get(status, {})
                _show(answer, known.get("answer") if status != "207" else None)


def _show(described: Part, example: Any) -> None:
    content = described.get("content", {}).get(JSON)
    if content is not None and example is not None:
        content["example"] = example
