"""The Android adapter over real adb servers and the unmodified client, against the virtual device and its faults."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from harness.clock import SystemClock
from harness.device import changes, frames
from harness.device.android import AndroidDevice, Limits
from harness.errors import ActionRefused, CaptureFailed, DeviceError, DeviceTimeout, DeviceUnreachable
from harness.model import (
    Action,
    Back,
    Channel,
    DenyPermission,
    Frame,
    Home,
    Launch,
    LongPress,
    MockPlace,
    PackageName,
    Page,
    RealPlace,
    Recents,
    RestorePermission,
    Stop,
    Swipe,
    Tap,
    Type,
    Wait,
)
from harness.virtual.app_archive import pack_app
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.virtual_fixtures import AdbServer, adb_binaries, adb_server, eventually, free_port

PACKAGE = PackageName("cn.example.adapter")
CAMERA = "android.permission.CAMERA"
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0} button,input,a,p,div{display:block;height:44px;width:320px;margin:4px}</style>"""
PAGES = {
    "index.html": _HEAD
    + """<button id="press" onclick="said.textContent='pressed'">签到规则</button>
<button id="held">长按</button><input id="typed" oninput="said.textContent=this.value"><p id="said">start</p>
<div id="lines" style="height:auto"></div>
<script>
for (let line = 1; line <= 60; line += 1) lines.append(Object.assign(document.createElement('p'), {textContent: line}));
let downAt = 0;
held.addEventListener('touchstart', () => { downAt = performance.now() });
held.addEventListener('touchend', () => { if (performance.now() - downAt > 600) said.textContent = 'held' });
</script>""",
    "secure.html": _HEAD + '<meta name="android-window" content="secure"><p>付款码</p>',
    "opaque.html": _HEAD + '<meta name="android-hierarchy" content="opaque"><p>画布上的排名</p>',
    "moving.html": _HEAD
    + """<p id="n0">滚动</p><script>
let n = 0; setInterval(() => { document.querySelector('p').id = 'n' + ++n }, 20);</script>""",
    "settling.html": _HEAD
    + """<p>稍候</p><script>
let left = 30; const timer = setInterval(() => {
  document.body.prepend(Object.assign(document.createElement('p'), {textContent: '行' + left}));
  if (--left === 0) clearInterval(timer) }, 20);</script>""",
}
# No deadline is met by waiting for it in vain: those that a test lets pass are set there.
QUICK = Limits(return_s=0.0, poll_s=0.05, settle_s=0.05)


