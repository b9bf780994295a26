"""A resource is declared once: its router in the list of its area, entity and links in their noun.

`app.py` and `shop.py` name no resource. A router that is listed nowhere, or twice, fails here.
"""

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import merx
from merx import api, links, modules
from merx.app import create_app
from merx.extension import Extension
from merx.links import GRAPH
from merx.query.graph import Entity, Through
from merx.settings import Settings
from merx.shop import shop
from merx.web.resource import Resource
from merx.web.router import Router

ROOT = Path(merx.__file__).parent
NOUNS = [module for module in vars(links).values() if hasattr(module, "ENTITIES")]
# Routers that the shop includes: the lists of its areas, and those beside them.
TAKEN = {
    "merx.api": {"cloud", "front", "static"},
    "merx.api.admin": {"routers"},
    # An export job reads its rows in the same way as the request that started it.
    "merx.api.admin.inventory_items.export": {"read_export"},
    "merx.api.admin.orders.export": {"read_export"},
    "merx.api.admin.products.export": {"read_export"},
    "merx.api.auth": {"routers"},
    "merx.api.dashboard": {"dashboard_router"},
    "merx.api.hooks": {"routers"},
    "merx.api.store": {"routers"},
    "merx.api.store.known_pages": {"KnownPages"},
}


def below(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def listed(part: Extension) -> list[Router]:
    return [*part.open_admin, *part.admin, *part.store, *part.root]


def test_each_router_is_listed_once() -> None:
    counts = Counter(id(router) for router in listed(shop(Settings())))
    declared = {
        id(router): f"{module.__name__}.{name}"
        for module in below(api)
        for name, router in vars(module).items()
        if isinstance(router, Router)
    }

    assert {name: counts[key] for key, name in declared.items() if counts[key] != 1} == {}


def test_the_application_and_the_shop_name_no_resource() -> None:
    taken: dict[str, set[str]] = {}
    for name in ("app", "shop", "extension", "lifespan", "databases"):
        for node in ast.walk(ast.parse((ROOT / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("merx.api"):
                names = taken.setdefault(str(node.module), set())
                names.update(alias.name for alias in node.names)

    assert taken == TAKEN


def test_each_resource_shows_one_entity_of_the_graph() -> None:
    resources = [one for module in below(api) for one in vars(module).values()]

    unknown = {
        one.entity
        for one in resources
        if isinstance(one, Resource) and one.entity not in GRAPH and one.filters
    }

    assert unknown == set()


@pytest.mark.parametrize("kind", ["ENTITIES", "LINKS", "FIELDS"])
def test_no_name_is_declared_in_two_nouns(kind: str) -> None:
    names = [
        one.name if isinstance(one, Entity) else one for noun in NOUNS for one in vars(noun)[kind]
    ]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_each_join_table_is_declared_once() -> None:
    places = [*below(modules), *below(links)]
    found = {
        id(one): one.table.name
        for place in places
        for one in vars(place).values()
        if isinstance(one, Through)
    }

    assert [name for name, count in Counter(found.values()).items() if count > 1] == []


def test_each_entity_of_a_module_belongs_to_a_noun() -> None:
    create_app(Settings())
    graphs = [module for module in below(modules) if hasattr(module, "ENTITIES")]

    assert [one.name for graph in graphs for one in graph.ENTITIES if one.name not in GRAPH] == []


def test_the_graph_brings_every_table() -> None:
    """Migrations and the doctor load only the graph, so a table that it lacks is not created."""
    names = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        for path in (ROOT / "modules").rglob("*models.py")
    }

    told = subprocess.run(
        [sys.executable, "-c", "import merx.links, sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )

    assert names - set(told.stdout.split()) == set()
