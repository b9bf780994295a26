"""Tables of customers and their groups."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Timestamps, index, live_unique


class Customer(Base, Timestamps):
    """A buyer; an e-mail belongs to one with an account and to one without."""

    __tablename__ = "customer"
    __table_args__ = (live_unique("customer", "email", "has_account"),)

    id: Mapped[Id]
    company_name: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    has_account: Mapped[Flag]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


class CustomerGroup(Base, Timestamps):
    __tablename__ = "customer_group"
    __table_args__ = (live_unique("customer_group", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    created_by: Mapped[str | None]


class CustomerGroupCustomer(Base):
    """The customer belongs to the group."""

    __tablename__ = "customer_group_customer"
    __table_args__ = (index("customer_group_customer", "customer_id"),)

    customer_group_id: Mapped[str] = mapped_column(
        ForeignKey("customer_group.id"), primary_key=True
    )
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    id: Mapped[str]
    created_by: Mapped[str | None]
