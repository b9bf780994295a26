"""`make mutants`: put mistakes into a copy of the code, one at a time, and see which are noticed.

A random sample of each area is tried with the tests that run its lines. What was tried is kept in
`.merx/mutants/`: the next call goes on where the time was up.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checks.mutants.areas import AREAS, Area
from checks.mutants.reached import Reached, measured
from checks.mutants.sample import Mutant, as_row, sample
from checks.mutants.warm import Warm, import_paths, warmed

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".merx" / "mutants"
COPY = KEPT / "copy"
# Seconds of tests for one mistake at first. A random part of those that reach its line is chosen
# where they take more; the area's others are run if those notice nothing.
MOST = 40.0
QUICK = 15.0
PATIENCE = 150
NOT_RUN = (2, 3, 4)
# Tests that have failed without any mistake.
_FAILING = set[str]()


def main() -> None:
    """Try, count and show."""
    options = _options()
    deadline = time.monotonic() + 60 * options.minutes
    _copy()
    wanted = {name: _wanted(name, options) for name in options.areas}
    if any(wanted.values()) and not options.show:
        reached = measured(KEPT, COPY, fresh=options.fresh)
        with warmed(COPY, sorted({test for area in AREAS.values() for test in area.tests})) as warm:
            for name in options.areas:
                _try(name, wanted[name], reached, warm, options, deadline)
    _report(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("areas", nargs="*", default=list(AREAS))
    parser.add_argument("--size", type=int, default=40, help="mistakes in each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="when to stop")
    parser.add_argument("--again", action="store_true", help="try those that were not noticed anew")
    parser.add_argument("--quick", action="store_true", help="without processes of their own")
    parser.add_argument("--fresh", action="store_true", help="measure anew what tests reach")
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
    for copied in [path for part in ("src", "tests") for path in (COPY / part).rglob("*.py")]:
        if not (ROOT / copied.relative_to(COPY)).exists():
            copied.unlink()
    modules, copied = (each / "tests" / "sdk" / "node_modules" for each in (ROOT, COPY))
    if modules.exists() and not copied.exists():
        copied.symlink_to(modules)


def _wanted(name: str, options: argparse.Namespace) -> list[Mutant]:
    results = _results(name, options.seed)
    return [
        mutant
        for mutant in sample(AREAS[name], COPY, options.size, options.seed)
        if mutant.name not in results
        or (options.again and results[mutant.name]["outcome"] != "noticed")
    ]


def _try(
    name: str,
    wanted: list[Mutant],
    reached: Reached,
    warm: Warm,
    options: argparse.Namespace,
    deadline: float,
) -> None:
    for mutant in wanted:
        if time.monotonic() > deadline:
            return
        results = _results(name, options.seed)
        tried = _tried(mutant, AREAS[name], reached, warm, quick=options.quick)
        results[mutant.name] = as_row(mutant) | tried
        print(tried["outcome"].ljust(9), mutant.name, tried["seconds"], flush=True)
        _file(name, options.seed).write_text(json.dumps(results, indent=1))


def _tried(
    mutant: Mutant, area: Area, reached: Reached, warm: Warm, *, quick: bool
) -> dict[str, Any]:
    path = COPY / mutant.file
    source = path.read_text()
    changed = mutant.code(source)
    diff = difflib.unified_diff(source.splitlines(), changed.splitlines(), "", "", "", "", 1, "")
    started = time.monotonic()
    tests, others = reached.tests(mutant, area, QUICK if quick else MOST)
    is_early = reached.is_early(mutant)

    def in_fork(chosen: list[str]) -> tuple[str, str]:
        return warm.outcome(path, changed, chosen, PATIENCE)

    def in_process(chosen: list[str]) -> tuple[str, str]:
        path.write_text(changed)
        try:
            return _outcome(["-x", *chosen])
        finally:
            path.write_text(source)

    outcome, failed = ("early", "") if is_early else _confirmed(in_fork, tests, warm, path)
    # What survives here is tried anew, with each test that reaches it and with recordings.
    replayed = ["tests/conformance/test_replay.py", "-k", area.recordings]
    for more in (tests, others, replayed):
        is_enough = quick and not is_early and outcome == "survived"
        if outcome not in ("noticed", "hung") and more and not is_enough:
            outcome, failed = _confirmed(in_process, more, warm, path)
    lines = [line for line in diff if line[0] in "+-" and line[1:3] not in ("--", "++")]
    return {
        "outcome": outcome,
        "by": failed,
        "diff": lines,
        "tests": len(tests) + len(others),
        "seconds": round(time.monotonic() - started, 1),
    }


def _confirmed(
    attempt: Callable[[list[str]], tuple[str, str]], tests: list[str], warm: Warm, path: Path
) -> tuple[str, str]:
    """The outcome without tests that fail without the mistake too, which are left out from then."""
    while True:
        chosen = [test for test in tests if test not in _FAILING]
        outcome, failed = attempt(chosen)
        if outcome != "noticed" or failed not in chosen:
            return outcome, failed
        before = chosen[: chosen.index(failed) + 1]
        control, wrong = warm.outcome(path, None, before, PATIENCE)
        if control == "survived":
            return outcome, failed
        print("fails without a mistake:", wrong or failed, flush=True)
        _FAILING.add(wrong or failed)


def _outcome(arguments: list[str]) -> tuple[str, str]:
    """What a process says, and the test that failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    variables = {**os.environ, "PYTHONPATH": import_paths(COPY)}
    try:
        done = subprocess.run(
            command, cwd=COPY, env=variables, capture_output=True, text=True, timeout=2 * PATIENCE
        )
    except subprocess.TimeoutExpired:
        return "hung", ""
    if done.returncode in NOT_RUN:
        return "broken", ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return "noticed" if done.returncode == 1 else "survived", failed[1] if failed else ""


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
