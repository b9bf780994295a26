"""Loyalty: customers collect points. An example of a Merx extension; docs/extending.md explains."""

from datetime import timedelta
from pathlib import Path

import typer

from loyalty import hooks, routes, tiers
from loyalty.delivery import MemberDelivery
from loyalty.models import ENTITY, FIELDS, LINKS
from loyalty.settings import SETTINGS, LoyaltySettings
from merx.extending import CUSTOMERS, Extension, Job, Subscriber

commands = typer.Typer(help="Loyalty points.", no_args_is_help=True)


@commands.command("rules")
def rules() -> None:
    """Say how points are given."""
    typer.echo(f"Welcome points: {SETTINGS.welcome_points}")


LOYALTY = Extension(
    "loyalty",
    migrations=Path(__file__).parent / "migrations",
    entities=[ENTITY],
    links=LINKS,
    fields=FIELDS,
    admin=[routes.admin],
    store=[routes.store],
    additional_data={CUSTOMERS: hooks.CustomerLoyalty},
    hooks={
        CUSTOMERS.created: [hooks.open_accounts],
        CUSTOMERS.deleting: [hooks.keep_those_with_points],
    },
    subscribers=[Subscriber("loyalty", tiers.EVENTS, tiers.raise_tiers)],
    jobs=[Job("loyalty-expiry", timedelta(hours=24), tiers.expire)],
    fulfillment_providers=[MemberDelivery()],
    settings=LoyaltySettings,
    commands=commands,
)
