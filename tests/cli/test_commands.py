"""The commands that do something and end."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from merx import __version__
from tests.sql import fetch_value

from .conftest import Ended, Merx

SECRET = "a secret that nobody may see at all"


def test_version_is_printed(merx: Merx) -> None:
    assert merx("--version").out == f"Merx {__version__}\n"


def test_help_shows_commands_and_examples(merx: Merx) -> None:
    out = merx("--help").out

    assert "merx start --demo" in out
    for command in ("start", "migrate", "seed", "user", "api-key", "events", "settings"):
        assert f"\n  {command} " in out


def test_settings_are_listed_with_value_default_and_meaning(merx: Merx) -> None:
    out = merx("settings", PORT="9123").out

    assert "MERX_PORT = 9123  (default: 9000)\n    port to serve on" in out
    assert "MERX_WORKERS = 1  (default)" in out


def test_settings_hide_secrets(merx: Merx) -> None:
    url = f"postgresql://shop:{SECRET}@db/shop"

    out = merx("settings", JWT_SECRET=SECRET, COOKIE_SECRET=SECRET, DATABASE_URL=url).out

    assert "MERX_JWT_SECRET = ********" in out
    assert SECRET not in out


def test_a_wrong_setting_is_named_without_its_value(merx: Merx) -> None:
    ended = merx("settings", PORT=SECRET)

    assert ended.code == 1
    assert ended.err.startswith("merx: MERX_PORT: ")
    assert ended.err.count("\n") == 1
    assert SECRET not in ended.err


def test_a_misspelt_setting_is_pointed_out(merx: Merx) -> None:
    assert "MERX_PROT is not a setting" in merx("settings", PROT="1").err


def test_migrate_leaves_the_base_data_and_nothing_else(merx: Merx, clone_url: str) -> None:
    first, second = (merx("migrate", DATABASE_URL=clone_url) for _ in range(2))

    assert first.out == second.out == "The database is up to date.\n"
    expected = json.loads(files("merx.operations").joinpath("base_data.json").read_text())
    counts = {
        "currency": len(expected["currencies"]),
        "country": len(expected["countries"]),
        "locale": len(expected["locales"]),
        "refund_reason": len(expected["refund_reasons"]),
        "store": 1,
        "sales_channel": 1,
        "api_key": 1,
        "product": 0,
        "region": 0,
        "stock_location": 0,
        '"user"': 0,
    }
    assert {table: count(clone_url, table) for table in counts} == counts


def test_seed_fills_an_empty_shop_once(merx: Merx, clone_url: str) -> None:
    first = merx("seed", DATABASE_URL=clone_url)
    products = count(clone_url, "product")
    second = merx("seed", DATABASE_URL=clone_url)

    assert (first.code, first.out) == (0, "Seeded the demo shop.\n")
    assert products > 0
    assert "nothing was done" in second.out
    assert count(clone_url, "product") == products


def test_user_create_refuses_a_taken_email_in_one_line(merx: Merx, clone_url: str) -> None:
    command = ("user", "create", "--email", "ann@shop.test", "--password", "correct horse")

    first, second = (merx(*command, DATABASE_URL=clone_url) for _ in range(2))

    assert first.code == 0
    assert second.code == 1
    assert said(second) == "merx: User with email: ann@shop.test, already exists.\n"


def test_a_second_factor_of_nobody_cannot_be_reset(merx: Merx, clone_url: str) -> None:
    command = ("user", "reset-second-factor", "--email", "x@y.z")

    ended = merx(*command, DATABASE_URL=clone_url)

    assert (ended.code, said(ended)) == (1, "merx: Nobody logs in with the e-mail x@y.z\n")


def test_user_password_of_nobody_is_refused(merx: Merx, clone_url: str) -> None:
    ended = merx(
        "user", "password", "--email", "x@y.z", "--password", "long enough", DATABASE_URL=clone_url
    )

    assert (ended.code, said(ended)) == (1, "merx: Nobody logs in with the e-mail x@y.z\n")


@pytest.mark.parametrize(("key_type", "prefix"), [("secret", "sk_"), ("publishable", "pk_")])
def test_api_key_is_printed_alone(merx: Merx, clone_url: str, key_type: str, prefix: str) -> None:
    command = ("api-key", "create", "--type", key_type, "--title", "Import")

    ended = merx(*command, DATABASE_URL=clone_url)

    assert ended.code == 0
    assert ended.out.startswith(prefix)
    assert ended.out.count("\n") == 1


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [
        ("notmail", "correct horse", "'notmail' is not an e-mail address"),
        ("", "correct horse", "'' is not an e-mail address"),
        ("ann@shop.test", "x", "a password must have at least 8 characters"),
        ("ann@shop.test", " " * 20, "a password must have at least 8 characters"),
    ],
)
def test_a_user_has_an_address_and_a_password_worth_the_name(
    merx: Merx, clone_url: str, email: str, password: str, reason: str
) -> None:
    command = ("user", "create", "--email", email, "--password", password)

    ended = merx(*command, DATABASE_URL=clone_url)

    assert (ended.code, reason in ended.err) == (2, True)
    assert count(clone_url, '"user"') == 0


def test_a_short_password_is_refused_for_a_user_who_is_there_too(
    merx: Merx, clone_url: str
) -> None:
    command = ("user", "password", "--email", "ann@shop.test", "--password", "short")

    assert merx(*command, DATABASE_URL=clone_url).code == 2


def test_a_command_says_on_which_database_it_works(merx: Merx, clone_url: str) -> None:
    named = clone_url.replace("postgresql://merx@", f"postgresql://merx:{SECRET.split()[1]}@")

    ended = merx("seed", DATABASE_URL=named)

    database = clone_url.partition("merx@/")[2].partition("?")[0]
    assert ended.err == f"Database: postgresql:///{database}\n"


@pytest.mark.parametrize(
    "command",
    [
        ("seed",),
        ("seed", "--size", "large"),
        ("user", "create", "--email", "ann@shop.test", "--password", "correct horse"),
        ("user", "password", "--email", "ann@shop.test", "--password", "correct horse"),
        ("api-key", "create", "--type", "secret", "--title", "Import"),
        ("doctor",),
        ("jobs", "list"),
        ("events", "list"),
        ("events", "run"),
        ("outbox", "mail"),
        ("backup", "shop.dump"),
    ],
)
def test_no_command_makes_an_empty_shop_in_passing(
    merx: Merx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MERX_DATABASE_URL", raising=False)

    ended = merx(*command, DATA_DIR=str(tmp_path / ".merx"))

    assert ended.code == 1
    assert ended.err.startswith(f"merx: There is no shop in {tmp_path}/.merx: go to the folder")
    assert not (tmp_path / ".merx" / "postgres").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda url: url.replace("postgresql://", "mysql://"),
            "MERX_DATABASE_URL must be postgres",
        ),
        (lambda url: "shop", "MERX_DATABASE_URL must be postgres"),
        (
            lambda url: url.replace("merx@/", "merx@/no_such_"),
            "the database does not exist (createdb",
        ),
        (lambda url: url.replace("merx@/", "nobody@/"), "refuses the role or its password"),
        (lambda url: "postgresql://merx@127.0.0.1:1/x", "The database cannot be reached"),
    ],
    ids=["scheme", "no url", "database", "role", "server"],
)
def test_what_is_wrong_with_a_database_is_told_apart(
    merx: Merx, clone_url: str, change: Callable[[str], str], reason: str
) -> None:
    ended = merx("seed", DATABASE_URL=change(clone_url))

    assert ended.code == 1
    assert reason in said(ended)
    assert said(ended).count("\n") == 1


def said(ended: Ended) -> str:
    """What stands on stderr after the line that names the database."""
    return "".join(line for line in ended.err.splitlines(True) if not line.startswith("Database:"))


def count(url: str, table: str) -> int:
    return fetch_value(url, f"SELECT count(*)::int FROM {table}")
