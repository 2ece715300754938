"""Deadlines and translated errors of the adb client, and a uiautomator2 server that answers nonsense."""

from __future__ import annotations

import gc
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

import adbutils
import pytest
from PIL import Image
from uiautomator2 import exceptions as u2_errors

from harness.clock import SystemClock
from harness.device import wire
from harness.device.adb_server import private_server
from harness.device.android import AndroidDevice
from harness.device.link import Limits, Link
from harness.device.wire import QuickClient, translated
from harness.errors import ActionRefused, CaptureFailed, DeviceError, DeviceTimeout, DeviceUnreachable, ServerDied
from harness.model import Channel
from harness.virtual.adbd import Stream
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, WireDevice, adb_server, eventually, free_port, wire_device

QUICK = Limits(dump_s=2.0, input_s=2.0, shell_s=5.0, server_start_s=20.0, return_s=0.0)


@dataclass(slots=True)
class SayingServer:
    """A stand-in uiautomator2 server: answers pings, and every call with ``said`` byte for byte."""

    said: bytes = b""
    running: bool = False
    asked: list[bytes] = field(default_factory=list)

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def serve_http(self, stream: Stream) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await stream.read()
        if request.startswith(b"GET /ping"):
            await stream.write(http(b"pong"))
            return
        self.asked.append(request)
        await stream.write(self.said)


def http(body: bytes, *, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def result(value: object) -> bytes:
    return http(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def error(message: str, data: str | None = "trace") -> bytes:
    said = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": message, "data": data}}
    return http(json.dumps(said).encode())


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def saying() -> SayingServer:
    return SayingServer()


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, adb: AdbServer, saying: SayingServer) -> Iterator[WireDevice]:
    with wire_device(tmp_path_factory.mktemp("device"), ui_server=saying) as device:
        adb.connect(device.address)
        yield device


@pytest.fixture(scope="module")
def link(below: WireDevice, adb: AdbServer) -> Iterator[Link]:
    link = Link(below.address, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=QUICK)
    yield link
    link.close()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (result("<hierarchy/>"), "<hierarchy/>"),
        (result(None), None),
        (result({"a": ["中"]}), {"a": ["中"]}),
    ],
    ids=["text", "null", "object"],
)
def test_an_answer_is_given_as_it_is(link: Link, saying: SayingServer, said: bytes, expected: object) -> None:
    saying.said = said
    assert link.call("dumpWindowHierarchy", False, 50, timeout_s=5) == expected


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", ServerDied),
        (b"\x00\xff\xfe nonsense\r\n\r\n", ServerDied),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", ServerDied),
        (http(b"not json"), ServerDied),
        (http(b"\xff\xfe\x00"), ServerDied),
        (http(b"[1, 2]"), ServerDied),
        (http(b"{}"), ServerDied),
        (http(b'{"error": "a text"}'), ServerDied),
        (http(b'{"error": {"code": -32001, "message": null}}'), ServerDied),
        (http(b'{"result": "half', length=5000), ServerDied),
        (http(b"gone", status="500 Internal Error"), ServerDied),
        (error("android.os.DeadObjectException"), ServerDied),
        (error("java.lang.StackOverflowError", data=None), ServerDied),
        (error("java.lang.StackOverflowError"), ActionRefused),
        (error("java.lang.SecurityException: Injecting to another application"), ActionRefused),
        (error("androidx.test.uiautomator.UiObjectNotFoundException"), ActionRefused),
    ],
    ids=[
        "nothing",
        "bytes",
        "length that is no number",
        "no json",
        "no utf-8",
        "list",
        "no result",
        "error of text",
        "error of null",
        "half",
        "status 500",
        "dead object",
        "deep without trace",
        "deep",
        "security",
        "no such object",
    ],
)
def test_whatever_a_server_answers_leaves_as_an_error_of_ours(
    link: Link, saying: SayingServer, said: bytes, kind: type[DeviceError]
) -> None:
    saying.said = said
    with pytest.raises(DeviceError) as caught:
        link.call("click", 1.0, 2.0, timeout_s=8)
    assert type(caught.value) is kind
    assert caught.value.serial == link.serial


