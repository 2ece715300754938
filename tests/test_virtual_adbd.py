"""The adb side of the device under real adb servers (each adb program found), adbutils, and a raw peer."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import signal
import socket
import stat
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import adbutils
import av
import pytest

from harness.virtual.shell_service import InputWanted, input_wanted
from harness.virtual.streaming import streaming_program
from tests.virtual_fixtures import (
    BUNDLED_ADB,
    AdbServer,
    WireDevice,
    adb_binaries,
    adb_server,
    eventually,
    free_port,
    still_png,
    wire_device,
)

START_SERVER = "CLASSPATH=/data/local/tmp/u2.jar app_process / com.wetest.uia2.Main -p 9008"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireDevice]:
    with wire_device(tmp_path_factory.mktemp("device")) as device:
        device.parts.files.write("/data/local/tmp/u2.jar", b"jar")
        yield device


@pytest.fixture(scope="module", params=adb_binaries(), ids=lambda binary: f"adb-{binary.parent.name}")
def adb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(request.param, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def serial(adb: AdbServer, device: WireDevice) -> str:
    if not _answers(adb, device.address):  # the list may still show a connection that the test before broke
        adb.connect(device.address)
    return device.address


def _answers(adb: AdbServer, serial: str) -> bool:
    return adb.run("shell", "echo here", serial=serial).stdout == b"here\n"


def test_the_device_list_shows_what_the_banner_says(adb: AdbServer, serial: str) -> None:
    line = next(line for line in adb.run("devices", "-l").stdout.decode().splitlines() if serial in line)
    assert "product:wire model:Wire device:w" in line


def test_shell_keeps_exit_code_output_and_error_output_apart(adb: AdbServer, serial: str) -> None:
    done = adb.run("shell", "both 3", serial=serial)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"to out\n", b"to err\n")
    unknown = adb.run("shell", "nonesuch", serial=serial)
    assert (unknown.returncode, unknown.stdout) == (127, b"")
    assert unknown.stderr == b"/system/bin/sh: nonesuch: inaccessible or not found\n"


def test_the_old_shell_protocol_mixes_both_outputs(adb: AdbServer, serial: str) -> None:
    done = adb.run("shell", "-x", "both 3", serial=serial)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"to err\nto out\n", b"")


def test_a_terminal_was_asked_for_and_lines_end_as_on_one(adb: AdbServer, serial: str) -> None:
    assert adb.run("shell", "-t", "-t", "echo 签到", serial=serial).stdout == "签到\r\n".encode()


def test_an_interactive_shell_runs_lines_until_its_input_ends(adb: AdbServer, serial: str) -> None:
    done = adb.run("shell", serial=serial, stdin="echo 一\nboth 7".encode())
    assert (done.returncode, done.stdout, done.stderr) == (7, "一\nto err\nto out\n".encode(), b"")
    left = adb.run("shell", serial=serial, stdin=b"exit 5\necho never\n")
    assert (left.returncode, left.stdout) == (5, b"")


def test_an_interactive_terminal_prompts_echoes_and_erases(adb: AdbServer, serial: str) -> None:
    done = adb.run("shell", "-t", "-t", serial=serial, stdin=b"echo ab\x7fc\nexit\n")
    assert done.returncode == 0
    assert done.stdout.count(b"$ ") == 2
    assert b"\r\nac\r\n" in done.stdout


def test_standard_input_reaches_a_command_that_reads_it_and_no_other(adb: AdbServer, serial: str) -> None:
    assert adb.run("shell", "cat", serial=serial, stdin=b"\x00\xff\n").stdout == b"\x00\xff\n"
    waiting = adb.start("shell", "echo here", serial=serial)  # its input stays open
    assert waiting.stdout is not None
    assert waiting.stdout.read() == b"here\n"
    assert waiting.wait(20) == 0
    waiting.communicate()


def test_a_megabyte_of_random_bytes_comes_through_exec_out_unchanged(
    adb: AdbServer, serial: str, device: WireDevice
) -> None:
    data = os.urandom(1 << 20)
    device.parts.files.write("/sdcard/random", data)
    assert adb.run("exec-out", "cat /sdcard/random", serial=serial).stdout == data
    assert adb.run("exec-out", "screencap -p", serial=serial).stdout == still_png()


@pytest.mark.parametrize("options", [(), ("--no-streaming",)], ids=["streamed", "pushed"])
def test_install_hands_over_the_very_bytes(
    adb: AdbServer, serial: str, device: WireDevice, tmp_path: Path, options: tuple[str, ...]
) -> None:
    apk = tmp_path / "应用 1.apk"
    apk.write_bytes(os.urandom(3 << 20))
    done = adb.run("install", *options, str(apk), serial=serial)
    assert f"Success {hashlib.sha256(apk.read_bytes()).hexdigest()}" in done.stdout.decode()
    assert done.returncode == 0
    assert adb.run("uninstall", "cn.example", serial=serial).stdout == b"Success\n"
    assert "cmd package 'uninstall' 'cn.example'" in device.shell.lines[-1]
    assert not [name for name in device.parts.files.listdir("/data/local/tmp") if name.endswith(".apk")]


def test_logcat_dumps_follows_and_ends_with_its_reader(adb: AdbServer, serial: str, device: WireDevice) -> None:
    log = device.parts.log
    device.loop.call_soon_threadsafe(log.clear)
    device.loop.call_soon_threadsafe(log.add, "Before", "第一行")
    assert adb.run("logcat", "-g", serial=serial).stdout.startswith(b"main: ring buffer is")  # and it ends
    dump = adb.run("logcat", "-d", serial=serial).stdout.decode()
    assert dump == "11-14 22:13:20.000     1     1 I Before  : 第一行\n"
    following = adb.start("logcat", "-v", "tag", "Before:I", "After:W", "*:S", serial=serial)
    assert following.stdout is not None
    try:
        assert following.stdout.readline() == "I/Before: 第一行\n".encode()
        device.loop.call_soon_threadsafe(log.add, "After", "too quiet")
        device.loop.call_soon_threadsafe(lambda: log.add("After", "heard", priority="W"))
        assert following.stdout.readline() == b"W/After: heard\n"
        assert [process.name for process in device.parts.processes.running()] == ["logcat"]
    finally:
        following.kill()
        following.communicate()
    eventually(lambda: not device.parts.processes.running())


def test_a_reverse_forward_really_carries_http(adb: AdbServer, serial: str) -> None:
    page = os.urandom(300_000)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
            return

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    serving = threading.Thread(target=host.serve_forever, daemon=True)
    serving.start()
    try:
        added = adb.run("reverse", "tcp:0", f"tcp:{host.server_port}", serial=serial)
        port = int(added.stdout)
        assert f"tcp:{port} tcp:{host.server_port}" in adb.run("reverse", "--list", serial=serial).stdout.decode()
        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(_get, [f"http://localhost:{port}/"] * 8))
        assert got == [page] * 8
        again = adb.run("reverse", "--no-rebind", f"tcp:{port}", "tcp:1", serial=serial)
        assert b"cannot rebind" in again.stderr
        assert adb.run("reverse", "--remove", f"tcp:{port}", serial=serial).returncode == 0
        with pytest.raises(urllib.error.URLError):
            _get(f"http://localhost:{port}/")
    finally:
        host.shutdown()
        host.server_close()
        serving.join(20)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as reply:
        data: bytes = reply.read()
    return data


def test_a_reverse_forward_to_nobody_closes_and_ends_with_its_adb_server(device: WireDevice, tmp_path: Path) -> None:
    with adb_server(BUNDLED_ADB, tmp_path) as server:
        server.connect(device.address)
        nobody = free_port()
        port = int(server.run("reverse", "tcp:0", f"tcp:{nobody}", serial=device.address).stdout)
        with socket.create_connection(("127.0.0.1", port), 20) as client:
            assert client.recv(1) == b""
        assert device.services.reverse.ports() == (port,)
        taken = server.run("reverse", f"tcp:{device.adbd.port}", "tcp:1", serial=device.address)
        assert b"cannot bind listener" in taken.stderr
        unusable = server.run("reverse", "localabstract:x", "tcp:1", serial=device.address)
        assert b"tcp:<port> only" in unusable.stderr
    eventually(lambda: not device.services.reverse.ports())


def test_root_restarts_the_daemon_once(adb: AdbServer, serial: str, device: WireDevice) -> None:
    assert adb.run("root", serial=serial).stdout == b"restarting adbd as root\n"
    eventually(lambda: _answers(adb, serial))
    assert adb.run("root", serial=serial).stdout == b"adbd is already running as root\n"
    assert adb.run("remount", serial=serial).stdout == b"remount succeeded\n"
    assert adb.run("unroot", serial=serial).stdout == b"restarting adbd as non root\n"
    eventually(lambda: _answers(adb, serial))
    assert not device.power.root


def test_reboot_and_reconnect_reach_the_device(adb: AdbServer, serial: str, device: WireDevice) -> None:
    before = device.power.reboots
    adb.run("reboot", serial=serial)
    eventually(lambda: device.power.reboots == before + 1)
    eventually(lambda: _answers(adb, serial))
    adb.run("reconnect", "device", serial=serial)
    eventually(lambda: _answers(adb, serial))


def test_what_the_device_does_not_offer_is_refused(adb: AdbServer, serial: str) -> None:
    assert b"closed" in adb.run("jdwp", serial=serial).stderr
    assert b"closed" in adb.run("tcpip", "5600", serial=serial).stderr


def test_a_reader_that_stalls_holds_up_nobody_else(adb: AdbServer, serial: str, device: WireDevice) -> None:
    data = os.urandom(8 << 20)
    device.parts.files.write("/sdcard/big", data)
    stalled = adb.start("exec-out", "cat /sdcard/big", serial=serial)  # nobody reads its pipe yet
    with ThreadPoolExecutor(6) as pool:
        texts = [f"echo {number}" for number in range(12)]
        answers = [done.stdout for done in pool.map(lambda text: adb.run("shell", text, serial=serial), texts)]
    assert answers == [f"{number}\n".encode() for number in range(12)]
    assert stalled.communicate(timeout=20)[0] == data


def test_a_defect_in_one_command_leaves_the_device_working(
    adb: AdbServer, serial: str, caplog: pytest.LogCaptureFixture
) -> None:
    adb.run("shell", "fail", serial=serial)
    assert "a defect in a command" in caplog.text
    assert adb.run("shell", "echo still here", serial=serial).stdout == b"still here\n"


def test_a_device_that_goes_and_comes_back_is_offline_and_then_there_again(
    adb: AdbServer, serial: str, device: WireDevice
) -> None:
    port = device.adbd.port
    device.call(device.adbd.stop())
    eventually(lambda: adb.state(serial) != "device")
    device.call(device.adbd.start())
    assert device.adbd.port == port
    adb.connect(serial)
    assert adb.run("shell", "echo back", serial=serial).stdout == b"back\n"


def test_two_adb_servers_use_one_device_at_once(device: WireDevice, tmp_path: Path) -> None:
    binaries = (adb_binaries() * 2)[:2]
    with adb_server(binaries[0], tmp_path / "1") as first, adb_server(binaries[1], tmp_path / "2") as second:
        first.connect(device.address)
        second.connect(device.address)
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda adb: adb.run("shell", "both 4", serial=device.address), [first, second] * 4))
        assert [one.returncode for one in done] == [4] * 8
        second.run("disconnect", device.address)
        assert first.run("shell", "echo on", serial=device.address).stdout == b"on\n"


# the uiautomator2 server's stream


def test_the_ui_server_lives_as_long_as_its_stream(adb: AdbServer, serial: str, device: WireDevice) -> None:
    client = adb.client(serial)
    with pytest.raises(adbutils.AdbError, match="closed"):
        client.create_connection(adbutils.Network.TCP, 9008)
    with client.shell(START_SERVER, stream=True) as running:
        assert "listening on *:9008" in _read_until(running, "9008")
        assert _ping(client) == b"pong"
        assert "already registered" in client.shell(START_SERVER)
    eventually(lambda: not device.parts.ui_server.running)


def test_killing_the_ui_server_ends_its_stream(adb: AdbServer, serial: str, device: WireDevice) -> None:
    client = adb.client(serial)
    with client.shell(START_SERVER, stream=True) as running:
        _read_until(running, "9008")
        device.call(device.parts.processes.kill_named("app_process"))
        assert running.read_until_close() == ""
    assert not device.parts.ui_server.running
    assert not device.parts.processes.running()


def test_a_ui_server_without_its_jar_says_so(adb: AdbServer, serial: str) -> None:
    done = adb.run("shell", START_SERVER.replace("u2.jar", "absent.jar"), serial=serial)
    assert (done.returncode, done.stdout) == (134, b"")
    assert b"could not find class 'com.wetest.uia2.Main'" in done.stderr


def test_faults_of_the_ui_service_show_once_each(adb: AdbServer, serial: str, device: WireDevice) -> None:
    client, faults = adb.client(serial), device.parts.faults
    with client.shell(START_SERVER, stream=True) as running:
        _read_until(running, "9008")
        faults.push("refuse_service")
        with pytest.raises(adbutils.AdbError, match="closed"):
            _ping(client)
        faults.push("drop_service")
        assert _ping(client) == b""
        faults.push("hang_service", 0.2)
        assert _ping(client) == b""
        assert _ping(client) == b"pong"
    assert faults.armed() == ()
    faults.push("drop_connection")
    assert adb.run("shell", "echo", serial=serial).returncode != 0
    eventually(lambda: _answers(adb, serial))
    faults.push("refuse_exec")
    assert b"closed" in adb.run("exec-out", "echo", serial=serial).stderr
    eventually(lambda: not device.parts.ui_server.running)


def _read_until(running: adbutils.AdbConnection, text: str) -> str:
    seen = ""
    while text not in seen:
        part = running.conn.recv(4096).decode()
        assert part, f"ended after {seen!r}"
        seen += part
    return seen


def _ping(client: adbutils.AdbDevice) -> bytes:
    with client.create_connection(adbutils.Network.TCP, 9008) as connection:
        connection.settimeout(20)
        connection.sendall(b"GET /ping HTTP/1.1\r\n\r\n")
        reply = b""
        while part := connection.recv(4096):
            reply += part
    return reply.rpartition(b"\r\n\r\n")[2]


def test_screenrecord_makes_a_video(adb: AdbServer, serial: str, device: WireDevice, tmp_path: Path) -> None:
    done = adb.run("shell", "screenrecord --time-limit 1 /sdcard/v.mp4", serial=serial)
    assert (done.returncode, done.stderr) == (0, b"")
    video = tmp_path / "v.mp4"
    video.write_bytes(device.parts.files.read("/sdcard/v.mp4"))
    with av.open(str(video)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) in (5, 6)
    assert {picture.shape for picture in pictures} == {(40, 30, 3)}
    assert all(abs(int(seen) - drawn) < 12 for seen, drawn in zip(pictures[-1][30, 20], (10, 20, 30), strict=True))
    bad = adb.run("shell", "screenrecord --time-limit 999 /sdcard/v.mp4", serial=serial)
    assert (bad.returncode, b"outside acceptable range" in bad.stderr) == (2, True)


def test_a_recording_that_is_stopped_can_be_played(adb: AdbServer, serial: str, device: WireDevice) -> None:
    running = adb.start("shell", "screenrecord /sdcard/stopped.mp4", serial=serial)
    with running:
        eventually(lambda: [p for p in device.parts.processes.running() if p.name == "screenrecord"])
        device.call(device.parts.processes.kill_named("screenrecord", signal.SIGINT))
        running.communicate(timeout=60)
    with av.open(io.BytesIO(device.parts.files.read("/sdcard/stopped.mp4")), "r") as container:
        assert len(list(container.decode(video=0))) >= 1


# The client leaves its sockets of framebuffer() and root() to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_adbutils_finds_everything_it_uses(adb: AdbServer, serial: str, device: WireDevice) -> None:
    client = adb.client(serial)
    result = client.shell2("both 6")
    assert (result.returncode, "to out" in result.output) == (6, True)
    split = client.shell2("both 6", v2=True)
    assert (split.returncode, split.stdout, split.stderr) == (6, "to out\n", "to err\n")
    for picture in (client.screenshot(error_ok=False), client.framebuffer()):
        assert picture.size == (30, 40)
        assert picture.convert("RGB").getpixel((1, 2)) == (255, 0, 0)
    assert client.root() in ("restarting adbd as root\n", "restarting adbd as root")
    eventually(lambda: _answers(adb, serial))
    device.power.root = False
    port = client.forward_port(9008)
    with socket.create_connection(("127.0.0.1", port), 20) as forwarded:
        assert forwarded.recv(1) == b""  # refused: the server does not run


# a raw peer, for what real servers never do


@dataclass(slots=True)
class RawPeer:
    """The host's side of the transport by hand."""

    sock: socket.socket

    def send(self, command: bytes, arg0: int, arg1: int, data: bytes = b"") -> None:
        number = int.from_bytes(command, "little")
        self.sock.sendall(struct.pack("<6I", number, arg0, arg1, len(data), 0, number ^ 0xFFFFFFFF) + data)

    def receive(self) -> tuple[bytes, int, int, bytes]:
        command, arg0, arg1, length, _, _ = struct.unpack("<6I", self._exactly(24))
        return command.to_bytes(4, "little"), arg0, arg1, self._exactly(length)

    def nothing_for(self, seconds: float) -> bool:
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(1) == b"never"
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(20)

    def is_dropped(self) -> bool:
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            assert part, "the device closed the connection"
            data += part
        return data


