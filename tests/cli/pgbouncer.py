"""A real PgBouncer that gives a server connection for one transaction only."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

SERVER_CONNECTIONS = 3


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """A URL that leads through PgBouncer to the database at `database_url`."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
    parts = urlsplit(database_url)
    [host] = parse_qs(parts.query)["host"]
    name = parts.path.lstrip("/")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"""[databases]
{name} = host={host} user={parts.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
logfile = {folder / "pgbouncer.log"}
"""
    )
    folder.chmod(0o777)
    # It refuses to run as root; PostgreSQL's socket is open to its owner and root alone.
    owner = Path(host).stat().st_uid
    process = subprocess.Popen([program, "-q", str(config)], user=owner)
    try:
        _await_port(port, process)
        yield f"postgresql://{parts.username}@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        process.wait(10)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "PgBouncer ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("PgBouncer does not listen")
