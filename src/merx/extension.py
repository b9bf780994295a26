"""What a shop is put together from. Merx itself is one of these (`shop.py`), an extension another.

Extensions add; none replaces what another has. docs/extending.md shows one from an empty folder.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from fastapi import APIRouter

from merx.core.database import Transaction
from merx.modules.payment.till import Listener
from merx.outbox import Job, Subscriber
from merx.providers.auth import AuthProvider
from merx.providers.file import FileProvider
from merx.providers.fulfillment import FulfillmentProvider, FulfillmentProviders
from merx.providers.notification import NotificationProvider
from merx.providers.payment import PaymentProvider
from merx.providers.tax import TaxProvider
from merx.settings import Settings
from merx.workflows.hooks import Hook, Hooks, Point


@dataclass(frozen=True, slots=True)
class Services:
    """Who does for the shop what it does not do itself: the providers of all extensions."""

    settings: Settings
    files: FileProvider
    notifications: NotificationProvider
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

    `admin` and `store` are routers below `/admin` and `/store`, behind the door of each; those of
    `open_admin` let everybody in, those of `root` stand beside the areas. Subscribers and jobs that
    need a provider are given as a function of the services. Of file and notification providers
    there is one each: that of the last extension that brings one. `prepare` writes what the shop
    must hold before the first request; every process does it when it starts.
    """

    name: str
    admin: Sequence[APIRouter] = ()
    open_admin: Sequence[APIRouter] = ()
    store: Sequence[APIRouter] = ()
    root: Sequence[APIRouter] = ()
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
    prepare: Callable[[Transaction, Services], Awaitable[None]] = _nothing


def join_services(settings: Settings, extensions: Sequence[Extension]) -> Services:
    """The providers of all extensions; ValueError when two have the same id."""
    files = [one.files for one in extensions if one.files is not None]
    notifications = [one.notifications for one in extensions if one.notifications is not None]
    return Services(
        settings=settings,
        files=files[-1],
        notifications=notifications[-1],
        auth=_by_id(each for one in extensions for each in one.auth_providers),
        payment=_by_id(each for one in extensions for each in one.payment_providers),
        payment_listeners=tuple(each for one in extensions for each in one.payment_listeners),
        fulfillment=FulfillmentProviders(
            _by_id(each for one in extensions for each in one.fulfillment_providers)
        ),
        tax=_by_id(each for one in extensions for each in one.tax_providers),
    )


def join_hooks(extensions: Iterable[Extension]) -> Hooks:
    """The hooks of each point, in the order of the extensions."""
    joined = dict[Point, tuple[Hook, ...]]()
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
