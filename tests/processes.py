"""Processes of `merx` that are forked from one which has loaded the app.

Loading takes longer than everything else in a start. A fork is a process like any other: it has its
own arguments, environment, folder, output and session.
"""

import os
import signal
import sys
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from select import select
from subprocess import TimeoutExpired
from time import monotonic

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["merx.app", "merx.cli", "merx.cli.serve", "merx.cli.demo"])


class Forked:
    """What tests use of `subprocess.Popen`, of a forked `merx`."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str], folder: Path, stderr: Path
    ) -> None:
        output, there = _FORKS.Pipe(duplex=False)
        told = arguments, environment, str(folder), there, str(stderr)
        self._process = _FORKS.Process(target=_run, args=told)
        self._process.start()
        there.close()
        self.stdout = os.fdopen(os.dup(output.fileno()))
        output.close()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        """How it ended, if it did."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """How it ended."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise TimeoutExpired("merx", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """To it alone, not to what it has started."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float) -> None:
        """Wait for its end, and that of all who could write to its output."""
        end = monotonic() + timeout
        if not self.stdout.closed:
            with self.stdout:
                while select([self.stdout], [], [], max(0, end - monotonic()))[0]:
                    if not os.read(self.stdout.fileno(), 65536):
                        break
                else:
                    raise TimeoutExpired("merx", timeout)
        self.wait(max(0, end - monotonic()))


def _run(
    arguments: list[str], environment: dict[str, str], folder: str, stdout: Connection, stderr: str
) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    with open(stderr, "w") as file:
        os.dup2(file.fileno(), 2)
    sys.argv = ["merx", *arguments]
    from merx.cli import main  # noqa: PLC0415

    with suppress(BrokenPipeError):
        main()
