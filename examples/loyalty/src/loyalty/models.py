"""The table of points, what can be read of it, and how it hangs together with the shop."""

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Timestamps, check, live_unique
from merx.query.graph import Entity, Field, Kind, columns, one, table_name


class LoyaltyAccount(Base, Timestamps):
    """The points of one customer."""

    __tablename__ = "loyalty_account"
    __table_args__ = (
        live_unique("loyalty_account", "customer_id"),
        check("points >= 0", name="points_not_negative", message="There are not so many points"),
    )

    id: Mapped[Id]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"))
    points: Mapped[int] = mapped_column(Integer, default=0)
    tier: Mapped[str]


ACCOUNT = Entity(
    "loyalty_account",
    table_name(LoyaltyAccount.__table__),
    columns(LoyaltyAccount.__table__),
    always=("id",),
    search=("tier",),
)

ENTITIES = (ACCOUNT,)

LINKS = {
    "loyalty_account.customer": one("customer", "customer_id", with_key=True),
    "customer.loyalty_account": one("loyalty_account", "id", far="customer_id"),
}

FIELDS = {
    "customer.loyalty_points": Field(
        "(SELECT a.points FROM loyalty_account a"
        " WHERE a.customer_id = {row}.id AND a.deleted_at IS NULL)",
        Kind.NUMBER,
        starred=False,
    ),
}
