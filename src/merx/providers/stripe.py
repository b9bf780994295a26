"""Stripe, as `pp_stripe_stripe`: imported when its key is set, with the official library.

A session is a PaymentIntent, which the buyer confirms in the browser with its client secret; the
shop asks for its state. By default this only authorizes the amount, and the shop captures it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import orjson
import stripe

from merx.core.shapes import Json
from merx.providers.payment import (
    Action,
    Charge,
    Data,
    Holder,
    Notice,
    NoticeRefused,
    Outcome,
    OutcomeUnknown,
    PaymentFailed,
    Person,
    SavedMethod,
    SessionStatus,
)

# docs.stripe.com/currencies: all others have two decimals there. The króna and the Ugandan shilling
# have none, but are written with two zeros; the last of three decimals must be 0.
_NO_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
_WRITTEN_WITH_TWO = frozenset("isk ugx".split())

_STATUS = {
    "requires_payment_method": SessionStatus.PENDING,
    "requires_confirmation": SessionStatus.PENDING,
    "processing": SessionStatus.PENDING,
    "requires_action": SessionStatus.REQUIRES_MORE,
    "requires_capture": SessionStatus.AUTHORIZED,
    "succeeded": SessionStatus.CAPTURED,
    "canceled": SessionStatus.CANCELED,
}
_ACTIONS = {
    "payment_intent.succeeded": Action.CAPTURED,
    "payment_intent.amount_capturable_updated": Action.AUTHORIZED,
    "payment_intent.payment_failed": Action.FAILED,
    "payment_intent.canceled": Action.CANCELED,
    "payment_intent.requires_action": Action.REQUIRES_MORE,
    "payment_intent.processing": Action.PENDING,
    "charge.refunded": Action.REFUNDED,
}
# What a buyer may set in an intent; amount, currency and customer are set by the shop.
_OF_BUYERS = (
    "setup_future_usage",
    "payment_method",
    "payment_method_types",
    "return_url",
    "off_session",
    "confirm",
)


# The maximum age of a signed event in seconds.
_RECENT = 300


def to_minor(amount: Decimal, currency_code: str) -> int:
    """The amount in the currency's smallest unit, as Stripe counts it.

    >>> to_minor(Decimal("9.95"), "eur"), to_minor(Decimal(500), "jpy")
    (995, 500)
    >>> to_minor(Decimal("5.124"), "kwd"), to_minor(Decimal(5), "isk")
    (5120, 500)
    """
    code = currency_code.lower()
    if code in _NO_DECIMALS:
        return _whole(amount)
    if code in _THREE_DECIMALS:
        return _whole(amount * 100) * 10
    if code in _WRITTEN_WITH_TWO:
        return _whole(amount) * 100
    return _whole(amount * 100)


def from_minor(amount: int, currency_code: str) -> Decimal:
    """The amount in the currency's unit.

    >>> from_minor(995, "eur"), from_minor(500, "jpy"), from_minor(5120, "kwd")
    (Decimal('9.95'), Decimal('500'), Decimal('5.12'))
    """
    code = currency_code.lower()
    digits = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    value = Decimal(amount).scaleb(-digits).normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral() else value


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


class StripePaymentProvider:
    """Sends payment requests to Stripe."""

    id = "pp_stripe_stripe"
    is_local = False
    has_accounts = True

    def __init__(
        self,
        api_key: str,
        *,
        webhook_secret: str = "",
        captures_at_once: bool = False,
        api_url: str = "",
    ) -> None:
        # A failed connection is retried with the same key; after that, the reconciler takes over.
        self._client = stripe.StripeClient(
            api_key,
            http_client=stripe.HTTPXClient(timeout=30),
            base_addresses={"api": api_url} if api_url else {},
            max_network_retries=1,
        ).v1
        self._intents = self._client.payment_intents
        self._webhook_secret = webhook_secret
        self._capture_method = "automatic" if captures_at_once else "manual"

    async def initiate(self, charge: Charge) -> Outcome:
        """A PaymentIntent that names its session."""
        chosen = {name: charge.data[name] for name in _OF_BUYERS if name in charge.data}
        params: Any = {
            "automatic_payment_methods": {"enabled": True},
            **chosen,
            "amount": to_minor(charge.amount, charge.currency_code),
            "currency": charge.currency_code.lower(),
            "capture_method": self._capture_method,
            "metadata": {"session_id": charge.session_id},
        }
        if "payment_method_types" in chosen:
            del params["automatic_payment_methods"]
        if charge.holder is not None:
            params["customer"] = charge.holder.external_id
        return _outcome(await _ask(self._intents.create_async(params, _under(charge.key))))

    async def authorize(self, charge: Charge) -> Outcome:
        """The state after the buyer's confirmation."""
        outcome = await self.look_up(charge)
        if outcome.status is SessionStatus.CANCELED:
            raise PaymentFailed("The payment was canceled")
        if outcome.status is SessionStatus.ERROR:
            raise PaymentFailed(outcome.data["last_payment_error"]["message"])
        return outcome

    async def capture(self, charge: Charge) -> Outcome:
        """Capture the amount; Stripe releases the rest, unless the account may capture several
        times.
        """
        amount = to_minor(charge.amount, charge.currency_code)

        def is_done(intent: Data) -> bool:
            return intent["status"] == "succeeded" and intent.get("amount_received") == amount

        params: Any = {"amount_to_capture": amount}
        call = self._intents.capture_async(_intent(charge), params, _under(charge.key))
        return _outcome(await _ask(call, is_done))

    async def refund(self, charge: Charge) -> Outcome:
        """Refund the amount."""
        params: Any = {
            "payment_intent": _intent(charge),
            "amount": to_minor(charge.amount, charge.currency_code),
            "metadata": {"session_id": charge.session_id, "request_id": charge.key},
        }
        refund = await _ask(self._client.refunds.create_async(params, _under(charge.key)))
        if refund["status"] in ("failed", "canceled"):
            raise PaymentFailed(f"The refund has failed: {refund.get('failure_reason')}")
        return Outcome(SessionStatus.CAPTURED, charge.data)

    async def cancel(self, charge: Charge) -> Outcome:
        """Cancel the intent; one that is already canceled counts as success."""
        call = self._intents.cancel_async(_intent(charge), {}, _under(charge.key))
        return _outcome(await _ask(call, lambda intent: intent["status"] == "canceled"))

    async def delete(self, charge: Charge) -> Outcome:
        """Cancel the intent of a deleted session; a captured amount is refunded."""
        call = self._intents.cancel_async(_intent(charge), {}, _under(charge.key))
        intent = await _ask(call, lambda intent: intent["status"] in ("canceled", "succeeded"))
        if intent["status"] == "succeeded":
            params: Any = {"payment_intent": _intent(charge)}
            await _ask(self._client.refunds.create_async(params, _under(f"{charge.key}-refund")))
        return Outcome(SessionStatus.CANCELED, intent)

    async def look_up(self, charge: Charge) -> Outcome:
        """The intent's present state."""
        return _outcome(await _ask(self._intents.retrieve_async(_intent(charge))))

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """What a signed event says about an intent, or about the charge of an intent."""
        try:
            signature = headers.get("stripe-signature")
            verify: Any = stripe.WebhookSignature
            verify.verify_header(body, signature, self._webhook_secret, _RECENT)
            event = orjson.loads(body)
            kind: str = event["type"]
            told: Json = event["data"]["object"]
        except stripe.SignatureVerificationError as error:
            raise NoticeRefused(error.user_message or "the signature does not match") from error
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeRefused("this is no event") from error
        action = _ACTIONS.get(kind, Action.NOT_SUPPORTED)
        # A charge has the metadata of its intent.
        metadata: dict[str, str] = told.get("metadata") or {}
        session_id = metadata.get("session_id", "")
        if action is Action.NOT_SUPPORTED or not session_id:
            return Notice(Action.NOT_SUPPORTED)
        if action is Action.REFUNDED:
            taken, back = (_given(told, name) for name in ("amount_captured", "amount_refunded"))
            return Notice(action, session_id, taken, refunded=back)
        return Notice(action, session_id, _given(told, "amount_received"), told)

    async def open_account(self, person: Person, key: str) -> Holder:
        """A Customer at Stripe."""
        known = {"email": person.email, "name": person.name, "phone": person.phone}
        params: Any = {
            **{name: value for name, value in known.items() if value},
            "metadata": {"customer_id": person.id},
        }
        customer = await _ask(self._client.customers.create_async(params, _under(key)))
        return Holder(customer["id"], customer)

    async def saved_methods(self, holder: Holder) -> Sequence[SavedMethod]:
        """Those of the Customer."""
        methods = self._client.customers.payment_methods
        found = await _ask(methods.list_async(holder.external_id, {"limit": 100}))
        return [SavedMethod(method["id"], method) for method in found["data"]]

    async def save_method(self, holder: Holder, data: Data, key: str) -> SavedMethod:
        """A SetupIntent, which the buyer confirms in the browser with its client secret."""
        chosen = {name: data[name] for name in ("payment_method", "usage") if name in data}
        params: Any = {"usage": "off_session", **chosen, "customer": holder.external_id}
        intent = await _ask(self._client.setup_intents.create_async(params, _under(key)))
        return SavedMethod(intent["id"], intent)


