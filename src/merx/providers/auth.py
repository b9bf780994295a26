"""External log-in: a provider authenticates people and identifies them when they return.

E-mail and password are built in and need no provider. All others use the authorization code flow
(RFC 6749) with PKCE (RFC 7636): the shop hands out a URL, the person logs in there and returns with
a code, and the shop asks the provider whose code it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from merx.core.errors import MerxError


class LoginRefused(MerxError):
    """What came back from the provider does not identify anybody."""

    status = 401
    type = "unauthorized"


class ProviderAway(MerxError):
    """The provider does not answer, or not correctly; the caller may retry."""

    status: ClassVar[int] = 502
    type = "unexpected_state"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A log-in in progress at the provider.

    `state` comes back with the person, `nonce` inside the ID token; the code can only be used with
    the `verifier`. `callback_url` is the page to return to.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    callback_url: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The authenticated person: `entity_id` never changes at the provider, everything else may.

    `user_metadata` is readable by clients: name, picture, and an `email` only if the provider has
    verified it.
    """

    entity_id: str
    user_metadata: Mapping[str, Any]


class AuthProvider(Protocol):
    """A way to log in at an external provider; `id` names it in paths and in its identities."""

    @property
    def id(self) -> str:
        """The name in paths: `google`."""
        ...

    @property
    def display_name(self) -> str:
        """The text of a log-in button."""
        ...

    async def location(self, authorization: AuthorizationRequest) -> str:
        """The URL where the person logs in."""
        ...

    async def recognise(self, code: str, authorization: AuthorizationRequest) -> Profile:
        """The person a code belongs to; LoginRefused if it is invalid."""
        ...
