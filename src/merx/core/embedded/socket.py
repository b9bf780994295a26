"""The server's Unix socket, in a folder that only its owner can enter."""

import hashlib
import os
import socket
import tempfile
from pathlib import Path

from merx.core.embedded.owner import Owner
from merx.core.operator_errors import EmbeddedError

_NAME = ".s.PGSQL.5432"
# The shortest limit of the supported systems (macOS: 104 bytes including the final zero).
_LONGEST_PATH = 103


def socket_folder(folder: Path, owner: Owner) -> Path:
    """`folder`, or a private temporary one if its path is too long for a socket."""
    if len(os.fsencode(folder / _NAME)) <= _LONGEST_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"merx-{digest}"
    uid = os.geteuid() if owner.uid is None else owner.uid
    try:
        short.mkdir(mode=0o700)
        if owner.uid is not None and owner.gid is not None:
            os.chown(short, owner.uid, owner.gid)
    except FileExistsError:
        # Anybody can write to the folder for temporary files: a stranger may have created this one.
        if short.is_symlink() or short.stat().st_uid != uid:
            raise EmbeddedError(f"{short} belongs to another user: remove it") from None
    return short


def is_listening(folder: Path) -> bool:
    """Whether a server accepts connections there."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(folder / _NAME))
        except OSError:
            return False
    return True


def forget_dead_server(cluster: Path, folder: Path) -> None:
    """Let the server start after a crash even if its old process id seems to be in use.

    PostgreSQL takes any process of its user for the server that the lock files of the cluster and
    of the socket name. It is often wrong in a container: ids start again from 1, and a server that
    was killed stays a zombie if the container's first process does not wait for it. The id is
    replaced rather than the files removed, because PostgreSQL uses the last line of the cluster's
    to check for surviving child processes.
    """
    for lock_file in (cluster / "postmaster.pid", folder / f"{_NAME}.lock"):
        if not lock_file.exists():
            continue
        pid, _, rest = lock_file.read_text().partition("\n")
        command = Path("/proc") / pid / "cmdline"
        # A zombie's is empty. Others may have the word in a path that they are given.
        if command.exists() and not command.read_bytes().split(b"\0")[0].endswith(b"postgres"):
            lock_file.write_text(f"{_NO_PROCESS}\n{rest}")


# Above the highest process id that Linux assigns.
_NO_PROCESS = 2**22 + 1
