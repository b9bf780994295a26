"""Which tests run which lines: measured once, later only for test files that are new or changed.

Where the code has changed since, lines are found again by their text. What is remembered only
chooses tests: a mistake counts as noticed if a test fails, however that test was chosen.
"""

import difflib
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import coverage

from checks.mutants.areas import AREAS, Area
from checks.mutants.sample import Mutant
from checks.mutants.warm import import_paths

Lines = dict[int, list[str]]
# The context of what runs outside tests.
_EARLY = ""


class Reached:
    """Tests by the lines they run."""

    def __init__(self, lines: Mapping[str, Lines], seconds: Mapping[str, float]) -> None:
        self._lines = lines
        self._seconds = seconds

    def tests(self, mutant: Mutant, area: Area, most: float) -> tuple[list[str], list[str]]:
        """Those that run the mutant's statement. Of code that runs while it is loaded, whose effect
        no measurement shows: those that run anything of its file, then all of the area.

        The first ones take up to `most` seconds together, those of the area before those of other
        areas; then come the area's others.
        """
        lines = self._lines.get(mutant.file, {})
        found = {test for line in mutant.lines for test in lines.get(line, [])}
        is_early = self.is_early(mutant)
        if is_early or not found:
            found = {test for tests in lines.values() for test in tests}
        found.discard(_EARLY)
        own = [test for test in found if test.startswith(area.tests)]
        ordered = [*_shuffled(own, mutant), *_shuffled(found.difference(own), mutant)]
        if is_early:
            own = [test for test in self._seconds if test.startswith(area.tests)]
            ordered += _shuffled(set(own).difference(ordered), mutant)
        chosen, left = list[str](), most
        for test in ordered:
            if self._seconds[test] <= left:
                chosen.append(test)
                left -= self._seconds[test]
        return _grouped(chosen), _grouped(set(own).difference(chosen))

    def is_early(self, mutant: Mutant) -> bool:
        """Whether the statement runs while the code is loaded, so a fork comes too late."""
        lines = self._lines.get(mutant.file, {})
        return not mutant.in_function or any(_EARLY in lines.get(n, []) for n in mutant.lines)


def measured(kept: Path, copy: Path, *, fresh: bool) -> Reached:
    """What is remembered, after the tests that are new or changed have run once."""
    file = kept / "reached.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() and not fresh else {}
    texts = {path.relative_to(copy).as_posix(): path.read_text() for path in _sources(copy)}
    lines = _found_again(known, texts)
    seconds: dict[str, float] = known.get("seconds", {})
    digests = {path: _digest(copy / path) for path in _test_files(copy)}
    changed = [path for path in digests if digests[path] != known.get("digests", {}).get(path)]
    if changed:
        seconds = {test: took for test, took in seconds.items() if _file(test) in digests}
        seconds = {test: took for test, took in seconds.items() if _file(test) not in changed}
        took, new = _measure(kept, copy, changed, list(texts))
        seconds |= took
        for path in texts:
            _merge(lines.setdefault(path, {}), new[path], seconds)
    told = {"digests": digests, "seconds": seconds, "texts": texts, "lines": lines}
    file.write_text(json.dumps(told))
    return Reached(lines, seconds)


def _sources(copy: Path) -> list[Path]:
    return sorted({path for area in AREAS.values() for path in area.files(copy)})


def _test_files(copy: Path) -> list[str]:
    given = [copy / test for area in AREAS.values() for test in area.tests]
    found = {p for one in given for p in ([one] if one.is_file() else one.rglob("test_*.py"))}
    return sorted(path.relative_to(copy).as_posix() for path in found)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _found_again(known: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Lines]:
    """The lines that were noted, where they stand now."""
    found = dict[str, Lines]()
    for path, text in texts.items():
        before = known.get("texts", {}).get(path, "")
        noted = {int(line): tests for line, tests in known.get("lines", {}).get(path, {}).items()}
        matcher = difflib.SequenceMatcher(None, before.splitlines(), text.splitlines(), False)
        found[path] = {
            block.b + n + 1: noted[block.a + n + 1]
            for block in matcher.get_matching_blocks()
            for n in range(block.size)
            if block.a + n + 1 in noted
        }
    return found


def _measure(
    kept: Path, copy: Path, tests: Sequence[str], paths: Iterable[str]
) -> tuple[dict[str, float], dict[str, Lines]]:
    file = kept / "measured.cov"
    told = {"MUTANTS_COVERAGE": str(file), "MUTANTS_SOURCE": str(copy / "src" / "merx")}
    variables = {**os.environ, "PYTHONPATH": import_paths(copy), **told}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    plugin = ["-p", "checks.mutants.contexts", "--timeout", "300"]
    if subprocess.run([*command, *plugin, *tests], cwd=copy, env=variables).returncode:
        sys.exit("The tests fail without any mistake.")
    data = coverage.CoverageData(str(file))
    data.read()
    lines = {path: data.contexts_by_lineno(str(copy / path)) for path in paths}
    return json.loads(file.with_suffix(".json").read_text()), lines


def _merge(lines: Lines, new: Lines, seconds: Mapping[str, float]) -> None:
    """Add what was measured; tests that are gone are left out."""
    for line in {*lines, *new}:
        tests = {*lines.get(line, []), *new.get(line, [])}
        lines[line] = sorted(test for test in tests if test == _EARLY or test in seconds)


def _shuffled(tests: Iterable[str], mutant: Mutant) -> list[str]:
    """In an order that is the same in each run."""
    found = sorted(tests)
    random.Random(mutant.name).shuffle(found)
    return found


def _grouped(tests: Iterable[str]) -> list[str]:
    """By file, whose tests share fixtures; the files stay in their order."""
    files = dict[str, list[str]]()
    for test in tests:
        files.setdefault(_file(test), []).append(test)
    return [test for group in files.values() for test in group]
