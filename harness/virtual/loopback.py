"""Loopback ports that disturb nobody."""

from __future__ import annotations

import socket

from harness.errors import VirtualDeviceError

SCANNED_PORTS = range(5555, 5587)  # adb servers take listeners here for emulators


def bound_socket(port: int) -> socket.socket:
    """Return a listening-ready loopback socket; port 0 means a free one outside the range adb servers scan."""
    rejected: list[socket.socket] = []
    try:
        while True:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: reuse would share a taken port
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError as error:
                sock.close()
                raise VirtualDeviceError(f"port {port} of 127.0.0.1 cannot be used: {error}") from error
            if port or sock.getsockname()[1] not in SCANNED_PORTS:
                return sock
            rejected.append(sock)
    finally:
        for sock in rejected:
            sock.close()
