"""Prints the results as tables, and writes them as JSON."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.goals import (
    ORDERS_PER_SECOND,
    START_SECONDS,
    Verdict,
    constant,
    own_verdict,
    steady,
    verdicts,
)
from benchmarks.measure import Series, Table
from benchmarks.pricing import ACTIVE, GOAL_MS, LINES, Pricing
from benchmarks.rush import SHOPPERS, Rush
from benchmarks.throughput import Rates
from benchmarks.window import CONNECTIONS, WORKERS, Window


@dataclasses.dataclass(slots=True)
class Results:
    """One run. Times are in milliseconds, unless a name says seconds; memory is in MiB."""

    machine: str
    load: float
    health_ms: float
    table: Table
    catalogue: Table
    windows: list[Window]
    carts: Table
    rush: Rush
    pricing: Pricing
    statements: dict[str, dict[str, int]]
    plans: dict[str, dict[str, float]]
    rates: Rates
    first_start_seconds: float
    start_seconds: float
    memory: dict[str, float]


def show(results: Results) -> None:
    """All tables."""
    print(f"\n{results.machine}")
    print(
        "Medians in ms (least to most). An answer without work (GET /health) takes"
        f" {results.health_ms:.2f} ms: HTTP and the client of this benchmark."
    )
    print(
        "CPU: ms of the server and its sessions of the database; for the floor, of client and"
        f" session. Trust it more than the clock on a busy machine (load at the end:"
        f" {results.load:.1f}).\n"
    )
    _show_times(results.table)
    show_catalogue(results.catalogue)
    for window in results.windows:
        show_window(window)
    show_carts(results.carts, results.rush, results.pricing)
    print("\nStatements per request, with BEGIN, COMMIT and the look-up of the caller\n")
    _show_statements(results.statements)
    print("\nThe same requests in three states of the tables' statistics, ms of CPU\n")
    _grid([["", *next(iter(results.plans.values())), ""], *_plan_rows(results)])
    print("\nRequests per second\n")
    _show_rates(results.rates)
    reached = _mark(results.start_seconds <= START_SECONDS)
    print(
        f"\nStart: the first one of a new shop {results.first_start_seconds:.1f} s, a second one"
        f" {results.start_seconds:.1f} s   {reached} ≤ {START_SECONDS:.0f} s"
    )
    held = ", ".join(f"{when} {mib:.0f} MiB" for when, mib in results.memory.items())
    print(f"Memory of the server process: {held}")


def show_catalogue(table: Table) -> None:
    """The reads of a large catalogue."""
    print("\nA catalogue that has grown: GET /admin/products\n")
    _show_times(table)


def show_window(window: Window) -> None:
    """A storefront's pages, without load and under load."""
    print(f"\nThe pages of a storefront, of {window.products:,} products\n")
    _show_times(window.table)
    print("\nStatements, with the look-up of the key\n")
    _grid([[row, str(count)] for row, count in window.statements.items()])
    print(f"\n{CONNECTIONS} storefronts at once, {WORKERS} workers\n")
    rows = [["", "requests/s", "median", "p99", "refused (503)"]]
    for row, load in window.loads.items():
        times = [_ms(load.p50), _ms(load.p99)]
        rows.append([row, f"{load.requests_per_second:,.0f}", *times, str(load.refused)])
    _grid(rows)


def show_carts(table: Table, rush: Rush, pricing: Pricing) -> None:
    """A sale step by step, and concurrent shoppers."""
    print("\nCarts and checkout\n")
    _show_times(table)
    print(
        "\nThe same sale without Merx: the SELECTs that Merx sends for each step, with their"
        " values, and one statement that\nwrites the rows of the step. The floor above looks up the"
        " least that a checkout could do with; this is the bare\nSQL of the same work.\n"
    )
    _show_own(table)
    reached = _mark(rush.orders_per_second >= ORDERS_PER_SECOND)
    print(
        f"\n{SHOPPERS} shoppers at once, one worker: {rush.orders_per_second:.1f} orders/s"
        f" ({reached} ≥ {ORDERS_PER_SECOND}), {rush.cpu_per_order:.0f} ms of CPU for an order; a"
        f" checkout takes {rush.checkout_p50:,.0f} ms (p99 {rush.checkout_p99:,.0f}), a request at"
        f" p99 {rush.request_p99:,.0f} ms"
    )
    print(f"  two workers: {rush.by_two:.1f} orders/s; this client takes part of the same CPUs")
    print(f"  {_mark(rush.sold == rush.pieces)} of {rush.pieces} last pieces {rush.sold} were sold")
    print(
        f"\nA cart of {LINES} lines with {ACTIVE} promotions, {pricing.applied} of which apply:"
        f" {pricing.merx_ms:.1f} ms of CPU ({_mark(pricing.merx_ms <= GOAL_MS)} ≤ {GOAL_MS:.0f}),"
        f" and {pricing.database_ms:.1f} ms of the database's"
    )


