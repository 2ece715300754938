"""A port of the device that leads to a port of the host of its adb server (``adb reverse``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from harness.device.wire import QuickClient
from harness.errors import DeviceError

_REVERSE_S: Final = 10.0


@contextlib.contextmanager
def reversed_port(adb: tuple[str, int], serial: str, host_port: int) -> Iterator[int]:
    """Yield the device's port that leads to ``host_port``, of the device's own choice; it is let go of at the end.

    Raises ``DeviceError`` where the device has no ``reverse:`` service, as Android before 5.
    """
    client = QuickClient(*adb)
    within = client.within(_REVERSE_S, "reverse:forward", serial)
    with within, client.device(serial).open_transport(timeout=_REVERSE_S) as connection:
        connection.send_command(f"reverse:forward:tcp:0;tcp:{host_port}")
        connection.check_okay()  # the request arrived
        connection.check_okay()  # and was granted
        port = int(connection.read_string_block())
    try:
        yield port
    finally:
        # Where the device is gone, so is its port.
        with contextlib.suppress(DeviceError), client.within(_REVERSE_S, "reverse:killforward", serial):
            client.device(serial).reverse_remove(f"tcp:{port}")
