"""Log-in with GitHub, which speaks OAuth 2 without ID tokens: its API tells whose access token it
is.

The access token is used for that and then discarded.
"""

from dataclasses import dataclass
from typing import Any

from merx.core.shapes import is_dict, is_list
from merx.providers.auth import AuthorizationRequest, LoginRefused, Profile
from merx.providers.oauth import (
    Application,
    authorization_url,
    client_of,
    exchange,
    get_json,
    object_of,
    text_of,
)

SCOPE = "read:user user:email"


@dataclass(frozen=True, slots=True)
class GithubAddresses:
    """GitHub's URLs; those of a GitHub Enterprise server differ."""

    site: str = "https://github.com"
    api: str = "https://api.github.com"


class GithubProvider:
    """GitHub's accounts, identified by number, since names can change hands."""

    id = "github"
    display_name = "Github Authentication"

    def __init__(self, application: Application, addresses: GithubAddresses | None = None) -> None:
        self._application = application
        self._addresses = addresses or GithubAddresses()

    async def location(self, authorization: AuthorizationRequest) -> str:
        """GitHub's log-in page."""
        async with client_of(self._application, self.id, SCOPE, authorization) as client:
            endpoint = f"{self._addresses.site}/login/oauth/authorize"
            return authorization_url(client, endpoint, authorization)

    async def recognise(self, code: str, authorization: AuthorizationRequest) -> Profile:
        """The owner of the access token that GitHub issues for the code."""
        async with client_of(self._application, self.id, SCOPE, authorization) as client:
            endpoint = f"{self._addresses.site}/login/oauth/access_token"
            await exchange(client, endpoint, code, authorization)
            found = await get_json(client, f"{self._addresses.api}/user")
            emails = await get_json(client, f"{self._addresses.api}/user/emails")
        person = object_of(found, self.id)
        number = person.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            raise LoginRefused("GitHub did not identify anybody")
        shown = {
            name: text_of(person, key)
            for name, key in (("name", "name"), ("login", "login"), ("picture", "avatar_url"))
            if text_of(person, key)
        }
        email = _verified_email(emails)
        return Profile(str(number), {"email": email, **shown} if email else shown)


def _verified_email(emails: Any) -> str:
    """The primary e-mail, if GitHub has verified it."""
    rows = [row for row in emails if is_dict(row)] if is_list(emails) else []
    for row in rows:
        if row.get("primary") is True and row.get("verified") is True:
            return text_of(row, "email")
    return ""
