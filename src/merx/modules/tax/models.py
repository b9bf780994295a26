"""Table of tax providers."""

from sqlalchemy.orm import Mapped

from merx.core.schema import Base, FlagOn, Id, Timestamps


class TaxProvider(Base, Timestamps):
    __tablename__ = "tax_provider"

    id: Mapped[Id]
    is_enabled: Mapped[FlagOn]
