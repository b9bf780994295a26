"""Names in a file as ids of the shop: tags, categories, channels, regions, locations and so on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from merx.batch import insert_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.product.group_schemas import CreateCollection, CreateProductCategory
from merx.modules.product.handles import handle_from_title
from merx.modules.product.manage_categories import create_categories
from merx.modules.product.manage_collections import create_collections
from merx.modules.product.models import ProductTag, ProductType
from merx.workflows.imports.drafts import Fault, ProductDraft

PATH = " > "

# A row for each thing that has the name, the most specific kind of name first.
_FIND = """
SELECT given.name, found.id, found.rank FROM unnest($1::text[]) AS given(name)
CROSS JOIN LATERAL ({}) found"""

# The categories at the end of paths, each with the names from the root down.
_PATHS = """
SELECT c.id, (
  SELECT string_agg(p.name, ' > ' ORDER BY step.place)
  FROM unnest(string_to_array(c.mpath, '.')) WITH ORDINALITY AS step(id, place)
  JOIN product_category p ON p.id = step.id) AS path
FROM product_category c WHERE c.name = ANY($1::text[]) AND c.deleted_at IS NULL ORDER BY c.id"""


class Thing(NamedTuple):
    """A kind of thing that can be named: its table, and the columns it is found by."""

    words: str
    table: str
    columns: tuple[str, ...]


THINGS = {
    "type": Thing("product type", "product_type", ("id", "value")),
    "collection": Thing("collection", "product_collection", ("id", "handle", "title")),
    "shipping_profile": Thing("shipping profile", "shipping_profile", ("id", "name")),
    "tags": Thing("product tag", "product_tag", ("id", "value")),
    "categories": Thing("category", "product_category", ("id", "handle", "name")),
    "sales_channels": Thing("sales channel", "sales_channel", ("id", "name")),
    "regions": Thing("region", "region", ("id", "name || ' [' || t.currency_code || ']'")),
    "locations": Thing("stock location", "stock_location", ("id", "name")),
}


class Named(NamedTuple):
    """A name in a file: of which kind of thing, where, and in which draft."""

    thing: str
    name: str
    draft: int
    fault_at: tuple[int, str]


@dataclass(slots=True)
class References:
    """Ids by thing and name."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def of(self, thing: str, name: str) -> str:
        """The id of a name that was found."""
        return self.ids[thing, name]


def region_name(name: str, currency_code: str) -> str:
    """A region as named in columns of prices."""
    return f"{name} [{currency_code.lower()}]"


def names_of(drafts: Sequence[ProductDraft]) -> Iterator[Named]:
    """Everything that the drafts refer to by name."""
    for place, draft in enumerate(drafts):
        yield from _of_product(place, draft)
        for variant in draft.variants:
            for price in variant.prices or ():
                if price.region:
                    name = region_name(price.region, price.currency_code)
                    yield Named("regions", name, place, (variant.line, price.column))
            for stock in variant.stock:
                at = (variant.line, stock.column)
                yield Named("locations", stock.location, place, at)


def _of_product(place: int, draft: ProductDraft) -> Iterator[Named]:
    for thing in ("type", "collection", "shipping_profile"):
        if name := getattr(draft, thing):
            yield Named(thing, name, place, (draft.line, draft.columns.get(f"product.{thing}", "")))
    for thing in ("tags", "categories", "sales_channels"):
        for name in getattr(draft, thing) or ():
            yield Named(thing, name, place, (draft.line, draft.columns.get(f"product.{thing}", "")))


async def find_references(
    tx: Transaction,
    drafts: Sequence[ProductDraft],
    *,
    create_missing: bool,
    blame: Callable[[int, Fault], None],
) -> References:
    """The ids of the names in the drafts; `blame` is called for missing and ambiguous ones.

    One statement for each kind of thing, whatever the number of names.
    """
    wanted: dict[str, list[Named]] = {}
    for named in names_of(drafts):
        wanted.setdefault(named.thing, []).append(named)
    found = References()
    for thing, names in wanted.items():
        unlike = dict.fromkeys(named.name for named in names)
        ids, unclear = await _find(tx, thing, list(unlike))
        missing = [name for name in unlike if name not in ids and name not in unclear]
        if create_missing and missing and thing in _CREATE:
            ids |= await _CREATE[thing](tx, missing)
        found.ids.update(((thing, name), row_id) for name, row_id in ids.items())
        for named in names:
            if named.name not in ids:
                blame(named.draft, _fault(named, is_unclear=named.name in unclear))
    return found


