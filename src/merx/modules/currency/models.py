"""Table of currencies."""

from sqlalchemy import Text, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, Rank, Timestamps


class Currency(Base, Timestamps):
    __tablename__ = "currency"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    symbol: Mapped[str]
    symbol_native: Mapped[str]
    name: Mapped[str]
    decimal_digits: Mapped[Rank]
    rounding: Mapped[Amount] = mapped_column(server_default=text("0"))
