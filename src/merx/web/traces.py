"""A span around each request, by OpenTelemetry's own middleware; imported only if tracing is on.

It continues the caller's trace (`traceparent`). Its name is the route's template.
"""

from opentelemetry.instrumentation import asgi  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.trace import get_current_span
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.tracing import tracer_provider
from merx.web.route_template import route_template

_NOT_TRACED = "/health,/ready"


class Traces:
    """Traces each request except those of load balancers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._traced = asgi.OpenTelemetryMiddleware(
            self._named,
            excluded_urls=_NOT_TRACED,
            tracer_provider=tracer_provider(),
            exclude_spans=["receive", "send"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._traced(scope, receive, send)

    async def _named(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        span = get_current_span()

        async def send_and_look(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route is known by now; the span may end with the last part of the answer.
                template = route_template(scope)
                span.update_name(f"{scope['method']} {template}")
                span.set_attribute("http.route", template)
                request_id = Headers(raw=message["headers"]).get("x-request-id")
                if request_id:
                    span.set_attribute("merx.request.id", request_id)
            await send(message)

        await self._app(scope, receive, send_and_look)
