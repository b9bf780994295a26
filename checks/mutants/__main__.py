"""`make mutants`: put mistakes into a copy of the code, one at a time, and see which are noticed.

A random sample of each area is tried with the tests that run its lines. What was tried is kept in
`.merx/mutants/`: the next call goes on where the time was up.
"""

import argparse
import difflib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import coverage

from checks.mutants.areas import AREAS, Area
from checks.mutants.sample import Mutant, as_row, sample
from checks.mutants.warm import Warm, import_paths, warmed

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".merx" / "mutants"
COPY = KEPT / "copy"
# Seconds of tests for one mistake at first: a random part of those that reach its line where they
# take more; the others are run if those notice nothing.
MOST = 40.0
PATIENCE = 150
NOT_RUN = (2, 3, 4)


def main() -> None:
    """Try, count and show."""
    options = _options()
    deadline = time.monotonic() + 60 * options.minutes
    _copy()
    for name in options.areas:
        _try(name, AREAS[name], options, deadline)
    _report(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("areas", nargs="*", default=list(AREAS))
    parser.add_argument("--size", type=int, default=40, help="mistakes in each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="when to stop")
    parser.add_argument("--again", action="store_true", help="try those that were not noticed anew")
    parser.add_argument("--show", action="store_true", help="only show what was not noticed")
    return parser.parse_args()


def _copy() -> None:
    """Bring the copy of the checkout up to date."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        source, target = ROOT / name, COPY / name
        if source.is_file() and (not target.exists() or target.read_bytes() != source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    modules, copied = (each / "tests" / "sdk" / "node_modules" for each in (ROOT, COPY))
    if modules.exists() and not copied.exists():
        copied.symlink_to(modules)


def _try(name: str, area: Area, options: argparse.Namespace, deadline: float) -> None:
    results = _results(name, options.seed)
    wanted = [
        mutant
        for mutant in sample(area, COPY, options.size, options.seed)
        if mutant.name not in results
        or (options.again and results[mutant.name]["outcome"] in ("survived", "hung"))
    ]
    if options.show or not wanted or time.monotonic() > deadline:
        return
    reached = _reached(name, area, fresh=options.again)
    with warmed(COPY, area.tests) as warm:
        for mutant in wanted:
            if time.monotonic() > deadline:
                break
            results[mutant.name] = as_row(mutant) | _tried(mutant, area, reached, warm)
            print(results[mutant.name]["outcome"].ljust(9), mutant.name, flush=True)
            _file(name, options.seed).write_text(json.dumps(results, indent=1))


def _tried(mutant: Mutant, area: Area, reached: "Reached", warm: Warm) -> dict[str, Any]:
    path = COPY / mutant.file
    source = path.read_text()
    changed = mutant.code(source)
    diff = difflib.unified_diff(source.splitlines(), changed.splitlines(), "", "", "", "", 1, "")
    started = time.monotonic()
    tests, others = reached.tests(mutant)
    outcome = warm.outcome(path, changed, tests, PATIENCE)
    path.write_text(changed)
    try:
        # What survives here is tried anew, with each test that reaches it and with recordings.
        replayed = ["tests/conformance/test_replay.py", "-k", area.recordings]
        for more in (tests, others, replayed):
            if outcome not in ("noticed", "hung") and more:
                outcome = _outcome(["-x", *more])
    finally:
        path.write_text(source)
    seconds = round(time.monotonic() - started, 1)
    lines = [line for line in diff if line[0] in "+-" and line[1:3] not in ("--", "++")]
    count = len(tests) + len(others)
    return {"outcome": outcome, "diff": lines, "tests": count, "seconds": seconds}


def _outcome(arguments: list[str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    variables = {**os.environ, "PYTHONPATH": import_paths(COPY)}
    try:
        done = subprocess.run(
            command, cwd=COPY, env=variables, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return "hung"
    if done.returncode in NOT_RUN:
        return "broken"
    return "noticed" if done.returncode == 1 else "survived"


class Reached:
    """Which tests run which lines."""

    def __init__(self, file: Path, order: tuple[str, ...]) -> None:
        self._data = coverage.CoverageData(str(file))
        self._data.read()
        self._seconds = json.loads(file.with_suffix(".json").read_text())
        self._order = order

    def tests(self, mutant: Mutant) -> tuple[list[str], list[str]]:
        """Those that run the mutant's statement, or of a declaration anything of its file.

        The first ones take `MOST` seconds together.
        """
        lines = self._data.contexts_by_lineno(str(COPY / mutant.file))
        near = range(mutant.statement, max(mutant.statement, mutant.line) + 1)
        taken = [lines.get(line, []) for line in near] if mutant.in_function else lines.values()
        found = sorted({test for tests in taken for test in tests if test in self._seconds})
        if not mutant.in_function and not found:
            found = sorted(self._seconds)
        random.Random(mutant.name).shuffle(found)
        chosen, left = list[str](), MOST
        for test in found:
            if self._seconds[test] <= left:
                chosen.append(test)
                left -= self._seconds[test]
        others = set(found).difference(chosen)
        return sorted(chosen, key=self._place), sorted(others, key=self._place)

    def _place(self, test: str) -> tuple[int, str]:
        places = (n for n, start in enumerate(self._order) if test.startswith(start))
        return next(places, len(self._order)), test


def _reached(name: str, area: Area, *, fresh: bool) -> Reached:
    file = KEPT / f"{name}-{_digest()}.cov"
    if fresh or not file.with_suffix(".json").exists():
        for old in KEPT.glob(f"{name}-*.cov"):
            old.unlink()
        told = {"MUTANTS_COVERAGE": str(file), "MUTANTS_SOURCE": str(COPY / "src" / "merx")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        variables = {**os.environ, "PYTHONPATH": import_paths(COPY), **told}
        plugin = ["-p", "checks.mutants.contexts", "--timeout", "300"]
        done = subprocess.run([*command, *plugin, *area.tests], cwd=COPY, env=variables)
        if done.returncode:
            sys.exit("The tests fail without any mistake.")
    return Reached(file, area.tests)


def _digest() -> str:
    """Changes with the code and the tests, of which it is noted who reaches what."""
    content = hashlib.sha256()
    for path in sorted(p for part in ("src", "tests") for p in (COPY / part).rglob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def _file(name: str, seed: int) -> Path:
    return KEPT / f"{name}-{seed}.json"


def _results(name: str, seed: int) -> dict[str, dict[str, Any]]:
    file = _file(name, seed)
    return json.loads(file.read_text()) if file.exists() else {}


def _report(options: argparse.Namespace) -> None:
    total = Counter[str]()
    for name in options.areas:
        results = _results(name, options.seed).values()
        counts = Counter(row["outcome"] for row in results)
        total += counts
        _line(name, counts)
        for row in results:
            if row["outcome"] in ("survived", "hung"):
                where = f"{row['file']}:{row['line']} {row['operator']}"
                print(f"    {where}, {row['outcome']} with {row['tests']} tests")
                print("\n".join(f"        {line}" for line in row["diff"]))
    _line("all", total)


def _line(name: str, counts: Counter[str]) -> None:
    tried = counts["noticed"] + counts["survived"]
    share = f"{100 * counts['noticed'] / tried:.0f} %" if tried else "-"
    hung = f", {counts['hung']} hung" if counts["hung"] else ""
    print(f"{name:10} {counts['noticed']:4} of {tried:4} noticed  {share}{hung}")


main()
