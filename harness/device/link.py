"""The way to one device: adb server, device connection, uiautomator2 server, and what each is asked over it.

Every call has a deadline and raises ``DeviceError`` alone. Nothing here tries a request again but the client itself,
and that only where no uiautomator2 server was there to take it; what may be asked twice is for the caller to know.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbutils
import uiautomator2

from harness.clock import Clock, deadline
from harness.device import dalvik
from harness.device.wire import QuickClient, exec_output
from harness.errors import ActionRefused, CaptureFailed, DeviceError, DeviceTimeout, DeviceUnreachable, ServerDied

_log = logging.getLogger(__name__)

_ON_NETWORK = re.compile(r"[\w.\-]+:\d+")
_HANDSHAKE_S = 3.0  # a device just connected is "offline" until it has introduced itself
_HANDSHAKE_POLL_S = 0.05
_STOP_S = 2.0
_SCREEN_FILE = "/data/local/tmp/harness-screen.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deadlines in seconds and numbers of tries; each holds whatever the device does."""

    dump_s: float = 25.0
    screenshot_s: float = 15.0
    input_s: float = 10.0
    toast_s: float = 5.0
    shell_s: float = 15.0
    pull_s: float = 120.0
    server_start_s: float = 45.0
    advance_s: float = 60.0
    return_s: float = 15.0  # how long a device that is gone is waited for
    poll_s: float = 0.25
    settle_s: float = 0.25
    capture_tries: int = 4
    read_tries: int = 3
    depth: int = 50


