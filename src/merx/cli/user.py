"""`merx user`: users of the admin."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Create admin users, set passwords, reset second factors.",
    no_args_is_help=True,
)

FEWEST_CHARACTERS = 8


def _email(value: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from merx.core.kinds import Email

    try:
        return TypeAdapter[str](Email).validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter(f"{value!r} is not an e-mail address") from error


def _password(value: str) -> str:
    if len(value) < FEWEST_CHARACTERS or not value.strip():
        raise typer.BadParameter(f"a password must have at least {FEWEST_CHARACTERS} characters")
    return value


NewEmail = Annotated[str, typer.Option(help="E-mail that the user logs in with.", callback=_email)]
# Also accepts e-mails from before they were validated.
Email = Annotated[str, typer.Option(help="E-mail that the user logs in with.")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True,
        confirmation_prompt=True,
        hide_input=True,
        callback=_password,
        help="Prompted for if omitted, which keeps it out of the shell's history.",
    ),
]


@app.command("create")
def create(email: NewEmail, password: Password) -> None:
    """Create an admin user."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.workflows.people.user_accounts import create_user

    user_id = in_transaction(
        load_settings(), lambda tx: create_user(tx, email=email, password=password)
    )
    typer.echo(f"Created {user_id} for {email}")


@app.command("password")
def password(email: Email, password: Password) -> None:
    """Set a new password for a user; ends the user's sessions."""
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.workflows.people.user_accounts import set_password

    in_transaction(load_settings(), lambda tx: set_password(tx, email=email, password=password))
    typer.echo(f"{email} has a new password")


@app.command("reset-second-factor")
def reset_second_factor(email: Email) -> None:
    """Remove a user's second factor, so that the password alone suffices.

    Ends the user's sessions.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.modules.auth.second_factors import reset_second_factors

    ended = in_transaction(load_settings(), lambda tx: reset_second_factors(tx, email=email))
    typer.echo(f"{email} is asked for no second factor ({ended} disabled)")
