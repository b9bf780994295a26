"""64 concurrent shoppers who buy from 20 variants: orders per second, latency, and whether they
were sold more than was in stock."""

import asyncio
import itertools
import time
from dataclasses import dataclass

from benchmarks.carts import STEPS, Till
from benchmarks.cpu import CPU
from benchmarks.wire import Connection

SHOPPERS = 64
GOODS = 20


@dataclass(frozen=True, slots=True)
class Rush:
    """The results: milliseconds, and milliseconds of CPU for an order; `by_two` is the number of
    orders per second with two workers."""

    orders_per_second: float
    checkout_p50: float
    checkout_p99: float
    request_p99: float
    cpu_per_order: float
    pieces: int = 0
    sold: int = 0
    by_two: float = 0


async def measure_rush(till: Till, cpu: CPU, seconds: float, shoppers: int = SHOPPERS) -> Rush:
    """Each shopper buys repeatedly; the first second is a warm-up."""
    tills = [till.another() for _ in range(shoppers)]
    for one in tills:
        await one.connect()
    await _buy_until(tills, time.perf_counter() + 1)
    await cpu.begin()
    started = time.perf_counter()
    checkouts, requests = await _buy_until(tills, started + seconds)
    took = time.perf_counter() - started
    spent = cpu.ms()
    for one in tills:
        one.hang_up()
    checkouts.sort()
    requests.sort()
    return Rush(
        len(checkouts) / took,
        checkouts[len(checkouts) // 2],
        checkouts[len(checkouts) * 99 // 100],
        requests[len(requests) * 99 // 100],
        spent / len(checkouts),
    )


async def sell_out(admin: Connection, url: str, pieces: int = 2) -> tuple[int, int]:
    """The shoppers complete carts at the same time with too little stock. Returns how many units
    could be sold, and how many were."""
    till = await Till("Merx", admin, url, stock=pieces).open()
    tills = [till.another() for _ in range(SHOPPERS)]
    for place, one in enumerate(tills):
        await one.connect()
        for step in STEPS[:-1]:
            await one.step(step, variant=place % GOODS)
    bought = await asyncio.gather(*(one.step(STEPS[-1]) for one in tills), return_exceptions=True)
    for one in tills:
        one.hang_up()
    await till.close()
    wanted = [len(range(place, SHOPPERS, GOODS)) for place in range(GOODS)]
    sold = sum(not isinstance(one, BaseException) for one in bought)
    return sum(min(pieces, count) for count in wanted), sold


async def _buy_until(tills: list[Till], end: float) -> tuple[list[float], list[float]]:
    """Milliseconds of each checkout and of each request."""
    checkouts: list[float] = []
    requests: list[float] = []

    async def shop(till: Till, first: int) -> None:
        for number in itertools.count(first, 7):
            if time.perf_counter() >= end:
                return
            started = time.perf_counter()
            for step in STEPS:
                requests.append((await till.step(step, variant=number % GOODS)).ms)
            checkouts.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(shop(till, place) for place, till in enumerate(tills)))
    return checkouts, requests
