"""Log-in with any OpenID provider, such as Google: its ID token identifies the person.

Checked in an ID token: its signature, with the issuer's published keys and asymmetric algorithms
only; issuer, audience and authorized party; its time; the nonce, which binds it to this
authorization; the hash of the access token.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from merx.core.shapes import Json
from merx.providers.auth import AuthorizationRequest, LoginRefused, Profile, ProviderAway
from merx.providers.oauth import (
    Application,
    authorization_url,
    client_of,
    exchange,
    get_json,
    object_of,
    text_of,
)

GOOGLE_ISSUER = "https://accounts.google.com"
SCOPE = "openid email profile"

# Symmetric algorithms must not verify: anybody with the published keys could sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_KEPT_SECONDS = 3600.0
_PAUSE_SECONDS = 10.0
_LEEWAY_SECONDS = 60
_SHOWN = ("name", "given_name", "family_name", "picture", "locale")


@dataclass(slots=True)
class _Published:
    """The issuer's published metadata and keys.

    Old copies are harmless: unknown keys cause a new request, and an issuer keeps a retired key
    published until its tokens have expired.
    """

    metadata: Json
    keys: Any
    read_at: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since it was fetched."""
        return time.monotonic() - self.read_at


class OpenIdProvider:
    """A provider of OpenID Connect, located by its issuer."""

    def __init__(
        self,
        id: str,
        display_name: str,
        issuer: str,
        application: Application,
        *,
        verified_only: bool = False,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self._issuer = issuer
        self._application = application
        self._verified_only = verified_only
        self._published: _Published | None = None

    async def location(self, authorization: AuthorizationRequest) -> str:
        """The issuer's log-in page."""
        async with client_of(self._application, self.id, SCOPE, authorization) as client:
            found = await self._read(client)
            endpoint = text_of(found.metadata, "authorization_endpoint")
            return authorization_url(client, endpoint, authorization, nonce=authorization.nonce)

    async def recognise(self, code: str, authorization: AuthorizationRequest) -> Profile:
        """The person named in the ID token that the issuer issues for the code."""
        async with client_of(self._application, self.id, SCOPE, authorization) as client:
            found = await self._read(client)
            token = await exchange(
                client, text_of(found.metadata, "token_endpoint"), code, authorization
            )
            id_token = text_of(token, "id_token")
            claims = await self._verified(
                client, id_token, text_of(token, "access_token"), authorization
            )
        return self._profile(claims)

    async def _read(self, client: Any, *, oldest: float = _KEPT_SECONDS) -> _Published:
        """The published metadata, at most `oldest` seconds old."""
        from joserfc.jwk import KeySet  # noqa: PLC0415

        if self._published is None or self._published.age > oldest:
            url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = object_of(await get_json(client, url, withhold_token=True), self.id)
            if metadata.get("issuer") != self._issuer:
                raise ProviderAway(f"{url} is of another issuer")
            keys_url = text_of(metadata, "jwks_uri")
            keys = object_of(await get_json(client, keys_url, withhold_token=True), self.id)
            self._published = _Published(metadata, KeySet.import_key_set(keys))  # pyright: ignore[reportArgumentType]
        return self._published

    async def _verified(
        self, client: Any, id_token: str, access_token: str, authorization: AuthorizationRequest
    ) -> Json:
        from joserfc.errors import JoseError  # noqa: PLC0415

        try:
            try:
                found = await self._read(client)
                return self._claims(found.keys, id_token, access_token, authorization)
            except JoseError:
                # The issuer may have changed its keys since they were fetched.
                found = await self._read(client, oldest=_PAUSE_SECONDS)
                return self._claims(found.keys, id_token, access_token, authorization)
        except (JoseError, ValueError) as error:
            raise LoginRefused(f"The ID token of {self.id} is not valid") from error

    def _claims(
        self, keys: Any, id_token: str, access_token: str, authorization: AuthorizationRequest
    ) -> Json:
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415
        from joserfc import jwt  # noqa: PLC0415

        token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        client_id = self._application.client_id
        claims: Any = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": client_id},
                "exp": {"essential": True},
                "sub": {"essential": True},
            },
            {"nonce": authorization.nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _profile(self, claims: Json) -> Profile:
        entity_id = text_of(claims, "sub")
        if not entity_id:
            raise LoginRefused(f"The ID token of {self.id} is not valid")
        # Some providers send it as text.
        is_verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
        if self._verified_only and not is_verified:
            raise LoginRefused("Email not verified, cannot proceed with authentication")
        shown = {name: claims[name] for name in _SHOWN if text_of(claims, name)}
        email = text_of(claims, "email")
        return Profile(entity_id, {"email": email, **shown} if email and is_verified else shown)


def google(application: Application) -> OpenIdProvider:
    """Google's accounts; as on the reference, only those with a verified e-mail."""
    return OpenIdProvider(
        "google", "Google Authentication", GOOGLE_ISSUER, application, verified_only=True
    )
