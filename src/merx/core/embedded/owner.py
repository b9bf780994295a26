"""The owner of a cluster. PostgreSQL refuses to run as root, so there it runs as a system user."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from merx.core.operator_errors import EmbeddedError

USER = "merx"
_SEARCH_FOR_OTHERS = 0o001


@dataclass(frozen=True)
class Owner:
    """The user and group the server runs as; None means the user who runs this process."""

    uid: int | None = None
    gid: int | None = None


def owner_of(folder: Path) -> Owner:
    """The current or future owner of the cluster in `folder`, who alone has access to it."""
    folder.chmod(0o700)
    if os.geteuid() != 0:
        return Owner()
    status = folder.stat()
    if status.st_uid == 0:
        user = _system_user()
        os.chown(folder, user.pw_uid, user.pw_gid)
        status = folder.stat()
    return Owner(status.st_uid, status.st_gid)


def let_in(owner: Owner, *folders: Path) -> None:
    """Let the owner traverse root's folders on the way to `folders`, without listing them."""
    if owner.uid is None:
        return
    for parent in {parent for folder in folders for parent in folder.parents}:
        mode = parent.stat().st_mode
        if not mode & _SEARCH_FOR_OTHERS:
            parent.chmod(mode | _SEARCH_FOR_OTHERS)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass
    for program, options in (
        ("useradd", ("--system", "--user-group")),
        ("adduser", ("-S", "-D", "-H")),
    ):
        path = shutil.which(program)
        if (
            path
            and subprocess.run([path, *options, USER], capture_output=True, check=False).returncode
            == 0
        ):
            return pwd.getpwnam(USER)
    raise EmbeddedError(
        f"PostgreSQL does not run as root and the system user '{USER}' could not be made: "
        "start Merx as an ordinary user, or set MERX_DATABASE_URL"
    )
