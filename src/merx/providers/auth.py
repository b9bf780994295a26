"""Who proves a person's log-in elsewhere: a provider sends them away and knows them on return.

E-mail and password are the shop's own and need no provider. All others work by the authorization
code flow (RFC 6749) with PKCE (RFC 7636): the shop hands out a URL, the person logs in there and
comes back with a code, and the shop asks the provider whose code it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from merx.core.errors import MerxError


class LoginRefused(MerxError):
    """What came back from the provider proves nobody."""

    status = 401
    type = "unauthorized"


class ProviderAway(MerxError):
    """The provider does not answer, or not as it should; the caller may try again."""

    status: ClassVar[int] = 502
    type = "unexpected_state"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One person on the way to the provider and back.

    `state` comes back with them, `nonce` inside the ID token; only who holds `verifier` can use
    the code. `callback_url` is the page to which they return.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    callback_url: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Who came back: `entity_id` never changes at the provider, all else may.

    `user_metadata` is for everybody to read: name, picture, and an `email` only if the provider
    has verified that it is theirs.
    """

    entity_id: str
    user_metadata: Mapping[str, Any]


class AuthProvider(Protocol):
    """A way to log in elsewhere; `id` names it in paths and beside its identities."""

    @property
    def id(self) -> str:
        """The name in paths: `google`."""
        ...

    @property
    def display_name(self) -> str:
        """What people read on a button."""
        ...

    async def location(self, authorization: AuthorizationRequest) -> str:
        """The URL at which the person logs in."""
        ...

    async def recognise(self, code: str, authorization: AuthorizationRequest) -> Profile:
        """Whose code it is; LoginRefused when it is nobody's."""
        ...
