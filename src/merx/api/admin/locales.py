"""/admin/locales: the locales that texts can be translated into, by code."""

from merx.web.crud import plain_router
from merx.web.filters import texts
from merx.web.resource import Resource

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
