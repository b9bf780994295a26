"""What people deploy with: the Containerfile, the systemd unit, the commands of the guide."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from merx.cli import app
from merx.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/deploying.md").read_text()
CONTAINERFILE = (ROOT / "Containerfile").read_text()
UV = [str(ROOT / ".venv/bin/uv")]
UNIT = ROOT / "deploy/merx.service"


def test_hadolint_has_nothing_to_say_of_the_containerfile() -> None:
    linter = shutil.which("hadolint")
    assert linter is not None, "hadolint is not installed: make test installs it"

    done = subprocess.run(
        [linter, ROOT / "Containerfile"], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("", 0)


def test_the_image_is_built_in_stages_and_runs_as_nobody_special() -> None:
    stages = re.split(r"^FROM ", CONTAINERFILE, flags=re.M)[1:]

    assert len(stages) == 2
    assert "uv" not in stages[1]
    assert re.search(r"^USER (?!0$)\d+$", stages[1], re.M)
    assert "/health" in re.search(r"^HEALTHCHECK.*\n.*$", stages[1], re.M)[0]  # pyright: ignore[reportOptionalSubscript]


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.M)
    named = {name for line in copied for name in line.split()}
    ignoring = (ROOT / "Containerfile.dockerignore").read_text()

    assert named == {"pyproject.toml", "uv.lock", "README.md", "LICENSE", "migrations", "src"}
    assert all((ROOT / name).exists() and f"\n!{name}\n" in ignoring for name in named)
    assert (ROOT / ".containerignore").read_text() == ignoring


def test_systemd_knows_every_line_of_the_unit() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")

    done = subprocess.run([analyze, "verify", UNIT], capture_output=True, text=True, check=False)

    # The unit's program need not be installed here.
    faults = [line for line in done.stderr.splitlines() if "/opt/merx/bin/merx" not in line]
    assert [line for line in faults if "merx.service" in line] == []


@pytest.mark.parametrize("text", [GUIDE, CONTAINERFILE, UNIT.read_text()])
def test_every_setting_that_is_named_exists(text: str) -> None:
    known = {f"MERX_{name}".upper() for name in Settings.model_fields}

    assert set(re.findall(r"MERX_[A-Z_]+[A-Z]", text)) - known == set()


def test_every_command_of_the_guide_exists() -> None:
    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}

    assert (
        set(re.findall(r"^(?:docker exec -it shop )?merx ([a-z-]+)", GUIDE, re.M)) - known == set()
    )


def test_what_uv_and_pip_install_has_all_that_the_shop_needs(tmp_path: Path) -> None:
    # What builds it was fetched when this checkout was installed.
    built = run([*UV, "build", "--quiet", "--offline", "--wheel", "--out-dir", str(tmp_path)], ROOT)
    if "hatchling" in built.stderr:
        pytest.skip("what builds a package was never fetched: uv build")
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("merx-*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        file.extractall(tmp_path / "installed")
    entries = next(name for name in names if name.endswith("entry_points.txt"))
    migrations = {path.name for path in (ROOT / "migrations/versions").glob("*.py")}

    assert "merx = merx.cli:main" in (tmp_path / "installed" / entries).read_text()
    assert {f"merx/migrations/versions/{name}" for name in migrations} <= names
    assert {"merx/operations/base_data.json", "merx/operations/dashboard/package.json"} <= names
    settings = run([sys.executable, "-m", "merx", "settings"], tmp_path / "installed")
    assert "MERX_DATABASE_URL" in settings.stdout, settings.stderr


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
