"""The ``sync:`` service under both adb programs, adbutils, and requests written by hand."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import adbutils
import pytest

from tests.virtual_fixtures import AdbServer, WireDevice, adb_binaries, adb_server, wire_device


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireDevice]:
    with wire_device(tmp_path_factory.mktemp("device")) as device:
        yield device


@pytest.fixture(scope="module", params=adb_binaries(), ids=lambda binary: f"adb-{binary.parent.name}")
def adb(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, device: WireDevice
) -> Iterator[AdbServer]:
    with adb_server(request.param, tmp_path_factory.mktemp("home")) as server:
        server.connect(device.address)
        yield server


@pytest.fixture
def client(adb: AdbServer, device: WireDevice) -> adbutils.AdbDevice:
    return adb.client(device.address)


def test_a_big_file_with_a_chinese_name_goes_there_and_back(adb: AdbServer, device: WireDevice, tmp_path: Path) -> None:
    data = os.urandom(9_000_001)
    sent, back = tmp_path / "学习 材料.bin", tmp_path / "back"
    sent.write_bytes(data)
    os.utime(sent, (1_600_000_000, 1_600_000_000))
    sent.chmod(0o755)
    assert adb.run("push", str(sent), "/sdcard/Download/", serial=device.address).returncode == 0
    found = device.parts.files.stat("/sdcard/Download/学习 材料.bin")
    assert (found.size, found.mtime, found.mode & 0o700) == (len(data), 1_600_000_000, 0o700)
    pulled = adb.run("pull", "-a", "/sdcard/Download/学习 材料.bin", str(back), serial=device.address)
    assert pulled.returncode == 0
    assert back.read_bytes() == data
    assert int(back.stat().st_mtime) == 1_600_000_000


def test_a_folder_is_pushed_listed_and_pulled_with_everything_in_it(
    adb: AdbServer, device: WireDevice, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    (tree / "空" / "深").mkdir(parents=True)
    (tree / "空" / "深" / "a b.txt").write_text("一", "utf-8")
    (tree / "empty").write_bytes(b"")
    goal = f"/sdcard/pushed-{adb.binary.parent.name}"
    assert adb.run("push", str(tree), goal, serial=device.address).returncode == 0
    listed = adb.run("ls", goal, serial=device.address).stdout.decode()
    assert [line.split(" ")[-1] for line in listed.splitlines()] == [".", "..", "empty", "空"]
    assert adb.run("pull", goal, str(tmp_path / "back"), serial=device.address).returncode == 0
    assert (tmp_path / "back" / "空" / "深" / "a b.txt").read_text("utf-8") == "一"
    assert (tmp_path / "back" / "empty").read_bytes() == b""


def test_refused_transfers_say_why_and_leave_nothing(adb: AdbServer, device: WireDevice, tmp_path: Path) -> None:
    sent, goal = tmp_path / "x", f"/sdcard/x-{adb.port}"
    sent.write_bytes(bytes(300_000))
    refused = adb.run("push", str(sent), "/system/app/x", serial=device.address)
    assert refused.returncode != 0
    assert b"Read-only file system" in refused.stdout + refused.stderr
    assert not device.parts.files.exists("/system/app/x")
    absent = adb.run("pull", "/sdcard/absent", str(tmp_path / "y"), serial=device.address)
    assert absent.returncode != 0
    assert b"No such file or directory" in absent.stdout + absent.stderr
    device.parts.faults.push("sync_fail")
    broken = adb.run("push", str(sent), goal, serial=device.address)
    assert b"I/O error" in broken.stdout + broken.stderr
    assert not device.parts.files.exists(goal)
    assert adb.run("push", str(sent), goal, serial=device.address).returncode == 0
    device.parts.faults.push("sync_fail")
    half = adb.run("pull", goal, str(tmp_path / "half"), serial=device.address)
    assert half.returncode != 0


def test_a_file_that_is_too_large_is_refused(
    adb: AdbServer, device: WireDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.virtual.files.MAX_FILE_BYTES", 1000)
    sent = tmp_path / "x"
    sent.write_bytes(bytes(300_000))
    refused = adb.run("push", str(sent), "/sdcard/large", serial=device.address)
    assert b"file larger than 1000 bytes" in refused.stdout + refused.stderr
    assert not device.parts.files.exists("/sdcard/large")


def test_adbutils_pushes_pulls_and_lists(client: adbutils.AdbDevice, device: WireDevice, tmp_path: Path) -> None:
    data = os.urandom(100_000)
    assert client.sync.push(data, "/data/local/tmp/新/u2.jar", 0o755, check=True) == len(data)
    found = client.sync.stat("/data/local/tmp/新/u2.jar")
    assert (found.mode, found.size) == (stat.S_IFREG | 0o755, len(data))
    assert isinstance(found.mtime, datetime)
    assert client.sync.read_bytes("/data/local/tmp/新/u2.jar") == data
    client.sync.pull("/data/local/tmp/新/u2.jar", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    assert [entry.path for entry in client.sync.list("/data/local/tmp/新")] == [".", "..", "u2.jar"]
    assert not client.sync.exists("/data/local/tmp/absent")
    with pytest.raises(adbutils.AdbError, match="No such file"):
        client.sync.read_bytes("/data/local/tmp/absent")


# requests written by hand: what no client at hand sends


def _request(client: adbutils.AdbDevice, data: bytes, size: int) -> bytes:
    """Send bytes to ``sync:`` and return the first ``size`` bytes of the answer, fewer where it ends."""
    with client.open_transport() as connection:
        connection.send_command("sync:")
        connection.check_okay()
        connection.conn.settimeout(20)
        connection.conn.sendall(data)
        answer = b""
        while len(answer) < size and (part := connection.conn.recv(size - len(answer))):
            answer += part
    return answer


def _path(name: bytes, path: str) -> bytes:
    raw = path.encode()
    return name + struct.pack("<I", len(raw)) + raw


def test_several_requests_share_one_stream(client: adbutils.AdbDevice, device: WireDevice) -> None:
    device.parts.files.write("/sdcard/one", b"1")
    device.parts.files.symlink("/sdcard/link", "one")
    request = _path(b"STAT", "/sdcard/link") + _path(b"STAT", "/sdcard/absent") + _path(b"RECV", "/sdcard/one")
    answer = _request(client, request + _path(b"RCV2", "/sdcard/one") + b"RCV2" + bytes(4), 66)
    link, absent, data = answer[:16], answer[16:32], answer[32:]
    assert struct.unpack("<4sI", link[:8]) == (b"STAT", stat.S_IFLNK | 0o777)
    assert absent == b"STAT" + bytes(12)
    once = b"DATA" + struct.pack("<I", 1) + b"1" + b"DONE" + bytes(4)
    assert data == once + once


def test_the_second_version_tells_links_errors_and_times(client: adbutils.AdbDevice, device: WireDevice) -> None:
    device.parts.files.write("/sdcard/file", b"12345")
    device.parts.files.symlink("/sdcard/to-file", "/sdcard/file")
    device.parts.files.set_mtime("/sdcard/file", 1_234_567_890)
    layout = struct.Struct("<4sIQQIIIIQqqq")
    request = b"".join(
        _path(*pair)
        for pair in (
            (b"STA2", "/sdcard/to-file"),
            (b"LST2", "/sdcard/to-file"),
            (b"STA2", "/sdcard/absent"),
            (b"STA2", "/sdcard/file/inside"),
        )
    )
    answer = _request(client, request, 4 * layout.size)
    followed, link, absent, inside = (layout.unpack_from(answer, layout.size * at) for at in range(4))
    assert (followed[:2], followed[4], followed[8]) == ((b"STA2", 0), stat.S_IFREG | 0o644, 5)
    assert followed[9:] == (1_234_567_890,) * 3
    assert (link[:2], stat.S_ISLNK(link[4])) == ((b"LST2", 0), True)
    assert absent == (b"STA2", 2, *[0] * 10)
    assert inside == (b"STA2", 20, *[0] * 10)


def test_links_are_made_where_a_client_sends_one(client: adbutils.AdbDevice, device: WireDevice) -> None:
    target = b"/sdcard/file\0"
    sent = _path(b"SEND", f"/sdcard/made,{stat.S_IFLNK | 0o777}") + b"DATA" + struct.pack("<I", len(target))
    assert _request(client, sent + target + b"DONE" + bytes(4), 8) == b"OKAY" + bytes(4)
    assert device.parts.files.stat("/sdcard/made", follow=False).target == "/sdcard/file"


def test_the_newer_send_is_taken_without_compression_only(client: adbutils.AdbDevice, device: WireDevice) -> None:
    body = b"DATA" + struct.pack("<I", 2) + b"hi" + b"DONE" + struct.pack("<I", 99)
    plain = _path(b"SND2", "/sdcard/snd2") + b"SND2" + struct.pack("<II", 0o100600, 0) + body
    assert _request(client, plain, 8) == b"OKAY" + bytes(4)
    assert device.parts.files.read("/sdcard/snd2") == b"hi"
    packed = _path(b"SND2", "/sdcard/snd3") + b"SND2" + struct.pack("<II", 0o100600, 1) + body
    assert _request(client, packed, 4) == b"FAIL"


@pytest.mark.parametrize(
    ("request_bytes", "reason"),
    [
        (b"WHAT" + bytes(4), b"unknown command"),
        (b"STAT" + struct.pack("<I", 1 << 20), b"path too long"),
        (_path(b"SEND", "/sdcard/z,33188") + b"DATA" + struct.pack("<I", 1 << 24), b"oversize data message"),
        (_path(b"SEND", "/sdcard/z,33188") + b"NOPE" + bytes(4), b"invalid data message"),
    ],
)
def test_nonsense_fails_and_ends_the_stream(
    client: adbutils.AdbDevice, device: WireDevice, request_bytes: bytes, reason: bytes
) -> None:
    answer = _request(client, request_bytes, 1000)  # reads to the end of the stream
    assert answer.startswith(b"FAIL")
    assert reason in answer
    assert not device.parts.files.exists("/sdcard/z")


def test_a_client_that_leaves_in_the_middle_leaves_no_file(client: adbutils.AdbDevice, device: WireDevice) -> None:
    with client.open_transport() as connection:
        connection.send_command("sync:")
        connection.check_okay()
        connection.conn.sendall(_path(b"SEND", "/sdcard/half,33188") + b"DATA" + struct.pack("<I", 9) + b"abc")
    assert not client.sync.exists("/sdcard/half")
