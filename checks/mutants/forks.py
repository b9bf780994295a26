"""A pytest plugin: tests that were collected once, run in forks that each have one mistake.

A fork gets the mistake into the loaded code: a function's code or a text of a module is replaced.
It says nothing of code that has run already, so only a mistake that is noticed here is decided.
"""

import ast
import functools
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest import main as pytest_main

_WANTED, _SAID = map(int, os.environ.get("MUTANTS_PIPES", "0,0").split(","))


class Unfit(Exception):
    """The mistake is not in a function or a text that can be replaced."""


class _First:
    """A plugin that tells which test failed."""

    def __init__(self, failing: int) -> None:
        self._failing = failing

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell it."""
        if report.failed:
            os.write(self._failing, report.nodeid.encode())


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Answer each request, `{file, code, tests, patience}`, with how its fork ended.

    The answer names the test that failed.
    """
    items = {item.nodeid: item for item in session.items}
    gc.collect()
    gc.freeze()
    with os.fdopen(_WANTED) as wanted, os.fdopen(_SAID, "w") as said:
        print("ready", file=said, flush=True)
        for line in wanted:
            print(_forked(session, items, json.loads(line)), file=said, flush=True)
    session.items = []
    return True


def _forked(session: pytest.Session, items: dict[str, pytest.Item], asked: dict[str, Any]) -> str:
    failed, failing = os.pipe()
    fork = os.fork()
    if fork:
        os.close(failing)
        with os.fdopen(failed) as told:
            return f"{_end(fork, time.monotonic() + asked['patience'])} {told.read()}"
    code = 3
    try:
        os.setsid()
        if asked["code"] is not None:
            put_in(Path(asked["file"]), asked["code"])
        session.items = [items[test] for test in asked["tests"] if test in items]
        session.config.option.maxfail = 1
        session.config.pluginmanager.register(_First(failing))
        try:
            pytest_main.pytest_runtestloop(session)
        except session.Failed:
            session._setupstate.teardown_exact(None)
        code = 1 if session.testsfailed else 0
    except Unfit:
        code = 2
    finally:
        os._exit(code)


def _end(fork: int, deadline: float) -> str:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(fork, os.WNOHANG)
        if ended:
            words = {0: "survived", 1: "noticed", 2: "unfit"}
            return words.get(os.waitstatus_to_exitcode(status), "broken")
        time.sleep(0.02)
    os.killpg(fork, signal.SIGKILL)
    os.waitpid(fork, 0)
    return "hung"


def put_in(path: Path, code: str) -> None:
    """Replace what differs between the file and the code in the modules of this process."""
    # What is frozen, which is all that was loaded before the fork, would not be found.
    gc.unfreeze()
    before, after = path.read_text(), code
    module = next(
        (m for m in sys.modules.values() if getattr(m, "__file__", "") == str(path)), None
    )
    if module is None:
        raise Unfit
    if not _replace_text(module, before, after):
        _replace_functions(path, before, after)
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            one.cache_clear()
    gc.freeze()


def _replace_text(module: ModuleType, before: str, after: str) -> bool:
    """Whether what differs is the text of a module's name, which every module now has anew."""
    trees = ast.parse(before).body, ast.parse(after).body
    changed = [pair for pair in zip(*trees, strict=True) if ast.dump(pair[0]) != ast.dump(pair[1])]
    if len(changed) != 1 or not isinstance(changed[0][1], ast.Assign):
        return False
    [name] = changed[0][1].targets
    old = getattr(module, name.id, None) if isinstance(name, ast.Name) else None
    if not isinstance(old, str) or not isinstance(name, ast.Name):
        raise Unfit
    exec(compile(ast.Module([changed[0][1]], []), module.__file__ or "", "exec"), module.__dict__)
    for other in [m for n, m in sys.modules.items() if n.startswith("merx")]:
        if other.__dict__.get(name.id) is old:
            setattr(other, name.id, getattr(module, name.id))
    return True


def _replace_functions(path: Path, before: str, after: str) -> None:
    pairs = list(zip(_codes(path, before), _codes(path, after), strict=False))
    if any(old.co_qualname != new.co_qualname for old, new in pairs):
        raise Unfit
    changed = {old: new for old, new in pairs if old != new}
    loaded = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
    functions = [one for one in loaded if one.__code__ in changed]
    if not functions:
        raise Unfit
    for one in functions:
        one.__code__ = changed[one.__code__]


def _codes(path: Path, source: str) -> Iterator[CodeType]:
    """The code of each function, those inside others after them."""
    found = [compile(source, str(path), "exec")]
    for code in found:
        inner = [one for one in code.co_consts if isinstance(one, CodeType)]
        found.extend(inner)
        yield from inner
