"""`merx migrate` on a shop that serves: what it will do, and that workers of before go on."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from merx.core.migrations import upgrade
from merx.core.schema_state import OWN, History, revisions
from tests.server import address_of, said_after, started
from tests.sql import fetch_value

from .conftest import Merx
from .journeys import bought, log_in

pytestmark = [pytest.mark.slow, pytest.mark.commits]

# What a release adds: to tables that every request reads and writes.
EXPANDING = (
    "op.execute('ALTER TABLE product ADD COLUMN trial text')\n"
    '    op.execute("ALTER TABLE cart ADD COLUMN trial integer NOT NULL DEFAULT 7")\n'
    "    op.execute('ALTER TABLE \"order\" ADD COLUMN trial text')\n"
    "    op.execute('CREATE TABLE trial (cart_id text REFERENCES cart (id))')",
    "create_index_concurrently('ix_cart_trial', 'cart', ['trial'])",
    "op.execute('ALTER TABLE cart ADD CONSTRAINT ck_trial CHECK (trial > 0) NOT VALID')",
    "op.execute('ALTER TABLE cart VALIDATE CONSTRAINT ck_trial')",
)


@pytest.fixture
def next_release(tmp_path: Path) -> History:
    """The history of Merx with four migrations more."""
    versions = tmp_path / "versions"
    shutil.copytree(OWN.folder, versions)
    last = revisions()[-1]
    for number, work in enumerate(EXPANDING, int(last) + 1):
        (versions / f"{number:04}_trial.py").write_text(
            "from alembic import op\nfrom merx.core.migrations import create_index_concurrently\n"
            f'revision = "{number:04}"\ndown_revision = "{number - 1:04}"\n'
            f"def upgrade() -> None:\n    {work}\n"
        )
    return History(versions)


def test_workers_of_before_sell_while_the_schema_changes_and_start_again_afterwards(
    folder: Path, database_url: str, next_release: History
) -> None:
    own = {"DATABASE_URL": database_url}
    with started(folder, "--demo", "--port", "0", **own) as process:
        url = address_of(process)
        token = log_in(url, said_after(process, "Password: ").split()[0])
        key = said_after(process, "Storefront key: ").strip()
        assert bought(url, key) == "order"
        is_changed = threading.Event()

        def buy(_: int) -> list[str]:
            ended = [bought(url, key)]
            while not is_changed.is_set():
                ended.append(bought(url, key))
            return [*ended, bought(url, key)]

        with ThreadPoolExecutor(2) as shoppers:
            buying = shoppers.map(buy, range(2))
            upgrade(database_url, next_release)
            is_changed.set()
            ended = [one for some in buying for one in some]
        admin = httpx.get(f"{url}/admin/orders", headers={"authorization": f"Bearer {token}"})

    assert set(ended) == {"order"}
    assert admin.json()["count"] == len(ended) + 1
    assert fetch_value(database_url, "SELECT count(*) FROM cart WHERE trial = 7") > len(ended)
    with started(folder, "--port", "0", **own) as process:
        assert bought(address_of(process), key) == "order"


def test_migrating_with_older_code_changes_nothing(
    merx: Merx, database_url: str, next_release: History
) -> None:
    upgrade(database_url, next_release)

    ended = merx("migrate", DATABASE_URL=database_url)

    assert (ended.code, ended.out) == (0, "The database is up to date.\n")
    assert (
        fetch_value(database_url, "SELECT version_num FROM alembic_version")
        == (revisions(next_release)[-1])
    )


def test_the_plan_shows_sql_and_locks_and_changes_nothing(merx: Merx, database_url: str) -> None:
    fetch_value(database_url, "UPDATE alembic_version SET version_num = '0027'")

    ended = merx("migrate", "--plan", DATABASE_URL=database_url)

    assert ended.code == 0, ended.err
    assert ended.out.startswith("-- 0028_list_counts\n\nCREATE TABLE list_count (")
    assert "\n--   SHARE ROW EXCLUSIVE on product (0 rows, " in ended.out
    assert "B): writers wait, reads all of it\n" in ended.out
    assert "-- Others wait while it reads or writes whole tables and holds: customer, " in ended.out
    assert fetch_value(database_url, "SELECT version_num FROM alembic_version") == "0027"


def test_there_may_be_nothing_to_plan(merx: Merx, database_url: str) -> None:
    ended = merx("migrate", "--plan", DATABASE_URL=database_url)

    assert (ended.code, ended.out) == (0, "The database is up to date.\n")
