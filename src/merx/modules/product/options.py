"""Options of a product, and the combination of values that identifies a variant. Pure rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merx.core.kinds import tidy


@dataclass(frozen=True, slots=True)
class OfferedOptions:
    """What a product offers: the ids of the values of each of its options, by title."""

    values: Sequence[tuple[str, Mapping[str, str]]]

    def choose(self, chosen: Mapping[str, str], variant_title: str) -> list[str] | str:
        """The value ids that the chosen `{option title: value}` refer to, or why not.

        Every option must have a value that the product offers. If titles repeat, the first option
        that has the value is used.
        """
        if len(chosen) != len(self.values):
            return (
                f"Product has {len(self.values)} option values but there were {len(chosen)}"
                f" provided option values for the variant: {variant_title}."
            )
        ids: list[str] = []
        for title, value in chosen.items():
            found = [ids[value] for name, ids in self.values if name == title and value in ids]
            if not found:
                return unknown_value(title, value)
            ids.append(found[0])
        return ids


def unknown_value(title: str, value: str) -> str:
    """The reference's message for a value that an option does not have."""
    return f"Option value {value} does not exist for option {title}"


def not_offered(title: str, value: str) -> str:
    """The message for a value that the option has and the product does not offer."""
    return f"Option value {value} of option {title} is not offered by the product"


def fold(value: str) -> str:
    """Equal for texts that are the same value of an option: `XS`, `xs` and ` xs `."""
    return tidy(value).casefold()


def repeats(values: Sequence[str]) -> list[int]:
    """The positions of values that occurred before."""
    folded = [fold(value) for value in values]
    if len(set(folded)) == len(folded):
        return []
    return [place for place, value in enumerate(folded) if value in folded[:place]]


def option_key(value_ids: Sequence[str]) -> str | None:
    """The combination as a text, unique among a product's variants."""
    return ",".join(sorted(value_ids)) or None
