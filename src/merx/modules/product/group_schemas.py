"""Bodies of what groups products: types, tags, collections and categories."""

from decimal import Decimal

from merx.core.kinds import Input, Metadata, Stock, Title


class CreateProductType(Input):
    value: Title
    external_id: str | None = None
    metadata: Metadata | None = None


class UpdateProductType(CreateProductType):
    value: Title = ""


class CreateProductTag(Input):
    value: Title
    external_id: str | None = None
    metadata: Metadata | None = None


class UpdateProductTag(CreateProductTag):
    value: Title = ""


class CreateCollection(Input):
    title: Title
    handle: str = ""
    external_id: str | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class UpdateCollection(CreateCollection):
    title: Title = ""


class CreateProductCategory(Input):
    """Without a `rank` a category comes last among its siblings."""

    name: Title
    description: str = ""
    handle: str = ""
    is_internal: bool = False
    is_active: bool = False
    parent_category_id: str | None = None
    external_id: str | None = None
    metadata: Metadata | None = None
    rank: Stock = Decimal(0)
    additional_data: Metadata | None = None

    @property
    def wanted_rank(self) -> int | None:
        """The requested rank, if any."""
        return round(self.rank) if "rank" in self.model_fields_set else None


class UpdateProductCategory(CreateProductCategory):
    name: Title = ""
