"""Scenarios: requests written by hand as JSON files, and where Merx departs from the reference.

A file holds `about`, `steps` and, when many steps share them, `unordered` and `ignore` paths:

    {"about": "one sentence", "unordered": ["**.prices"], "steps": [
      {"name": "create", "method": "POST", "path": "/admin/products/${product}/variants",
       "query": {"fields": "id"}, "body": {...} | "raw_body": "text",
       "headers": {...}, "auth": "none",
       "save": {"variant": "product.variants.title=Blue.id"},
       "unordered": ["product.options"], "ignore": ["message"],
       "stricter": {"why": "...", "status": 404, "type": "not_found", "message": "..."},
       "ours": {"path": "...", "query": {...}} | {"skip": true}}]}

`${name}` is a saved value, `${run}` a text unique to one run, `${filler:1000}` that many letters,
`${totp:name}` the code that an authenticator app shows now for the saved secret, `${seen:name}` the
one that was sent last.
"""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pyotp.totp import TOTP

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"
RECORDINGS = HERE / "recordings"

PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Stricter:
    """What Merx answers where it departs on purpose; a part left out is not compared.

    `chance`: the reference's own answer differs from run to run, so it is not recorded.
    """

    why: str
    status: int
    type: str | None = None
    message: str | None = None
    body: Any = None
    chance: bool = False


@dataclass(frozen=True)
class Ours:
    """How Merx is asked the same where it takes another way: another path or query, or not at all.

    What `skip` leaves out are steps that only the reference needs to get where Merx is already.
    """

    path: str | None = None
    query: dict[str, Any] | None = None
    auth: str = "admin"
    skip: bool = False


@dataclass(frozen=True)
class Step:
    """One request, and which parts of its answer are compared how."""

    name: str
    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None
    raw_body: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    auth: str = "admin"
    save: dict[str, str] = field(default_factory=dict[str, str])
    unordered: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    stricter: Stricter | None = None
    ours: Ours | None = None

    def as_ours(self) -> "Step":
        """The step as Merx is asked it."""
        if self.ours is None:
            return self
        path, query = self.ours.path or self.path, self.ours.query
        query = self.query if query is None else query
        return replace(self, path=path, query=query, auth=self.ours.auth, headers={})


@dataclass(frozen=True)
class Scenario:
    """The steps of one file, played in order on one database.

    `needs`: an option that the reference must have been started with for these answers.
    """

    name: str
    about: str
    steps: tuple[Step, ...]
    needs: str = ""

    @classmethod
    def read(cls, name: str) -> Self:
        """Reads one file and refuses what a typing slip would turn into a silent no-op."""
        raw = json.loads((SCENARIOS / f"{name}.json").read_text())
        shared = {key: tuple(raw.get(key, ())) for key in ("unordered", "ignore")}
        steps = tuple(read_step(name, step, shared) for step in raw["steps"])
        names = [step.name for step in steps]
        if len(names) != len(set(names)):
            raise ValueError(f"{name}: two steps have the same name")
        return cls(name=name, about=raw["about"], steps=steps, needs=raw.get("needs", ""))


def read_step(scenario: str, raw: dict[str, Any], shared: dict[str, tuple[str, ...]]) -> Step:
    """A step with the scenario's shared paths added to its own."""
    unknown = set(raw) - set(Step.__dataclass_fields__)
    if unknown:
        raise ValueError(f"{scenario}: unknown keys {sorted(unknown)} in step {raw.get('name')!r}")
    if raw.get("stricter") and raw.get("save"):
        # The two servers are in different states after such a step, so no later one may lean on it.
        raise ValueError(f"{scenario}: step {raw['name']!r} is stricter and saves")
    stricter = read_stricter(scenario, raw)
    paths = {key: shared[key] + tuple(raw.get(key, ())) for key in ("unordered", "ignore")}
    ours = Ours(**raw["ours"]) if raw.get("ours") else None
    return Step(**{**raw, **paths, "stricter": stricter, "ours": ours})


def read_stricter(scenario: str, raw: dict[str, Any]) -> Stricter | None:
    """The promise of a step: a refusal has its message, another answer what differs in its body."""
    if not raw.get("stricter"):
        return None
    stricter = Stricter(**raw["stricter"])
    part = "message" if stricter.status >= 400 else "body"
    if getattr(stricter, part) is None:
        raise ValueError(f"{scenario}: step {raw.get('name')!r} is stricter and promises no {part}")
    return stricter


def scenario_names() -> list[str]:
    """All scenarios as `area/name`, in a stable order."""
    found = SCENARIOS.glob("**/*.json")
    return sorted(path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in found)


def fill(value: Any, saved: dict[str, Any]) -> Any:
    """`value` with placeholders replaced; a text that is one placeholder keeps the value's type."""
    if isinstance(value, dict):
        return {fill(key, saved): fill(item, saved) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, saved) for item in value]
    if not isinstance(value, str):
        return value
    whole = PLACEHOLDER.fullmatch(value)
    if whole:
        return look_up(whole[1], saved)
    return PLACEHOLDER.sub(lambda match: str(look_up(match[1], saved)), value)


def look_up(name: str, saved: dict[str, Any]) -> Any:
    """One placeholder's value."""
    kind, _, size = name.partition(":")
    if kind == "filler":
        return "x" * int(size)
    if kind == "totp":
        code = saved[f"seen:{size}"] = TOTP(saved[size]).now()
        return code
    return saved[name]


def pick(value: Any, path: str) -> Any:
    """The value at a dotted path; `key=text` picks a row of a list whose order is chance."""
    for part in path.split("."):
        if isinstance(value, list) and "=" in part:
            key, _, wanted = part.partition("=")
            value = next(row for row in value if str(row[key]) == wanted)
        else:
            value = value[int(part)] if isinstance(value, list) else value[part]
    return value
