"""Bodies of translations and of their settings."""

from pydantic import Field

from merx.core.kinds import Input, OpenInput


class TranslationInput(OpenInput):
    reference_id: str
    reference: str
    locale_code: str
    translations: dict[str, str]


class TranslationPatch(OpenInput):
    """Changes to a translation; omitted texts keep their value."""

    id: str
    reference_id: str = ""
    reference: str = ""
    locale_code: str = ""
    translations: dict[str, str] = Field(default_factory=dict[str, str])


class BatchTranslations(Input):
    create: list[TranslationInput] = Field(default_factory=list[TranslationInput])
    update: list[TranslationPatch] = Field(default_factory=list[TranslationPatch])
    delete: list[str] = Field(default_factory=list[str])


class SettingInput(OpenInput):
    """Which fields of an entity are translated."""

    entity_type: str
    fields: list[str]
    is_active: bool = True


class SettingPatch(OpenInput):
    id: str
    entity_type: str = ""
    fields: list[str] = Field(default_factory=list[str])
    is_active: bool = True


class BatchSettings(Input):
    create: list[SettingInput] = Field(default_factory=list[SettingInput])
    update: list[SettingPatch] = Field(default_factory=list[SettingPatch])
    delete: list[str] = Field(default_factory=list[str])
