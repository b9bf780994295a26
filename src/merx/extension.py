"""The parts a shop is made of. Merx itself is an extension (`shop.py`) like any other.

Extensions only add; none replaces parts of another. They are found by the entry point
`merx.extensions` of an installed package, or named in MERX_EXTENSIONS. docs/extending.md builds one
from an empty folder.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from merx.core.database import Transaction
from merx.core.hooks import Hook, Hooks, Point, Subject, checking
from merx.core.operator_errors import OperatorError
from merx.modules.payment.till import Listener
from merx.outbox import Job, Subscriber
from merx.providers.auth import AuthProvider
from merx.providers.file import FileProvider
from merx.providers.fulfillment import FulfillmentProvider, FulfillmentProviders
from merx.providers.notification import NotificationProvider
from merx.providers.payment import PaymentProvider
from merx.providers.search import SearchProvider
from merx.providers.tax import TaxProvider
from merx.providers.traced import traced
from merx.query.graph import Entity, Field, Relation
from merx.settings import Settings, named
from merx.web.router import Router

if TYPE_CHECKING:
    from typer import Typer


@dataclass(frozen=True, slots=True)
class Services:
    """The providers of all extensions, through which the shop uses external services."""

    settings: Settings
    files: FileProvider
    notifications: NotificationProvider
    search: SearchProvider
    auth: Mapping[str, AuthProvider]
    payment: Mapping[str, PaymentProvider]
    payment_listeners: tuple[Listener, ...]
    fulfillment: FulfillmentProviders
    tax: Mapping[str, TaxProvider]


async def _nothing(_: Transaction, __: Services) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Extension:
    """The parts that one package contributes.

    - `migrations`: a folder of numbered Alembic revisions, with a history separate from Merx's.
    - `entities`, `links` and computed `fields` join the graph. Links and fields are named by entity
      and name (`product.reviews`), so `fields=*reviews` works on Merx's own routes.
    - `additional_data`: what clients may send with a product, a customer and so on; validated, and
      shown in OpenAPI.
    - `admin`, `store`: routers below `/admin` and `/store`, behind the area's door unless they have
      their own, which those of `open_admin` must have. Those of `root` are outside the areas.
    - `subscribers` and `jobs` that need a provider are given as a function of the services.
    - `files`, `notifications`, `search`: the shop uses the one of the last extension that has one.
    - `prepare` writes rows that must exist before the first request; every process runs it on
      start-up.
    """

    name: str
    migrations: Path | None = None
    entities: Sequence[Entity] = ()
    links: Mapping[str, Relation] = field(default_factory=dict[str, Relation])
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    admin: Sequence[Router] = ()
    open_admin: Sequence[Router] = ()
    store: Sequence[Router] = ()
    root: Sequence[APIRouter] = ()
    additional_data: Mapping[Subject, type[BaseModel]] = field(
        default_factory=dict[Subject, type[BaseModel]]
    )
    hooks: Hooks = field(default_factory=dict[Point, Sequence[Hook]])
    subscribers: Callable[[Services], Sequence[Subscriber]] | Sequence[Subscriber] = ()
    jobs: Callable[[Services], Sequence[Job]] | Sequence[Job] = ()
    auth_providers: Sequence[AuthProvider] = ()
    payment_providers: Sequence[PaymentProvider] = ()
    payment_listeners: Sequence[Listener] = ()
    fulfillment_providers: Sequence[FulfillmentProvider] = ()
    tax_providers: Sequence[TaxProvider] = ()
    notifications: NotificationProvider | None = None
    files: FileProvider | None = None
    search: SearchProvider | None = None
    settings: type[BaseSettings] | None = None
    commands: "Typer | None" = None
    prepare: Callable[[Transaction, Services], Awaitable[None]] = _nothing


def join_services(settings: Settings, extensions: Sequence[Extension]) -> Services:
    """The providers of all extensions; ValueError if two have the same id."""
    files = [one.files for one in extensions if one.files is not None]
    notifications = [one.notifications for one in extensions if one.notifications is not None]
    searches = [one.search for one in extensions if one.search is not None]
    services = Services(
        settings=settings,
        files=files[-1],
        notifications=notifications[-1],
        search=searches[-1],
        auth=_by_id(each for one in extensions for each in one.auth_providers),
        payment=_by_id(each for one in extensions for each in one.payment_providers),
        payment_listeners=tuple(each for one in extensions for each in one.payment_listeners),
        fulfillment=FulfillmentProviders(
            _by_id(each for one in extensions for each in one.fulfillment_providers)
        ),
        tax=_by_id(each for one in extensions for each in one.tax_providers),
    )
    return _traced(services) if settings.traces_url else services


def _traced(services: Services) -> Services:
    def each(kind: str, providers: Mapping[str, _Provider]) -> dict[str, _Provider]:
        return {name: traced(one, kind) for name, one in providers.items()}

    return replace(
        services,
        files=traced(services.files, "file"),
        notifications=traced(services.notifications, "notification"),
        search=traced(services.search, "search"),
        auth=each("auth", services.auth),
        payment=each("payment", services.payment),
        fulfillment=FulfillmentProviders(each("fulfillment", services.fulfillment)),
        tax=each("tax", services.tax),
    )


def join_hooks(extensions: Iterable[Extension]) -> Hooks:
    """The hooks of each point, in the order of the extensions; additional data is checked first."""
    joined = dict[Point, tuple[Hook, ...]]()
    for one in extensions:
        for subject, model in one.additional_data.items():
            for point in (subject.creating, subject.updating):
                joined[point] = (*joined.get(point, ()), checking(model))
    for one in extensions:
        for point, hooks in one.hooks.items():
            joined[point] = (*joined.get(point, ()), *hooks)
    return joined


def join_subscribers(extensions: Iterable[Extension], services: Services) -> tuple[Subscriber, ...]:
    """The subscribers of all extensions."""
    return tuple(each for one in extensions for each in _made(one.subscribers, services))


def join_jobs(extensions: Iterable[Extension], services: Services) -> tuple[Job, ...]:
    """The jobs of all extensions."""
    return tuple(each for one in extensions for each in _made(one.jobs, services))


GROUP = "merx.extensions"


def load_extensions(settings: Settings) -> tuple[Extension, ...]:
    """The extensions of installed packages, then those that MERX_EXTENSIONS names.

    A name refers to an extension, or to a function of the settings that returns one. An extension
    that is both installed and named counts once.
    """
    installed = [(entry.value, entry.load) for entry in entry_points(group=GROUP)]
    listed = [(place, partial(_at, place)) for place in named(settings.extensions)]
    found = dict[str, Extension]()
    for place, load in (*sorted(installed, key=lambda pair: pair[0]), *listed):
        try:
            one = load()
            extension = one if isinstance(one, Extension) else one(settings)
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise OperatorError(f"The extension {place} cannot be loaded: {error}") from error
        if not isinstance(extension, Extension):
            raise OperatorError(f"{place} is no extension")
        found.setdefault(extension.name, extension)
    return tuple(found.values())


def _at(place: str) -> Any:
    module, _, name = place.partition(":")
    if not name:
        raise ValueError(f"name it as {module}:NAME, an Extension in that package")
    return getattr(import_module(module), name)


_Part = TypeVar("_Part")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Provider = TypeVar("_Provider", bound=_Named)


def _made(
    parts: Callable[[Services], Sequence[_Part]] | Sequence[_Part], services: Services
) -> Sequence[_Part]:
    return parts(services) if callable(parts) else parts


def _by_id(providers: Iterable[_Provider]) -> dict[str, _Provider]:
    found = dict[str, _Provider]()
    for one in providers:
        if one.id in found:
            raise ValueError(f"Two providers have the id {one.id}")
        found[one.id] = one
    return found
