"""What `merx start --demo` adds: demo data and an admin user, once."""

import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from merx.operations.demo import seed_demo
from merx.workflows.people.user_accounts import create_user

EMAIL = "admin@example.com"

_KEY = """SELECT k.token FROM api_key k
JOIN publishable_api_key_sales_channel l ON l.publishable_key_id = k.id
WHERE k.type = 'publishable' AND k.deleted_at IS NULL AND k.revoked_at IS NULL
ORDER BY k.created_at, k.id LIMIT 1"""


@dataclass(frozen=True)
class Login:
    """The admin user, whose password only the start that created it knows; `key` opens `/store`."""

    email: str
    password: str | None
    key: str | None = None

    def explanation(self, address: str) -> str:
        """What to try next."""
        password = self.password or "…"
        body = f'{{"email": "{self.email}", "password": "{password}"}}'
        return (
            f"\nAdmin user:  {self.email}\nPassword:    {self._password_line()}\n\n"
            f"Log in, and ask for the products with the token that comes back:\n"
            f"  curl {address}/auth/user/emailpass \\\n"
            f"    -H 'content-type: application/json' -d '{body}'\n"
            f"  curl '{address}/admin/products?fields=title,variants.title' \\\n"
            f"    -H 'authorization: Bearer TOKEN'\n"
            f"{self._storefront(address)}"
        )

    def _storefront(self, address: str) -> str:
        """The storefront request to try, if there is a key for it."""
        if self.key is None:
            return ""
        header = f"-H 'x-publishable-api-key: {self.key}'"
        return (
            f"\nStorefront key: {self.key}\nWhat a storefront sees, and a cart to put it in:\n"
            f"  curl '{address}/store/products?fields=title,*variants' {header}\n"
            f"  curl -X POST {address}/store/carts {header}\n"
        )

    def _password_line(self) -> str:
        if self.password is not None:
            return f"{self.password}   (shown only now)"
        return (
            f"known since the first start; a new one: {_merx()} user password --email {self.email}"
        )


def _merx() -> str:
    """How to call this program from this folder."""
    if shutil.which("merx") is not None:
        return "merx"
    return os.path.relpath(Path(sys.executable).with_name("merx"))


def prepare_demo(url: str) -> Login:
    """Seed an empty shop, and create the admin user if there is no user at all."""

    async def prepare(tx: Transaction) -> Login:
        await seed_demo(tx)
        known = await tx.fetchval(
            'SELECT email FROM "user" WHERE deleted_at IS NULL ORDER BY created_at LIMIT 1'
        )
        key = await tx.fetchval(_KEY)
        if known is not None:
            return Login(known, None, key)
        password = secrets.token_urlsafe(9)
        await create_user(tx, email=EMAIL, password=password)
        return Login(EMAIL, password, key)

    return run_in_transaction(url, prepare)
