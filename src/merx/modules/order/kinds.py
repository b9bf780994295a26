"""Kinds of columns and constraints shared by the tables of orders."""

from decimal import Decimal
from typing import Annotated

from sqlalchemy import CheckConstraint, Numeric, text
from sqlalchemy.orm import mapped_column

Quantity = Annotated[Decimal, mapped_column(Numeric, server_default=text("0"))]


def one_of(column: str, *values: str, nullable: bool = False) -> CheckConstraint:
    """A check that the column holds one of the values."""
    named = ", ".join(f"'{value}'" for value in values)
    maybe = f"{column} IS NULL OR " if nullable else ""
    return CheckConstraint(f"{maybe}{column} IN ({named})", name=column)