def _show_times(table: Table) -> None:
    sides = [
        name for name in ("floor", "Merx", "reference") if any(name in r for r in table.values())
    ]
    head = ["", *(sides[:2]), "x floor", "CPU", "x floor", "goals", "bytes"]
    if "reference" in sides:
        head += ["reference", "x Merx"]
    rows = [head]
    for row, series in table.items():
        merx = series["Merx"]
        cells = [
            row,
            *_beside_floor(merx, series.get("floor")),
            _goals(verdicts(table, row)),
            f"{merx.size:,}",
        ]
        if "reference" in series:
            other = series["reference"]
            cells += [_times(other), f"{other.median / merx.median:.1f}"]
        rows.append(cells)
    _grid(rows)


def _beside_floor(merx: Series, floor: Series | None) -> list[str]:
    """The floor's times and Merx's, their ratio, and the same of CPU."""
    if floor is None:
        return ["", _times(merx), "", "", ""]
    return [
        _times(floor),
        _times(merx),
        f"{merx.median / floor.median:.2f}",
        f"{_ms(floor.cpu)} : {_ms(merx.cpu)}",
        f"{merx.cpu / floor.cpu:.2f}" if floor.cpu else "",
    ]


def _show_own(table: Table) -> None:
    rows = [["", "own SQL", "Merx", "x own SQL", "CPU", "x own SQL", "goals"]]
    for row, series in table.items():
        merx, own = series["Merx"], series["own SQL"]
        by_time, by_cpu = own_verdict(merx.median, own.median), own_verdict(merx.cpu, own.cpu)
        goals = f"{_goals([by_time])}, {_mark(by_cpu.reached)} by CPU"
        rows.append([row, *_beside_floor(merx, own), goals])
    _grid(rows)


def _times(series: Series) -> str:
    least, most = series.range
    return f"{_ms(series.median)} ({_ms(least)} to {_ms(most)})"


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _goals(found: Sequence[Verdict]) -> str:
    return ", ".join(f"{_mark(verdict.reached)} {verdict.goal}" for verdict in found)


def _mark(reached: bool) -> str:
    return "✓" if reached else "✗"


def _show_statements(statements: dict[str, dict[str, int]]) -> None:
    rows: list[list[str]] = []
    for row, counts in statements.items():
        numbers = ", ".join(f"{size}: {count}" for size, count in counts.items())
        verdict = constant(counts)
        rows.append([row, numbers, f"{_mark(verdict.reached)} {verdict.goal}"])
    _grid(rows)


def _plan_rows(results: Results) -> list[list[str]]:
    rows: list[list[str]] = []
    for row, values in results.plans.items():
        verdict = steady(values)
        times = [_ms(value) for value in values.values()]
        rows.append([row, *times, f"{_mark(verdict.reached)} {verdict.goal}"])
    return rows


def _show_rates(rates: Rates) -> None:
    rows = [["", "connections", "floor", "Merx", "Merx / floor"]]
    for row, by_count in rates.items():
        for count, sides in by_count.items():
            share = f"{sides['Merx'] / sides['floor']:.2f}"
            rows.append([row, str(count), f"{sides['floor']:,.0f}", f"{sides['Merx']:,.0f}", share])
    _grid(rows)


def _grid(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; all left-aligned."""
    widths = [
        max(len(row[place]) for row in rows if place < len(row)) for place in range(len(rows[0]))
    ]
    for row in rows:
        print(
            "  "
            + "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=False)
            ).rstrip()
        )


def write(results: Results, path: Path) -> None:
    """The same as JSON: for each row and side the median, minimum, maximum and all samples."""
    path.write_bytes(orjson.dumps(_plain(results), option=orjson.OPT_INDENT_2))


def _plain(results: Results) -> dict[str, Any]:
    found = {field.name: getattr(results, field.name) for field in dataclasses.fields(results)}
    for name in ("table", "catalogue"):
        table: Table = getattr(results, name)
        found[name] = {
            row: {side: _plain_series(series) for side, series in sides.items()}
            for row, sides in table.items()
        }
    found["windows"] = [_plain_window(window) for window in results.windows]
    found["rates"] = {
        row: {str(count): sides for count, sides in by_count.items()}
        for row, by_count in results.rates.items()
    }
    return found


def _plain_window(window: Window) -> dict[str, Any]:
    rows = {
        row: {side: _plain_series(series) for side, series in sides.items()}
        for row, sides in window.table.items()
    }
    return {**dataclasses.asdict(window), "table": rows}


def _plain_series(series: Series) -> dict[str, Any]:
    least, most = series.range
    return {
        "median_ms": series.median,
        "least_ms": least,
        "most_ms": most,
        "cpu_ms": series.cpu,
        "bytes": series.size,
        "samples_ms": [sample.ms for sample in series.samples],
    }
