"""A small local OpenID provider and GitHub, over real HTTP.

It authenticates everybody without asking. `faults` make it issue tokens that a shop must refuse.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID = "the shop"
CLIENT_SECRET = "a secret & more"


@cache
def _key(_: str) -> rsa.RSAPrivateKey:
    """Generated once, because that is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class OpenIdServer:
    """The log-ins in progress, and the received requests."""

    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "ann-1",
            "email": "ann@corp.test",
            "email_verified": True,
            "name": "Ann Lee",
            "given_name": "Ann",
            "family_name": "Lee",
        }
    )
    emails: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signing_key: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    key: Any = field(default_factory=lambda: _key("first"))
    key_id: str = "first"

    def change_key(self) -> None:
        """Sign with another key from now on, and publish only that one."""
        self.key, self.key_id = _key("second"), "second"

    def visit(self, location: str) -> str:
        """Log in at the URL from the shop; returns the code for the callback."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return code

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> Any:
        """Status and JSON for a request of the shop."""
        self.requests.append(f"{method} {path}")
        match path:
            case "/.well-known/openid-configuration":
                return 200, {**self._endpoints(), **self.metadata}
            case "/keys":
                public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
                return 200, {"keys": [{**public, "kid": self.key_id, "use": "sig"}]}
            case "/token" | "/login/oauth/access_token":
                given = {name: values[0] for name, values in parse_qs(body).items()}
                return self._token(headers, given)
            case "/user" if headers.get("authorization") == "Bearer access":
                return 200, self.person
            case "/user/emails" if headers.get("authorization") == "Bearer access":
                return 200, self.emails
            case _:
                return 404, {"error": "not found"}

    def _endpoints(self) -> dict[str, str]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }

    def _token(self, headers: dict[str, str], given: dict[str, str]) -> Any:
        asked = self.codes.pop(given.get("code", ""), None)
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if headers.get("authorization") != f"Basic {credentials}":
            return 401, {"error": "invalid_client"}
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        if asked["redirect_uri"] != given["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        id_token = self._id_token(asked.get("nonce", ""))
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": id_token}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            **self.person,
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        key = None if self.algorithm == "none" else self.signing_key or self.key
        return jwt.encode(said, key, algorithm=self.algorithm, headers={"kid": self.key_id})


@asynccontextmanager
async def serving(current: Callable[[], OpenIdServer]) -> AsyncGenerator[str]:
    """Serve the current server's responses on a free port; yields the URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, answer = current().answer(method, path, headers, body.decode())
        raw = json.dumps(answer).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(raw)}\r\n\r\n".encode()
            + raw
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
