"""The examples of batches and bulk jobs in the documents, run as they stand there."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from tests.factories.keys import make_key
from tests.factories.products import make_item, make_product, variant
from tests.server import Server

pytestmark = [pytest.mark.sdk, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SDK = ROOT / "tests" / "sdk"
ROWS = [
    {"op": "create", "type": "product", "title": "Bulky", "external_id": "BULKY",
     "options": [{"title": "Size", "values": ["S"]}]},
    {"op": "upsert", "type": "variant", "sku": "nobody"},
]  # fmt: skip


# Not of the module: a worker that runs other tests in between would fill the same shop twice.
@pytest.fixture(scope="session")
def shop(server: Server) -> dict[str, str]:
    """What the examples leave to the reader."""

    async def fill(tx: Transaction) -> tuple[str, str, str, str]:
        options = {"Color": ("Red",), "Size": ("S", "M")}
        first = variant(options={"Color": "Red", "Size": "S"}, sku="FIRST")
        product = await make_product(tx, title="Exemplary", options=options, variants=[first])
        item = await make_item(tx, "EXEMPLARY")
        return product.id, product.variant_ids[0], item, (await make_key(tx, "secret"))[1]

    given = run_in_transaction(server.database_url, fill)
    return {"url": server.url, **dict(zip(("id", "variant", "item", "key"), given, strict=True))}


def examples(page: str, language: str) -> list[str]:
    """The code of that language on a page, but for the first on bulk jobs, which sends a file."""
    text = (ROOT / "docs" / "reference" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)


def run(command: list[str], **variables: str) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl(example: str, shop: Mapping[str, str]) -> Any:
    variables = {name.upper(): value for name, value in shop.items()}
    return json.loads(run(["bash", "-ec", example], **variables))


def node(example: str, shop: Mapping[str, str], folder: Path, tell: str, **more: Any) -> Any:
    (folder / "node_modules").symlink_to(SDK / "node_modules")
    head, _, rest = example.partition("\n")
    given = "".join(
        f"const {name} = {json.dumps(value)}\n" for name, value in {**shop, **more}.items()
    )
    script = folder / "example.mjs"
    script.write_text(f"{head}\n{given}{rest}\nconsole.log(JSON.stringify({tell}))\n")
    return json.loads(run([shutil.which("node") or "node", str(script)]))


def python(example: str, shop: Mapping[str, str], **more: Any) -> dict[str, Any]:
    names: dict[str, Any] = {**shop, **more}
    exec(compile(example, "example", "exec"), names)
    return names


def test_curl(shop: dict[str, str]) -> None:
    batch, links, declared = (
        curl(one, shop) for one in examples("batches.md", "sh") if "$ID" in one or "ERP-7" in one
    )

    assert [one["sku"] for one in batch["created"]] == ["S-M"]
    assert [(one["path"], one["code"]) for one in batch["errors"]] == [
        ("create[1].sku", "repeated")
    ]
    assert links["dry_run"] is True
    assert links["created"]
    assert (declared["created"], declared["product"]["external_id"]) == (True, "ERP-7")


def test_the_sdk(shop: dict[str, str], tmp_path: Path) -> None:
    [example] = examples("batches.md", "js")

    told = node(example, shop, tmp_path, "{ changes, created, batch, declared }")

    assert {one["change"] for one in told["changes"]} >= {"created"}
    skus = {one["sku"] for one in told["created"]}
    assert {"SHIRT-GREEN-S", "SHIRT-GREEN-M"} <= skus
    assert {one["title"] for one in told["batch"]["updated"]} == {"Green"}
    assert told["declared"]["created"] is True


def test_python(shop: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    [example] = examples("batches.md", "python")

    names = python(example, shop)

    assert names["answer"].status_code == 200
    assert names["answer"].json()["product"]["title"] == "Linen shirt"
    assert "create[1].sku repeated " in capsys.readouterr().out


def test_a_file_of_rows_by_curl(shop: dict[str, str], tmp_path: Path) -> None:
    example = examples("bulk.md", "sh")[0]
    rows = tmp_path / "feed.ndjson.gz"
    run(["bash", "-ec", f"echo '{json.dumps(ROWS[1])}' | gzip > {rows}"])

    told = curl(f"cd {tmp_path}\n{example}", shop)["bulk_job"]

    assert (told["lines"], told["file_name"]) == (1, "feed.ndjson")


def test_rows_by_the_sdk(shop: dict[str, str], tmp_path: Path) -> None:
    [example] = examples("bulk.md", "js")
    row = {**ROWS[0], "external_id": "BY-SDK", "title": "By the SDK"}

    job = node(example, shop, tmp_path, "job", rows=[row])

    assert (job["state"], job["succeeded"], job["failed"]) == ("done", 1, 0)


def test_rows_by_python(shop: dict[str, str]) -> None:
    [example] = examples("bulk.md", "python")

    names = python(example, shop, rows=ROWS)

    assert [names["job"][name] for name in ("state", "succeeded", "failed")] == ["done", 1, 1]
    assert [one["line"] for one in names["failed"]] == [2]
