"""The events that the code emits, read from its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import merx

SOURCE = Path(merx.__file__).parent
# An event says what happened: its last word is in the past tense.
_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.(?!is_)([a-z]+[-_])*([a-z]+ed|resent)")
# Names of mails look like those of events.
_NOT_EVENTS = ("modules/notification/letters.py",)
_EMITTING = ("api", "modules", "workflows", "subscribers")
_WRITES = {"create": "created", "update": "updated", "delete": "deleted"}


def emitted() -> set[str]:
    """Names of events in modules and workflows, and those of plain writes (`web/crud.py`)."""
    trees = {path: ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}
    resources = {name: entity for tree in trees.values() for name, entity in _resources(tree)}
    names: set[str] = set()
    for path, tree in trees.items():
        place = path.relative_to(SOURCE)
        if place.parts[0] in _EMITTING and place.as_posix() not in _NOT_EVENTS:
            names.update(_names(tree))
        names.update(_plain(tree, {**resources, **dict(_resources(tree))}))
    return names


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _NAME.fullmatch(node.value):
                yield node.value
        if _called(node) == "requested" and isinstance(node, ast.Call) and node.args:
            if isinstance(node.args[0], ast.Constant):
                yield f"{node.args[0].value}.export-requested"


def _resources(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and _called(node.value) == "Resource":
            assert isinstance(node.value, ast.Call)
            named = [each.value for each in node.value.keywords if each.arg == "entity"]
            [entity, *_] = node.value.args or named
            yield ast.unparse(node.targets[0]), ast.literal_eval(entity)


def _plain(tree: ast.Module, resources: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if _called(node) != "plain_router" or not isinstance(node, ast.Call):
            continue
        entity = resources[ast.unparse(node.args[1])].replace("_", "-")
        for writes in ast.walk(node):
            if _called(writes) == "Writes" and isinstance(writes, ast.Call):
                given = [each.arg for each in writes.keywords]
                yield from (f"{entity}.{told}" for arg, told in _WRITES.items() if arg in given)
