"""Bodies of the layout routes."""

from pydantic import BaseModel, ConfigDict, StrictBool

from merx.core.kinds import Input, OpenInput, Real, Text


class Widget(BaseModel):
    """Where a widget stands, or that it is hidden; other keys are the widget's own and kept."""

    model_config = ConfigDict(extra="allow", strict=True)

    hidden: StrictBool = False
    section: Text = ""
    order: Real = 0


class Arrangement(OpenInput):
    """The widgets of a zone, by their names."""

    widgets: dict[str, Widget]


class ArrangeLayout(Input):
    """An arrangement of a zone: one's own, or with `is_default` that of all who have none."""

    is_default: StrictBool = False
    configuration: Arrangement
