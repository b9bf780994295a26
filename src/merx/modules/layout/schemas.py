"""Bodies of the layout routes."""

from pydantic import StrictBool

from merx.core.kinds import Input, OpenInput, Real, Text


class Widget(OpenInput):
    """Where a widget stands, or that it is hidden."""

    hidden: StrictBool | None = None
    section: Text | None = None
    order: Real | None = None


class Arrangement(OpenInput):
    """The widgets of a zone, by their names."""

    widgets: dict[str, Widget]


class ArrangeLayout(Input):
    """An arrangement of a zone: one's own, or with `is_default` that of all who have none."""

    is_default: StrictBool = False
    configuration: Arrangement
