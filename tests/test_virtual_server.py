"""The whole embedded device, browser included, controlled from outside and used through a real adb server."""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.errors import VirtualDeviceError
from harness.virtual.adb_host import AdbHost
from harness.virtual.app_archive import pack_app
from harness.virtual.server import DeviceHandle, VirtualDevices
from harness.virtual.temporary import remove_abandoned, temporary_folder
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually, free_port

PAGE = """<!doctype html><meta charset="utf-8"><title>页</title><p id="said">等待</p><script>
addEventListener('hashchange', async () => {
  const port = location.hash.slice(1);
  try { said.textContent = await (await fetch(`http://localhost:${port}/`)).text(); }
  catch (error) { said.textContent = String(error); }
});
</script><input id="typed" oninput="location.hash = this.value">"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _app(tmp_path_factory.mktemp("app"), "cn.example.page")


def _app(folder: Path, package: str, **fields: object) -> Path:
    manifest = {
        "package": package,
        "label": "页面",
        "versionName": "1.0",
        "versionCode": 1,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html"},
        **fields,
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    (folder / "index.html").write_text(PAGE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def devices(app: Path, adb: AdbServer) -> Iterator[VirtualDevices]:
    with VirtualDevices(count=2, apps=[app]) as devices:
        devices.connect(("127.0.0.1", adb.port))
        yield devices


@pytest.fixture
def device(devices: VirtualDevices, adb: AdbServer) -> DeviceHandle:
    devices.connect(("127.0.0.1", adb.port))  # what a test before this one broke
    return devices.devices[0]


def _shell(adb: AdbServer, device: DeviceHandle, line: str) -> str:
    return adb.run("shell", line, serial=device.serial).stdout.decode()


def test_each_device_has_a_name_and_storage_of_its_own(adb: AdbServer, devices: VirtualDevices, tmp_path: Path) -> None:
    first, second = devices.devices
    assert adb.state(first.serial) == adb.state(second.serial) == "device"
    assert _shell(adb, first, "getprop ro.serialno") == "VIRTUAL0001\n"
    assert _shell(adb, second, "getprop ro.serialno") == "VIRTUAL0002\n"
    assert second.install(_app(tmp_path, "cn.example.second")) == "cn.example.second"
    assert "cn.example.second" in _shell(adb, second, "pm list packages")
    assert "cn.example.second" not in first.packages()
    _shell(adb, second, "echo x > /sdcard/only-here")
    assert "only-here" not in _shell(adb, first, "ls /sdcard")
    assert second.uninstall("cn.example.second")
    assert not second.uninstall("cn.example.second")


def test_the_installed_file_is_given_back_byte_for_byte(
    adb: AdbServer, device: DeviceHandle, app: Path, tmp_path: Path
) -> None:
    path = _shell(adb, device, "pm path cn.example.page").strip().removeprefix("package:")
    assert adb.run("pull", path, str(tmp_path / "back.apk"), serial=device.serial).returncode == 0
    assert (tmp_path / "back.apk").read_bytes() == pack_app(app)


def test_apps_come_from_folders_files_and_web_addresses(device: DeviceHandle, app: Path, tmp_path: Path) -> None:
    packed = tmp_path / "app.apk"
    packed.write_bytes(pack_app(app))
    assert device.install(packed) == "cn.example.page"
    assert device.install("https://www.my-site.gov.cn:8443/m/?a=1") == "web.cn.gov.my_site.www.p8443"
    assert device.uninstall("web.cn.gov.my_site.www.p8443")
    assert device.install("http://政务.cn/") == "web.cn.xn__zfr164b"
    assert device.uninstall("web.cn.xn__zfr164b")
    for wrong in ("http://[", "http://gov.cn:x/"):
        with pytest.raises(VirtualDeviceError, match="http://"):
            device.install(wrong)
    with pytest.raises(VirtualDeviceError, match="No such file"):
        device.install(tmp_path / "absent.apk")
    packed.write_bytes(b"no zip")
    with pytest.raises(VirtualDeviceError, match="INSTALL_"):
        device.install(packed)
    (tmp_path / "other").mkdir()
    with pytest.raises(VirtualDeviceError, match="INSTALL_FAILED_NO_MATCHING_ABIS"):
        device.install(_app(tmp_path / "other", "cn.example.arm", abis=["arm64-v8a"]))


def test_the_clock_is_set_and_advanced_from_the_host(adb: AdbServer, device: DeviceHandle) -> None:
    before = device.now()
    device.advance_clock(86_400)
    assert timedelta(hours=23) < device.now() - before < timedelta(hours=25)
    device.set_clock(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert _shell(adb, device, "date +%Y-%m-%d").strip() == "2030-01-02"
    assert device.log_lines()
    device.set_clock(before)


def test_faults_show_once_and_unknown_ones_are_named(adb: AdbServer, device: DeviceHandle) -> None:
    whole = adb.run("exec-out", "screencap -p", serial=device.serial).stdout
    assert whole.startswith(b"\x89PNG")
    device.fault("half_png")
    assert [armed.fault.value for armed in device.faults()] == ["half_png"]
    assert len(adb.run("exec-out", "screencap -p", serial=device.serial).stdout) < len(whole)
    assert device.faults() == ()
    with pytest.raises(VirtualDeviceError, match=r"known: .*half_png"):
        device.fault("half_ping")
    device.fault("slow_dump", 9, times=3)
    device.clear_faults()
    assert device.faults() == ()


def test_a_page_on_the_device_reaches_the_host_through_adb_reverse(adb: AdbServer, device: DeviceHandle) -> None:
    class Host(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "来自主机".encode()
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
            return

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    serving = threading.Thread(target=host.serve_forever, daemon=True)
    serving.start()
    try:
        port = int(adb.run("reverse", "tcp:0", f"tcp:{host.server_port}", serial=device.serial).stdout)
        assert port != host.server_port
        _shell(adb, device, "am start -n cn.example.page/.MainActivity")
        dump = _dumped(adb, device, "等待")
        bounds = re.search(r'class="android.widget.EditText"[^>]*bounds="\[(\d+),(\d+)\]\[(\d+),(\d+)\]"', dump)
        assert bounds is not None, dump
        left, top, right, bottom = map(int, bounds.groups())
        _shell(adb, device, f"input tap {(left + right) // 2} {(top + bottom) // 2}; input text {port}")
        assert "来自主机" in _dumped(adb, device, "来自主机")
    finally:
        host.shutdown()
        host.server_close()
        serving.join(20)


def _dumped(adb: AdbServer, device: DeviceHandle, text: str) -> str:
    """Return the hierarchy once it holds ``text``."""

    def look() -> str:
        dump = adb.run("exec-out", "uiautomator dump /dev/tty", serial=device.serial).stdout.decode()
        return dump if text in dump else ""

    return eventually(look)


def test_a_device_that_went_offline_comes_back_at_the_same_address(
    adb: AdbServer, devices: VirtualDevices, device: DeviceHandle
) -> None:
    address = device.address
    device.go_offline()
    eventually(lambda: adb.state(address) != "device")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 5)
    device.come_back()
    assert devices.connect(("127.0.0.1", adb.port)) == tuple(one.serial for one in devices.devices)
    assert device.address == address
    device.drop_connections()
    devices.connect(("127.0.0.1", adb.port))
    assert _shell(adb, device, "echo back") == "back\n"


def test_a_killed_browser_leaves_the_launcher_in_front_and_the_device_in_use(
    adb: AdbServer, device: DeviceHandle
) -> None:
    _shell(adb, device, "am start -n cn.example.page/.MainActivity")
    assert "cn.example.page" in _shell(adb, device, "dumpsys window displays | grep mCurrentFocus")
    device.kill_browser()
    assert "launcher" in _shell(adb, device, "dumpsys window displays | grep mCurrentFocus")
    assert "cn.example.page" in _shell(adb, device, "pm list packages")


def test_killing_the_ui_server_tells_whether_one_ran(adb: AdbServer, device: DeviceHandle) -> None:
    assert not device.kill_automator()
    client = adb.client(device.serial)
    client.sync.push(b"jar", "/data/local/tmp/u2.jar")
    line = "CLASSPATH=/data/local/tmp/u2.jar app_process / com.wetest.uia2.Main -p 9008"
    with client.shell(line, stream=True) as running:
        seen = ""
        while "9008" not in seen:
            seen += running.conn.recv(4096).decode()
        assert "app_process" in _shell(adb, device, "ps -A")
        assert device.kill_automator()
        assert running.read_until_close() == ""


def test_a_reboot_ends_programs_and_keeps_apps(adb: AdbServer, devices: VirtualDevices, device: DeviceHandle) -> None:
    _shell(adb, device, "am start -n cn.example.page/.MainActivity; echo kept > /sdcard/kept")
    adb.run("root", serial=device.serial)
    devices.connect(("127.0.0.1", adb.port))
    assert _shell(adb, device, "getprop service.adb.root") == "1\n"
    _shell(adb, device, "input keyevent SLEEP")
    device.reboot()
    devices.connect(("127.0.0.1", adb.port))
    assert _shell(adb, device, "getprop service.adb.root; cat /sdcard/kept") == "0\nkept\n"
    assert "mWakefulness=Awake" in _shell(adb, device, "dumpsys power")
    assert "launcher" in _shell(adb, device, "dumpsys window displays | grep mCurrentFocus")
    assert "cn.example.page" in device.packages()


def test_a_device_that_is_started_again_has_its_apps_and_files(app: Path, tmp_path: Path) -> None:
    with VirtualDevices(apps=[app], data_dir=tmp_path) as first:
        (tmp_path / "VIRTUAL0001" / "files" / "sdcard" / "from-host").write_text("x", "ascii")
        assert first.devices[0].data_dir == tmp_path / "VIRTUAL0001"
    with VirtualDevices(data_dir=tmp_path) as second:
        assert "cn.example.page" in second.devices[0].packages()
        (device,) = second.devices
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(device.address.rpartition(":")[2])), 5)


def test_a_set_up_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # those of other tests may end meanwhile
    with pytest.raises(VirtualDeviceError, match="No such file"), VirtualDevices(apps=[tmp_path / "absent"]):
        pytest.fail("entered")
    assert set(threading.enumerate()) <= before


def test_an_app_that_is_refused_is_named(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"no archive")
    with pytest.raises(VirtualDeviceError, match=r"picture\.png: install: INSTALL_PARSE_FAILED_NOT_APK"):
        VirtualDevices(apps=[picture]).__enter__()


def test_two_apps_of_one_name_are_refused_before_one_hides_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        _app(folder, "cn.example.twin")
    with pytest.raises(VirtualDeviceError, match=r"first.* and .*second are both called cn\.example\.twin"):
        VirtualDevices(apps=[first, second]).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there that a reader can ask for without harm")
def test_a_killed_run_takes_its_browser_along_and_its_folder_goes_with_the_next_run(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    short = tempfile.TemporaryDirectory(prefix="v")  # a browser's socket lies there: its path may have 107 bytes
    request.addfinalizer(short.cleanup)
    temporary = Path(short.name)
    program = (
        "from harness.virtual.server import VirtualDevices\n"
        "with VirtualDevices() as devices:\n"
        "    device = devices.devices[0]\n"
        "    pid = device._call(device._device.screen.browser_pid())\n"
        "    print(pid, device.data_dir.parent, flush=True)\n"
        "    input()\n"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as run:
        assert run.stdout is not None
        pid, folder = run.stdout.readline().decode().split()
        assert remove_abandoned(temporary) == ()
        run.kill()
    eventually(lambda: not _runs(int(pid)))
    assert Path(folder).is_dir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with temporary_folder() as fresh:
        assert not Path(folder).exists()
        assert remove_abandoned(temporary) == ()
        assert fresh.is_dir()
    assert not fresh.exists()


def _runs(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False).stdout.strip()
    return bool(told) and not told.startswith(b"Z")


def test_an_adb_server_is_started_where_none_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("ADB_MDNS", "ADB_USB", "ADB_EMU"):
        monkeypatch.setenv(name, "0")
    host = AdbHost(port=free_port())
    assert not host.running()
    host.start(BUNDLED_ADB)
    try:
        assert host.running()
        assert host.states() == {}
        with pytest.raises(VirtualDeviceError, match="not usable within"):
            AdbHost(port=host.port, clock=_Hurried()).connect(f"127.0.0.1:{free_port()}")
    finally:
        with socket.create_connection(("127.0.0.1", host.port), 20) as sock:
            sock.sendall(b"0009host:kill")
            sock.recv(4)
    eventually(lambda: not host.running())


class _Hurried:
    """A clock on which waiting costs nothing but passes."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return self._now_s

    def sleep(self, seconds: float) -> None:
        self._now_s += seconds * 200


def test_a_missing_adb_program_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ADBUTILS_ADB_PATH", str(tmp_path / "absent"))
    with pytest.raises(VirtualDeviceError, match="adb"):
        AdbHost(port=free_port()).start()
