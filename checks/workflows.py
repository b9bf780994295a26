"""`workflows/` holds what touches several modules; what touches one belongs into that module.

A file touches the modules that it imports, whose tables its SQL names, or that the workflows which
it calls touch; a file with links touches both ends, one with a provider whoever stands behind it.
Parts of a workflow that touch none, such as the cells of a CSV file, stay beside it.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent.parent / "src" / "merx"
# Arithmetic without tables, which every module may use.
_SHARED = {"totals"}
# A folder that is one workflow in several files.
_WHOLE = ("imports",)
_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|USING|TABLE)\s+"?(\w+)')
_NAMED = re.compile(r'__tablename__ = "(\w+)"|\bTable\(\s*"(\w+)"|\bjoin_table\(\s*"(\w+)"')


def misplaced() -> list[str]:
    """A line for each workflow that touches one module only."""
    files = sorted(
        file for file in _ROOT.glob("workflows/**/*.py") if file.parent.name not in _WHOLE
    )
    touched = {file: _touched(file, frozenset()) for file in files}
    return [
        f"{file.relative_to(_ROOT.parent.parent)}: touches {next(iter(modules))} only, and belongs"
        f" into modules/{next(iter(modules))}/"
        for file, modules in touched.items()
        if len(modules) == 1
    ]


def _touched(file: Path, above: frozenset[Path]) -> set[str]:
    modules, workflows = _own(file)
    touched = set(modules)
    for workflow in workflows - above - {file}:
        touched |= _touched(workflow, above | {file})
    return touched


@cache
def _own(file: Path) -> tuple[frozenset[str], frozenset[Path]]:
    """The modules that a file names itself, and the workflows that it imports."""
    tree = ast.parse(file.read_text())
    names = set(_imports(tree))
    modules = {name.split(".")[2] for name in names if name.startswith("merx.modules.")}
    modules |= {name for name in names if name.startswith("merx.providers.")}
    if any(name.startswith("merx.links") for name in names):
        modules |= {"links", "what they link"}
    owners = _owners()
    tables = {table for text in _texts(tree) for table in _TABLE.findall(text)}
    modules |= {owners[table] for table in tables if table in owners}
    workflows = {
        _ROOT.joinpath(*name.split(".")[1:]).with_suffix(".py")
        for name in names
        if name.startswith("merx.workflows.")
    }
    return frozenset(modules - _SHARED), frozenset(filter(Path.exists, workflows))


@cache
def _owners() -> dict[str, str]:
    """Tables, each with the module that has it."""
    found: dict[str, str] = {}
    for file in _ROOT.glob("modules/**/*.py"):
        for groups in _NAMED.findall(file.read_text()):
            found[next(filter(None, groups))] = file.relative_to(_ROOT / "modules").parts[0]
    return found


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _texts(tree: ast.Module) -> Iterator[str]:
    """Every text but the docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
