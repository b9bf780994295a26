"""Loyalty: customers collect points. An example of a Merx extension; docs/extending.md explains."""

from datetime import timedelta
from pathlib import Path

import typer

from loyalty import points, routes
from loyalty.models import ENTITIES, FIELDS, LINKS
from loyalty.settings import LoyaltySettings
from merx.extension import Extension
from merx.modules.customer.hooks import CUSTOMERS
from merx.outbox import Job, Subscriber
from merx.settings import Settings

commands = typer.Typer(help="Loyalty points.", no_args_is_help=True)


@commands.command("rules")
def rules() -> None:
    """Say how points are given."""
    typer.echo(f"Welcome points: {LoyaltySettings().welcome_points}")


def extension(_: Settings) -> Extension:
    """All that this package adds to a shop."""
    chosen = LoyaltySettings()
    return Extension(
        "loyalty",
        migrations=Path(__file__).parent / "migrations",
        entities=ENTITIES,
        links=LINKS,
        fields=FIELDS,
        admin=[routes.admin],
        store=[routes.store],
        additional_data={CUSTOMERS: points.CustomerLoyalty},
        hooks={
            CUSTOMERS.created: [points.welcome(chosen.welcome_points)],
            CUSTOMERS.deleting: [points.keep_those_with_points],
        },
        subscribers=[Subscriber("loyalty", ("loyalty-account.updated",), points.raise_tiers)],
        jobs=[Job("loyalty-expiry", timedelta(hours=24), points.expire)],
        settings=LoyaltySettings,
        commands=commands,
    )
