"""Tables of customers, their addresses and their groups."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Timestamps, index, live_unique, unique_email


class Customer(Base, Timestamps):
    """A buyer; an e-mail can belong to one customer with an account and one without."""

    __tablename__ = "customer"
    __table_args__ = (
        live_unique("customer", "email", "has_account"),
        unique_email("customer", "email", "has_account"),
        index("customer", "created_at"),
    )

    id: Mapped[Id]
    company_name: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    has_twin: Mapped[Flag]
    phone: Mapped[str | None]
    has_account: Mapped[Flag]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


def _one_default(kind: str) -> Index:
    """At most one live address of a customer is the default of this kind."""
    is_default = text(f"deleted_at IS NULL AND is_default_{kind}")
    name = f"uq_customer_address_default_{kind}"
    return Index(name, "customer_id", unique=True, postgresql_where=is_default)


class CustomerAddress(Base, Timestamps):
    """A customer's address; country codes are stored as given."""

    __tablename__ = "customer_address"
    __table_args__ = (
        index("customer_address", "customer_id"),
        _one_default("shipping"),
        _one_default("billing"),
    )

    id: Mapped[Id]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"))
    address_name: Mapped[str | None]
    is_default_shipping: Mapped[Flag]
    is_default_billing: Mapped[Flag]
    company: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    country_code: Mapped[str | None]
    province: Mapped[str | None]
    postal_code: Mapped[str | None]
    phone: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class CustomerGroup(Base, Timestamps):
    __tablename__ = "customer_group"
    __table_args__ = (live_unique("customer_group", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


class CustomerGroupCustomer(Base):
    """Membership of a customer in a group."""

    __tablename__ = "customer_group_customer"
    # As long as the key in the other order: memberships are changed from both sides.
    __table_args__ = (index("customer_group_customer", "customer_id", "customer_group_id"),)

    customer_group_id: Mapped[str] = mapped_column(
        ForeignKey("customer_group.id"), primary_key=True
    )
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    id: Mapped[str]
    created_by: Mapped[str | None]
