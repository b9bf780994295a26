"""Which spans are kept; loaded where traces are asked for."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes


class OfRequests(Sampler):
    """What another sampler says, but no statement that stands alone: the relay asks for events all
    day, and each question would be a trace."""

    def __init__(self, other: Sampler) -> None:
        self._other = other

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Drop statements outside of any span."""
        around = get_current_span(parent_context).get_span_context()
        if kind is SpanKind.CLIENT and not around.is_valid:
            return SamplingResult(Decision.DROP)
        return self._other.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """For those who look at samplers."""
        return f"OfRequests({self._other.get_description()})"
