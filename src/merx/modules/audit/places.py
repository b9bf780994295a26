"""The ranks of categories in a revert.

Moving a category shifts its neighbours, so a rank may differ from what the batch wrote although
nobody has moved that category since. Ranks are therefore compared by the order of the categories
that the batch moved, and a revert subtracts the batch's shift; `mend_tree` then closes the gaps and
writes the paths.
"""

from collections.abc import Mapping, Sequence

from merx.modules.audit.batches import Cells, Key, RowChange

TREE = "product_category"
_PLACES = frozenset(("rank", "mpath"))


def written(table: str, row: RowChange) -> set[str]:
    """The fields that the batch wrote, apart from the place in the tree: all fields of a row that
    it created or deleted.
    """
    before, after = row.before or {}, row.after or {}
    names = {*before, *after}
    if before and after:
        names = {name for name in names if before.get(name) != after.get(name)}
    return names - _PLACES if table == TREE else names


def out_of_order(changes: Sequence[RowChange], current: Mapping[Key, Cells]) -> list[Key]:
    """Categories that are no longer in the order in which the batch left them."""
    by_parent: dict[str | None, list[RowChange]] = {}
    for row in changes:
        now = current.get(row.key)
        if _is_shifted(row) and now is not None and now.get("deleted_at") is None:
            assert row.after is not None
            if now["parent_category_id"] == row.after["parent_category_id"]:
                by_parent.setdefault(now["parent_category_id"], []).append(row)
    found: list[Key] = []
    for rows in by_parent.values():
        left = sorted(rows, key=lambda row: _rank(row.after))
        present = sorted(rows, key=lambda row: _rank(current[row.key]))
        found += [one.key for one, other in zip(left, present, strict=True) if one is not other]
    return found


def place_back(row: RowChange, current: Cells) -> Cells:
    """The category's columns, with the batch's shift subtracted from its present rank."""
    before, after = row.before or {}, row.after or {}
    rank = _rank(before)
    if before.get("parent_category_id") == after.get("parent_category_id"):
        rank = max(0, _rank(current) + rank - _rank(after))
    return {**current, "rank": str(rank)}


def _is_shifted(row: RowChange) -> bool:
    if row.before is None or row.after is None:
        return False
    return row.before.get("rank") != row.after.get("rank")


def _rank(cells: Cells | None) -> int:
    return int((cells or {}).get("rank") or 0)
