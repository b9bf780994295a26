"""Changes of the number of rows in a list; their sum is its length."""

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base


class ListCount(Base):
    """The change one statement made to the length of a list.

    Rows are only added, so transactions never wait for each other, and each is visible together
    with the rows it counts. A job folds them into one.
    """

    __tablename__ = "list_count"
    __table_args__ = (Index("ix_list_count_list", "list", postgresql_include=["delta"]),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    list: Mapped[str]
    delta: Mapped[int] = mapped_column(BigInteger)
