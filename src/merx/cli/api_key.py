"""`merx api-key`: keys for programs and storefronts."""

from typing import Annotated, Literal

import typer

app = typer.Typer(help="Create keys for programs and storefronts.", no_args_is_help=True)


# A group with a single command would be replaced by it; this keeps `merx api-key create`.
@app.callback()
def group() -> None:
    """Create keys for programs and storefronts."""


@app.command("create")
def create(
    key_type: Annotated[
        Literal["secret", "publishable"],
        typer.Option(
            "--type", help="secret: acts as an admin; publishable: lets a storefront read the shop."
        ),
    ],
    title: Annotated[str, typer.Option(help="What the key is for.")],
) -> None:
    """Create a key and print it: a secret key is shown only now.

    A secret key is the user name of HTTP basic authentication: curl -u KEY: …
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.modules.api_key.service import create_api_key

    _, token = in_transaction(
        load_settings(), lambda tx: create_api_key(tx, title=title, key_type=key_type)
    )
    typer.echo(token)
