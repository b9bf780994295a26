"""Merx itself, built from the same parts as an extension."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from merx.api import cloud, front, static
from merx.api.admin import routers as admin
from merx.api.admin.inventory_items.export import read_export
from merx.api.admin.orders.export import read_export as read_orders
from merx.api.admin.products.export import read_export as read_products
from merx.api.auth import routers as auth
from merx.api.dashboard import dashboard_router
from merx.api.hooks import routers as hooks
from merx.api.store import routers as store
from merx.core.database import Database, Transaction
from merx.extension import Extension, Services
from merx.modules.audit.partitions import turn_months
from merx.modules.fulfillment.providers import add_fulfillment_providers
from merx.modules.idempotency.keys import forget_keys
from merx.modules.list_count.fold import fold_counts
from merx.modules.payment.collections import add_providers
from merx.modules.payment.till import Till
from merx.modules.product.search_index import POSTGRES
from merx.modules.tax.lines import SYSTEM as SYSTEM_TAXES
from merx.modules.tax.providers import add_tax_providers
from merx.modules.webhook.deliveries import forget_deliveries
from merx.modules.webhook.sending import Sender
from merx.operations.dashboard.installed import is_installed
from merx.outbox import Job, Subscriber
from merx.providers import configured
from merx.providers.file import StoredFiles
from merx.providers.fulfillment import ManualProvider
from merx.providers.public_web import Networks
from merx.providers.search import SearchEngine
from merx.settings import Settings
from merx.subscribers.bulk_jobs import SECONDS as BULK_SECONDS
from merx.subscribers.bulk_jobs import run_bulk_jobs, tidy_bulk_jobs
from merx.subscribers.event_log import event_log
from merx.subscribers.inventory_export import inventory_export
from merx.subscribers.mail import mail_by
from merx.subscribers.order_export import order_export
from merx.subscribers.paid_carts import paid_carts
from merx.subscribers.product_export import product_export
from merx.subscribers.product_import import product_import, tidy_imports
from merx.subscribers.search_engine import search_engine
from merx.subscribers.webhooks import webhooks
from merx.web.router import Router
from merx.workflows.orders.payments import book_on_order
from merx.workflows.orders.reconcile_carts import reconcile_carts
from merx.workflows.orders.settle_deliveries import settle_requests
from merx.workflows.selling.carts.abandoned import tidy_carts
from merx.workflows.selling.settle_payments import settle_open_requests


def shop(settings: Settings) -> Extension:
    """The parts of Merx, with the providers chosen by the settings."""
    return Extension(
        "merx",
        admin=admin.ROUTERS,
        open_admin=admin.OPEN_ROUTERS,
        store=store.ROUTERS,
        root=_root(settings),
        subscribers=_subscribers,
        jobs=_jobs,
        auth_providers=configured.auth_providers(settings),
        payment_providers=configured.payment_providers(settings),
        payment_listeners=(book_on_order,),
        fulfillment_providers=[ManualProvider()],
        tax_providers=[SYSTEM_TAXES],
        notifications=configured.notification_provider(settings),
        files=StoredFiles(settings.files),
        search=configured.search_engine(settings) or POSTGRES,
        prepare=_prepare,
    )


def _root(settings: Settings) -> tuple[Router, ...]:
    own = (static.router, front.router, cloud.router)
    return (*auth.ROUTERS, *hooks.ROUTERS, *own, *_dashboard(settings))


def _dashboard(settings: Settings) -> Sequence[Router]:
    return [dashboard_router(settings.dashboard)] if is_installed(settings.dashboard) else []


async def _prepare(tx: Transaction, services: Services) -> None:
    await add_providers(tx, services.payment)
    await add_fulfillment_providers(tx, services.fulfillment)
    await add_tax_providers(tx, services.tax)


def _subscribers(services: Services) -> Sequence[Subscriber]:
    """The event log costs one delivery per event, so it is meant for debugging."""
    settings = services.settings
    exports = inventory_export(services.files, read_export, public_url=settings.public_url)
    mail = mail_by(services.notifications, settings)
    carts = paid_carts(services.payment, services.payment_listeners)
    orders = order_export(services.files, read_orders, public_url=settings.public_url)
    products = product_export(services.files, read_products, public_url=settings.public_url)
    imports = product_import(services.files)
    engine = services.search if isinstance(services.search, SearchEngine) else None
    search = () if engine is None else (search_engine(engine),)
    own = (exports, orders, products, imports, mail, carts, webhooks, *search)
    return (*own, event_log) if settings.log_level == "debug" else own


def _jobs(services: Services) -> Sequence[Job]:
    async def settle_payments(database: Database) -> None:
        await settle_open_requests(Till(database, services.payment, services.payment_listeners))

    async def complete_carts(database: Database) -> None:
        till = Till(database, services.payment, services.payment_listeners)
        await reconcile_carts(till, older_than=timedelta(minutes=1))

    async def tidy(database: Database) -> None:
        settings = services.settings
        await tidy_carts(
            database,
            remind_after=timedelta(hours=settings.cart_reminder_hours),
            expire_after=timedelta(days=settings.cart_days),
        )

    async def sum_counts(database: Database) -> None:
        async with database.write() as tx:
            await fold_counts(tx)

    async def settle_handovers(database: Database) -> None:
        await settle_requests(database, services.fulfillment)

    async def forget_imports(database: Database) -> None:
        await tidy_imports(database, services.files)

    async def write_bulk(database: Database) -> None:
        await run_bulk_jobs(database, services.files)

    async def forget_bulk(database: Database) -> None:
        await tidy_bulk_jobs(database, services.files, days=services.settings.bulk_days)

    sender = Sender(
        Networks(services.settings.webhook_networks), services.settings.webhook_attempts
    )

    async def forget(database: Database) -> None:
        await forget_deliveries(database, days=services.settings.webhook_days)

    return (
        Job("payment-requests", timedelta(minutes=1), settle_payments),
        Job("cart-completions", timedelta(minutes=1), complete_carts),
        Job("abandoned-carts", timedelta(minutes=10), tidy),
        Job("fulfillment-requests", timedelta(minutes=5), settle_handovers),
        Job("list-counts", timedelta(minutes=1), sum_counts),
        Job("idempotency-keys", timedelta(hours=1), forget_keys),
        Job("unconfirmed-imports", timedelta(hours=1), forget_imports),
        Job("bulk-jobs", timedelta(seconds=2), write_bulk, seconds=BULK_SECONDS),
        Job("ended-bulk-jobs", timedelta(hours=1), forget_bulk),
        Job("webhooks", timedelta(seconds=2), sender.run, seconds=60),
        Job("webhook-deliveries", timedelta(hours=1), forget),
        Job(
            "audit-log-months",
            timedelta(hours=6),
            partial(turn_months, kept=services.settings.audit_months),
        ),
    )
