"""What can be read of API keys. A secret key's hash is not a field; its token reads as empty."""

from merx.modules.api_key import models
from merx.query.graph import Entity, Field, columns, table_name

API_KEY = Entity(
    "api_key",
    table_name(models.ApiKey.__table__),
    # Replaces the column; filters use the same expression, so they cannot probe a hash.
    {
        **columns(models.ApiKey.__table__),
        "token": Field("CASE {row}.type WHEN 'secret' THEN '' ELSE {row}.token END"),
    },
    always=("id",),
    search=("title", "redacted"),
)

ENTITIES = (API_KEY,)
