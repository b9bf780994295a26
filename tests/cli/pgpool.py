"""A real Pgpool-II before a primary and its standby."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.replicas import Node

# Statements go to the primary: Pgpool-II takes any reading one for the standby's, also where the
# caller has just written. Without a cache of connections: with one it does not answer a client
# that says good-bye (4.3.5, snapshot isolation).
_CONFIG = """
backend_clustering_mode = 'streaming_replication'
load_balance_mode = off
connection_cache = off
num_init_children = 48
listen_addresses = '127.0.0.1'
port = {port}
pcp_port = {pcp_port}
socket_dir = '{folder}'
pcp_socket_dir = '{folder}'
pid_file_name = '{folder}/pgpool.pid'
logdir = '{folder}'
enable_pool_hba = off
pool_passwd = ''
sr_check_user = 'merx'
sr_check_database = 'merx'
"""
_NODE = """
backend_hostname{number} = '{host}'
backend_port{number} = 5432
backend_flag{number} = 'DISALLOW_TO_FAILOVER'
"""


@contextmanager
def pgpool(nodes: tuple[Node, ...], folder: Path) -> Iterator[str]:
    """A URL that leads through Pgpool-II to the database `merx` of these nodes."""
    program = shutil.which("pgpool") or shutil.which("pgpool", path="/usr/sbin")
    if program is None:
        pytest.skip("Pgpool-II is not installed (Debian: apt-get install pgpool2)")
    port, pcp_port = _free_ports()
    config = folder / "pgpool.conf"
    config.write_text(
        _CONFIG.format(port=port, pcp_port=pcp_port, folder=folder)
        + "".join(_NODE.format(number=n, host=node.host) for n, node in enumerate(nodes))
    )
    pcp = folder / "pcp.conf"
    pcp.touch()
    folder.chmod(0o777)
    log = folder / "pgpool.log"
    # PostgreSQL's socket is open to its owner and root alone.
    owner = nodes[0].folder.stat()
    is_root = os.geteuid() == 0
    with log.open("w") as output:
        process = subprocess.Popen(
            [program, "-n", "-D", "-f", str(config), "-F", str(pcp)],
            user=owner.st_uid if is_root else None,
            group=owner.st_gid if is_root else None,
            extra_groups=[] if is_root else None,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    try:
        _await(process, log)
        yield f"postgresql://merx@127.0.0.1:{port}/merx"
    finally:
        process.terminate()
        process.wait(10)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _await(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        said = log.read_text()
        assert process.poll() is None, said
        # It listens before it knows which node is the primary.
        if "find_primary_node: primary node is" in said:
            return
        time.sleep(0.05)
    raise AssertionError(f"Pgpool-II does not find the primary: {said}")
