"""Users, customers and their log-ins, and the sales channels of publishable keys."""

from merx.modules.api_key import graph as api_key
from merx.modules.api_key.models import PublishableApiKeySalesChannel
from merx.modules.auth import models as _auth
from merx.modules.customer import graph as customer
from merx.modules.user import graph as user
from merx.query.graph import Field, Through, through

KEY_CHANNELS = Through(
    PublishableApiKeySalesChannel.__table__, "publishable_key_id", "sales_channel_id", "pksc"
)

ENTITIES = (*user.ENTITIES, *api_key.ENTITIES, *customer.ENTITIES)
# Tables that are not read through the graph.
TABLES = (_auth,)

LINKS = {
    "api_key.sales_channels": through("sales_channel", KEY_CHANNELS),
    "sales_channel.publishable_api_keys": through("api_key", KEY_CHANNELS.back),
}

FIELDS = dict[str, Field]()
