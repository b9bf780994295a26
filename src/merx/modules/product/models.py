"""Tables of products and everything that describes them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import (
    Amount,
    Base,
    Flag,
    FlagOn,
    Id,
    Measure,
    Metadata,
    Rank,
    Timestamps,
    check,
    grams_index,
    index,
    live_unique,
)
from merx.modules.product.search_texts import PRODUCT_TEXTS, VARIANT_TEXTS


class ProductType(Base, Timestamps):
    __tablename__ = "product_type"
    __table_args__ = (live_unique("product_type", "value"),)

    id: Mapped[Id]
    value: Mapped[str]
    external_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ProductTag(Base, Timestamps):
    __tablename__ = "product_tag"
    __table_args__ = (live_unique("product_tag", "value"),)

    id: Mapped[Id]
    value: Mapped[str]
    external_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ProductCollection(Base, Timestamps):
    __tablename__ = "product_collection"
    __table_args__ = (live_unique("product_collection", "handle"),)

    id: Mapped[Id]
    title: Mapped[str]
    handle: Mapped[str]
    external_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ProductCategory(Base, Timestamps):
    """A tree; `mpath` holds the ids from the root to the category, joined by dots."""

    __tablename__ = "product_category"
    __table_args__ = (
        live_unique("product_category", "handle"),
        index("product_category", "parent_category_id"),
        Index("ix_product_category_mpath", "mpath", postgresql_ops={"mpath": "text_pattern_ops"}),
    )

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default=text("''"))
    handle: Mapped[str]
    mpath: Mapped[str]
    is_active: Mapped[Flag]
    is_internal: Mapped[Flag]
    rank: Mapped[Rank]
    external_id: Mapped[str | None]
    parent_category_id: Mapped[str | None] = mapped_column(ForeignKey("product_category.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class Product(Base, Timestamps):
    __tablename__ = "product"
    __table_args__ = (
        live_unique("product", "handle"),
        index("product", "collection_id"),
        index("product", "type_id"),
        index("product", "created_at"),
        index("product", "external_id"),
        grams_index("product", *PRODUCT_TEXTS),
        CheckConstraint("status IN ('draft','proposed','published','rejected')", name="status"),
    )

    id: Mapped[Id]
    title: Mapped[str]
    handle: Mapped[str]
    subtitle: Mapped[str | None]
    description: Mapped[str | None]
    is_giftcard: Mapped[Flag]
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    thumbnail: Mapped[str | None]
    weight: Mapped[Measure]
    length: Mapped[Measure]
    height: Mapped[Measure]
    width: Mapped[Measure]
    origin_country: Mapped[str | None]
    hs_code: Mapped[str | None]
    mid_code: Mapped[str | None]
    material: Mapped[str | None]
    discountable: Mapped[FlagOn]
    external_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("product_collection.id"))
    type_id: Mapped[str | None] = mapped_column(ForeignKey("product_type.id"))


class ProductOption(Base, Timestamps):
    """A way in which variants differ.

    An exclusive option belongs to one product, others are shared.
    """

    __tablename__ = "product_option"
    __table_args__ = (
        Index(
            "uq_product_option_title",
            "title",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND NOT is_exclusive"),
        ),
    )

    id: Mapped[Id]
    title: Mapped[str]
    is_exclusive: Mapped[Flag]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ProductOptionValue(Base, Timestamps):
    __tablename__ = "product_option_value"
    __table_args__ = (
        live_unique("product_option_value", "option_id", "value"),
        index("product_option_value", "option_id"),
    )

    id: Mapped[Id]
    value: Mapped[str]
    rank: Mapped[int | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    option_id: Mapped[str] = mapped_column(ForeignKey("product_option.id"))


class ProductProductOption(Base, Timestamps):
    """An option that a product uses."""

    __tablename__ = "product_product_option"
    __table_args__ = (
        live_unique("product_product_option", "product_id", "product_option_id"),
        index("product_product_option", "product_id"),
        index("product_product_option", "product_option_id"),
    )

    id: Mapped[Id]
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    product_option_id: Mapped[str] = mapped_column(ForeignKey("product_option.id"))


class ProductProductOptionValue(Base, Timestamps):
    """A value of a used option that the product offers."""

    __tablename__ = "product_product_option_value"
    __table_args__ = (
        live_unique(
            "product_product_option_value",
            "product_product_option_id",
            "product_option_value_id",
            name="uq_product_product_option_value_pair",
        ),
        index("product_product_option_value", "product_product_option_id"),
        index("product_product_option_value", "product_option_value_id"),
    )

    id: Mapped[Id]
    product_product_option_id: Mapped[str] = mapped_column(ForeignKey("product_product_option.id"))
    product_option_value_id: Mapped[str] = mapped_column(ForeignKey("product_option_value.id"))


class ProductVariant(Base, Timestamps):
    """A variant of a product.

    `option_key` holds the variant's option value ids, sorted and joined by commas: its unique index
    lets only one live variant of a product have a combination, even in a race.
    """

    __tablename__ = "product_variant"
    __table_args__ = (
        live_unique("product_variant", "sku"),
        live_unique("product_variant", "ean"),
        live_unique("product_variant", "upc"),
        live_unique("product_variant", "barcode"),
        live_unique(
            "product_variant",
            "product_id",
            "option_key",
            message="Variant with provided options already exists.",
        ),
        index("product_variant", "product_id", "id"),
        index("product_variant", "created_at"),
        grams_index("product_variant", *VARIANT_TEXTS),
        Index("uq_product_variant_price_set_id", "price_set_id", unique=True),
    )

    id: Mapped[Id]
    title: Mapped[str]
    sku: Mapped[str | None]
    barcode: Mapped[str | None]
    ean: Mapped[str | None]
    upc: Mapped[str | None]
    allow_backorder: Mapped[Flag]
    manage_inventory: Mapped[FlagOn]
    hs_code: Mapped[str | None]
    origin_country: Mapped[str | None]
    mid_code: Mapped[str | None]
    material: Mapped[str | None]
    weight: Mapped[Measure]
    length: Mapped[Measure]
    height: Mapped[Measure]
    width: Mapped[Measure]
    variant_rank: Mapped[Rank | None]
    thumbnail: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    price_set_id: Mapped[str | None] = mapped_column(ForeignKey("price_set.id"))
    option_key: Mapped[str | None]


class ProductVariantOption(Base):
    """The option values of a variant."""

    __tablename__ = "product_variant_option"
    __table_args__ = (Index("ix_product_variant_option_option_value_id", "option_value_id"),)

    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id"), primary_key=True)
    option_value_id: Mapped[str] = mapped_column(
        ForeignKey("product_option_value.id"), primary_key=True
    )


class ProductImage(Base, Timestamps):
    __tablename__ = "image"
    __table_args__ = (index("image", "product_id"),)

    id: Mapped[Id]
    url: Mapped[str]
    rank: Mapped[Rank]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))


class ProductVariantProductImage(Base, Timestamps):
    """An image of the product that shows this variant in particular."""

    __tablename__ = "product_variant_product_image"
    __table_args__ = (
        live_unique("product_variant_product_image", "variant_id", "image_id"),
        index("product_variant_product_image", "image_id"),
    )

    id: Mapped[Id]
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id"))
    image_id: Mapped[str] = mapped_column(ForeignKey("image.id"))


class ProductTagLink(Base):
    __tablename__ = "product_tags"
    __table_args__ = (Index("ix_product_tags_product_tag_id", "product_tag_id"),)

    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), primary_key=True)
    product_tag_id: Mapped[str] = mapped_column(ForeignKey("product_tag.id"), primary_key=True)


class ProductCategoryLink(Base):
    __tablename__ = "product_category_product"
    __table_args__ = (Index("ix_product_category_product_category_id", "product_category_id"),)

    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), primary_key=True)
    product_category_id: Mapped[str] = mapped_column(
        ForeignKey("product_category.id"), primary_key=True
    )


class ProductSalesChannel(Base):
    __tablename__ = "product_sales_channel"
    __table_args__ = (
        UniqueConstraint("id", name="uq_product_sales_channel_id"),
        Index(
            "ix_product_sales_channel_sales_channel_id_product_id", "sales_channel_id", "product_id"
        ),
    )

    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), primary_key=True)
    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text)


class ProductShippingProfile(Base):
    """The single shipping profile of a product."""

    __tablename__ = "product_shipping_profile"
    __table_args__ = (Index("ix_product_shipping_profile_profile_id", "shipping_profile_id"),)

    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), primary_key=True)
    shipping_profile_id: Mapped[str] = mapped_column(ForeignKey("shipping_profile.id"))
    id: Mapped[str] = mapped_column(Text)


class ProductVariantInventoryItem(Base, Timestamps):
    """An inventory item of a variant and the required quantity; several make a kit."""

    __tablename__ = "product_variant_inventory_item"
    __table_args__ = (
        UniqueConstraint("id", name="uq_product_variant_inventory_item_id"),
        Index("ix_product_variant_inventory_item_inventory_item_id", "inventory_item_id"),
        check(
            "required_quantity > 0",
            name="required_quantity_positive",
            message="required_quantity must be greater than 0",
        ),
    )

    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id"), primary_key=True)
    inventory_item_id: Mapped[str] = mapped_column(
        ForeignKey("inventory_item.id"), primary_key=True
    )
    id: Mapped[str] = mapped_column(Text)
    required_quantity: Mapped[Amount] = mapped_column(server_default=text("1"))
