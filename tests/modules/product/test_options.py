"""Which option values a variant may choose."""

import pytest

from merx.modules.product.options import OfferedOptions, option_key

OFFERED = OfferedOptions([("Color", {"Blue": "v1", "Red": "v2"}), ("Size", {"S": "v3"})])


def test_one_value_of_each_option_is_chosen() -> None:
    assert OFFERED.choose({"Size": "S", "Color": "Red"}, "a") == ["v3", "v2"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        pytest.param({}, "Product has 2 option values but there were 0", id="none"),
        pytest.param({"Color": "Blue"}, "Product has 2 option values but there were 1", id="few"),
        pytest.param({"Color": "Blue", "Size": "S", "Fit": "slim"}, "but there were 3", id="many"),
        pytest.param(
            {"Color": "Pink", "Size": "S"},
            "Option value Pink does not exist for option Color",
            id="unknown value",
        ),
        pytest.param(
            {"Colour": "Blue", "Size": "S"},
            "Option value Blue does not exist for option Colour",
            id="unknown option",
        ),
        pytest.param(
            {"Color": "S", "Size": "S"},
            "Option value S does not exist for option Color",
            id="value of another option",
        ),
        pytest.param(
            {"color": "Blue", "Size": "S"},
            "Option value Blue does not exist for option color",
            id="another case",
        ),
    ],
)
def test_a_wrong_choice_is_explained(chosen: dict[str, str], words: str) -> None:
    assert words in str(OFFERED.choose(chosen, "a"))


def test_a_product_without_options_has_one_way_to_choose() -> None:
    assert OfferedOptions([]).choose({}, "a") == []


def test_of_two_options_with_one_title_the_first_that_has_the_value_counts() -> None:
    twice = OfferedOptions([("A", {"x": "v1"}), ("A", {"x": "v2", "y": "v3"})])

    assert twice.choose({"A": "x", "B": "y"}, "a") == "Option value y does not exist for option B"


def test_a_combination_is_the_same_whatever_its_order() -> None:
    assert option_key(["v2", "v1"]) == option_key(["v1", "v2"]) == "v1,v2"
    assert option_key([]) is None
