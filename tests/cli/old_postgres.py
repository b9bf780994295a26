"""An old PostgreSQL, as far as needed to report its version."""

import socketserver
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread


class _Greeter(socketserver.StreamRequestHandler):
    version: str

    def handle(self) -> None:
        """Refuse TLS, let anybody in, tell the version, wait for the goodbye."""
        while True:
            length = struct.unpack("!i", self.rfile.read(4))[0]
            request = self.rfile.read(length - 4)
            if request[:4] != struct.pack("!i", 80877103):
                break
            self.wfile.write(b"N")
        self._send(b"R", struct.pack("!i", 0))
        self._send(b"S", b"server_version\0" + self.version.encode() + b"\0")
        self._send(b"Z", b"I")
        self.rfile.read(1)

    def _send(self, kind: bytes, body: bytes) -> None:
        self.wfile.write(kind + struct.pack("!i", len(body) + 4) + body)


@contextmanager
def old_postgres(version: str) -> Iterator[str]:
    """The URL of a server of that version."""
    greeter = type("Greeter", (_Greeter,), {"version": version})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), greeter) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"postgresql://shop@127.0.0.1:{server.server_address[1]}/shop"
        server.shutdown()
