"""Tables of texts in other languages."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, FlagOn, Id, Timestamps, index, live_unique


class Locale(Base, Timestamps):
    __tablename__ = "locale"
    __table_args__ = (live_unique("locale", "code"),)

    id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]


class Translation(Base, Timestamps):
    """The texts of one row in one language.

    `reference` names the table of `reference_id`, which can be any table with texts: the only
    reference in the shop that a foreign key cannot express.
    """

    __tablename__ = "translation"
    __table_args__ = (
        live_unique("translation", "reference_id", "locale_code"),
        index("translation", "reference_id"),
        index("translation", "reference", "locale_code"),
    )

    id: Mapped[Id]
    reference_id: Mapped[str]
    reference: Mapped[str]
    locale_code: Mapped[str]
    translations: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class TranslationSettings(Base, Timestamps):
    __tablename__ = "translation_settings"
    __table_args__ = (live_unique("translation_settings", "entity_type"),)

    id: Mapped[Id]
    entity_type: Mapped[str]
    fields: Mapped[Any] = mapped_column(JSONB)
    is_active: Mapped[FlagOn]
