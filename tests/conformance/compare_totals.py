"""Compares the totals of generated carts with the reference's.

`python -m tests.conformance.compare_totals --carts 2000 --seed 1`

Both servers get the same shop (taxes of several rates and kinds, prices with and without tax, in
currencies of no, two and three decimals, discounts of every kind) and the same carts, made from a
seed. MERX_URL and REFERENCE_URL name the servers, MERX_PASSWORD and REFERENCE_PASSWORD their
admin's (admin@test.com). Amounts are equal if the numbers that a client
reads differ by no more than what the reference's own arithmetic in binary leaves behind.
"""

import argparse
import math
import os
import random
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.conformance.compared_shop import PLACES, PRICES, Side, build, clear

# Relative; a sum of doubles is off by some units of its last place.
CLOSE = 1e-12
# The reference shows the tax of a discount as nothing where it is less.
LOST = 1e-4


@dataclass(frozen=True)
class Wish:
    """A cart to make on both servers: names stand for what each server calls by its own ids."""

    region: str
    lines: tuple[tuple[str, int], ...]
    codes: tuple[str, ...]
    option: str | None


def wishes(count: int, seed: int) -> Iterator[Wish]:
    """So many carts, always the same for a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        country, currency, _ = chance.choice(PLACES)
        products = chance.sample(range(len(PRICES)), chance.randint(1, 4))
        lines = tuple((f"product {one}", chance.choice((1, 1, 2, 3, 7))) for one in products)
        known = ("ten", "third", "each", "some", "ship", f"six {currency}")
        codes = chance.sample(
            (*known, f"incl {currency}", f"order {currency}"), chance.choice((0, 0, 1, 1, 2))
        )
        yield Wish(country, lines, tuple(codes), chance.choice((None, "cheap", "dear")))


def make(side: Side, wish: Wish) -> dict[str, Any]:
    """The cart of a wish on one side."""
    cart = side.store(
        "/carts",
        {
            "region_id": side.ids[wish.region],
            "items": [
                {"variant_id": side.ids[name], "quantity": count} for name, count in wish.lines
            ],
            "promo_codes": [side.ids[f"code {name}"] for name in wish.codes],
        },
    )
    if wish.option is not None:
        body = {"option_id": side.ids[wish.option]}
        cart = side.store(f"/carts/{cart['id']}/shipping-methods", body)
    return plain(cart)


def plain(cart: dict[str, Any]) -> dict[str, Any]:
    """Without ids, in an order that does not depend on them."""
    cart["items"].sort(key=lambda line: line["title"])
    cart["promotions"] = sorted(one["code"][:3] for one in cart["promotions"])
    return {name: value for name, value in cart.items() if not name.endswith("id")}


def forgotten(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """What the reference does not take off: the part of a discount that falls to a line is nothing
    there if it is less than a ten-thousandth, so that the discount comes to less than it says."""
    pairs = zip(ours["items"], theirs["items"], strict=False)
    taken = ((one["discount_total"], other["discount_total"]) for one, other in pairs)
    return sum(one for one, other in taken if other == 0 and one < LOST)


def differences(ours: Any, theirs: Any, path: str = "", lost: float = 0) -> Iterator[str]:
    """Where two carts differ by more than the reference's own noise, and what it has lost."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() & theirs.keys()):
            if name != "id":
                yield from differences(ours[name], theirs[name], f"{path}.{name}", lost)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{place}]", lost)
    elif isinstance(ours, int | float) and isinstance(theirs, int | float):
        is_lost = theirs == 0 and abs(ours) < LOST
        if not is_lost and not math.isclose(ours, theirs, rel_tol=CLOSE, abs_tol=CLOSE + lost):
            yield f"{path}: {ours} here, {theirs} there"
    elif ours != theirs:
        yield f"{path}: {ours!r} here, {theirs!r} there"


def main() -> int:
    """Compare; says each cart that differs, and how many were equal."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--carts", type=int, default=2000)
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    run = uuid.uuid4().hex[:6]
    sides = [
        Side(os.environ.get(f"{name}_URL", url), os.environ.get(f"{name}_PASSWORD", "supersecret"))
        for name, url in (("MERX", "http://localhost:9000"), ("REFERENCE", "http://localhost:9100"))
    ]
    different = 0
    with ThreadPoolExecutor(2) as both:
        try:
            list(both.map(lambda side: build(side, run), sides))
            for number, wish in enumerate(wishes(chosen.carts, chosen.seed)):
                ours, theirs = both.map(lambda side, one=wish: make(side, one), sides)
                found = list(differences(ours, theirs, lost=forgotten(ours, theirs)))
                different += bool(found)
                if found:
                    sys.stdout.write(f"{number} {wish}\n  " + "\n  ".join(found[:6]) + "\n")
        finally:
            for side in sides:
                clear(side)
    sys.stdout.write(f"{chosen.carts - different} of {chosen.carts} carts equal\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
