"""The results of a bulk job's lines."""

from typing import NamedTuple

from merx.core.database import Transaction

_LOTS = 8

_READ = """
SELECT first_line, {column} FROM bulk_result WHERE job_id = $1 AND first_line > $2 {wanted}
ORDER BY first_line LIMIT $3"""


class Lot(NamedTuple):
    """The results of lines that were written together."""

    first_line: int
    lines: str


async def read_results(
    tx: Transaction, job_id: str, *, after: int = -1, only_failed: bool = False
) -> list[Lot]:
    """The next results after the lot that starts with a line; None at the end."""
    column = "failures" if only_failed else "results"
    wanted = "AND failures <> ''" if only_failed else ""
    text = _READ.format(column=column, wanted=wanted)
    return [Lot(*record) for record in await tx.fetch(text, job_id, after, _LOTS)]
