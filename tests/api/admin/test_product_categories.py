"""`/admin/product-categories`: the tree by which customers find products."""

import asyncio
import random

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.categories import make_category, ranks_below
from tests.factories.products import make_product
from tests.observed import emitted, forget_events, statements_of
from tests.workflows.support import post_all, winner_and_losers

PATH = "/admin/product-categories"
BELOW = "include_descendants_tree=true&fields=name,*category_children"
ABOVE = "include_ancestors_tree=true&fields=name,*parent_category"


def names_below(category):
    """The names of a tree as nested dicts."""
    return {child["name"]: names_below(child) for child in category["category_children"]}


def names_above(category):
    """The names from a category up to the root."""
    parent = category["parent_category"]
    return [category["name"], *(names_above(parent) if parent else [])]


async def test_a_category_comes_changes_and_goes(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = good(await admin.post(PATH, json={"name": "Summer Wear", "metadata": {"a": 1}}))
    category_id = made["product_category"]["id"]
    body = {"is_active": True, "metadata": {"b": 2}}
    changed = good(await admin.post(f"{PATH}/{category_id}", json=body))["product_category"]
    gone = good(await admin.delete(f"{PATH}/{category_id}"))

    assert made["product_category"]["handle"] == "summer-wear"
    assert (changed["is_active"], changed["metadata"]) == (True, {"b": 2})
    assert gone == {"id": category_id, "object": "product_category", "deleted": True}
    assert refused(await admin.get(f"{PATH}/{category_id}"), 404)
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"product-category.{what}"] == [category_id]