async def _ask(
    call: Awaitable[stripe.StripeObject], is_done: Callable[[Data], bool] | None = None
) -> Json:
    """Stripe's answer.

    A refusal because it `is_done` already counts as an answer too: Stripe forgets keys after a day
    or more, and a request may be repeated later than that.
    """
    try:
        return (await call).to_dict()
    except stripe.CardError as error:
        raise PaymentFailed(error.user_message or "The card was declined") from error
    except stripe.InvalidRequestError as error:
        intent = _intent_of(error)
        if intent is not None and is_done is not None and is_done(intent):
            return intent
        raise PaymentFailed(error.user_message or "Stripe refuses the request") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise PaymentFailed("Stripe does not accept the shop's key") from error
    except stripe.StripeError as error:
        raise OutcomeUnknown(error.user_message or type(error).__name__) from error


def _intent_of(error: stripe.StripeError) -> Json | None:
    """The intent in an error, in its present state."""
    body = cast("Json", error.json_body or {})
    return body.get("error", {}).get("payment_intent")


def _outcome(intent: Json) -> Outcome:
    """The state of an intent; a declined one waits for another payment method."""
    declined = intent["status"] == "requires_payment_method" and intent.get("last_payment_error")
    return Outcome(SessionStatus.ERROR if declined else _STATUS[intent["status"]], intent)


def _given(told: Data, name: str) -> Decimal:
    """An amount of an intent or a charge."""
    return from_minor(told.get(name) or 0, told["currency"])


def _intent(charge: Charge) -> str:
    found = charge.data.get("id")
    if not isinstance(found, str):
        raise PaymentFailed("Stripe does not know the session")
    return found


def _under(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}