def _fault(named: Named, *, is_unclear: bool) -> Fault:
    line, column = named.fault_at
    words = THINGS[named.thing].words
    if not named.name:
        return Fault(line, column, f"It is not said at which {words}; name one")
    if is_unclear:
        return Fault(line, column, f'There is more than one {words} "{named.name}"; give its id')
    return Fault(line, column, f'There is no {words} "{named.name}"')


async def _find(tx: Transaction, thing: str, names: list[str]) -> tuple[dict[str, str], set[str]]:
    """The ids of unambiguous names, and the other names."""
    of = THINGS[thing]
    selects = " UNION ALL ".join(
        f"SELECT t.id, {rank} AS rank FROM {of.table} t"
        f" WHERE t.{column} = given.name AND t.deleted_at IS NULL"
        for rank, column in enumerate(of.columns)
    )
    if thing == "locations":
        # The only location needs no name.
        selects += (
            " UNION ALL SELECT t.id, 9 FROM stock_location t"
            " WHERE given.name = '' AND t.deleted_at IS NULL"
        )
    best: dict[str, tuple[int, list[str]]] = {}
    records = await tx.fetch(_FIND.format(selects), names)
    for name, row_id, rank in sorted(records, key=lambda one: one["rank"]):
        first, ids = best.setdefault(name, (rank, []))
        if rank == first:
            ids.append(row_id)
    if thing == "categories":
        best |= await _find_paths(tx, [name for name in names if PATH in name])
    clear = {name: ids[0] for name, (_, ids) in best.items() if len(ids) == 1}
    return clear, best.keys() - clear.keys()


async def _find_paths(tx: Transaction, paths: Sequence[str]) -> dict[str, tuple[int, list[str]]]:
    ends = list(dict.fromkeys(path.rpartition(PATH)[2] for path in paths))
    records = await tx.fetch(_PATHS, ends) if ends else []
    found: dict[str, tuple[int, list[str]]] = {}
    for row_id, path in records:
        if path in paths:
            found.setdefault(path, (0, []))[1].append(row_id)
    return found


async def _create_types(tx: Transaction, names: Sequence[str]) -> dict[str, str]:
    rows = [{"id": new_id("ptyp"), "value": name} for name in names]
    await insert_rows(tx, ProductType.__table__, rows)
    return {row["value"]: row["id"] for row in rows}


async def _create_tags(tx: Transaction, names: Sequence[str]) -> dict[str, str]:
    rows = [{"id": new_id("ptag"), "value": name} for name in names]
    await insert_rows(tx, ProductTag.__table__, rows)
    return {row["value"]: row["id"] for row in rows}


async def _create_collections(tx: Transaction, names: Sequence[str]) -> dict[str, str]:
    ids = await create_collections(tx, [CreateCollection(title=name) for name in names])
    return dict(zip(names, ids, strict=True))


async def _create_categories(tx: Transaction, names: Sequence[str]) -> dict[str, str]:
    """Create the categories of the paths level by level, using existing parents."""
    paths = sorted({path for name in names for path in _ancestry(name)}, key=_depth)
    present = {
        path: ids[0] for path, (_, ids) in (await _find_paths(tx, paths)).items() if len(ids) == 1
    }
    for level in range(_depth(paths[-1]) + 1):
        new = [path for path in paths if _depth(path) == level and path not in present]
        drafts = [_category(path, present) for path in new]
        present |= dict(zip(new, await create_categories(tx, drafts), strict=True)) if new else {}
    return {name: present[name] for name in names}


def _ancestry(path: str) -> Iterable[str]:
    steps = path.split(PATH)
    return (PATH.join(steps[:end]) for end in range(1, len(steps) + 1))


def _depth(path: str) -> int:
    return path.count(PATH)


def _category(path: str, present: Mapping[str, str]) -> CreateProductCategory:
    parent, _, name = path.rpartition(PATH)
    return CreateProductCategory(
        name=name,
        # A category is found by its whole path, as names may repeat in the tree.
        handle=handle_from_title(path.replace(PATH, " "), "category"),
        is_active=True,
        parent_category_id=present[parent] if parent else None,
    )


_CREATE = {
    "type": _create_types,
    "tags": _create_tags,
    "collection": _create_collections,
    "categories": _create_categories,
}
