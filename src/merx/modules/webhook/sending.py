"""Sends deliveries to webhooks: in order for each, to several webhooks at a time.

Any number of processes may run this. If a process dies, another sends its message again, so
receivers may see a message twice and recognize it by its id.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import uniform
from uuid import uuid4

import orjson
import structlog

from merx.core.database import Database
from merx.modules.webhook.leases import (
    Attempt,
    Lease,
    Message,
    claim_webhooks,
    next_message,
    release,
    settle,
)
from merx.providers.public_web import Networks, Poster

AT_ONCE = 16
# The time limit of a run; what is still waiting is sent by the next.
RUN_SECONDS = 30.0
_PAUSE_SECONDS = 0.25
_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 6 * 3600.0
_GONE = 410

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sender:
    """How messages are sent, and how often one is tried before its webhook is disabled."""

    networks: Networks
    attempts: int

    async def run(self, database: Database, seconds: float = RUN_SECONDS) -> None:
        """Send until nothing is due or the time is up."""
        holder, end = uuid4().hex, time.monotonic() + seconds
        sending = set[asyncio.Task[None]]()
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < end:
                leases = await claim_webhooks(database, holder, AT_ONCE - len(sending))
                for lease in leases:
                    task = group.create_task(self._send_all(database, lease, end))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                if not sending:
                    return
                await asyncio.wait(sending, timeout=_PAUSE_SECONDS)

    async def _send_all(self, database: Database, lease: Lease, end: float) -> None:
        try:
            async with Poster(self.networks) as poster:
                while time.monotonic() < end:
                    message = await next_message(database, lease)
                    if message is None:
                        break
                    attempt = await self._send(poster, message)
                    await settle(database, lease, message, attempt)
            await release(database, lease)
        except Exception as error:
            # The database is away: the lease expires, and the messages are still queued.
            _log.warning("webhook_cannot_send", webhook=lease.webhook_id, error=repr(error))

    async def _send(self, poster: Poster, message: Message) -> Attempt:
        begun = time.monotonic()
        status, answer, error = None, None, None
        try:
            body = payload(message)
            got = await poster.post(message.url, signed(message, body), body)
            status, answer = got.status, got.body.decode("utf-8", "replace").replace("\0", "")
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"[:1000].replace("\0", "")
        took = int((time.monotonic() - begun) * 1000)
        if status is not None and 200 <= status < 300:
            return Attempt("done", status, answer, None, took)
        if status is not None:
            error = f"answered {status}"
            if 300 <= status < 400:
                error += "; redirects are not followed"
        return self._failed(message, Attempt("pending", status, answer, error, took))

    def _failed(self, message: Message, attempt: Attempt) -> Attempt:
        is_gone = attempt.status == _GONE
        is_last = is_gone or message.attempt >= self.attempts
        words = f"{message.event} was refused: {attempt.error}"
        if is_last and not is_gone:
            words = f"{message.event} failed {message.attempt} times: {attempt.error}"
        _log.warning(
            "webhook_disabled" if is_last else "webhook_retried",
            url=message.url,
            event_id=message.event_id,
            attempt=message.attempt,
            error=attempt.error,
        )
        return Attempt(
            "failed" if is_last else "pending",
            attempt.status,
            attempt.answer,
            attempt.error,
            attempt.milliseconds,
            0 if is_last else retry_seconds(message.attempt),
            words if is_last else None,
        )


def retry_seconds(attempt: int) -> float:
    """Seconds until the next attempt: four times longer each time, at most six hours, with jitter.

    Twelve attempts take about a day and a half.
    """
    full = min(_FIRST_SECONDS * 4 ** min(attempt - 1, 20), _LONGEST_SECONDS)
    return full * uniform(0.75, 1)


def payload(message: Message) -> bytes:
    """The body recommended by Standard Webhooks: type, timestamp, data."""
    happened_at = message.happened_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return orjson.dumps(
        {
            "type": message.event,
            "timestamp": happened_at.replace("+00:00", "Z"),
            "data": {"ids": message.ids},
        }
    )


def signed(message: Message, body: bytes) -> dict[str, str]:
    """The headers: the same id for each attempt, the time of this one, a signature per secret."""
    # Imported with the first message: most shops send none.
    from standardwebhooks import Webhook  # noqa: PLC0415

    now = datetime.now(UTC)
    signatures = [
        Webhook(secret).sign(message.event_id, now, body.decode()) for secret in message.secrets
    ]
    return {
        "content-type": "application/json",
        "user-agent": "Merx-Webhooks",
        "webhook-id": message.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
