"""The mistakes that can be made in an area, and a random sample of them."""

import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from checks.mutants.areas import Area
from checks.mutants.operators import operators

_STATEMENTS = ("simple_stmt", "if_stmt", "for_stmt", "while_stmt", "with_stmt", "try_stmt")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the how-manieth place in a file that an operator can change."""

    file: str
    operator: str
    occurrence: int
    line: int
    statement: int
    in_function: bool

    @property
    def name(self) -> str:
        """What it is known by."""
        return f"{self.file}:{self.line} {self.operator} {self.occurrence}"

    @property
    def lines(self) -> range:
        """Those of its statement up to its own."""
        return range(self.statement, max(self.statement, self.line) + 1)

    def code(self, source: str) -> str:
        """The file with the mistake in it."""
        changed = mutate_code(source, operators()[self.operator], self.occurrence)
        assert changed not in (None, source), self
        return changed


def sample(area: Area, root: Path, size: int, seed: int) -> list[Mutant]:
    """So many mistakes of the area, the same for the same seed and code.

    Each place in the code counts once, however many operators can change it.
    """
    chance = random.Random(seed)
    places: dict[Any, list[Mutant]] = {}
    for path in area.files(root):
        for place, mutant in _mutants(path, root):
            places.setdefault(place, []).append(mutant)
    chosen = chance.sample(sorted(places), min(size, len(places)))
    return [chance.choice(places[place]) for place in chosen]


def _mutants(path: Path, root: Path) -> Iterator[tuple[Any, Mutant]]:
    tree, file = get_ast(path.read_text()), path.relative_to(root).as_posix()
    nodes = list(ast_nodes(tree))
    for name, operator in operators().items():
        found = ((node, pos) for node in nodes for pos in operator.mutation_positions(node))
        for occurrence, (node, (start, _)) in enumerate(found):
            if _is_counted(node) and not _is_same(node, name, occurrence):
                where = (start[0], _statement(node), _is_in_function(node))
                place = (file, start, occurrence if name == "merx/ChangeSql" else 0)
                yield place, Mutant(file, name, occurrence, *where)


def _is_counted(node: Any) -> bool:
    """Whether the mistake can matter: not in a type or a signature, in how a dataclass is made or
    how much is remembered, in what is logged, in an assertion about our own code, or in the check
    of `zip` that nothing fails today."""
    if re.match(r"_log\.|raise (TypeError|AssertionError)\(", node.get_code().strip()):
        return False
    while node is not None:
        if node.type in ("parameters", "tfpdef"):
            return False
        if node.type == "argument" and node.children[0].get_code().strip() == "strict":
            return False
        if node.type == "decorator" and re.search("dataclass|lru_cache", node.get_code()):
            return False
        if node.type == "annassign":
            return "=" in node.get_code()
        node = node.parent
    return True


def _is_same(node: Any, operator: str, occurrence: int) -> bool:
    """Whether it is `record[-1]` instead of `record[0]`: records read so have one column."""
    if operator != "core/NumberReplacer" or occurrence % 2 == 0:
        return False
    place = node.parent
    named = place.get_previous_leaf() if place.type == "trailer" else None
    return named is not None and named.value in ("record", "row") and node.value == "0"


def _statement(node: Any) -> int:
    while node.parent is not None and node.type not in _STATEMENTS:
        node = node.parent
    return node.start_pos[0]


def _is_in_function(node: Any) -> bool:
    while node is not None:
        if node.type == "funcdef" and node.children[-1].type == "suite":
            return True
        node = node.parent
    return False


def as_row(mutant: Mutant) -> dict[str, Any]:
    """The mutant as it is written down."""
    return asdict(mutant)
