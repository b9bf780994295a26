"""After the scenarios: nothing they did left rows that disagree."""

from merx.cli.database import run_in_transaction
from merx.operations.doctor import examine
from tests.server import Server
from tests.workflows.stock_agrees import broken_promises


def test_the_doctor_finds_nothing(server: Server) -> None:
    """Whatever scenarios have been replayed on this worker's server before."""
    assert run_in_transaction(server.database_url, examine) == []
    assert run_in_transaction(server.database_url, broken_promises) == {}