async def test_a_tree_is_one_statement_at_any_depth(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ids: list[str | None] = [None]
    for depth in range(60):
        ids.append(await make_category(tx, f"Level {depth}", ids[-1]))

    async with statements_of(tx) as statements:
        below = good(await admin.get(f"{PATH}/{ids[1]}?{BELOW}"))["product_category"]
        above = good(await admin.get(f"{PATH}/{ids[-1]}?{ABOVE}"))["product_category"]

    assert len([text for text in statements if "product_category" in text]) == 2
    assert names_above(above) == [f"Level {depth}" for depth in reversed(range(60))]
    for depth in range(1, 60):
        [below] = below["category_children"]
        assert below["name"] == f"Level {depth}"
    assert below["category_children"] == []


async def test_a_tree_stands_in_the_order_of_the_ranks(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top")
    second = await make_category(tx, "Second", top)
    first = await make_category(tx, "First", top, rank=0)
    for name, parent in (("Y", second), ("Z", second), ("A", first)):
        await make_category(tx, name, parent)
    await make_category(tx, "X", second, rank=0)

    page = good(await admin.get(f"{PATH}?parent_category_id=null&{BELOW}"))

    [tree] = page["product_categories"]
    assert list(names_below(tree)) == ["First", "Second"]
    assert names_below(tree) == {"First": {"A": {}}, "Second": {"X": {}, "Y": {}, "Z": {}}}
    assert list(names_below(tree)["Second"]) == ["X", "Y", "Z"]


async def test_deleted_categories_and_odd_names_do_not_break_a_tree(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, 'Top "}],{')
    await make_category(tx, "Left \\ right", top, description="line\nline")
    await admin.delete(f"{PATH}/{await make_category(tx, 'Gone', top)}")

    tree = good(await admin.get(f"{PATH}/{top}?{BELOW}"))["product_category"]

    assert names_below(tree) == {"Left \\ right": {}}
    assert tree["category_children"][0]["description"] == "line\nline"


async def test_a_list_of_active_categories_shows_active_trees(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top", is_active=True)
    hidden = await make_category(tx, "Hidden", top)
    await make_category(tx, "Under hidden", hidden, is_active=True)
    await make_category(tx, "Shown", top, is_active=True)

    page = good(await admin.get(f"{PATH}?parent_category_id=null&is_active=true&{BELOW}"))

    assert names_below(page["product_categories"][0]) == {"Shown": {}}


async def test_a_moved_category_takes_all_below_it_along(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top")
    left, right = await make_category(tx, "Left", top), await make_category(tx, "Right", top)
    branch = await make_category(tx, "Branch", left)
    twig = await make_category(tx, "Twig", branch)
    leaf = await make_category(tx, "Leaf", twig)

    for parent, path in ((right, [top, right]), (None, [])):
        await admin.post(f"{PATH}/{branch}", json={"parent_category_id": parent})

        found = good(await admin.get(f"{PATH}/{leaf}?fields=mpath"))["product_category"]
        assert found["mpath"].split(".") == [*path, branch, twig, leaf]


async def test_moving_takes_as_many_statements_whatever_is_below_and_beside(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    counts: list[int] = []
    for width in (1, 12):
        left, right = await make_category(tx, f"L{width}"), await make_category(tx, f"R{width}")
        for number in range(width):
            branch = await make_category(tx, f"Branch {width}-{number}", left)
            await make_category(tx, f"Leaf {width}-{number}", branch)
            await make_category(tx, f"Other {width}-{number}", right)
        first = good(await admin.get(f"{PATH}?parent_category_id={left}&fields=id"))
        path = f"{PATH}/{first['product_categories'][0]['id']}"
        async with statements_of(tx) as statements:
            good(await admin.post(path, json={"parent_category_id": right, "rank": 0}))
        counts.append(len(statements))

        assert list((await ranks_below(tx, right)).values()) == list(range(width + 1))
        assert list((await ranks_below(tx, left)).values()) == list(range(width - 1))
    # With one category alone beside it, no rank of those it leaves changes: one list, two updates.
    assert counts[1] <= counts[0] + 1


async def test_a_category_cannot_be_moved_below_itself(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top")
    leaf = await make_category(tx, "Leaf", await make_category(tx, "Branch", top))

    for parent in (top, leaf):
        answer = await admin.post(f"{PATH}/{top}", json={"parent_category_id": parent})

        assert refused(answer) == f"Category {top} cannot be moved below itself"


async def test_an_unknown_parent_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(PATH, json={"name": "Leaf", "parent_category_id": "pcat_none"})

    assert refused(answer, 404) == "Parent category with id: 'pcat_none' does not exist"


async def test_all_mistakes_are_named(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(PATH, json={"rank": -1, "is_active": "yes", "mpath": "x"})

    assert set(problems(answer)) == {"name", "rank", "is_active", "mpath"}


async def test_a_category_with_children_is_not_deleted(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top")
    children = [await make_category(tx, name, top) for name in "ABC"]

    answer = await admin.delete(f"{PATH}/{top}")
    await admin.delete(f"{PATH}/{children[0]}")

    assert (answer.status_code, answer.json()["type"]) == (400, "not_allowed")
    assert await ranks_below(tx, top) == {"B": 0, "C": 1}


async def test_products_come_and_go_whatever_their_number(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    category_id = await make_category(tx, "Wear")
    products = [(await make_product(tx, f"Shirt {number}")).id for number in range(6)]
    path = f"{PATH}/{category_id}/products"
    counts: list[int] = []
    await forget_events(tx)

    for ids in (products[:1], products[1:]):
        async with statements_of(tx) as statements:
            good(await admin.post(path, json={"add": ids}))
        counts.append(len(statements))
    good(await admin.post(path, json={"remove": products[:4], "add": products[3:4]}))

    assert counts[0] == counts[1]
    found = good(await admin.get(f"/admin/products?category_id={category_id}&fields=id"))
    assert [product["id"] for product in found["products"]] == products[4:]
    assert await emitted(tx) == {
        "product-category.updated": [category_id] * 3,
        "product.updated": [*products, *products[:4]],
    }


@pytest.mark.commits
async def test_one_of_the_requests_for_one_handle_wins(admin: httpx.AsyncClient) -> None:
    for number in range(5):
        answers = await post_all(admin, PATH, [{"name": f"Wear {number}"}] * 6)

        _, told = winner_and_losers(answers)
        message = f"Product category with handle: wear-{number}, already exists."
        assert set(told) == {(400, "invalid_data", message)}


@pytest.mark.commits
async def test_ranks_have_no_gaps_whoever_comes_moves_and_goes_at_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    top = await make_category(tx, "Top")
    ids = [await make_category(tx, f"Old {number}", top) for number in range(8)]
    chance = random.Random(7)

    for turn in range(5):
        asks = [admin.delete(f"{PATH}/{ids.pop()}")]
        for number in range(4):
            body = {"name": f"New {turn}-{number}", "parent_category_id": top, "rank": 1}
            asks.append(admin.post(PATH, json=body))
            asks.append(admin.post(f"{PATH}/{chance.choice(ids)}", json={"rank": number}))
        answers = await asyncio.gather(*asks)

        assert {answer.status_code for answer in answers} == {200}
        ranks = list((await ranks_below(tx, top)).values())
        assert ranks == list(range(8 + 4 * (turn + 1) - turn - 1))


@pytest.mark.commits
async def test_two_categories_do_not_end_below_each_other(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    for number in range(8):
        left, right = await make_category(tx, f"L{number}"), await make_category(tx, f"R{number}")

        answers = await asyncio.gather(
            admin.post(f"{PATH}/{left}", json={"parent_category_id": right}),
            admin.post(f"{PATH}/{right}", json={"parent_category_id": left}),
        )

        winner_and_losers(answers)


@pytest.mark.commits
async def test_a_child_is_never_left_below_a_deleted_category(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    for number in range(8):
        top = await make_category(tx, f"Top {number}")

        answers = await asyncio.gather(
            admin.post(PATH, json={"name": f"Leaf {number}", "parent_category_id": top}),
            admin.delete(f"{PATH}/{top}"),
        )

        winner_and_losers(answers)


@pytest.mark.commits
async def test_paths_stay_true_when_branches_and_leaves_move_at_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    tops = [await make_category(tx, f"Top {number}") for number in range(3)]
    branch = await make_category(tx, "Branch", tops[0])
    made = await make_product(tx)

    for number in range(6):
        body = {"name": f"Leaf {number}", "parent_category_id": branch}
        move = {"parent_category_id": tops[(number + 1) % 3], "rank": 0}
        groups = [{"id": one} for one in (*tops, branch)]
        answers = await asyncio.gather(
            admin.post(PATH, json=body),
            admin.post(f"{PATH}/{branch}", json=move),
            admin.post(f"/admin/products/{made.id}", json={"categories": groups}),
        )
        assert {answer.status_code for answer in answers} == {200}

    wrong = await tx.fetch(
        "SELECT c.name FROM product_category c LEFT JOIN product_category p"
        " ON p.id = c.parent_category_id"
        " WHERE c.mpath <> coalesce(p.mpath || '.', '') || c.id"
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("query", "path"), [(BELOW, "category_children"), (ABOVE, "parent_category")]
)
async def test_rows_further_on_in_a_tree_show_what_is_selected_of_the_first(
    admin: httpx.AsyncClient, tx: Transaction, query: str, path: str
) -> None:
    ids: list[str | None] = [None]
    for depth in range(4):
        ids.append(await make_category(tx, f"Level {depth}", ids[-1]))
    start = ids[1] if path == "category_children" else ids[-1]

    found = good(await admin.get(f"{PATH}/{start}?{query}"))["product_category"]

    for expected in ({"name"}, {"name", "rank"}, {"name"}, {"name"}):
        assert {"name", "rank"} & found.keys() == expected
        found = found[path]
        if path == "category_children":
            found = found[0] if found else {"name": ""}


async def test_rows_of_a_page_of_trees_show_all_that_the_second_shows(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ids: list[str | None] = [None]
    for depth in range(4):
        ids.append(await make_category(tx, f"Level {depth}", ids[-1]))

    page = good(await admin.get(f"{PATH}?parent_category_id=null&{BELOW}"))["product_categories"]

    for expected in ({"name"}, {"name", "rank"}, {"name", "rank"}, {"name", "rank"}):
        [found] = page
        assert {"name", "rank"} & found.keys() == expected
        page = found["category_children"]
    assert page == []
