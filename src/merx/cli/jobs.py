"""`merx jobs`: periodic jobs."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from merx.outbox.jobs import JobRun

app = typer.Typer(help="List and run periodic jobs.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List jobs: when each is due, and how its last run went."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.outbox.jobs import list_jobs

    found = in_transaction(load_settings(), list_jobs)
    for job in found:
        typer.echo(_line(job))
    if not found:
        typer.echo("No jobs. They are listed once a server has run.")


@app.command("run")
def run(name: Annotated[str, typer.Argument(help="Name of a job, as listed.")]) -> None:
    """Make a job due now; a running server runs it."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.core.operator_errors import OperatorError
    from merx.outbox.jobs import make_due

    if not in_transaction(load_settings(), lambda tx: make_due(tx, name)):
        raise OperatorError(f"There is no job {name}")
    typer.echo(f"{name} is due.")


def _line(job: "JobRun") -> str:
    state = "never ran" if job.started_at is None else f"ran {job.started_at:%Y-%m-%d %H:%M:%S}"
    line = f"{job.name}  due {job.due_at:%Y-%m-%d %H:%M:%S}  {state}  ({job.runs} runs)"
    return f"{line}  {job.last_error.splitlines()[-1]}" if job.last_error else line
