"""Sealed values: opened by their keys, for their owner, and by nothing else."""

from merx.core.sealing import seal, split_keys, unseal

OLD, NEW = "an old key that is long enough for this", "a new key that is long enough for this"


def test_a_value_is_opened_for_its_owner() -> None:
    sealed = seal("secret", owner="row_1", keys=OLD)

    assert "secret" not in sealed
    assert unseal(sealed, owner="row_1", keys=OLD) == "secret"
    assert unseal(sealed, owner="row_2", keys=OLD) is None


def test_the_same_value_is_never_sealed_the_same_way() -> None:
    assert len({seal("secret", owner="row_1", keys=OLD) for _ in range(10)}) == 10


def test_another_key_opens_nothing() -> None:
    assert unseal(seal("secret", owner="row_1", keys=OLD), owner="row_1", keys=NEW) is None


def test_a_key_is_replaced_by_one_in_front_of_it() -> None:
    sealed = seal("secret", owner="row_1", keys=OLD)
    both = f"{NEW}, {OLD}"

    assert unseal(sealed, owner="row_1", keys=both) == "secret"
    assert unseal(seal("secret", owner="row_1", keys=both), owner="row_1", keys=NEW) == "secret"


def test_what_was_changed_is_not_opened() -> None:
    sealed = seal("secret", owner="row_1", keys=OLD)

    for broken in ("", "x", sealed[:-1], sealed[:20] + "A" + sealed[21:], "é"):
        if broken != sealed:
            assert unseal(broken, owner="row_1", keys=OLD) is None


def test_blanks_and_empty_parts_are_no_keys() -> None:
    assert split_keys(" a , ,b,") == ["a", "b"]
