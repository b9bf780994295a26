"""The examples of the README, run as they stand there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from merx.cli import app
from tests.server import said_after, started

pytestmark = [pytest.mark.sdk, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SDK = ROOT / "tests" / "sdk"


@dataclass(frozen=True)
class Demo:
    """What `merx start --demo` prints."""

    url: str
    password: str
    key: str

    def fill(self, example: str) -> str:
        """An example with what the reader has to put in."""
        place = self.url.removeprefix("http://")
        for left_out, value in (
            ("localhost:9000", place),
            ('"password": "…"', f'"password": "{self.password}"'),
            ('password: "…"', f'password: "{self.password}"'),
            ("pk_…", self.key),
        ):
            example = example.replace(left_out, value)
        assert "…" not in example
        return example


def examples(language: str) -> list[str]:
    """The code of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.S | re.M)


@pytest.fixture
def demo(clone_url: str, tmp_path: Path) -> Iterator[Demo]:
    with started(tmp_path, "--demo", "--port", "0", DATABASE_URL=clone_url) as process:
        url = said_after(process, "Merx runs on ").split()[0]
        password = said_after(process, "Password: ").split()[0]
        yield Demo(url, password, said_after(process, "Storefront key: ").strip())


def test_the_requests_and_the_scripts_work(demo: Demo, tmp_path: Path) -> None:
    [request] = [text for text in examples("") if text.startswith("TOKEN=")]
    [promised] = examples("json")
    answer = json.loads(run(["bash", "-ec", demo.fill(request)]))
    counts = re.search(r'"count":\d+,"offset":0,"limit":1', promised)

    assert counts is not None
    assert json.dumps(answer, separators=(",", ":")).endswith(f"{counts[0]}}}")
    assert answer["products"][0].keys() == {"id", "title", "variants"}
    assert f'"title":"{answer["products"][0]["title"]}"' in promised

    first, second = examples("js")
    (tmp_path / "node_modules").symlink_to(SDK / "node_modules")
    wanted = {
        first: "product.variants.some(({ title }) => title === 'Black / XL')",
        f"{first.splitlines()[0]}\n{second}": "order.display_id > 0",
    }
    for example, true in wanted.items():
        script = tmp_path / "example.mjs"
        script.write_text(f"{demo.fill(example)}\nconsole.log({true})\n")
        assert run([shutil.which("node") or "node", str(script)]) == "true\n"


def test_every_command_it_names_exists() -> None:
    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}

    named = set(re.findall(r"`[^`\n]*?\bmerx ([a-z][a-z-]*)", README))

    assert {"start", "migrate"} <= named
    assert named - known == set()


def test_merx_is_on_the_path_as_it_says() -> None:
    assert "`. .venv/bin/activate`" in README

    environment = ROOT / ".venv/bin/activate"
    script = f". {environment} && merx --version"
    clean = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-ec", script], env=clean, capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("Merx "), done.stderr


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
