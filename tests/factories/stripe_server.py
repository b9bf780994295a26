"""A local Stripe over real HTTP, as docs.stripe.com describes it.

It stores the response for each idempotency key. `lost` requests are executed, but their response is
never sent. `buyer` methods are actions in the browser; `event` signs Stripe's webhook calls.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

API_KEY = "sk_test_shop"
WEBHOOK_SECRET = "whsec_of_the_tests"

Answer = tuple[int, dict[str, Any]]


def refusal(kind: str, code: str, message: str, intent: dict[str, Any] | None = None) -> Answer:
    error: dict[str, Any] = {"type": kind, "code": code, "message": message}
    if intent is not None:
        error["payment_intent"] = intent
    return (402 if kind == "card_error" else 400), {"error": error}


@dataclass
class StripeServer:
    """The stored objects, and the received requests."""

    url: str = ""
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    methods: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    lost: int = 0
    broken: int = 0
    # Set while requests are held back; the test lets them go.
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def keys(self, ending: str) -> list[str]:
        """The idempotency keys of requests to paths with this ending."""
        return [key for _, path, key in self.requests if path.endswith(ending)]

    def done(self, ending: str) -> int:
        """The number of distinct requests to paths with this ending."""
        return len(set(self.keys(ending)))

    # Actions in the browser.

    def confirm(self, intent_id: str, card: str = "visa") -> dict[str, Any]:
        """The buyer confirms with a card; with `3ds` it needs authentication first."""
        intent = self.intents[intent_id]
        if card == "declined":
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"message": "Your card was declined."}
        elif card == "3ds":
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "redirect_to_url"}
        else:
            self._pay(intent)
        return intent

    def authenticate(self, intent_id: str) -> dict[str, Any]:
        """The buyer has passed the card's authentication."""
        self._pay(self.intents[intent_id])
        return self.intents[intent_id]

    def _pay(self, intent: dict[str, Any]) -> None:
        intent.pop("last_payment_error", None)
        intent.pop("next_action", None)
        if intent["capture_method"] == "automatic":
            intent.update(status="succeeded", amount_received=intent["amount"])
        else:
            intent.update(status="requires_capture", amount_capturable=intent["amount"])

    def event(self, kind: str, told: dict[str, Any], *, age: int = 0) -> dict[str, Any]:
        """A signed webhook call, as arguments of a client's `post`."""
        content = {"id": f"evt_{secrets.token_hex(8)}", "type": kind, "data": {"object": told}}
        body = json.dumps({**content, "object": "event"}).encode()
        moment = int(time.time()) - age
        signed = f"{moment}.".encode() + body
        mac = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
        return {"content": body, "headers": {"stripe-signature": f"t={moment},v1={mac}"}}

    # Actions in the dashboard.

    def charge(self, intent_id: str) -> dict[str, Any]:
        """The charge of an intent, with all its refunds."""
        intent = self.intents[intent_id]
        back = sum(one["amount"] for one in self.refunds if one["payment_intent"] == intent_id)
        return {
            "id": f"ch_{intent_id}",
            "object": "charge",
            "payment_intent": intent_id,
            "metadata": intent["metadata"],
            "currency": intent["currency"],
            "amount": intent["amount"],
            "amount_captured": intent["amount_received"],
            "amount_refunded": back,
            "refunded": back == intent["amount_received"],
        }

    def refund_in_dashboard(self, intent_id: str, amount: int) -> dict[str, Any]:
        """Refund an amount in the dashboard; returns the charge after it."""
        self._refund(self.intents[intent_id], {"amount": str(amount)})
        return self.charge(intent_id)

    # Requests of the shop.

    def answer(self, method: str, path: str, key: str, body: str) -> Answer:
        """Status and JSON; a repeated key gets the stored response."""
        if method == "GET":
            return self._do(method, path, {})
        if key and key in self.answers:
            asked, known = self.answers[key]
            if asked != f"{path} {body}":
                return refusal("idempotency_error", "", "Keys for idempotent requests differ")
            return known
        given = self._do(method, path, dict(parse_qsl(body, keep_blank_values=True)))
        if key:
            self.answers[key] = (f"{path} {body}", given)
        return given

    def _do(self, method: str, path: str, given: dict[str, str]) -> Answer:
        match [method, *path.strip("/").split("?")[0].split("/")]:
            case ["POST", "v1", "payment_intents"]:
                return 200, self._create(given)
            case ["GET", "v1", "payment_intents", id]:
                return 200, self.intents[id]
            case ["POST", "v1", "payment_intents", id, "capture"]:
                return self._capture(self.intents[id], int(given["amount_to_capture"]))
            case ["POST", "v1", "payment_intents", id, "cancel"]:
                return self._cancel(self.intents[id])
            case ["POST", "v1", "refunds"]:
                return self._refund(self.intents[given["payment_intent"]], given)
            case ["POST", "v1", "customers"]:
                customer = {"id": f"cus_{secrets.token_hex(6)}", "object": "customer", **given}
                self.customers[customer["id"]] = customer
                return 200, customer
            case ["GET", "v1", "customers", _, "payment_methods"]:
                return 200, {"object": "list", "data": self.methods, "has_more": False}
            case ["POST", "v1", "setup_intents"]:
                return 200, {
                    "id": "seti_1",
                    "object": "setup_intent",
                    "client_secret": "s",
                    **given,
                }
            case _:
                return 404, {"error": {"type": "invalid_request_error", "message": path}}

    def _create(self, given: dict[str, str]) -> dict[str, Any]:
        intent_id = f"pi_{secrets.token_hex(6)}"
        intent: dict[str, Any] = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": int(given["amount"]),
            "amount_received": 0,
            "amount_capturable": 0,
            "currency": given["currency"],
            "capture_method": given["capture_method"],
            "customer": given.get("customer"),
            "client_secret": f"{intent_id}_secret",
            "status": "requires_payment_method",
            "metadata": {"session_id": given["metadata[session_id]"]},
        }
        self.intents[intent_id] = intent
        if given.get("confirm") == "true":
            self._pay(intent)
        return intent

    def _capture(self, intent: dict[str, Any], amount: int) -> Answer:
        if intent["status"] != "requires_capture":
            return self._unexpected(intent, "captured")
        if amount > intent["amount_capturable"]:
            message = "The requested capture amount is greater than the amount you can capture"
            return refusal("invalid_request_error", "amount_too_large", message)
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        return 200, dict(intent)

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] in ("canceled", "succeeded"):
            return self._unexpected(intent, "canceled")
        intent.update(status="canceled", amount_capturable=0)
        return 200, dict(intent)

    def _refund(self, intent: dict[str, Any], given: dict[str, str]) -> Answer:
        back = sum(one["amount"] for one in self.refunds if one["payment_intent"] == intent["id"])
        amount = int(given.get("amount", intent["amount_received"] - back))
        if back + amount > intent["amount_received"]:
            message = "Refund amount is greater than unrefunded amount on charge"
            return refusal("invalid_request_error", "charge_already_refunded", message)
        refund = {
            "id": f"re_{secrets.token_hex(6)}",
            "object": "refund",
            "status": "succeeded",
            "amount": amount,
            "payment_intent": intent["id"],
        }
        self.refunds.append(refund)
        return 200, refund

    def _unexpected(self, intent: dict[str, Any], what: str) -> Answer:
        message = f"This PaymentIntent could not be {what}: it has a status of {intent['status']}."
        code = "payment_intent_unexpected_state"
        return refusal("invalid_request_error", code, message, dict(intent))

    async def respond(self, method: str, path: str, key: str, body: str) -> Answer | None:
        """The response, if it is sent."""
        self.requests.append((method, path, key))
        self.asked.set()
        if self.broken:
            self.broken -= 1
            return 500, {"error": {"type": "api_error", "message": "Something broke at Stripe"}}
        given = self.answer(method, path, key, body)
        if self.gate is not None:
            await self.gate.wait()
        if self.lost:
            self.lost -= 1
            return None
        return given


@asynccontextmanager
async def stripe_server() -> AsyncGenerator[StripeServer]:
    """A server on a free port."""
    double = StripeServer()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        key = headers.get("idempotency-key", "")
        given = await double.respond(method, path, key, body.decode())
        if given is not None:
            raw = json.dumps(given[1]).encode()
            writer.write(
                f"HTTP/1.1 {given[0]} X\r\ncontent-type: application/json\r\n"
                f"connection: close\r\ncontent-length: {len(raw)}\r\n\r\n".encode()
                + raw
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
        await server.wait_closed()
