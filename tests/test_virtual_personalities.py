"""What each kind of virtual device does that others do not: over stand-ins, and once in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device import pages, wire
from harness.device.android import AndroidDevice
from harness.device.link import Limits, Link
from harness.device.pool import lease, without_doubles
from harness.errors import ActionRefused, DeviceUnreachable
from harness.model import Channel, Launch, PackageName, Stop
from harness.virtual.automator import Automator
from harness.virtual.automator_device import dump
from harness.virtual.automator_world import World
from harness.virtual.personality import PERSONALITIES, Personality
from harness.virtual.phone import Display, Foreground
from harness.virtual.quirks import SOURCES, Quirks
from harness.virtual.server import VirtualDevices
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually, wire_device
from tests.virtual_stand_ins import Bench, app_archive, bench, button, run

ARM = ("arm64-v8a",)
DEMO = Foreground(package="cn.example.demo", activity="cn.example.demo.MainActivity", pid=1500)


def like(name: str, folder: Path) -> Bench:
    return bench(folder, PERSONALITIES[name])


def test_every_quirk_has_a_source_and_a_device_that_has_it() -> None:
    names = {one.name for one in fields(Quirks)}
    assert set(SOURCES) == names
    assert all(says and source for says, source in SOURCES.values())
    assert {quirk for kind in PERSONALITIES.values() for quirk in kind.quirks.present} == names


def test_devices_are_named_as_the_command_line_takes_them() -> None:
    asked = {"android-4.4", *(f"android-{release}" for release in (7, 9, 11, 13, 14, 15))}
    assert set(PERSONALITIES) == asked | {"ldplayer", "mumu", "redroid", "uc-webview", "slow"}
    assert PERSONALITIES["android-11"].quirks.present == ("google_services",)
    assert Personality().quirks.present == ()


# --- programs and what they print


def test_an_old_device_has_toolbox_and_says_so_in_its_words(tmp_path: Path) -> None:
    old = like("android-4.4", tmp_path)
    for program in ("toybox md5sum /x", "pidof adbd", "cmd package list", "find /"):
        result = old.sh(program)
        assert (result.exit_code, result.stderr.decode()) == (127, f"/system/bin/sh: {program.split()[0]}: not found\n")
    old.device.files.write("/data/local/tmp/a", b"a")
    assert "0cc175b9c0f1b6a831c399e269772661" in old.out("md5 /data/local/tmp/a")
    assert bench(tmp_path / "new").sh("nonsense").stderr.endswith(b"inaccessible or not found\n")


@pytest.mark.parametrize("name", PERSONALITIES)
def test_the_page_in_front_is_told_on_every_device(tmp_path: Path, name: str) -> None:
    device = like(name, tmp_path)
    device.install(app_archive(tmp_path / "app"))
    device.screen.front = DEMO
    device.screen.stack = [DEMO]
    first = pages.window_commands(PERSONALITIES[name].sdk)[0]
    said = device.out(first)
    front = pages.foreground(said)
    assert front is not None, said
    assert (front.package, front.activity) == (DEMO.package, DEMO.activity)
    assert ("mCurrentFocus=null" in said) is PERSONALITIES[name].quirks.null_focus


@pytest.mark.parametrize(("name", "flags"), [("android-7", "fl=#81810100"), ("android-9", "fl=LAYOUT_IN_SCREEN")])
def test_flags_of_windows_are_a_number_before_android_8(tmp_path: Path, name: str, flags: str) -> None:
    device = like(name, tmp_path)
    device.screen.front = DEMO
    assert flags in device.out("dumpsys window windows")


def test_an_overridden_panel_is_told_beside_its_own(tmp_path: Path) -> None:
    kind = PERSONALITIES["android-14"]
    device = bench(tmp_path, kind)
    assert kind.quirks.override is not None
    device.screen.display = kind.quirks.override
    assert device.out("wm size") == "Physical size: 1440x3120\nOverride size: 1080x2340\n"
    assert device.out("wm density") == "Physical density: 560\nOverride density: 420\n"
    assert device.out("settings get system font_scale; settings get secure ui_night_mode") == "1.15\n2\n"


def test_a_device_without_input_method_lists_none(tmp_path: Path) -> None:
    device = like("redroid", tmp_path)
    assert device.out("ime list -s -a") == ""
    assert bench(tmp_path / "other").out("ime list -s -a") == "com.android.inputmethod.latin/.LatinIME\n"


def test_a_warning_of_several_displays_stands_before_the_picture(tmp_path: Path) -> None:
    device = like("android-14", tmp_path)
    result = device.sh("screencap -p")
    assert result.stderr.startswith(b"[Warning] Multiple displays were found")
    assert result.stdout.startswith(b"\x89PNG")
    assert device.sh("screencap -p -d 4619827259835644672").stderr == b""


# --- apps for another processor


def test_an_app_for_another_processor_is_refused_where_the_device_knows(tmp_path: Path) -> None:
    device = like("android-11", tmp_path)
    result = device.install(app_archive(tmp_path / "app", abis=list(ARM)))
    assert b"INSTALL_FAILED_NO_MATCHING_ABIS" in result.stdout
    assert b"Success" in like("ldplayer", tmp_path / "b").install(app_archive(tmp_path / "c", abis=list(ARM))).stdout


def test_an_app_for_another_processor_crashes_as_it_starts_where_the_device_takes_everything(tmp_path: Path) -> None:
    device = like("redroid", tmp_path)
    assert b"Success" in device.install(app_archive(tmp_path / "app", abis=list(ARM))).stdout
    assert device.sh("am start -n cn.example.demo/.MainActivity").exit_code == 0
    assert ("crash", "cn.example.demo") in device.screen.done
    assert "UnsatisfiedLinkError" in device.out("logcat -d")


# --- dumps


def world_of(device: Bench) -> World:
    return World(device=device.device, shell=device.shell)


def test_roots_of_several_windows_come_in_no_order(tmp_path: Path) -> None:
    device = like("android-15", tmp_path)
    device.screen.root = button("签到")
    world = world_of(device)
    first, second = run(dump(world, False)), run(dump(world, False))
    assert first is not None
    assert second is not None
    assert first.index("com.android.systemui") > first.index("签到")
    assert second.index("com.android.systemui") < second.index("签到")


def test_a_dump_takes_long_while_a_video_plays(tmp_path: Path) -> None:
    slow = replace(PERSONALITIES["slow"], quirks=Quirks(video_dump_s=0.3))
    device = bench(tmp_path, slow)
    device.screen.root = button("签到")
    world = world_of(device)
    clock = SystemClock()

    def cost_s() -> float:
        began_s = clock.monotonic_s()
        assert run(dump(world, False))
        return clock.monotonic_s() - began_s

    device.screen.video_plays = True
    assert cost_s() >= 0.3


def test_the_memory_killer_ends_what_is_not_in_front(tmp_path: Path) -> None:
    kind = replace(PERSONALITIES["android-7"], quirks=Quirks(kills_every=2))
    device = bench(tmp_path, kind)
    other = replace(DEMO, package="cn.example.other")
    device.screen.front = DEMO
    device.screen.stack = [DEMO, other]
    automator = Automator(device.device, device.shell)
    automator._calls = 2
    run(automator._kill_for_memory())
    assert ("force_stop", "cn.example.other") in device.screen.done
    assert ("force_stop", "cn.example.demo") not in device.screen.done


# --- over a real adb server


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


def test_an_old_adbd_has_no_exec_and_ends_lines_as_a_terminal(tmp_path: Path, adb: AdbServer) -> None:
    with wire_device(tmp_path, personality=PERSONALITIES["android-4.4"]) as device:
        adb.connect(device.address)
        device.shell.says = {"getprop ro.build.version.sdk": b"19\n", "md5 ": b"\n"}
        assert adb.run("shell", "echo a", serial=device.address).stdout == b"a\r\n"
        assert b"closed" in adb.run("exec-out", "echo a", serial=device.address).stderr
        limits = Limits(return_s=0.0)
        link = Link(device.address, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=limits)
        assert link.shell("both 0") == "to err\nto out"
        assert link.output("echo a", timeout_s=5) is None
        link.close()


def test_a_connection_that_flaps_breaks_at_every_nth_request(tmp_path: Path, adb: AdbServer) -> None:
    kind = replace(PERSONALITIES["mumu"], quirks=Quirks(drops_every=40))
    with wire_device(tmp_path, personality=kind) as device:
        adb.connect(device.address)
        client = ("127.0.0.1", adb.port)
        broken = 0
        for _ in range(60):
            try:
                assert wire.shell(client, device.address, "echo a") == "a"
            except DeviceUnreachable:
                broken += 1
                adb.connect(device.address)
        assert broken in (1, 2)  # connecting asks, too


def test_one_device_under_two_serials_is_one_device(tmp_path: Path) -> None:
    listed = ("127.0.0.1:5555", "emulator-5554", "emulator-5556", "localhost:5555", "10.0.0.2:5555", "R5CN30")
    assert without_doubles(listed) == ("127.0.0.1:5555", "emulator-5556", "10.0.0.2:5555", "R5CN30")
    with (
        lease(["emulator-5554"], wait_s=0, folder=tmp_path),
        pytest.raises(DeviceUnreachable, match="another process holds"),
        lease(["127.0.0.1:5555"], wait_s=0, folder=tmp_path),
    ):
        pass


# --- in Chromium: what only a browser can show

PACKAGE = PackageName("cn.example.kinds")
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>@media (prefers-color-scheme: dark) { #dark::after { content: '深色' } }</style>
<p id="dark" style="font-size:20px;display:inline-block">主题</p><p id="agent"></p>
<script>agent.textContent = navigator.userAgent.match(/Android [0-9.]+/)[0] + ' ' + dark.offsetHeight;</script>"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    manifest = {
        "package": PACKAGE,
        "label": "种类",
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html"},
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    return folder


def test_an_android_4_device_is_driven_like_any_other(app: Path, adb: AdbServer) -> None:
    with VirtualDevices(apps=[app], personality=PERSONALITIES["android-4.4"]) as devices:
        (serial,) = devices.connect(("127.0.0.1", adb.port))
        device = AndroidDevice(serial, adb=("127.0.0.1", adb.port), clock=SystemClock())
        device.perform(Stop(package=PACKAGE))
        device.perform(Launch(package=PACKAGE))
        eventually(lambda: "Android 4.4.2" in device.dump().decode())
        frame = device.capture()
        assert frame.gaps == ()
        assert frame.size_px == (720, 1280)
        assert frame.process is not None
        assert device.identify(PACKAGE).apk_sha256
        assert devices.devices[0].kill_automator()
        assert device.capture().gaps == ()
        device.close()


def test_a_listed_twice_dark_device_with_large_text_and_no_nodes_and_no_processor_for_the_app(
    app: Path, adb: AdbServer, tmp_path: Path
) -> None:
    panel = Display(width_px=540, height_px=960, density_dpi=240, font_scale=1.5, dark=True)
    quirks = Quirks(listed_twice=True, takes_any_abi=True, clock_offset_s=-3e7)
    with VirtualDevices(apps=[app], personality=Personality(display=panel, quirks=quirks)) as devices:
        (serial,) = devices.connect(("127.0.0.1", adb.port))
        double = f"emulator-{int(serial.rpartition(':')[2]) - 1}"
        listed = [name for name, state in wire.listed(("127.0.0.1", adb.port)) if name in (serial, double)]
        assert sorted(listed) == sorted((serial, double))
        assert len(without_doubles(listed)) == 1
        device = AndroidDevice(double, adb=("127.0.0.1", adb.port), clock=SystemClock())
        device.perform(Launch(package=PACKAGE))
        eventually(lambda: "Android 11" in device.dump().decode())
        told = device.dump().decode()
        assert "深色" in told
        height_px = int(told.split("Android 11 ")[1].split('"')[0])
        assert height_px > 30 * 1.2  # 20 px of text
        frame = device.capture()
        assert frame.ended.device_wall is not None
        assert abs((frame.ended.wall - frame.ended.device_wall).total_seconds() - 3e7) < 60
        manifest = json.loads((app / "app.json").read_text(encoding="utf-8"))
        (app / "app.json").write_text(json.dumps({**manifest, "abis": list(ARM)}), encoding="utf-8")
        devices.devices[0].install(app)
        with pytest.raises(ActionRefused, match="UnsatisfiedLinkError"):
            device.perform(Launch(package=PACKAGE))
        device.close()
        assert Channel.HIERARCHY not in {gap.channel for gap in frame.gaps}
