"""Rows have types: what code reads by name is declared, in a dataclass or a TypedDict.

No signature says `dict[str, Any]`, but what it is: a `Row` or `Patch` for a table, a `Query` from
a client, a `Json` or `Document` whose keys Merx does not decide. A function must not read a key of
such a parameter by its name: the row would be untyped, and no check would find a misspelt column.
Only a `Query` may be read by name, since whoever reads a value of a client has to check it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent.parent / "src" / "merx"
_BARE = {"dict[str, Any]", "Mapping[str, Any]"}
_NAMES = {"Row", "Patch", "Json", "Document", "Data"}
# Bodies and files whose content the caller chooses; the code that reads them is their declaration.
_READERS = {
    "batch/patches.py": "merges the metadata of any table",
    "modules/fulfillment/option_schemas.py": "validates a body before it has a type",
    "modules/promotion/methods.py": "validates a body before it has a type",
    "providers/openid.py": "an issuer chooses the claims of its tokens",
    "providers/stripe.py": "Stripe's library types none of its objects",
    "workflows/imports/csv_columns.py": "an export has the fields that were asked for",
    "workflows/imports/merx_layout.py": "validates the cells of a file",
    "workflows/orders/preview.py": "changes the order's document as the selection shows it",
    "workflows/stock/inventory_csv.py": "an export has the fields that were asked for",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def untyped() -> list[str]:
    """A line for each signature that leaves a row without a type."""
    files = sorted(_ROOT.rglob("*.py"))
    return [line for file in files for line in _of_file(file)]


def _of_file(file: Path) -> Iterator[str]:
    name = file.relative_to(_ROOT).as_posix()
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, Function):
            continue
        where = f"src/merx/{name}:{node.lineno}: {node.name}"
        if any(map(_is_bare, _annotations(node))):
            yield f"{where}: name the dict[str, Any]: Row, Patch, Json, Document, or a type"
        for given, key in _read(node) if name not in _READERS else ():
            yield f"{where}: reads {given}[{key!r}]; declare a type with its keys"


def _arguments(node: Function) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _annotations(node: Function) -> Iterator[ast.expr]:
    given = (argument.annotation for argument in _arguments(node))
    yield from filter(None, (*given, node.returns))


def _is_bare(annotation: ast.expr) -> bool:
    return any(name in ast.unparse(annotation) for name in _BARE)


def _read(node: Function) -> Iterator[tuple[str, str]]:
    """The parameters without a type of which a key is read, or of whose elements."""
    loose = {one.arg for one in _arguments(node) if one.annotation and _is_loose(one.annotation)}
    loops = (one for one in ast.walk(node) if isinstance(one, ast.For | ast.comprehension))
    loose |= {
        loop.target.id
        for loop in loops
        if isinstance(loop.target, ast.Name)
        and isinstance(loop.iter, ast.Name)
        and loop.iter.id in loose
    }
    for one in ast.walk(node):
        match one:
            case ast.Subscript(ast.Name(name), ast.Constant(str(key)), ast.Load()):
                pass
            case ast.Call(ast.Attribute(ast.Name(name), "get"), [ast.Constant(str(key)), *_]):
                pass
            case _:
                continue
        if name in loose and key != "id":
            yield name, key


def _is_loose(annotation: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id in _NAMES for one in ast.walk(annotation))
