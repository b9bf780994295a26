"""Options of a product and the combination of values that makes a variant. Pure rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfferedOptions:
    """What a product offers: for each of its options, by title, the ids of its values."""

    values: Sequence[tuple[str, Mapping[str, str]]]

    def choose(self, chosen: Mapping[str, str], variant_title: str) -> list[str] | str:
        """The value ids that the chosen `{option title: value}` name, or why there are none.

        Every option must be chosen, each by a value the product offers; titles may repeat, then
        the first option that has the value counts.
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
                return f"Option value {value} does not exist for option {title}"
            ids.append(found[0])
        return ids


def option_key(value_ids: Sequence[str]) -> str | None:
    """The combination as the text that is unique among a product's variants."""
    return ",".join(sorted(value_ids)) or None
