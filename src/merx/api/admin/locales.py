"""/admin/locales: the languages that texts can be translated into, by their code."""

from merx.api.crud import plain_router
from merx.api.filters import texts
from merx.api.resource import Resource

LOCALE = Resource(
    "locale",
    "locale",
    "locales",
    "code, name",
    {"code": texts("code")},
    limit=200,
    missing="Locale with code: {id} was not found",
)

router = plain_router("/locales", LOCALE)
