"""`merx events`: events, their deliveries, and the deliveries that failed."""

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from merx.outbox import Job, Relay, Subscriber
    from merx.outbox.deliveries import Delivery
    from merx.settings import Settings

app = typer.Typer(help="List events, deliver failed ones again, run a relay.", no_args_is_help=True)

# The relay keeps one connection to listen; handlers use the rest.
FEWEST_CONNECTIONS = 4


@app.command("list")
def list_(
    state: Annotated[
        Literal["pending", "failed", "done"] | None,
        typer.Option(help="Only deliveries in this state."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Only events of this name, such as product.created.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to show.")] = 50,
) -> None:
    """List events and their deliveries, newest first."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.outbox.deliveries import list_deliveries

    found = in_transaction(
        load_settings(), lambda tx: list_deliveries(tx, state=state, name=name, limit=limit)
    )
    for delivery in found:
        typer.echo(_line(delivery))
    if not found:
        typer.echo("No events.")


@app.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of events (evt_…).")] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Every failed delivery instead of named events.")
    ] = False,
    subscriber: Annotated[
        str | None,
        typer.Option(help="Only for this subscriber, including events it has already handled."),
    ] = None,
) -> None:
    """Retry failed deliveries from the first attempt on."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.outbox import deliveries

    if all_failed == bool(ids) or (all_failed and subscriber):
        raise typer.BadParameter("give either event ids or --all-failed")
    count = in_transaction(
        load_settings(),
        deliveries.replay_failed
        if all_failed
        else lambda tx: deliveries.replay(tx, ids or [], subscriber=subscriber),
    )
    typer.echo(f"{count} deliveries are pending again.")


@app.command("run")
def run(
    subscribers: Annotated[
        str | None,
        typer.Option(
            help="Where the tuple of subscribers is, if the shop has its own: module:NAME"
        ),
    ] = None,
) -> None:
    """Deliver events and run jobs until Ctrl-C or SIGTERM, for servers with MERX_RELAY=off."""
    from merx.cli.configuration import load_serving_settings
    from merx.cli.database import missing_migrations, require_current
    from merx.cli.database_url import database_url
    from merx.core.logs import configure_logs
    from merx.core.tracing import start_tracing, stop_tracing

    settings = load_serving_settings()
    if settings.traces_url:
        start_tracing(settings.traces_url)
    own, jobs = _parts(settings)
    listed = _load(subscribers) if subscribers else own
    configure_logs(level=settings.log_level, form=settings.log_format)
    with database_url(settings) as url:
        require_current(missing_migrations(url, settings))
        asyncio.run(_run(url, settings, listed, jobs))
    stop_tracing()


async def _run(
    url: str, settings: "Settings", subscribers: "Sequence[Subscriber]", jobs: "Sequence[Job]"
) -> None:
    from merx.core.database import Database
    from merx.outbox import Relay, run_jobs

    database = Database(
        url,
        pool_size=max(settings.pool_size, FEWEST_CONNECTIONS),
        statement_cache_size=settings.statement_cache_size,
        generic_plans=settings.generic_plans,
    )
    await database.open()
    relay = Relay(database, subscribers, attempts=settings.event_attempts, days=settings.event_days)
    _stop_on_signals(relay)
    typer.echo(f"Delivering events to {', '.join(each.name for each in subscribers)}. Stop: Ctrl-C")
    try:
        async with run_jobs(database, jobs):
            await relay.run()
    finally:
        await database.close()


def _stop_on_signals(relay: "Relay") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, relay.stop)


def _parts(settings: "Settings") -> "tuple[tuple[Subscriber, ...], tuple[Job, ...]]":
    from merx.extension import join_jobs, join_services, join_subscribers, load_extensions
    from merx.shop import shop

    parts = [shop(settings), *load_extensions(settings)]
    services = join_services(settings, parts)
    return join_subscribers(parts, services), join_jobs(parts, services)


def _load(place: str) -> "tuple[Subscriber, ...]":
    from importlib import import_module

    from merx.core.operator_errors import OperatorError

    module, _, name = place.partition(":")
    try:
        return tuple(getattr(import_module(module), name))
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise OperatorError(f"No subscribers at {place}: {error}") from error


def _line(delivery: "Delivery") -> str:
    told = delivery.subscriber or "-"
    line = (
        f"{delivery.event_id}  {delivery.created_at:%Y-%m-%d %H:%M:%S}  {delivery.state:7}  "
        f"{delivery.name} ({delivery.count})  {told}"
    )
    if delivery.last_error:
        last = delivery.last_error.splitlines()[-1]
        line += f"  after {delivery.attempts} attempts: {last}"
    return line
