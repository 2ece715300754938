"""Looks at adb: the binaries, the servers and what they list. Only asks servers that run; starts and stops none."""

from __future__ import annotations

import re
import shlex
import socket
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness import machine
from harness.device.emulators import adb_programs
from harness.doctor.checkup import Checkup, Status, checkup, on_device

SERVER_TIMEOUT_S = 3.0
LAST_PORT = 65535
PORT_VARIABLE = machine.ADB_PORT_VARIABLE
# The second line came in 2017; before, it was the revision or none, as of the adbs that emulators bring along.
_VERSION = re.compile(r"Android Debug Bridge version (\d+\.\d+\.(\d+))(?:\s+Version (\S+))?")
_EMULATOR = re.compile(r"emulator-(\d+)")
_LOCAL_PORT = re.compile(r"(?:127\.0\.0\.1|localhost):(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a running adb server says of itself: protocol number and (serial, condition) of each device."""

    protocol: int
    devices: tuple[tuple[str, str], ...]


class ServerSilent(Exception):
    """Something listens on the port but does not answer as an adb server does."""


def look_at_adb(environ: Mapping[str, str], on: machine.System) -> tuple[tuple[Checkup, ...], tuple[str, ...]]:
    """Return the checkups of binaries, home folder, servers and list of devices, and the serials that are ready."""
    binaries = adb_binaries(environ)
    versions = {path: version for path in binaries if (version := adb_version(path, environ)) is not None}
    host, port = machine.adb_server_address(environ)
    address = f"{host}:{port}"
    wrong = environ.get(PORT_VARIABLE, "")
    if wrong and not wrong.isdigit():
        # adb itself stops at it, so nothing else can be asked.
        said = {"variable": PORT_VARIABLE, "value": wrong}
        mend = machine.unset_variable(PORT_VARIABLE, on)
        return (checkup("adb_server", Status.FAIL, "bad_port", said, mend),), ()
    checkups = [_binaries(binaries, versions, on), _home(environ, on)]
    try:
        server = ask_server(host, port)
    except ServerSilent:
        # Whatever holds the port does not listen to adb either: `adb kill-server` would wait for it in vain.
        mend = (
            machine.set_variable(PORT_VARIABLE, str(port + 1), on)
            if port < LAST_PORT
            else machine.unset_variable(PORT_VARIABLE, on)
        )
        return (*checkups, checkup("adb_server", Status.FAIL, "silent", {"address": address}, mend)), ()
    other = _other_server(port, on) if port != machine.DEFAULT_ADB_PORT else ()
    if server is None:
        missing = checkup("adb_server", Status.WARN, "none", {"address": address}, "adb start-server")
        return (*checkups, missing, *other), ()
    protocols = {protocol for _, protocol in versions.values()}
    ready = tuple(serial for serial, condition in server.devices if condition == "device")
    return (*checkups, _server(server, protocols, address), *other, *_devices(server.devices, on)), ready


def _other_server(port: int, on: machine.System) -> tuple[Checkup, ...]:
    """Return a warning where adb's usual server has devices that ours at ``port`` does not see."""
    try:
        usual = ask_server("127.0.0.1", machine.DEFAULT_ADB_PORT)
    except ServerSilent:
        return ()
    if usual is None or not usual.devices:
        return ()
    data = {
        "address": f"127.0.0.1:{machine.DEFAULT_ADB_PORT}",
        "port": str(port),
        "devices": ", ".join(serial for serial, _ in usual.devices),
    }
    return (checkup("adb_server", Status.WARN, "another", data, machine.unset_variable(PORT_VARIABLE, on)),)


# --- binaries --------------------------------------------------------------------------------------------------------


def adb_binaries(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return every adb of this machine: the named one, those on ``PATH``, in adbutils, of SDK and emulators."""
    found = list(machine.find_all("adb", environ))
    if named := environ.get("ADBUTILS_ADB_PATH"):
        found.insert(0, Path(named))
    spec = find_spec("adbutils")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "binaries"
        found += [path for path in (bundled / "adb", bundled / "adb.exe") if path.is_file()]
    found += adb_programs(environ)
    return tuple({path.resolve(): path for path in reversed(found)}.values())[::-1]


def adb_version(adb: Path, environ: Mapping[str, str]) -> tuple[str, int] | None:
    """Return release ("29.0.6-debian", "1.0.31" where it has none) and protocol number (41), None where not told.

    ``adb version`` starts no server.
    """
    printed = machine.output_of([str(adb), "version"], environ)
    match = _VERSION.search(printed) if printed is not None else None
    return (match[3] or match[1], int(match[2])) if match else None


def _binaries(binaries: Sequence[Path], versions: Mapping[Path, tuple[str, int]], on: machine.System) -> Checkup:
    mend = machine.mend(machine.Part.ADB, on)
    if not binaries:
        return checkup("adb", Status.FAIL, "missing", {}, mend)
    listed = ", ".join(f"{path} ({versions[path][0] if path in versions else '?'})" for path in binaries)
    if len(versions) < len(binaries):
        return checkup("adb", Status.WARN if versions else Status.FAIL, "broken", {"adb": listed}, mend)
    if len({protocol for _, protocol in versions.values()}) > 1:
        # Each adb stops a server of another protocol number and starts its own: devices drop out in turn.
        return checkup("adb", Status.WARN, "several", {"adb": listed}, _newest(versions, on))
    return checkup("adb", Status.OK, "found", {"adb": listed})


def _newest(versions: Mapping[Path, tuple[str, int]], on: machine.System) -> str:
    """Return the command by which everything of ours uses the adb of the highest protocol number."""
    newest = max(versions, key=lambda path: versions[path][1])
    return machine.set_variable("ADBUTILS_ADB_PATH", str(newest), on)


def _home(environ: Mapping[str, str], on: machine.System) -> Checkup:
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
    folder = home / ".android"
    nearest = folder if folder.exists() else home
    if machine.may_write(nearest):
        return checkup("adb_home", Status.OK, "writable", {"folder": str(folder)})
    mend = machine.set_variable("HOME", tempfile.gettempdir(), on)
    return checkup("adb_home", Status.FAIL, "not_writable", {"folder": str(folder)}, mend)


# --- server ----------------------------------------------------------------------------------------------------------


def ask_server(host: str, port: int) -> Server | None:
    """Return what the server says, or None where nothing listens. Raises ``ServerSilent``."""
    try:
        protocol = int(_ask(host, port, "host:version"), 16)
        listing = _ask(host, port, "host:devices")
    except ConnectionRefusedError:
        return None
    except (OSError, ValueError) as error:
        raise ServerSilent(f"{host}:{port}: {error}") from error
    rows = (line.split("\t") for line in listing.splitlines())
    devices = tuple((row[0], row[1]) for row in rows if len(row) == 2)
    return Server(protocol=protocol, devices=devices)


def _ask(host: str, port: int, request: str) -> str:
    with socket.create_connection((host, port), timeout=SERVER_TIMEOUT_S) as connection:
        connection.sendall(f"{len(request):04x}{request}".encode())
        if _receive(connection, 4) != b"OKAY":
            raise ValueError("not an adb server, or it refused")
        length = int(_receive(connection, 4), 16)
        return _receive(connection, length).decode("utf-8", "replace")


def _receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = connection.recv(length - len(data))
        if not chunk:
            raise ValueError("the connection ended early")
        data += chunk
    return data


def _server(server: Server, protocols: set[int], address: str) -> Checkup:
    data = {"address": address, "server": str(server.protocol), "client": ", ".join(map(str, sorted(protocols)))}
    if protocols and protocols != {server.protocol}:
        # A client of another number stops this server without asking and starts its own: then let it be now.
        return checkup("adb_server", Status.WARN, "other_protocol", data, "adb start-server")
    return checkup("adb_server", Status.OK, "answers", data)


# --- devices ---------------------------------------------------------------------------------------------------------


def _devices(devices: Sequence[tuple[str, str]], on: machine.System) -> tuple[Checkup, ...]:
    if not devices:
        return (checkup("devices", Status.WARN, "none", {}, "harness virtual up"),)
    counts = Counter(condition for _, condition in devices)
    listed = ", ".join(f"{serial} {condition}" for serial, condition in devices)
    troubles = [_trouble(serial, condition, on) for serial, condition in devices if condition != "device"]
    twice = [
        checkup(
            "devices",
            Status.WARN,
            "twice",
            {"emulator": emulator, "address": other},
            f"adb disconnect {shlex.quote(other)}",
        )
        for emulator, other in same_emulator(devices)
    ]
    if troubles or twice:
        return (*troubles, *twice)
    return (checkup("devices", Status.OK, "ready", {"count": str(counts["device"]), "devices": listed}),)


def same_emulator(devices: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that are one emulator under two names: ``emulator-5554`` is also ``127.0.0.1:5555``."""
    ports = {int(match[1]): serial for serial, _ in devices if (match := _LOCAL_PORT.fullmatch(serial))}
    consoles = [(serial, int(match[1])) for serial, _ in devices if (match := _EMULATOR.fullmatch(serial))]
    return tuple((serial, ports[console + 1]) for serial, console in consoles if console + 1 in ports)


def _trouble(serial: str, condition: str, on: machine.System) -> Checkup:
    data = {"serial": serial, "condition": condition}
    if condition == "offline":
        return checkup("devices", Status.WARN, "offline", data, on_device(serial, "reconnect"))
    if condition == "unauthorized":
        return checkup("devices", Status.WARN, "unauthorized", data, on_device(serial, "reconnect"))
    if condition.startswith("no permissions"):
        mends = {
            machine.System.DEBIAN: "sudo apt-get install -y android-sdk-platform-tools-common",
            machine.System.UBUNTU: "sudo apt-get install -y android-sdk-platform-tools-common",
            machine.System.ARCH: "sudo pacman -S --needed android-udev",
        }
        mend = mends.get(on, "sudo dnf install -y android-tools")
        return checkup("devices", Status.WARN, "no_permissions", data, mend)
    return checkup("devices", Status.WARN, "other", data, on_device(serial, "wait-for-device"))
