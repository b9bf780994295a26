"""The texts of mails by template: plain sentences with the link to follow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from typing_extensions import TypedDict

from merx.core.shapes import Document

PASSWORD_RESET = "auth.password_reset"
INVITE = "user.invite"
VERIFICATION = "auth.verification_requested"
ORDER_PLACED = "order.placed"
ORDER_SHIPPED = "order.shipped"
ORDER_REFUNDED = "order.refunded"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that links in mails lead to."""

    admin_url: str
    storefront_url: str

    def of(self, actor_type: str) -> str:
        """The pages for an actor type."""
        return (self.admin_url if actor_type == "user" else self.storefront_url).rstrip("/")


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and plain text of a mail."""

    subject: str
    text: str = field(repr=False)


class TokenSent(TypedDict):
    """A password reset."""

    actor_type: str
    token: str
    expires_in: int


class InviteSent(TypedDict):
    """An invite."""

    token: str


class CodeSent(TypedDict):
    """A code that verifies an address."""

    actor_type: str
    code: str
    expires_in: int


class OrderSent(TypedDict):
    """A new order; `items` are titles with their quantities."""

    order_id: str
    display_id: int
    items: list[tuple[str, str]]
    total: str
    currency_code: str


class ShipmentSent(TypedDict):
    """A shipment; `tracking` are addresses to follow it at."""

    display_id: int
    items: list[tuple[str, str]]
    tracking: list[str]


class RefundSent(TypedDict):
    """A refund."""

    display_id: int
    amount: str
    currency_code: str


def write_letter(template: str, to: str, data: Document, pages: Pages) -> Letter:
    """The mail of a template; for a template that Merx has no text for, the data line by line."""
    write = _LETTERS.get(template)
    if write is not None:
        return write(to, data, pages)
    lines = [f"{name}: {value}" for name, value in data.items()]
    return Letter(template, "\n".join(lines) + "\n")


def _password_reset(to: str, data: TokenSent, pages: Pages) -> Letter:
    link = _link(pages.of(data["actor_type"]), "reset-password", token=data["token"], email=to)
    minutes = data["expires_in"] // 60
    return Letter(
        "Set a new password",
        "Somebody, hopefully you, asked for a new password for this e-mail address.\n\n"
        f"Set it here within {minutes} minutes:\n{link}\n\n"
        "If it was not you, ignore this mail: your password stays unchanged.\n",
    )


def _invite(to: str, data: InviteSent, pages: Pages) -> Letter:
    link = _link(pages.of("user"), "invite", token=data["token"], email=to)
    return Letter(
        "You are invited to help run a shop",
        f"You are invited to help run a shop. Choose a password here within a day:\n{link}\n\n"
        "If you do not know why, ignore this mail.\n",
    )


def _verification(to: str, data: CodeSent, pages: Pages) -> Letter:
    link = _link(pages.of(data["actor_type"]), "verify-email", code=data["code"], email=to)
    minutes = data["expires_in"] // 60
    return Letter(
        "Confirm your e-mail",
        "Somebody, hopefully you, entered this e-mail address as theirs.\n\n"
        f"Confirm it here within {minutes} minutes:\n{link}\n\n"
        "If it was not you, ignore this mail.\n",
    )


def _order_placed(to: str, data: OrderSent, pages: Pages) -> Letter:
    link = f"{pages.of('customer')}/orders/{data['order_id']}"
    lines = "\n".join(f"{quantity} x {title}" for title, quantity in data["items"])
    return Letter(
        f"Your order {data['display_id']}",
        f"Thank you for your order {data['display_id']}.\n\n{lines}\n\n"
        f"Total: {data['total']} {data['currency_code'].upper()}\n\n"
        f"See it here:\n{link}\n",
    )


def _order_shipped(to: str, data: ShipmentSent, pages: Pages) -> Letter:
    lines = "\n".join(f"{quantity} x {title}" for title, quantity in data["items"])
    links = "".join(f"\nFollow it here: {url}" for url in data["tracking"])
    return Letter(
        f"Your order {data['display_id']} is on its way",
        f"These items of your order {data['display_id']} are on their way to you:\n\n"
        f"{lines}\n{links}\n",
    )


def _order_refunded(to: str, data: RefundSent, pages: Pages) -> Letter:
    return Letter(
        f"A refund for your order {data['display_id']}",
        f"You have been refunded {data['amount']} {data['currency_code'].upper()}"
        f" for your order {data['display_id']}.\n",
    )


_LETTERS: dict[str, Callable[[str, Any, Pages], Letter]] = {
    PASSWORD_RESET: _password_reset,
    INVITE: _invite,
    VERIFICATION: _verification,
    ORDER_PLACED: _order_placed,
    ORDER_SHIPPED: _order_shipped,
    ORDER_REFUNDED: _order_refunded,
}


def _link(base: str, page: str, **query: str) -> str:
    return f"{base}/{page}?{urlencode(query)}"
