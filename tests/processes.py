"""Processes that are forked from one which has loaded the app.

Loading takes longer than everything else in a start. A fork is a process like any other: it has its
own arguments, environment, folder, output and session.
"""

import os
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from runpy import run_module
from select import select
from subprocess import TimeoutExpired
from time import monotonic

from uvicorn import _subprocess

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.loaded"])


class Forked:
    """`python -m module …`: what tests use of `subprocess.Popen`.

    `stderr`: the file to write complaints to, if they matter.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path = Path(),
        stderr: Path | None = None,
    ) -> None:
        output, there = _FORKS.Pipe(duplex=False)
        told = module, arguments, dict(environment), folder, there, stderr
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

    def communicate(self, timeout: float = 50) -> tuple[str, None]:
        """The rest of its output, until it and all processes that share the output have ended."""
        end, said = monotonic() + timeout, b""
        if not self.stdout.closed:
            with self.stdout:
                while select([self.stdout], [], [], max(0, end - monotonic()))[0]:
                    if not (part := os.read(self.stdout.fileno(), 65536)):
                        break
                    said += part
                else:
                    raise TimeoutExpired("merx", timeout)
        self.wait(max(0, end - monotonic()))
        return said.decode(), None


def _run(
    module: str,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    folder: Path,
    stdout: Connection,
    stderr: Path | None,
) -> None:
    os.setsid()
    # What a server starts too: its workers, and the process that prepares its database. Each would
    # load the app for itself.
    _subprocess.spawn = get_context("fork")
    vars(import_module("merx.cli.start"))["get_context"] = lambda _: get_context("fork")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    if stderr is not None:
        with stderr.open("w") as file:
            os.dup2(file.fileno(), 2)
    sys.path[1:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = [module, *arguments]
    run_module(module, run_name="__main__", alter_sys=True)
