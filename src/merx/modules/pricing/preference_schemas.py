"""Bodies of price preference routes."""

from merx.core.kinds import Input


class CreatePreference(Input):
    """Whether amounts for a region or in a currency include tax."""

    attribute: str
    value: str
    is_tax_inclusive: bool = False


class UpdatePreference(Input):
    attribute: str = ""
    value: str = ""
    is_tax_inclusive: bool = False
