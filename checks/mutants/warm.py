"""One pytest process with the tests of an area: it forks for each mistake (`forks.py`).

Loading the code and collecting the tests takes longer than most tests do.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def import_paths(root: Path) -> str:
    """The `PYTHONPATH` of a checkout."""
    return os.pathsep.join((str(root / "src"), str(root)))


class Warm:
    """Asks the process."""

    def __init__(self, asks: TextIO, answers: TextIO) -> None:
        self._asks = asks
        self._answers = answers

    def outcome(
        self, file: Path, code: str | None, tests: Sequence[str], patience: float
    ) -> tuple[str, str]:
        """`noticed` and the test that failed, or anything else.

        Then a process of its own must try the mistake. The file must be as it was loaded; without
        code there is no mistake.
        """
        if not tests:
            return "unfit", ""
        asked = {"file": str(file), "code": code, "tests": tests, "patience": patience}
        print(json.dumps(asked), file=self._asks, flush=True)
        answer, _, test = self._answers.readline().strip().partition(" ")
        if not answer:
            sys.exit("The process with the tests has ended.")
        return answer, test


@contextmanager
def warmed(root: Path, tests: Sequence[str]) -> Iterator[Warm]:
    """A process that has collected the tests, for the block."""
    wanted, asks = os.pipe()
    answers, said = os.pipe()
    told = {"PYTHONPATH": import_paths(root), "MUTANTS_PIPES": f"{wanted},{said}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    with subprocess.Popen(
        [*command, "-p", "checks.mutants.forks", *tests],
        cwd=root,
        env={**os.environ, **told},
        pass_fds=(wanted, said),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        os.close(wanted)
        os.close(said)
        with os.fdopen(answers) as heard, os.fdopen(asks, "w") as asking:
            # A mistake that is written to a file before would be loaded.
            if heard.readline() != "ready\n":
                sys.exit("The process with the tests has ended.")
            yield Warm(asking, heard)
