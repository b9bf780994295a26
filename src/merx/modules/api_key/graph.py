"""What can be read of API keys. A secret key's hash is no field: it reads as an empty token."""

from merx.modules.api_key import models
from merx.query.graph import Entity, Field, columns, table_name

API_KEY = Entity(
    "api_key",
    table_name(models.ApiKey.__table__),
    # In its place among the columns; filters see the same expression, so they cannot probe a hash.
    {
        **columns(models.ApiKey.__table__),
        "token": Field("CASE {row}.type WHEN 'secret' THEN '' ELSE {row}.token END"),
    },
    always=("id",),
    search=("title", "redacted"),
)

ENTITIES = (API_KEY,)
