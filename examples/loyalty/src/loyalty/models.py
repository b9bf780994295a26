"""The table of points, what can be read of it, and how it is linked to customers."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from merx.extending import Base, Field, Id, Kind, Timestamps, check, entity_of, link, live_unique


class LoyaltyAccount(Base, Timestamps):
    """The points of one customer."""

    __tablename__ = "loyalty_account"
    __table_args__ = (
        live_unique("loyalty_account", "customer_id"),
        check("points >= 0", name="points_not_negative", message="There are not so many points"),
    )

    id: Mapped[Id]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"))
    points: Mapped[int]
    tier: Mapped[str]


ENTITY = entity_of(LoyaltyAccount, search=("tier",))
LINKS = link(LoyaltyAccount, "customer_id", back="loyalty_account")
FIELDS = {
    "customer.loyalty_points": Field(
        "(SELECT a.points FROM loyalty_account a"
        " WHERE a.customer_id = {row}.id AND a.deleted_at IS NULL)",
        Kind.NUMBER,
        starred=False,
    ),
}