class Link:
    """One device's connections, used by one thread at a time."""

    def __init__(self, serial: str, *, adb: tuple[str, int], clock: Clock, limits: Limits) -> None:
        """Connect to ``serial`` at the adb server ``(host, port)``. Raises ``DeviceUnreachable`` or ``ServerDied``."""
        self.serial = serial
        self._clock = clock
        self.limits = limits
        self._client = QuickClient(*adb)
        self._ui: Any = None
        self._attach(wait_s=0.0)

    # --- asking

    def call(self, method: str, *arguments: float | str | list[int] | None, timeout_s: float) -> Any:
        """Return what a method of the uiautomator2 server answers.

        At the deadline the server is ended, because it may hang for good; the next call starts another one.
        """
        try:
            with self._within(timeout_s, method):
                return getattr(self._open().jsonrpc, method)(*arguments)
        except DeviceTimeout:
            self._end_server()
            raise

    def set_text(self, text: str, *, class_name: str) -> bool:
        """Replace the text of the focused field of a class; return whether the device says that it took it."""
        try:
            with self._within(self.limits.input_s, "setText"):
                focused = self._open()(focused=True, className=class_name)
                if not focused.exists:
                    return False
                return focused.set_text(text) is not False  # clearing a field answers nothing
        except DeviceTimeout:
            self._end_server()
            raise

    def type_by_helper(self, text: str) -> None:
        """Replace the focused field's text with uiautomator2's keyboard, which this installs where it is missing."""
        with self._within(self.limits.pull_s, "helper keyboard"):
            ui = self._open()
            ui.clear_text()
            ui.send_keys(text)

    def shell(self, command: str, *, check: bool = False, timeout_s: float | None = None) -> str:
        """Return a command's output. Raises ``ActionRefused`` on a non-zero exit status when ``check``."""
        with self._within(timeout_s or self.limits.shell_s, f"shell {command.split(maxsplit=1)[0]}"):
            result = self._adb().shell2(command, rstrip=True)
        if check and result.returncode != 0:
            raise ActionRefused(f"{command}: exit {result.returncode}: {result.output}", serial=self.serial)
        return str(result.output).replace("\r\n", "\n")

    def output(self, command: str, *, timeout_s: float) -> bytes | None:
        """Return a command's output byte for byte, ``None`` where the device has no ``exec:`` service."""
        with self._within(timeout_s, f"exec {command}"):
            return exec_output(self._adb(), command, timeout_s)

    def screencap(self, *, timeout_s: float) -> bytes:
        """Return what ``screencap -p`` prints, through a file where there is no ``exec:``. Raises ``CaptureFailed``."""
        raw = self.output("screencap -p", timeout_s=timeout_s)
        if raw is not None:
            return raw
        try:
            # Removed first: where screencap fails, the picture of an earlier moment must not pass for this one's.
            self.shell(f"rm -f {_SCREEN_FILE}; screencap -p {_SCREEN_FILE}", check=True, timeout_s=timeout_s)
            return self.pull(_SCREEN_FILE)
        except ActionRefused as error:
            raise CaptureFailed(f"screencap to a file: {error}", serial=self.serial) from error

    def pull(self, path: str) -> bytes:
        """Return a device file's bytes. Raises ``ActionRefused`` where it cannot be read."""
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / "pulled"
            with self._within(self.limits.pull_s, f"sync:pull {path}"):
                try:
                    self._adb().sync.pull_file(path, str(local))
                except adbutils.AdbError as error:
                    if error.args[1:] == (path,):  # the device's own words, with the path beside them
                        raise ActionRefused(f"{path}: {error.args[0]}", serial=self.serial) from error
                    raise
            return local.read_bytes()

    def readable(self, path: str) -> bytes:
        """Return a device file's bytes, none where it may not be read."""
        try:
            return self.pull(path)
        except ActionRefused as error:
            _log.warning("a file of the device cannot be read", extra={"path": path, "error": str(error)})
            return b""

    def adb_version(self) -> int:
        """Return the protocol version of the adb server."""
        with self._within(self.limits.shell_s, "host:version"):
            return self._client.server_version()

    # --- connecting

    def restore(self, *, anew: bool = False) -> None:
        """Bring back whatever is gone of adb server, device connection and uiautomator2 server.

        Waits ``Limits.return_s`` for a device to come back; ``anew`` starts another uiautomator2 server even where
        one answers. Raises ``DeviceUnreachable`` or ``ServerDied``.
        """
        self._client.forget_server()
        if anew:
            self._end_server()
        self._attach(wait_s=self.limits.return_s)

    def close(self) -> None:
        """End the uiautomator2 server that was started here."""
        self._end_server(see_it_gone=False)
        if self._ui is not None:
            atexit.unregister(self._ui.stop_uiautomator)  # else the client keeps every device until the process ends
        self._ui = None

    def _attach(self, *, wait_s: float) -> None:
        left_s = deadline(self._clock, wait_s)
        while True:
            states = self._connected()
            state = states.get(self.serial)
            if state == "device":
                break
            if left_s() <= 0:
                seen = ", ".join(f"{serial} ({state})" for serial, state in states.items()) or "none"
                problem = "is not listed by adb" if state is None else f"is {state}"
                raise DeviceUnreachable(f"{problem}; devices: {seen}", serial=self.serial)
            self._clock.sleep(self.limits.poll_s)
        with self._within(self.limits.server_start_s, "start uiautomator2"):
            if self._ui is None:
                self._ui = self._client_of_device()
            else:
                self._ui.start_uiautomator()

    def _client_of_device(self) -> Any:
        sdk = str(self._adb().shell("getprop ro.build.version.sdk")).strip()
        is_dalvik = sdk.isdigit() and int(sdk) <= dalvik.LAST_SDK
        return dalvik.DalvikDevice(self._adb()) if is_dalvik else uiautomator2.Device(self._adb())

    def _connected(self) -> dict[str, str]:
        """Return the states of all devices after an attempt to connect ours, where it is one of the network."""
        states = self._states()
        if states.get(self.serial) not in (None, "offline") or not _ON_NETWORK.fullmatch(self.serial):
            return states
        with self._within(self.limits.shell_s, "host:connect"):
            if self.serial in states:
                # An offline device is tried again by adb itself, but only after up to 10 s.
                self._client.disconnect(self.serial)
            answer = str(self._client.connect(self.serial, timeout=self.limits.shell_s))
        _log.info("adb connect", extra={"serial": self.serial, "answer": answer})
        states = self._states()
        left_s = deadline(self._clock, _HANDSHAKE_S if answer.startswith("connected") else 0.0)
        while states.get(self.serial) != "device" and left_s() > 0:
            self._clock.sleep(_HANDSHAKE_POLL_S)
            states = self._states()
        return states

    def _states(self) -> dict[str, str]:
        try:
            with self._within(self.limits.shell_s, "host:devices"):
                listed = self._client.list()
        except DeviceUnreachable:
            _log.warning("adb server is gone, starting one", extra={"serial": self.serial})
            with self._within(self.limits.server_start_s, "adb start-server"):
                self._client.start_server()
                self._client.forget_server()
                listed = self._client.list()
        return {str(item.serial): str(item.state) for item in listed}

    def _end_server(self, *, see_it_gone: bool = True) -> None:
        """End the uiautomator2 server; one that was not started here stays, as it is not ours."""
        if self._ui is None:
            return
        with contextlib.suppress(DeviceError), self._within(_STOP_S, "stop uiautomator2"):
            self._ui.stop_uiautomator(wait=see_it_gone)

    def _open(self) -> Any:
        if self._ui is None:
            raise ServerDied("the connection to the device was closed", serial=self.serial)
        return self._ui

    def _adb(self) -> Any:
        return self._client.device(self.serial)

    def _within(self, timeout_s: float, what: str) -> Any:
        return self._client.within(timeout_s, what, self.serial)
