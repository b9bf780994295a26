"""Takes the measurements. The sides alternate, so that other load on the machine affects all
equally. Each is warmed up first; the results are medians and extremes."""

import gc
import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.prices import ROW
from benchmarks.sides import Sample, Side

WORKS = ("create", "update", "link", "delete")
READS = ("single", "large", "list", "priced")
# An operation that takes the reference more than a minute is measured once.
PATIENCE_MS = 4_000


@dataclass(slots=True)
class Series:
    """The samples of one operation by one side."""

    samples: list[Sample] = field(default_factory=list[Sample])

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(sample.ms for sample in self.samples)

    @property
    def range(self) -> tuple[float, float]:
        """The minimum and the maximum in milliseconds."""
        times = [sample.ms for sample in self.samples]
        return min(times), max(times)

    @property
    def cpu(self) -> float:
        """The median of the CPU time in milliseconds."""
        return statistics.median(sample.cpu_ms for sample in self.samples)

    @property
    def size(self) -> int:
        """Bytes of the last response."""
        return self.samples[-1].size


# Row → side → samples.
Table = dict[str, dict[str, Series]]
Say = Callable[[str], None]
Work = Callable[[Side], Awaitable[Sample]]


def repetitions(count: int, quick: bool) -> int:
    """How often a batch of `count` is repeated: faster ones more often."""
    wanted = {1: 30, 10: 20, 100: 9, 1000: 5}
    found = next((times for size, times in wanted.items() if count <= size), 2)
    return max(2, found // 3) if quick else found


async def measure(sides: Sequence[Side], sizes: Sequence[int], quick: bool, say: Say) -> Table:
    """All rows except throughput; the sides alternate in each."""
    table: Table = {}
    times = repetitions(1, quick)
    say(f"create 1 variant, {times} times")
    await _repeat(table, sides, times, "create 1 variant", _create_one)
    for size in sizes:
        times = repetitions(size, quick)
        say(f"batches of {size}, {times} times")
        await _cycles(table, sides, times, size)
    for what, row in (
        ("single", "get a product with 1 variant"),
        ("list", "list 50 products"),
        ("large", "get a product with 1,000 variants"),
        ("priced", ROW),
    ):
        times = repetitions(1 if what in ("single", "list") else 100, quick) * 2
        say(f"{row}, {times} times")
        await _repeat(table, sides, times, row, partial(_read, what))
    return table


async def _create_one(side: Side) -> Sample:
    return await side.create_one()


async def _read(what: str, side: Side) -> Sample:
    return await side.read(what)


async def _repeat(table: Table, sides: Sequence[Side], times: int, row: str, work: Work) -> None:
    for turn, side in _turns(sides, times):
        sample = await work(side)
        if turn:
            _add(table, row, side, sample)


async def _cycles(table: Table, sides: Sequence[Side], times: int, size: int) -> None:
    slow: set[str] = set()
    for turn, side in _turns(sides, times):
        if side.name in slow:
            continue
        samples = await side.cycle(size)
        if max(sample.ms for sample in samples.values()) > PATIENCE_MS:
            slow.add(side.name)
        elif not turn:
            continue
        for work in WORKS:
            _add(table, f"batch {work} {size:,}", side, samples[work])


def _turns(sides: Sequence[Side], times: int) -> Iterator[tuple[int, Side]]:
    """Turn 0 is a warm-up and is not counted."""
    for turn in range(times + 1):
        for side in sides:
            gc.collect()
            yield turn, side


def _add(table: Table, row: str, side: Side, sample: Sample) -> None:
    table.setdefault(row, {}).setdefault(side.name, Series()).samples.append(sample)
