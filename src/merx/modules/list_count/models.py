"""Changes of the number of rows of a list: their sum is its length."""

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base


class ListCount(Base):
    """So many rows more or less in a list, from one statement.

    Rows are only added, so that no two transactions wait for each other, and are seen by whoever
    sees what they count. A job sums them up.
    """

    __tablename__ = "list_count"
    __table_args__ = (Index("ix_list_count_list", "list", postgresql_include=["delta"]),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    list: Mapped[str]
    delta: Mapped[int] = mapped_column(BigInteger)
