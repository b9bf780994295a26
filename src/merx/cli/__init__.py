"""The command line: one file per command, listed here."""

import sys

import typer

from merx import __version__
from merx.cli import (
    api_key,
    backup,
    bulk,
    compare_medusa,
    dashboard,
    doctor,
    events,
    import_medusa,
    jobs,
    migrate,
    outbox,
    products,
    search_index,
    seed,
    settings,
    start,
    user,
)
from merx.cli.failures import failures_told
from merx.core.operator_errors import OperatorError

EXAMPLES = """
Examples:

\b
  merx start --demo                a shop with demo data and an admin user, on http://localhost:9000
  merx start --port 9001 --workers 4
  merx user create --email ann@example.com
  merx api-key create --type secret --title "Nightly import"
  MERX_DATABASE_URL=postgresql://shop@db/shop merx migrate

Without MERX_DATABASE_URL, Merx runs its own PostgreSQL in the folder .merx of the
working folder. `merx settings` shows all variables.
"""

app = typer.Typer(
    help="Merx: a headless commerce backend that speaks the Medusa v2 HTTP API.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("start")(start.start)
app.command("migrate")(migrate.migrate)
app.command("seed")(seed.seed)
app.add_typer(dashboard.app, name="dashboard")
app.command("import")(products.import_)
app.command("export")(products.export)
app.add_typer(bulk.app, name="bulk")
app.add_typer(user.app, name="user")
app.add_typer(api_key.app, name="api-key")
app.add_typer(events.app, name="events")
app.add_typer(jobs.app, name="jobs")
app.add_typer(outbox.app, name="outbox")
app.add_typer(search_index.app, name="search-index")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("import-medusa")(import_medusa.import_medusa)
app.command("compare-medusa")(compare_medusa.compare_medusa)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings.settings)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Merx {__version__}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction] - typer calls it
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def _add_commands_of_extensions() -> None:
    """Only for a command that Merx itself lacks, since loading extensions takes a while."""
    known = {group.name for group in app.registered_groups}
    known |= {command.name for command in app.registered_commands}
    if len(sys.argv) < 2 or sys.argv[1].startswith("-") or sys.argv[1] in known:
        return
    from merx.cli.configuration import load_settings
    from merx.extension import load_extensions

    for extension in load_extensions(load_settings()):
        if extension.commands is not None:
            app.add_typer(extension.commands, name=extension.name)


def main() -> None:
    """Run `merx`; a failure is one line on stderr and exit code 1."""
    try:
        with failures_told():
            _add_commands_of_extensions()
            app()
    except OperatorError as failure:
        typer.echo(f"merx: {failure}", err=True)
        sys.exit(1)
