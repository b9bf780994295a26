"""`merx doctor`: checks that the shop's rows are consistent."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from merx.core.database import Transaction
    from merx.operations.doctor import Finding
    from merx.providers.file import StoredFiles
    from merx.settings import Settings

Repair = Annotated[bool, typer.Option("--repair", help="Repair what can be repaired.")]
DeleteFiles = Annotated[
    bool, typer.Option("--delete-files", help="Delete uploaded files that nothing refers to.")
]

Connections = Annotated[
    bool,
    typer.Option(
        "--connections", help="Only compare the pools of all workers with what the database has."
    ),
]
Servers = Annotated[
    int, typer.Option("--servers", min=1, help="With --connections: machines that run this shop.")
]


def doctor(
    repair: Repair = False,
    delete_files: DeleteFiles = False,
    connections: Connections = False,
    servers: Servers = 1,
) -> None:
    """Check stock against reservations and ledger, and payments against captures and refunds; look
    for rows whose parent is deleted and for requests that a payment provider has not answered.

    Prints one line for each inconsistent row, and exits with 1 if any were not repaired. Repairs of
    stock are in the ledger with the reason "doctor". Uploaded files older than a day that nothing
    refers to are listed as well; they are not an error.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.operations.doctor import examine
    from merx.providers.file import StoredFiles

    settings = load_settings()
    if connections:
        _look_at_connections(settings, servers)
        return
    files = StoredFiles(settings.files)

    async def look(tx: "Transaction") -> "list[Finding]":
        await _look_at_files(tx, files, delete=delete_files)
        return await examine(tx, repair=repair)

    findings = in_transaction(settings, look)
    for finding in findings:
        typer.echo(f"{finding.id}  {finding.words}  ({finding.details})")
    if not findings:
        typer.echo("All is well.")
    elif repair:
        typer.echo(f"{len(findings)} repaired.")
    else:
        typer.echo(f"{len(findings)} found. `merx doctor --repair` repairs them.")
        raise typer.Exit(1)


def _look_at_connections(settings: "Settings", servers: int) -> None:
    from merx.cli.database import in_transaction
    from merx.operations.connections import advise, read_room

    advice = advise(settings, in_transaction(settings, read_room), servers)
    for line in advice.lines:
        typer.echo(line)
    if not advice.fits:
        raise typer.Exit(1)


async def _look_at_files(tx: "Transaction", files: "StoredFiles", *, delete: bool) -> None:
    from merx.operations.unreferenced_files import find_unreferenced

    found = await find_unreferenced(tx, files)
    for file in found:
        if delete:
            await files.delete(file.key)
        typer.echo(f"{file.key}  file that nothing refers to  ({file.size:,} bytes)")
    if found and delete:
        typer.echo(f"{len(found)} files deleted.")
    elif found:
        typer.echo(f"{len(found)} files. `merx doctor --delete-files` deletes them.")
