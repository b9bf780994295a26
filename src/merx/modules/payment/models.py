"""Table of payment providers."""

from sqlalchemy.orm import Mapped

from merx.core.schema import Base, FlagOn, Id, Timestamps


class PaymentProvider(Base, Timestamps):
    __tablename__ = "payment_provider"

    id: Mapped[Id]
    is_enabled: Mapped[FlagOn]
