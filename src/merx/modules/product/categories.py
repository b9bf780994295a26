"""The tree of categories: paths, and ranks among the children of one parent. Pure rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Separates the ids of an `mpath`; the paths below one lie between `path.` and `path/`.
_SEPARATOR = "."
_BEYOND = "/"


@dataclass(frozen=True, slots=True)
class TreePosition:
    """The position of a category in the tree."""

    id: str
    parent_id: str | None
    rank: int
    mpath: str


def path_below(parent: TreePosition | None, category_id: str) -> str:
    """The `mpath` of a category: the ids from the root to itself."""
    return f"{parent.mpath}{_SEPARATOR}{category_id}" if parent else category_id


def bounds_below(mpath: str) -> tuple[str, str]:
    """The paths of all descendants sort between these two, in byte order."""
    return mpath + _SEPARATOR, mpath + _BEYOND


def is_within(place: TreePosition, category_id: str) -> bool:
    """Whether the position is the category itself or below it."""
    return category_id in place.mpath.split(_SEPARATOR)


def put_at(siblings: Sequence[str], category_id: str, rank: int | None) -> list[str]:
    """The siblings in their new order, with the category at the rank or, without one, last.

    >>> put_at(["a", "b", "c"], "c", 0)
    ['c', 'a', 'b']
    """
    others = [sibling for sibling in siblings if sibling != category_id]
    at = len(others) if rank is None else min(rank, len(others))
    return [*others[:at], category_id, *others[at:]]


def in_order(places: Iterable[TreePosition], parent_id: str | None) -> list[str]:
    """The children of a parent by rank."""
    children = [place for place in places if place.parent_id == parent_id]
    return [place.id for place in sorted(children, key=lambda place: (place.rank, place.id))]


def changed_ranks(order: Sequence[str], present: Mapping[str, TreePosition]) -> dict[str, int]:
    """The categories whose rank in the order 0, 1, 2, … differs from their present one."""
    return {
        category_id: rank
        for rank, category_id in enumerate(order)
        if category_id not in present or present[category_id].rank != rank
    }
