"""A literal path segment in the position of an id, such as `export`, is never taken for an id."""

import re
from collections.abc import Iterator

from fastapi.routing import APIRoute
from starlette.routing import compile_path

from merx.settings import Settings
from merx.shop import shop


def operations(settings: Settings) -> Iterator[tuple[str, str]]:
    """Method and path of each operation, in the order in which routes are matched."""
    part = shop(settings)
    areas = (
        ("/admin", (*part.open_admin, *part.admin)),
        ("/store", part.store),
        ("", part.root),
    )
    for area, routers in areas:
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    yield from ((method, area + route.path) for method in route.methods)


def test_each_operation_is_reached_by_its_own_path(settings: Settings) -> None:
    found = list(operations(settings))
    asked = [(method, path, compile_path(path)[0]) for method, path in found]

    shadowed: list[tuple[str, str, str]] = []
    for place, (method, path) in enumerate(found):
        concrete = re.sub(r"\{[^}]*\}", "x_1", path)
        for other, taken, pattern in asked[:place]:
            if other == method and taken != path and pattern.fullmatch(concrete):
                shadowed.append((method, path, taken))

    assert len(found) > 400
    assert shadowed == []
