"""`merx outbox`: the shop's mails and their state."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from merx.modules.notification.mails import ListedMail

app = typer.Typer(help="List outgoing mails.", no_args_is_help=True)


@app.command("mail")
def mail(
    id: Annotated[str | None, typer.Argument(help="Id of a mail (mail_…) to show in full.")] = None,
    to: Annotated[str | None, typer.Option(help="Only mails to this e-mail.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to show.")] = 50,
) -> None:
    """List mails, newest first, or read one.

    The text is stored only if no SMTP server is set: otherwise it is not kept after sending, as it
    contains tokens.
    """
    from merx.cli.configuration import load_settings
    from merx.cli.database import in_transaction
    from merx.core.operator_errors import OperatorError
    from merx.modules.notification.mails import list_mails, read_mail

    if id is not None:
        found = in_transaction(load_settings(), lambda tx: read_mail(tx, id))
        if found is None:
            raise OperatorError(f"There is no mail {id}")
        typer.echo(_whole(found))
        return
    mails = in_transaction(load_settings(), lambda tx: list_mails(tx, to=to, limit=limit))
    for each in mails:
        typer.echo(_line(each))
    if not mails:
        typer.echo("No mails.")


def _line(mail: "ListedMail") -> str:
    line = (
        f"{mail.id}  {mail.created_at:%Y-%m-%d %H:%M:%S}  {mail.state:8}  {mail.template}"
        f"  {_printable(mail.to)}"
    )
    return f"{line}  {_printable(mail.error)}" if mail.error else line


def _whole(mail: "ListedMail") -> str:
    lines = [f"To: {_printable(mail.to)}", f"Subject: {mail.subject or ''}", "", mail.text or ""]
    return "\n".join([_line(mail), "", *lines])


def _printable(text: str) -> str:
    """Without line breaks and control characters: user input must not control the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
