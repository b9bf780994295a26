"""Ids are opaque text to clients: a prefix that names the thing and a ULID that sorts by time."""

from ulid import ULIDGenerator

# Monotonic within a process: rows written by one call sort by id in the order they were given,
# which is the order the reference answers lists in.
_ulids = ULIDGenerator()


def new_id(prefix: str) -> str:
    """A new id such as `prod_01K5Z…`; later ids of one process sort after earlier ones."""
    return f"{prefix}_{_ulids.generate()}"


def new_ids(prefix: str, count: int) -> list[str]:
    """`count` new ids in ascending order."""
    return [new_id(prefix) for _ in range(count)]
