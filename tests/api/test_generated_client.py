"""A client that openapi-python-client generates from the document: its types hold, and it works."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api_document import Document
from tests.server import Server

PATHS = ("/admin/products", "/admin/products/{id}/variants")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client for the routes of products and their variants; generating all takes a minute."""
    folder = tmp_path_factory.mktemp("client")
    whole = Document().document
    paths = {path: whole["paths"][path] for path in PATHS}
    document = folder / "openapi.json"
    document.write_text(json.dumps(part_of(whole, paths)))
    target = folder / "shop_client"
    options = ["--meta", "none", "--fail-on-warning", "--path", document, "--output-path", target]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def part_of(whole: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """The document of some paths, with the schemas that they need."""
    schemas, needed = whole["components"]["schemas"], dict[str, Any]()
    waiting = [paths, whole["components"]["parameters"], whole["components"]["responses"]]
    while waiting:
        for name in references(waiting.pop()):
            if name in schemas and name not in needed:
                needed[name] = schemas[name]
                waiting.append(schemas[name])
    return {**whole, "paths": paths, "components": {**whole["components"], "schemas": needed}}


def references(value: Any) -> list[str]:
    """The names of the schemas that are referred to."""
    found = list[str]()
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            found.append(value["$ref"].rpartition("/")[2])
        value = list(value.values())
    if isinstance(value, list):
        found.extend(name for part in value for name in references(part))
    return found


def test_its_types_hold(package: Path) -> None:
    # Its client.py is the same for every document; what pyright finds there is the generator's.
    parts = [str(package / part) for part in ("api", "models")]
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *parts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:]


def test_it_creates_a_variant(
    package: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"email": server.email, "password": server.password}
    token = httpx.post(f"{server.url}/auth/user/emailpass", json=login).json()["token"]
    monkeypatch.syspath_prepend(str(package.parent))
    models = import_module("shop_client.models")
    create_product = import_module("shop_client.api.products.post_products")
    create_variant = import_module("shop_client.api.variants.post_products_id_variants")

    generated = import_module("shop_client").AuthenticatedClient(server.url, token)

    with generated as client:
        colour = {"title": "Colour", "values": ["Red", "Blue"]}
        product = create_product.sync(
            client=client,
            body=models.CreateProduct.from_dict({"title": "Generated", "options": [colour]}),
        ).product
        variant = {
            "title": "Red",
            "options": {"Colour": "Red"},
            "prices": [{"amount": 19.5, "currency_code": "eur"}],
        }
        changed = create_variant.sync(
            product.id, client=client, body=models.CreateVariant.from_dict(variant)
        ).product

    [created] = changed.variants
    assert (created.title, created.prices[0].amount) == ("Red", 19.5)