def test_an_action_is_asked_for_once_where_the_answer_was_lost(link: Link, saying: SayingServer) -> None:
    saying.said = b""
    before = len(saying.asked)
    with pytest.raises(ServerDied):
        link.call("click", 1.0, 2.0, timeout_s=5)
    assert len(saying.asked) == before + 1


def test_shell_output_keeps_its_exit_code_and_its_bytes(link: Link, below: WireDevice) -> None:
    assert link.shell("echo 你好") == "你好"
    with pytest.raises(ActionRefused, match="exit 7"):
        link.shell("both 7", check=True)
    content = bytes(range(256)) * 300
    below.parts.files.write("/data/local/tmp/bytes", content)
    assert link.output("cat /data/local/tmp/bytes", timeout_s=5) == content
    assert link.pull("/data/local/tmp/bytes") == content
    with pytest.raises(ActionRefused, match="No such file"):
        link.pull("/data/local/tmp/absent")


def test_a_picture_that_was_not_written_is_never_the_one_of_an_earlier_moment(link: Link, below: WireDevice) -> None:
    earlier = link.screencap(timeout_s=5)
    below.parts.files.write("/data/local/tmp/harness-screen.png", earlier)
    below.parts.faults.push("refuse_exec")
    with pytest.raises(CaptureFailed, match="exit 127"):  # this shell's screencap writes no files
        link.screencap(timeout_s=5)


@pytest.mark.parametrize(("flags", "gaps"), [("SECURE", {"secure-window"}), ("SPLIT_TOUCH", set())])
def test_a_secure_window_between_bars_that_are_drawn_is_a_gap_and_a_dark_page_is_none(
    below: WireDevice, adb: AdbServer, saying: SayingServer, flags: str, gaps: set[str]
) -> None:
    front = "Window{1a u0 cn.gov.demo/cn.gov.demo.PayActivity}"
    saying.said = result('<hierarchy rotation="0"><node class="a" bounds="[0,0][30,40]" /></hierarchy>')
    below.shell.says = {
        "screencap -p": black_between_bars(),
        "mCurrentFocus": f"1700000000\n  mCurrentFocus={front}\n".encode(),
        "dumpsys window windows": f"  Window #1 {front}:\n    fl=LAYOUT_IN_SCREEN {flags}\n".encode(),
    }
    try:
        device = AndroidDevice(below.address, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=QUICK)
        frame = device.capture()
        device.close()
    finally:
        below.shell.says = {}
    assert {gap.reason for gap in frame.gaps if gap.channel is Channel.PICTURE} == gaps
    assert frame.page is not None


def black_between_bars() -> bytes:
    """Return a phone's screen with a white clock in its status bar and nothing else."""
    picture = Image.new("RGB", (108, 240))
    picture.paste((255, 255, 255), (5, 3, 30, 9))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_service_that_is_refused_is_told_apart_from_a_device_that_is_gone(link: Link, below: WireDevice) -> None:
    below.parts.faults.push("refuse_exec")
    assert link.output("screencap -p", timeout_s=5) is None
    absent = QuickClient("127.0.0.1", free_port())
    with pytest.raises(DeviceUnreachable, match="no adb server"), absent.within(5.0, "host:devices", "x"):
        absent.list()


# --- deadlines, against a server that takes connections and says nothing


