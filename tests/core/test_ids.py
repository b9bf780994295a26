"""Ids are unique, and sort as they were made."""

import re
from concurrent.futures import ThreadPoolExecutor

from merx.core.ids import new_id, new_ids

ULID = re.compile(r"variant_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def test_an_id_is_a_prefix_and_a_ulid() -> None:
    assert ULID.fullmatch(new_id("variant"))


def test_ids_of_one_process_sort_as_they_were_made() -> None:
    ids = [*new_ids("prod", 5_000), new_id("prod"), *new_ids("prod", 5_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 10_001


def test_ids_are_unique_across_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_ids("x", 500), range(16)))

    ids = [one for many in made for one in many]
    assert len(set(ids)) == len(ids) == 8_000
    assert all(many == sorted(many) for many in made)
