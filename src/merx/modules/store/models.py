"""Tables of the shop's defaults."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Timestamps, live_unique


class Store(Base, Timestamps):
    __tablename__ = "store"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(server_default=text("'Merx Store'"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    default_sales_channel_id: Mapped[str | None] = mapped_column(ForeignKey("sales_channel.id"))
    default_region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    default_location_id: Mapped[str | None] = mapped_column(ForeignKey("stock_location.id"))


class StoreCurrency(Base, Timestamps):
    __tablename__ = "store_currency"
    __table_args__ = (
        live_unique("store_currency", "store_id", "currency_code"),
        Index(
            "uq_store_currency_is_default",
            "store_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND is_default"),
        ),
    )

    id: Mapped[Id]
    is_default: Mapped[Flag]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))


class StoreLocale(Base, Timestamps):
    __tablename__ = "store_locale"
    __table_args__ = (live_unique("store_locale", "store_id", "locale_code"),)

    id: Mapped[Id]
    locale_code: Mapped[str]
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
