"""`merx seed`: demo data."""

import typer


def seed() -> None:
    """Give an empty shop demo products with prices and stock, and a region.

    A shop that has products is left alone.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.workflows.demo import seed_demo

    seeded = in_transaction(load_settings(), seed_demo)
    typer.echo(
        "Seeded the demo shop." if seeded else "The shop has products already: nothing done."
    )