@pytest.fixture
def peer(device: WireDevice) -> Iterator[RawPeer]:
    with socket.create_connection(("127.0.0.1", device.adbd.port), 20) as sock:
        peer = RawPeer(sock)
        peer.send(b"CNXN", 0x01000001, 4096, b"host::features=shell_v2")
        command, version, size, banner = peer.receive()
        assert (command, version, size) == (b"CNXN", 0x01000001, 1 << 20)
        assert banner.startswith(b"device::ro.product.name=wire;")
        assert banner.endswith(b"features=shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir")
        yield peer


def test_one_packet_is_on_its_way_until_it_is_acknowledged(peer: RawPeer, device: WireDevice) -> None:
    data = os.urandom(4096 + 100)
    device.parts.files.write("/sdcard/two", data)
    peer.send(b"OPEN", 77, 0, b"exec:cat /sdcard/two\0")
    command, ours, theirs, _ = peer.receive()
    assert (command, theirs) == (b"OKAY", 77)
    assert peer.receive() == (b"WRTE", ours, 77, data[:4096])
    assert peer.nothing_for(0.2)
    peer.send(b"OKAY", 77, ours)
    assert peer.receive() == (b"WRTE", ours, 77, data[4096:])
    assert peer.nothing_for(0.2)  # not even the end, before the last packet is acknowledged
    peer.send(b"OKAY", 77, ours)
    assert peer.receive() == (b"CLSE", ours, 77, b"")


