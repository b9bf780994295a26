"""The routes that exchanges and claims have in common."""

from typing import Any

import orjson
from fastapi import Request, Response

from merx.api.admin.previews import OrderPreview, previewed
from merx.api.admin.returns.resources import RETURN, wake
from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.modules.order.change import Kind
from merx.modules.order.order_schemas import Quietly
from merx.modules.order.part_kinds import PartKind
from merx.modules.order.return_schemas import (
    AddMethod,
    AddVariants,
    BringBack,
    PatchAdded,
    PatchMethod,
    PatchReturnItem,
)
from merx.web.answers import Described, Maybe, answers, answers_deleted
from merx.web.bodies import check_rows
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import answer_one, answer_page, find_one, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write, database
from merx.workflows.delivery.fulfillments import handed_over
from merx.workflows.orders.change_shipping import (
    Part,
    add_method,
    price_method,
    remove_method,
    reprice_method,
)
from merx.workflows.orders.order_parts import (
    add_outbound,
    cancel_part,
    cancel_part_request,
    confirm_part,
    find_part,
    inbound_return,
    open_part,
    patch_outbound,
    remove_outbound,
)
from merx.workflows.orders.preview import preview_order
from merx.workflows.orders.return_fulfillments import plan_way_back, write_way_back
from merx.workflows.orders.returns import (
    change_requested,
    find_return,
    remove_requested,
    request_items,
)

_WHOLE = ReadQuery(None, {})


