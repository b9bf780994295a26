"""Routes that show customers their own rows of a resource, and nobody else's."""

from fastapi import Request, Response

from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.query.conditions import Compare
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read


def own_router(path: str, resource: Resource, *, owner: str) -> Router:
    """A store router with list and get, limited to rows whose column `owner` holds the id of the
    calling customer.

    Rows of others are answered like rows that do not exist.
    """
    tag = f"store {resource.plural.replace('_', ' ')}"
    router = Router(prefix=path, tags=[tag], door=CUSTOMER_DOOR)

    async def list_own(request: Request, customer: Customer, tx: Read) -> Response:
        return await answer_page(tx, resource, request, Compare((owner,), "=", customer.id))

    async def get_own(id: str, request: Request, customer: Customer, tx: Read) -> Response:
        condition = Compare((owner,), "=", customer.id)
        return await answer_one(tx, resource, id, request, condition)

    for route, below, described, summary in (
        (list_own, "", resource.page_parameters, f"List own {resource.plural}"),
        (get_own, "/{id}", resource.parameters, f"Get own {resource.singular}"),
    ):
        router.add_api_route(
            below,
            route,
            methods=["GET"],
            name=summary.lower().replace(" ", "_"),
            summary=summary.replace("_", " "),
            openapi_extra=described,
        )
    return router
