"""Tracing with OpenTelemetry: spans of requests, statements, event deliveries, jobs and provider
calls.

Its packages are an optional dependency, imported by `start_tracing`; until then spans do nothing.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from merx import __version__
from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_provider: "TracerProvider | None" = None
_HEADER = "traceparent"


def start_tracing(url: str) -> None:
    """Send traces to a collector, in batches; the SDK's variables OTEL_* apply too."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError("MERX_TRACES_URL needs merx[traces]") from error
    trace_to(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))


def trace_to(processor: "SpanProcessor") -> None:
    """Send all spans of this process to `processor`."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    from merx.core.sampling import OfRequests  # noqa: PLC0415

    global _provider
    service = {SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "merx")}
    resource = Resource.create({**service, "service.version": __version__})
    # A provider follows the variables OTEL_TRACES_SAMPLER by default.
    sampler = OfRequests(TracerProvider().sampler)
    _provider = TracerProvider(resource=resource, sampler=sampler)
    _provider.add_span_processor(processor)
    _driver().instrument(tracer_provider=_provider)


def stop_tracing() -> None:
    """Send the remaining spans, and stop tracing."""
    global _provider
    if _provider is None:
        return
    _driver().uninstrument()
    _provider.shutdown()
    _provider = None


def _driver() -> Any:
    """The instrumentation of asyncpg; it has no types."""
    from opentelemetry.instrumentation import asyncpg  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    return asyncpg.AsyncPGInstrumentor()


def tracer_provider() -> "TracerProvider | None":
    """The tracer provider of this process, if it is traced."""
    return _provider


@contextmanager
def span(name: str, *, parent: str | None = None, **attributes: Any) -> Generator[None]:
    """A span around the block; `_` in attribute names stands for `.`

    `parent` is what `current_parent` said where the work was ordered, in another process perhaps.
    """
    if _provider is None:
        yield
        return
    dotted = {key.replace("_", "."): value for key, value in attributes.items()}
    context = _propagator().extract({_HEADER: parent}) if parent else None
    tracer = _provider.get_tracer("merx")
    with tracer.start_as_current_span(name, context, attributes=dotted):
        yield


def current_parent() -> str | None:
    """The current span as the header `traceparent` names it, for work that is done later."""
    if _provider is None:
        return None
    carrier = dict[str, str]()
    _propagator().inject(carrier)
    return carrier.get(_HEADER)


def _propagator() -> "TraceContextTextMapPropagator":
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415

    return tracecontext.TraceContextTextMapPropagator()


def current_ids() -> dict[str, str]:
    """The ids of the current trace and span, for logs."""
    if _provider is None:
        return {}
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