def write_app(folder: Path) -> Path:
    activities = {f".{name.removesuffix('.html').title()}Activity": name for name in PAGES}
    manifest = {
        "package": PACKAGE,
        "label": "适配",
        "versionName": "2.5.1",
        "versionCode": 251,
        "launcher": ".IndexActivity",
        "activities": activities,
        "permissions": [CAMERA],
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    for name, page in PAGES.items():
        (folder / name).write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_app(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def virtual(app: Path) -> Iterator[DeviceHandle]:
    with VirtualDevices(apps=[app]) as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module", params=adb_binaries(), ids=lambda path: "debian" if "usr" in path.parts else "wheel")
def either_adb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(request.param, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        yield server


def opened(server: AdbServer, virtual: DeviceHandle, limits: Limits = QUICK) -> AndroidDevice:
    """Return the adapter; on a busy machine opening may need more time than hasty limits give, and is tried again."""
    virtual.clear_faults()
    server.connect(virtual.serial)
    made: list[AndroidDevice] = []

    def reached() -> bool:
        with suppress(DeviceTimeout):
            made.append(
                AndroidDevice(virtual.serial, adb=("127.0.0.1", server.port), clock=SystemClock(), limits=limits)
            )
        return bool(made)

    eventually(reached)
    return made[0]


@pytest.fixture
def device(either_adb: AdbServer, virtual: DeviceHandle) -> Iterator[AndroidDevice]:
    """Yield the adapter behind each adb server, the app's first page in front."""
    device = opened(either_adb, virtual)
    start(device)
    yield device
    device.close()


@pytest.fixture
def one(adb: AdbServer, virtual: DeviceHandle) -> Iterator[AndroidDevice]:
    """Yield the adapter behind one adb server; faults are disarmed afterwards."""
    device = opened(adb, virtual)
    start(device)
    yield device
    virtual.clear_faults()
    device.close()


def start(device: AndroidDevice, activity: str = "Index") -> None:
    device.perform(Stop(package=PACKAGE))
    device.perform(Launch(package=PACKAGE, activity=f"{PACKAGE}.{activity}Activity"))
    eventually(lambda: activity_of(device) == f"{PACKAGE}.{activity}Activity" and frames.node_count(device.dump()) > 1)


def activity_of(device: AndroidDevice) -> str:
    page = device.capture().page
    return page.activity if page else ""


def shows(device: AndroidDevice, text: str) -> bool:
    return f'text="{text}"' in device.dump().decode()


def centre(device: AndroidDevice, resource_id: str) -> tuple[int, int]:
    xml = device.dump().decode()
    node = xml[xml.index(f'resource-id="{resource_id}"') :]
    left, top, right, bottom = (int(n) for n in node.split('bounds="[')[1].split(']"')[0].replace("][", ",").split(","))
    return (left + right) // 2, (top + bottom) // 2


def reasons(frame: Frame) -> dict[Channel, str]:
    return {gap.channel: gap.reason for gap in frame.gaps}


# --- looking


def test_a_capture_is_the_devices_own_picture_hierarchy_page_and_time(
    device: AndroidDevice, either_adb: AdbServer, virtual: DeviceHandle
) -> None:
    frame = device.capture()
    own = either_adb.run("exec-out", "screencap -p", serial=virtual.serial).stdout
    assert frame.png is not None
    assert frame.xml is not None
    with Image.open(io.BytesIO(frame.png)) as ours, Image.open(io.BytesIO(own)) as theirs:
        assert ours.format == "PNG"
        assert ours.size == frame.size_px == (1080, 2400)
        changed = ImageChops.difference(ours.convert("RGB"), theirs.convert("RGB")).getbbox()
    assert changed is None or changed[3] <= 100  # nothing but the status bar's clock
    assert "签到规则" in frame.xml.decode()
    assert frame.page == Page(package=PACKAGE, activity=f"{PACKAGE}.IndexActivity")
    assert frame.ended.device_wall is not None
    assert abs(frame.ended.device_wall - virtual.now()) < timedelta(seconds=10)
    assert frame.began.mono_s <= frame.ended.mono_s
    assert (frame.gaps, frame.moving) == ((), False)


def test_an_app_that_was_started_again_is_another_process(one: AndroidDevice) -> None:
    before = one.capture().process
    assert before is not None
    assert one.capture().process == before
    start(one)
    assert one.capture().process not in (before, None)


def test_the_devices_time_is_its_own(one: AndroidDevice, virtual: DeviceHandle) -> None:
    began_s = time.monotonic()
    one.perform(Wait(seconds=3600))
    assert time.monotonic() - began_s < 60
    frame = one.capture()
    assert frame.ended.device_wall is not None
    assert frame.ended.device_wall - frame.ended.wall > timedelta(minutes=59)


def test_a_secure_window_is_a_gap_beside_its_black_picture(device: AndroidDevice) -> None:
    start(device, "Secure")
    frame = device.capture()
    assert reasons(frame) == {Channel.PICTURE: "secure-window"}
    assert frame.png is not None
    assert frames.is_black(frame.png)
    assert "付款码" in (frame.xml or b"").decode()


def test_a_black_picture_of_a_window_that_is_not_secure_is_another_gap(
    one: AndroidDevice, virtual: DeviceHandle
) -> None:
    virtual.fault("black_png", times=9)
    frame = one.capture()
    assert reasons(frame) == {Channel.PICTURE: "black-frame"}
    assert frame.png is not None


def test_a_picture_that_is_black_for_a_moment_is_taken_again(one: AndroidDevice, virtual: DeviceHandle) -> None:
    virtual.fault("black_png")
    frame = one.capture()
    assert frame.gaps == ()
    assert frame.png is not None
    assert not frames.is_black(frame.png)


def test_an_opaque_page_has_a_picture_and_no_texts(device: AndroidDevice) -> None:
    start(device, "Opaque")
    frame = device.capture()
    assert frame.gaps == ()
    assert frame.png is not None
    assert "排名" not in (frame.xml or b"").decode()


def test_an_empty_hierarchy_is_never_success(one: AndroidDevice, virtual: DeviceHandle) -> None:
    virtual.fault("empty_xml", times=9)
    frame = one.capture()
    assert frame.xml is None
    assert reasons(frame) == {Channel.HIERARCHY: "hierarchy-empty"}
    assert frame.png is not None


@pytest.mark.parametrize("fault", ["empty_xml", "half_xml", "null_xml", "half_png", "empty_png", "not_connected"])
def test_what_is_broken_once_is_read_again(one: AndroidDevice, virtual: DeviceHandle, fault: str) -> None:
    virtual.fault(fault)
    frame = one.capture()
    assert frame.gaps == ()
    assert frame.png is not None
    assert frame.xml is not None
    assert virtual.faults() == ()


@pytest.mark.parametrize(
    ("fault", "gap"),
    [
        ("half_xml", {Channel.HIERARCHY: "server-died"}),
        ("null_xml", {Channel.HIERARCHY: "server-died"}),
        ("half_png", {Channel.PICTURE: "capture-failed"}),
        ("empty_png", {Channel.PICTURE: "capture-failed"}),
    ],
)
def test_what_stays_broken_is_a_gap_and_the_rest_is_kept(
    one: AndroidDevice, virtual: DeviceHandle, fault: str, gap: dict[Channel, str]
) -> None:
    virtual.fault(fault, times=99)
    frame = one.capture()
    assert reasons(frame) == gap
    assert (frame.png is None, frame.xml is None) == (Channel.PICTURE in gap, Channel.HIERARCHY in gap)
    assert frame.page is not None


def test_a_capture_without_any_channel_says_why_each_failed(one: AndroidDevice, virtual: DeviceHandle) -> None:
    virtual.fault("half_png", times=99)
    virtual.fault("half_xml", times=99)
    with pytest.raises(CaptureFailed, match=r"hierarchy: server-died.*picture: capture-failed"):
        one.capture()


def test_a_screen_that_never_stands_still_is_marked(one: AndroidDevice) -> None:
    start(one, "Moving")
    frame = one.capture()
    assert frame.moving
    assert frame.png is not None
    assert frame.xml is not None


def test_a_screen_that_comes_to_rest_is_waited_for(adb: AdbServer, virtual: DeviceHandle, one: AndroidDevice) -> None:
    patient = opened(adb, virtual, replace(QUICK, capture_tries=30))
    patient.perform(Launch(package=PACKAGE, activity=f"{PACKAGE}.SettlingActivity"))
    eventually(lambda: shows(patient, "稍候"))
    frame = patient.capture()
    assert not frame.moving
    assert (frame.xml or b"").decode().count('text="行') > 1


def test_where_exec_is_closed_a_file_is_written_and_pulled(one: AndroidDevice, virtual: DeviceHandle) -> None:
    virtual.fault("refuse_exec")
    frame = one.capture()
    assert frame.gaps == ()
    assert frame.png is not None
    assert frames.size_px(frame.png) == (1080, 2400)
    assert virtual.faults() == ()


# --- deadlines


# Only what hangs for a minute is asked with these: a busy machine may need longer than a second for an honest answer.
HASTY = replace(QUICK, dump_s=1.0, input_s=1.0, shell_s=1.0, pull_s=1.0, capture_tries=1)


@pytest.mark.parametrize(
    ("fault", "ask"),
    [
        ("hang_service", lambda device: device.dump()),
        ("hang_service", lambda device: device.perform(Tap(x_px=5, y_px=900))),
        ("slow_dump", lambda device: device.dump()),
        ("hang_shell", lambda device: device.shell("getprop")),
        ("hang_shell", lambda device: device.perform(Launch(package=PACKAGE))),
    ],
    ids=["hung hierarchy", "hung tap", "slow hierarchy", "hung shell", "hung launch"],
)
def test_a_device_that_does_not_answer_ends_at_the_deadline_and_is_usable_again(
    adb: AdbServer,
    virtual: DeviceHandle,
    fault: str,
    ask: Callable[[AndroidDevice], object],
) -> None:
    device = opened(adb, virtual, HASTY)
    virtual.fault(fault, 60.0)
    began_s = time.monotonic()
    with pytest.raises(DeviceTimeout, match="deadline 1 s"):
        ask(device)
    assert 1.0 <= time.monotonic() - began_s < 10.0  # the fault lasts for 60
    assert whole_capture(device).page is not None
    device.close()


def test_a_hierarchy_that_hangs_costs_one_deadline_and_leaves_the_picture(
    adb: AdbServer, virtual: DeviceHandle
) -> None:
    device = opened(adb, virtual, HASTY)
    virtual.fault("slow_dump", 60.0)
    frame = device.capture()
    assert reasons(frame) == {Channel.HIERARCHY: "device-timeout"}
    assert frame.png is not None
    assert whole_capture(device).page is not None  # the hung server was replaced
    device.close()


# --- what dies comes back


def test_a_killed_server_is_started_again(device: AndroidDevice, virtual: DeviceHandle) -> None:
    assert virtual.kill_automator()
    assert device.capture().gaps == ()
    assert virtual.kill_automator()
    device.perform(Tap(x_px=5, y_px=2000))
    assert device.capture().gaps == ()


@pytest.mark.parametrize("fault", ["refuse_service", "drop_service", "drop_mid_request", "drop_connection"])
def test_a_service_that_breaks_once_is_restored(device: AndroidDevice, virtual: DeviceHandle, fault: str) -> None:
    virtual.fault(fault)
    frame = whole_capture(device)
    assert frame.page is not None
    assert virtual.faults() == ()


def whole_capture(device: AndroidDevice) -> Frame:
    """Return the next capture that lacks nothing."""
    found: list[Frame] = []

    def looked() -> bool:
        with suppress(DeviceError):
            found.append(device.capture())
        return bool(found) and not found[-1].gaps

    eventually(looked)
    return found[-1]


def test_an_offline_device_is_unreachable_and_recovers_at_once_when_it_is_back(
    device: AndroidDevice, virtual: DeviceHandle
) -> None:
    virtual.go_offline()
    try:
        with pytest.raises(DeviceUnreachable):
            device.capture()
        with pytest.raises(DeviceUnreachable):
            device.perform(Back())
    finally:
        virtual.come_back()
    began_s = time.monotonic()
    device.restore()
    assert time.monotonic() - began_s < 8  # adb's own attempt to connect again comes after ten
    assert device.capture().gaps == ()


def test_a_device_that_comes_back_in_time_is_waited_for(adb: AdbServer, virtual: DeviceHandle) -> None:
    device = opened(adb, virtual, replace(QUICK, return_s=30.0))
    virtual.drop_connections()
    assert device.capture().gaps == ()
    device.close()


def test_a_device_that_was_never_there_is_named_with_those_that_are(adb: AdbServer, virtual: DeviceHandle) -> None:
    adb.connect(virtual.serial)
    absent = f"127.0.0.1:{free_port()}"
    with pytest.raises(DeviceUnreachable, match=f"is not listed by adb; devices: .*{virtual.serial}"):
        AndroidDevice(absent, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=QUICK)


@pytest.mark.parametrize("binary", adb_binaries(), ids=lambda path: "debian" if "usr" in path.parts else "wheel")
def test_an_adb_server_that_was_killed_is_started_again(
    binary: Path, virtual: DeviceHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with adb_server(binary, tmp_path / "home") as server:
        for name in ("ADB_MDNS", "ADB_USB", "ADB_EMU"):
            monkeypatch.setenv(name, "0")  # for the server that the adapter starts
        monkeypatch.setenv("ADBUTILS_ADB_PATH", str(binary))
        device = opened(server, virtual)
        try:
            assert server.run("kill-server").returncode == 0
            with pytest.raises(DeviceUnreachable):
                device.shell("getprop")
            assert device.capture().gaps == ()
            assert server.state(virtual.serial) == "device"
            device.close()
        finally:
            server.run("kill-server")


def test_a_closed_adapter_says_so(adb: AdbServer, virtual: DeviceHandle) -> None:
    device = opened(adb, virtual)
    device.close()
    with pytest.raises(DeviceError, match="closed"):
        device.perform(Home())


# --- acting


def test_taps_long_presses_swipes_and_texts_arrive(device: AndroidDevice) -> None:
    x, y = centre(device, "press")
    device.perform(Tap(x_px=x, y_px=y))
    eventually(lambda: shows(device, "pressed"))
    x, y = centre(device, "held")
    device.perform(LongPress(x_px=x, y_px=y, hold_s=0.9))
    eventually(lambda: shows(device, "held"))
    x, y = centre(device, "typed")
    device.perform(Tap(x_px=x, y_px=y))
    eventually(lambda: 'focused="true"' in device.dump().decode())
    device.perform(Type(text="学习强国 “积分” 100%"))
    eventually(lambda: shows(device, "学习强国 “积分” 100%"))
    device.perform(Swipe(x1_px=540, y1_px=2000, x2_px=540, y2_px=400, duration_s=0.3))
    eventually(lambda: not shows(device, "签到规则"))


def test_home_recents_back_and_launch_change_the_page(device: AndroidDevice) -> None:
    device.perform(Home())
    eventually(lambda: not activity_of(device).startswith(PACKAGE))
    device.perform(Launch(package=PACKAGE))
    eventually(lambda: activity_of(device) == f"{PACKAGE}.IndexActivity")
    device.perform(Recents())
    eventually(lambda: not activity_of(device).startswith(PACKAGE))
    device.perform(Back())
    device.perform(Launch(package=PACKAGE))
    eventually(lambda: activity_of(device) == f"{PACKAGE}.IndexActivity")
    device.perform(Back())
    eventually(lambda: not activity_of(device).startswith(PACKAGE))


def test_an_app_is_started_by_its_launcher_activity_and_never_by_monkey(
    one: AndroidDevice, virtual: DeviceHandle
) -> None:
    assert one.launcher_activity(PACKAGE) == f"{PACKAGE}.IndexActivity"
    before = len(virtual.log_lines())
    one.perform(Stop(package=PACKAGE))
    one.perform(Launch(package=PACKAGE))
    eventually(lambda: activity_of(one) == f"{PACKAGE}.IndexActivity")
    assert not [line for line in virtual.log_lines()[before:] if "monkey" in line.lower()]


def test_a_permission_is_denied(one: AndroidDevice) -> None:
    one.shell(f"pm grant {PACKAGE} {CAMERA}", check=True)
    assert f"{CAMERA}: granted=true" in one.shell(f"dumpsys package {PACKAGE}")
    one.perform(DenyPermission(package=PACKAGE, permission=CAMERA))
    assert f"{CAMERA}: granted=true" not in one.shell(f"dumpsys package {PACKAGE}")
    # Had the walk been killed here, the device itself would tell what it lacks.
    assert [(change.kind, change.what) for change in changes.made(one.shell) if change.kind != "file"] == [
        ("permission", f"{PACKAGE}/{CAMERA}")
    ]
    one.perform(RestorePermission(package=PACKAGE, permission=CAMERA))
    assert f"{CAMERA}: granted=true" in one.shell(f"dumpsys package {PACKAGE}")
    assert [change for change in changes.made(one.shell) if change.kind != "file"] == []


def test_a_place_that_a_killed_probe_mocked_is_found_and_taken_back_by_another(one: AndroidDevice) -> None:
    one.perform(MockPlace(latitude_deg=30.0, longitude_deg=104.0))
    (mocked,) = [change for change in changes.made(one.shell) if change.kind != "file"]
    assert (mocked.kind, mocked.what) == ("place", "gps,network")
    assert changes.take_back(one.shell, one.serial, (mocked,)) == ((mocked, ""),)
    assert one.shell("appops get com.android.shell android:mock_location").strip().endswith("default")
    with pytest.raises(ActionRefused):
        one.shell("cmd location providers set-test-provider-location gps --location 30,104", check=True)
    one.perform(RealPlace())  # nothing is left to take back


@pytest.mark.parametrize(
    "action",
    [
        Tap(x_px=99999, y_px=5),
        Type(text="无处可写"),
        Launch(package=PackageName("cn.example.absent")),
        Launch(package=PACKAGE, activity="cn.example.absent.Activity"),
        DenyPermission(package=PackageName("cn.example.absent"), permission=CAMERA),
        DenyPermission(package=PACKAGE, permission="no.such.permission"),
    ],
    ids=[
        "tap off screen",
        "type nowhere",
        "absent app",
        "absent activity",
        "absent app's permission",
        "absent permission",
    ],
)
def test_what_the_device_will_not_do_is_refused(one: AndroidDevice, action: Action) -> None:
    with pytest.raises(ActionRefused):
        one.perform(action)


# --- knowing


def test_an_installed_file_is_identified_by_its_bytes(
    device: AndroidDevice, app: Path, tmp_path: Path, virtual: DeviceHandle
) -> None:
    packed = tmp_path / "app.apk"
    packed.write_bytes(pack_app(app))
    virtual.uninstall(PACKAGE)
    with pytest.raises(ActionRefused, match="not installed"):
        device.identify(PACKAGE)
    device.install(packed)
    identity = device.identify(PACKAGE)
    assert identity.apk_sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert (identity.version_name, identity.version_code) == ("2.5.1", "251")
    assert identity.launcher_activity == f"{PACKAGE}.IndexActivity"
    assert identity.signer_sha256 == ""  # Android prints a short hash, which is no SHA-256
    assert "tmp" not in device.shell("ls /data/local/tmp | grep apk")


def test_a_file_that_android_does_not_take_is_refused_with_its_reason(one: AndroidDevice, tmp_path: Path) -> None:
    broken = tmp_path / "broken.apk"
    broken.write_bytes(b"no archive")
    with pytest.raises(ActionRefused, match="not a zip file"):  # never sent
        one.install(broken)
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("readme.txt", "no app")
    with pytest.raises(ActionRefused, match="INSTALL_"):
        one.install(broken)
    with pytest.raises(ActionRefused, match="absent"):
        one.install(tmp_path / "absent.apk")


def test_a_device_describes_itself(device: AndroidDevice, virtual: DeviceHandle) -> None:
    info = device.describe()
    assert info.serial == virtual.serial
    assert (info.android_release, info.sdk, info.abi) == ("11", 30, "x86_64")
    assert (info.size_px, info.density_dpi, info.is_virtual) == ((1080, 2400), 480, True)
    told = dict(info.facts)
    assert told["adb_server"] == "41"
    assert (told["su"], told["vpn"], told["http_proxy"]) == ("none", "none", "none")
    assert (told["network"], told["qemu"], told["adb_as_root"]) == ("wlan0 192.0.2.15", "1", "no")


# --- no foreign exception leaves


OPERATIONS: dict[str, Callable[[AndroidDevice], object]] = {
    "capture": lambda device: device.capture(),
    "tap": lambda device: device.perform(Tap(x_px=5, y_px=2000)),
    "back": lambda device: device.perform(Back()),
    "type": lambda device: device.perform(Type(text="字")),
    "launch": lambda device: device.perform(Launch(package=PACKAGE)),
    "describe": lambda device: device.describe(),
    "identify": lambda device: device.identify(PACKAGE),
    "restore": lambda device: device.restore(),
}


def restored(device: AndroidDevice) -> bool:
    try:
        device.restore()
    except DeviceUnreachable:
        return False
    return True


def test_with_the_device_gone_every_operation_says_unreachable(adb: AdbServer, virtual: DeviceHandle) -> None:
    device = opened(adb, virtual)
    virtual.go_offline()
    try:
        for operate in OPERATIONS.values():
            with pytest.raises(DeviceUnreachable):
                operate(device)
    finally:
        virtual.come_back()
    eventually(lambda: restored(device))  # adb lists it a moment after it answers again
    assert device.capture().gaps == ()
    device.close()
