"""The shop itself: regions, currencies, locales, view configurations and notifications."""

from merx.modules.audit import graph as audit
from merx.modules.bulk import graph as bulk
from merx.modules.idempotency import models as _idempotency
from merx.modules.layout import graph as layout
from merx.modules.list_count import models as _list_count
from merx.modules.notification import graph as notification
from merx.modules.product_import import graph as product_import
from merx.modules.region import graph as region
from merx.modules.region.models import RegionPaymentProvider
from merx.modules.store import graph as store
from merx.modules.webhook import graph as webhook
from merx.query.graph import Field, Through, one, through

REGION_PROVIDERS = Through(RegionPaymentProvider.__table__, "region_id", "payment_provider_id")

ENTITIES = (
    *region.ENTITIES,
    *store.ENTITIES,
    *layout.ENTITIES,
    *notification.ENTITIES,
    *product_import.ENTITIES,
    *bulk.ENTITIES,
    *webhook.ENTITIES,
    *audit.ENTITIES,
)
# Tables that are not read through the graph.
TABLES = (_idempotency, _list_count)

LINKS = {
    "region.payment_providers": through("payment_provider", REGION_PROVIDERS),
    "payment_provider.regions": through("region", REGION_PROVIDERS.back),
    "store_currency.currency": one("currency", "currency_code", far="code", with_key=True),
    "store_locale.locale": one("locale", "locale_code", far="code", with_key=True),
}

FIELDS = dict[str, Field]()