def test_a_peer_that_never_acknowledges_is_not_waited_for_at_the_end(
    peer: RawPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.virtual.adbd.CLOSE_TIMEOUT_S", 0.1)
    peer.send(b"OPEN", 77, 0, b"exec:echo x\0")
    _, ours, _, _ = peer.receive()
    assert peer.receive() == (b"WRTE", ours, 77, b"x\n")
    assert peer.receive() == (b"CLSE", ours, 77, b"")


def test_a_refused_service_is_closed_with_id_zero(peer: RawPeer) -> None:
    peer.send(b"OPEN", 5, 0, b"jdwp\0")
    assert peer.receive() == (b"CLSE", 0, 5, b"")


def test_packets_for_streams_that_are_not_there_are_ignored(peer: RawPeer) -> None:
    peer.send(b"WRTE", 9, 9, b"x")
    peer.send(b"OKAY", 9, 9)
    peer.send(b"CLSE", 9, 9)
    peer.send(b"OPEN", 5, 0, b"nothing:\0")
    assert peer.receive() == (b"CLSE", 0, 5, b"")


def test_input_that_nobody_reads_is_acknowledged_up_to_a_limit(peer: RawPeer) -> None:
    peer.send(b"OPEN", 3, 0, b"shell,v2,raw:sleep 30\0")
    _, ours, _, _ = peer.receive()
    acknowledged = 0
    for _ in range(16):
        peer.send(b"WRTE", 3, ours, bytes(1 << 16))
        if peer.nothing_for(0.1):
            break
        acknowledged += 1
        peer.sock.recv(23)  # the rest of an OKAY whose first byte was just seen
    assert 0 < acknowledged < 16
    peer.send(b"CLSE", 3, ours)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        struct.pack("<6I", 0x4E45504F, 1, 0, 1 << 30, 0, 0x4E45504F ^ 0xFFFFFFFF),
        struct.pack("<6I", 0x4E45504F, 0, 0, 0, 0, 0x4E45504F ^ 0xFFFFFFFF),
        struct.pack("<6I", 0x4E45504F, 1, 0, 0, 0, 0),
    ],
    ids=["http", "huge", "id-zero", "magic"],
)
def test_a_malformed_packet_ends_its_own_connection_only(peer: RawPeer, device: WireDevice, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", device.adbd.port), 20) as other:
        bad = RawPeer(other)
        bad.send(b"CNXN", 0x01000001, 4096, b"host::")
        bad.receive()
        other.sendall(nonsense)
        assert bad.is_dropped()
    peer.send(b"OPEN", 5, 0, b"exec:echo well\0")
    assert peer.receive()[0] == b"OKAY"
    assert peer.receive()[3] == b"well\n"


def test_a_peer_that_does_not_greet_first_is_dropped(device: WireDevice) -> None:
    with socket.create_connection(("127.0.0.1", device.adbd.port), 20) as sock:
        peer = RawPeer(sock)
        peer.send(b"OPEN", 1, 0, b"shell:echo\0")
        assert peer.is_dropped()


# reading command lines


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("cmd package 'install' -S 123 '-r'", 123),
        ("cmd package 'install' '-r' '-S' '77'", 77),
        ("pm install-write -S 5 1 base -", 5),
        ("cat", None),
        ("cat > /sdcard/x", None),
        ("cat - 2>/dev/null", None),
        ("cat | wc -l", None),
        ("cd /sdcard && cat >x", None),
        ("toybox md5sum", None),
        ("dd of=/sdcard/x", None),
        ("dd if=/a of=/b", 0),
        ("cat /sdcard/x", 0),
        ("cat </dev/null", 0),
        ("ls | cat", 0),
        ("rm '/data/local/tmp/cat' </dev/null", 0),
        ("am start -S -n a/b", 0),
        ("echo 'cat'", 0),
        ('echo "unfinished', 0),
        ("pm install /data/local/tmp/a.apk", 0),
        ("toybox md5sum /data/local/tmp/u2.jar", 0),
    ],
)
def test_how_much_input_a_command_line_reads(line: str, size: int | None) -> None:
    assert input_wanted(line) == InputWanted(size=size)


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("export ANDROID_LOG_TAGS=''; exec logcat '-d'", "logcat", ("-d",)),
        ('export ANDROID_LOG_TAGS=""\'\'""; exec logcat "-v" "time"', "logcat", ("-v", "time")),
        (START_SERVER, "app_process", ("/", "com.wetest.uia2.Main", "-p", "9008")),
        ("/system/bin/screenrecord /sdcard/a.mp4", "/system/bin/screenrecord", ("/sdcard/a.mp4",)),
    ],
)
def test_lines_that_go_on_are_told_from_the_rest(line: str, name: str, arguments: tuple[str, ...]) -> None:
    found = streaming_program(line)
    assert found is not None
    assert (found[1].name, found[1].arguments) == (name, arguments)


@pytest.mark.parametrize("line", ["logcat -d | grep x", "logcat -d; echo X4EXIT:$?", "echo logcat", "", "'"])
def test_pipes_and_lists_are_left_to_the_shell(line: str) -> None:
    assert streaming_program(line) is None


def test_the_listener_keeps_clear_of_ports_that_adb_servers_scan(device: WireDevice) -> None:
    assert device.adbd.port not in range(5555, 5587)
    assert stat.S_ISREG(device.parts.files.stat("/data/local/tmp/u2.jar").mode)
