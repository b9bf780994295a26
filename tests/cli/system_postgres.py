"""A server of the system's own PostgreSQL, with the extensions that Debian packages."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def system_postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database of a new cluster in `folder`."""
    found = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    programs = found[-1].parent
    # It refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    owner = pwd.getpwnam(user)
    folder.chmod(0o755)
    cluster = folder / "cluster"
    cluster.mkdir()
    os.chown(cluster, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", str(cluster), *arguments],
            user=owner.pw_uid,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    run("initdb", "--no-sync", "--auth=trust", "--username=merx", "--encoding=UTF8", "--locale=C")
    run("pg_ctl", "start", "-w", "-o", f"-k {cluster} -c listen_addresses= -c fsync=off", "-s")
    try:
        yield f"postgresql://merx@/postgres?host={cluster}"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-s")