@pytest.fixture
def silent() -> Iterator[int]:
    """Yield the port of a listener that never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        taker = threading.Thread(target=accept, daemon=True)
        taker.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        taker.join()  # a client that tries again for ever may have been taken a moment ago
        for connection in held:
            connection.close()


def test_a_read_ends_at_the_deadline(silent: int) -> None:
    client = QuickClient("127.0.0.1", silent)
    began_s = time.monotonic()
    said = r"host:devices took too long \(deadline 0.3 s\)"
    with pytest.raises(DeviceTimeout, match=said), client.within(0.3, "host:devices", "serial"):
        client.list()
    assert 0.3 <= time.monotonic() - began_s < 30


def test_a_library_that_tries_again_for_ever_is_ended_too(silent: int) -> None:
    client = QuickClient("127.0.0.1", silent)
    tries: list[int] = []

    def stubborn() -> None:
        while True:
            tries.append(len(tries))
            try:
                client.list()
            except (adbutils.AdbError, OSError, ValueError):
                continue

    began_s = time.monotonic()
    with pytest.raises(DeviceTimeout), client.within(0.3, "host:devices", "serial"):
        stubborn()
    assert time.monotonic() - began_s < 30
    assert tries


def test_a_block_that_ends_in_time_leaves_its_connections_alone(adb: AdbServer) -> None:
    client = QuickClient("127.0.0.1", adb.port)
    with client.within(0.2, "host:version", "serial"):
        connection = client.make_connection()
    end_s = time.monotonic() + 0.4
    eventually(lambda: time.monotonic() > end_s)
    connection.send_command("host:version")
    connection.check_okay()
    assert connection.read_string_block() == "0029"
    connection.close()


def test_connections_that_a_failing_library_forgets_are_closed(adb: AdbServer) -> None:
    client = QuickClient("127.0.0.1", adb.port)
    made = []

    def ask_nonsense() -> None:
        made.append(client.make_connection())
        made[0].send_command("host:nonsense")
        made[0].check_okay()

    with pytest.raises(DeviceUnreachable), client.within(5.0, "host:nonsense", "serial"):
        ask_nonsense()
    assert made[0].closed
    left = client.make_connection()
    del left
    gc.collect()  # an unclosed socket would be a ResourceWarning, hence an error here


# --- words


@pytest.mark.parametrize(
    ("foreign", "kind"),
    [
        (TimeoutError("timed out"), DeviceTimeout),
        (adbutils.AdbTimeout("adb read timeout"), DeviceTimeout),
        (adbutils.AdbError("device offline"), DeviceUnreachable),
        (u2_errors.AdbShellError("shell"), DeviceUnreachable),
        (u2_errors.LaunchUiAutomationError("server quit unexpectly"), ServerDied),
        (u2_errors.AccessibilityServiceAlreadyRegisteredError("already registered"), ServerDied),
        (u2_errors.HTTPError("502"), ServerDied),
        (u2_errors.RPCInvalidError("no result"), ServerDied),
        (u2_errors.RPCUnknownError("java.lang.SecurityException"), ActionRefused),
        (ConnectionResetError("reset"), ServerDied),
        (EOFError("half"), ServerDied),
        (KeyError("result"), ServerDied),
        (AssertionError(), ServerDied),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_foreign_exception_has_a_name_of_ours(foreign: Exception, kind: type[DeviceError]) -> None:
    ours = translated(foreign, "click", "serial")
    assert type(ours) is kind
    assert type(foreign).__name__ in str(ours)


@pytest.mark.parametrize(("said", "kind"), [("closed", ServerDied), ("device offline", DeviceUnreachable)])
def test_a_closed_port_is_the_servers_death_and_an_offline_device_is_not(said: str, kind: type[DeviceError]) -> None:
    foreign = u2_errors.HTTPError("Unable to connect to uiautomator2 server")
    foreign.__cause__ = adbutils.AdbError(said)
    assert type(translated(foreign, "click", "serial")) is kind


# --- adb servers


def test_a_server_of_ones_own_ends_with_its_block_even_where_another_took_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ADB_MDNS", "ADB_USB", "ADB_EMU"):
        monkeypatch.setenv(name, "0")
    with private_server(SystemClock()) as address:
        assert wire.listed(address) == ()
        client = QuickClient(*address)

        def killed() -> bool:
            with suppress(adbutils.AdbError, OSError):
                client.server_kill()  # does nothing, and says nothing, where the server takes a tenth of a second
            return not _listens(address[1])

        eventually(killed)
        client.start_server()
        assert wire.listed(address) == ()
    eventually(lambda: not _listens(address[1]))


def test_no_server_is_started_on_another_machine() -> None:
    client = QuickClient("192.0.2.1", 5038)
    with pytest.raises(adbutils.AdbError, match="none can be started from here"):
        client.start_server()


def test_a_device_without_an_adapter_is_asked_directly(below: WireDevice, adb: AdbServer) -> None:
    assert (below.address, "device") in wire.listed(("127.0.0.1", adb.port))
    assert wire.shell(("127.0.0.1", adb.port), below.address, "echo 好") == "好"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
