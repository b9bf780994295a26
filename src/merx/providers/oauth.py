"""Shared by providers of the authorization code flow: an Authlib client for each exchange."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from merx.core.errors import MerxError
from merx.core.shapes import Document, Json, is_dict
from merx.providers.auth import AuthorizationRequest, LoginRefused, ProviderAway

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Application:
    """The shop as registered at a provider; without a secret it is a public client."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@asynccontextmanager
async def client_of(
    application: Application,
    provider: str,
    scope: str,
    authorization: AuthorizationRequest | None = None,
) -> AsyncGenerator[Any]:
    """A client for one exchange; its failures become the caller's error."""
    # Imported with the first log-in: both take a third of a second, and most shops need neither.
    import httpx2  # noqa: PLC0415
    from authlib.integrations.base_client import OAuthError  # noqa: PLC0415
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415

    client: Any = AsyncOAuth2Client(
        application.client_id,
        application.client_secret,
        token_endpoint_auth_method="client_secret_basic" if application.client_secret else "none",
        scope=scope,
        redirect_uri=authorization.callback_url if authorization else None,
        code_challenge_method="S256",
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
    )
    try:
        async with client:
            yield client
    except MerxError:
        raise
    except OAuthError as error:
        raise LoginRefused(f"{provider} does not accept the code") from error
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderAway(f"{provider} cannot be reached. Try again") from error


def authorization_url(
    client: Any, endpoint: str, authorization: AuthorizationRequest, **extra: str
) -> str:
    """The provider's log-in page, with all parameters."""
    url, _ = client.create_authorization_url(
        endpoint, state=authorization.state, code_verifier=authorization.verifier, **extra
    )
    return str(url)


async def exchange(
    client: Any, endpoint: str, code: str, authorization: AuthorizationRequest
) -> Json:
    """The tokens for a code, which are issued only to the holder of the verifier."""
    token = await client.fetch_token(
        endpoint,
        grant_type="authorization_code",
        code=code,
        code_verifier=authorization.verifier,
        headers={"accept": "application/json"},
    )
    return cast("Json", token)


async def get_json(client: Any, url: str, **options: Any) -> Any:
    """The JSON at a URL of the provider; ProviderAway for any answer but 200."""
    answer = await client.request("GET", url, headers={"accept": "application/json"}, **options)
    if answer.status_code != 200:
        raise ProviderAway(f"{url} answers with {answer.status_code}")
    return answer.json()


def text_of(values: Document, name: str) -> str:
    """A text among untyped values; `""` if it is not a text."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def object_of(value: Any, provider: str) -> Json:
    """An object that the provider must return."""
    if not is_dict(value):
        raise ProviderAway(f"{provider} answers with something that is no object")
    return value