class PartRoutes:
    """The answers of the routes below /admin/exchanges and /admin/claims."""

    def __init__(self, kind: PartKind, listed: Resource, whole: Resource) -> None:
        self.kind, self.listed, self.whole = kind, listed, whole
        prefix = f"/{listed.plural}"
        self.router = Router(prefix=prefix, tags=[listed.plural])
        self._add_plain()
        self._add_inbound()
        self._add_outbound()

    async def preview(self, tx: Transaction, id: str, query: ReadQuery) -> Response:
        """`{order_preview, …}` with the exchange or claim."""
        head = await find_part(tx, self.kind, id)
        return wrap(
            order_preview=await preview_order(tx, head.order_id),
            **{self.kind.name: await find_one(tx, self.whole, id, query)},
        )

    async def preview_return(self, tx: Transaction, id: str) -> Response:
        """`{order_preview, return}` with the return of the exchange or claim."""
        head = await find_part(tx, self.kind, id)
        preview = await preview_order(tx, head.order_id)
        if head.return_id is None:
            return wrap(order_preview=preview)
        return wrap(
            order_preview=preview, **{"return": await find_one(tx, RETURN, head.return_id, _WHOLE)}
        )

    def add(
        self, method: str, path: str, route: Any, what: str, answer: Described | None = None
    ) -> None:
        """Add a route; `what` is its description.

        It answers with the preview unless told otherwise.
        """
        answer = previewed(self.whole) if answer is None else answer
        self.router.add_api_route(
            path,
            route,
            methods=[method],
            name=f"{what.lower().replace(' ', '_')}_{self.kind.name}",
            summary=f"{what} ({self.kind.name})",
            openapi_extra=self.whole.parameters | answer,
        )

    def _add_plain(self) -> None:
        async def page(request: Request, tx: Read) -> Response:
            return await answer_page(tx, self.listed, request)

        async def one(id: str, request: Request, tx: Read) -> Response:
            return await answer_one(tx, self.whole, id, request)

        async def cancel(id: str, request: Request, body: Quietly, tx: Write) -> Response:
            await cancel_part(tx, self.kind, id, body.no_notification)
            return await answer_one(tx, self.whole, id, request)

        async def give_up(id: str, tx: Write) -> Json:
            await cancel_part_request(tx, self.kind, id)
            return {"id": id, "object": self.kind.name, "deleted": True}

        self.router.add_api_route(
            "",
            page,
            methods=["GET"],
            name=f"list_{self.listed.plural}",
            summary=f"List {self.listed.plural}",
            openapi_extra=self.listed.page_parameters,
        )
        requested = previewed(self.whole) | answers(
            order_preview=OrderPreview, **{self.kind.name: self.whole, "return": Maybe(RETURN)}
        )
        self.add("GET", "/{id}", one, "Get", self.whole.parameters)
        self.add("POST", "/{id}/cancel", cancel, "Cancel", self.whole.parameters)
        self.add("POST", "/{id}/request", self._request_route(), "Request", requested)
        self.add("DELETE", "/{id}/request", give_up, "Give up", answers_deleted(self.kind.name))

    def _request_route(self) -> Any:
        async def request_part(id: str, request: Request, body: Quietly) -> Response:
            query = read_query(request, self.whole)
            db, providers = database(request), request.app.state.fulfillment_providers
            async with db.write() as tx:
                opened = await open_part(tx, self.kind, id)
                return_id = (await find_part(tx, self.kind, id)).return_id
                place = (await find_return(tx, return_id)).location_id if return_id else None
                wanted = await plan_way_back(tx, opened, place)
            if wanted is None or return_id is None:
                async with db.write() as tx:
                    return wake(request, await self._request(tx, id, query))
            order_id = opened.head.id
            async with (
                handed_over(db, providers, wanted, order_id=order_id, is_return=True) as handed,
                db.write() as tx,
            ):
                answer = await self._request(tx, id, query)
                await write_way_back(tx, return_id, handed)
            return wake(request, answer)

        return request_part

    async def _request(self, tx: Transaction, id: str, query: ReadQuery) -> Response:
        head = await find_part(tx, self.kind, id, live=True)
        preview = await preview_order(tx, head.order_id)
        await confirm_part(tx, self.kind, id)
        part = await find_one(tx, self.whole, id, query)
        parts = {self.kind.name: part}
        # As on the reference, an answer without the return's id in `fields` does not show it.
        if head.return_id is not None and "return_id" in orjson.loads(part):
            parts["return"] = await find_one(tx, RETURN, head.return_id, _WHOLE)
        return wrap(order_preview=preview, **parts)

    def _add_inbound(self) -> None:
        async def bring(id: str, body: BringBack, tx: Write) -> Response:
            opened = await open_part(tx, self.kind, id)
            return_id = await inbound_return(tx, self.kind, opened, id, body.location_id)
            await request_items(tx, opened, return_id, body.items)
            return await self.preview_return(tx, id)

        async def change(id: str, action_id: str, body: PatchReturnItem, tx: Write) -> Response:
            opened = await open_part(tx, self.kind, id)
            await change_requested(tx, opened, action_id, body, (Kind.RETURN_ITEM,))
            return await self.preview_return(tx, id)

        async def keep(id: str, action_id: str, tx: Write) -> Response:
            opened = await open_part(tx, self.kind, id)
            await remove_requested(tx, opened, action_id, (Kind.RETURN_ITEM,))
            return await self.preview_return(tx, id)

        back = previewed(RETURN, maybe=True)
        self.add("POST", "/{id}/inbound/items", bring, "Add inbound items", back)
        self.add("POST", "/{id}/inbound/items/{action_id}", change, "Change inbound item", back)
        self.add("DELETE", "/{id}/inbound/items/{action_id}", keep, "Remove inbound item", back)
        self._add_methods("inbound", is_return=True)

    def _add_outbound(self) -> None:
        async def send(id: str, request: Request, body: AddVariants) -> Response:
            check_rows(request, len(body.items))
            query, db = read_query(request, self.whole), database(request)
            await add_outbound(db, request.app.state.tax_providers, self.kind, id, body.items)
            async with db.write() as tx:
                return await self.preview(tx, id, query)

        async def change(
            id: str, action_id: str, request: Request, body: PatchAdded, tx: Write
        ) -> Response:
            await patch_outbound(tx, self.kind, id, action_id, body)
            return await self.preview(tx, id, read_query(request, self.whole))

        async def keep(id: str, action_id: str, request: Request, tx: Write) -> Response:
            await remove_outbound(tx, self.kind, id, action_id)
            return await self.preview(tx, id, read_query(request, self.whole))

        self.add("POST", "/{id}/outbound/items", send, "Add outbound items")
        self.add("POST", "/{id}/outbound/items/{action_id}", change, "Change outbound item")
        self.add("DELETE", "/{id}/outbound/items/{action_id}", keep, "Remove outbound item")
        self._add_methods("outbound", is_return=False)

    def _add_methods(self, way: str, *, is_return: bool) -> None:
        async def choose(id: str, request: Request, body: AddMethod) -> Response:
            db, state = database(request), request.app.state
            query = read_query(request, self.whole)
            async with db.read() as tx:
                order_id = (await find_part(tx, self.kind, id, live=True)).order_id
            method = await price_method(
                db,
                state.fulfillment_providers,
                state.tax_providers,
                order_id,
                body,
                is_return=is_return,
            )
            async with db.write() as tx:
                opened = await open_part(tx, self.kind, id)
                back = await inbound_return(tx, self.kind, opened, id) if is_return else None
                part = Part(back, opened.change.claim_id, opened.change.exchange_id)
                await add_method(tx, opened, method, part)
                return await (
                    self.preview_return(tx, id) if is_return else self.preview(tx, id, query)
                )

        async def reprice(
            id: str, action_id: str, request: Request, body: PatchMethod, tx: Write
        ) -> Response:
            await reprice_method(tx, await open_part(tx, self.kind, id), action_id, body)
            return await self.preview(tx, id, read_query(request, self.whole))

        async def drop(id: str, action_id: str, request: Request, tx: Write) -> Response:
            await remove_method(tx, await open_part(tx, self.kind, id), action_id)
            if is_return:
                return await self.preview_return(tx, id)
            return await self.preview(tx, id, read_query(request, self.whole))

        path = f"/{{id}}/{way}/shipping-method"
        shown = previewed(RETURN, maybe=True) if is_return else None
        self.add("POST", path, choose, f"Add {way} method", shown)
        self.add("POST", f"{path}/{{action_id}}", reprice, f"Reprice {way} method")
        self.add("DELETE", f"{path}/{{action_id}}", drop, f"Remove {way} method", shown)
