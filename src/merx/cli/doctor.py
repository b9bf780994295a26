"""`merx doctor`: whether the shop's rows agree with each other."""

from typing import Annotated

import typer

Repair = Annotated[bool, typer.Option("--repair", help="Put right what is wrong.")]


def doctor(repair: Repair = False) -> None:
    """Check stock against reservations and ledger, payments against what was captured and refunded,
    and look for rows whose parent is gone and questions that a payment provider has not answered.

    Prints one line for each row that is wrong, and exits with 1 if there are any that were not
    repaired. Repairs of stock stand in the ledger, with the reason "doctor".
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.operations.doctor import examine

    findings = in_transaction(load_settings(), lambda tx: examine(tx, repair=repair))
    for finding in findings:
        typer.echo(f"{finding.id}  {finding.words}  ({finding.details})")
    if not findings:
        typer.echo("All is well.")
    elif repair:
        typer.echo(f"{len(findings)} repaired.")
    else:
        typer.echo(f"{len(findings)} found. `merx doctor --repair` puts them right.")
        raise typer.Exit(1)
