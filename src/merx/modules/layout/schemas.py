"""Bodies of the layout routes."""

from pydantic import BaseModel, ConfigDict, StrictBool

from merx.core.kinds import Input, OpenInput, Real, Text


class Widget(BaseModel):
    """The position of a widget, or that it is hidden.

    Other keys belong to the widget and are kept.
    """

    model_config = ConfigDict(extra="allow", strict=True)

    hidden: StrictBool = False
    section: Text = ""
    order: Real = 0


class Arrangement(OpenInput):
    """The widgets of a zone by name."""

    widgets: dict[str, Widget]


class ArrangeLayout(Input):
    """A layout of a zone: the caller's own, or with `is_default` the one for everybody else."""

    is_default: StrictBool = False
    configuration: Arrangement
