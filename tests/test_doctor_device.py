"""Doctor names what is wrong with a device and its mend; what it mends itself is recorded and taken back."""

from __future__ import annotations

import io
import shlex
import shutil
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from harness import machine
from harness.cli.doctor import _print_checkup
from harness.clock import SystemClock
from harness.device import changes, pool, wire
from harness.device.changes import Setting, put_setting, take_back
from harness.doctor import Checkup, Status, adb, fix, programs_off_path
from harness.doctor.adb import look_at_adb
from harness.doctor.checkup import copyable
from harness.doctor.device import device_checkups, look_at_device, parts, seen_checkups
from harness.doctor.host import look_at_disk
from harness.doctor.reading import look_at_browser, look_at_font, look_at_ocr
from harness.errors import ActionRefused, DeviceUnreachable
from harness.model import Channel, Frame, Gap, Moment
from harness.session import clean_devices, device_rows
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.test_doctor import adb_server as answering
from tests.test_doctor import script
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts as stand-ins")
ON = machine.System.DEBIAN
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WELL: Mapping[str, str] = {
    "clock": str(int(NOW.timestamp())),
    "sdk": "33",
    "virtual": "",
    "animations": "0\n0.0\n0",
    "stay_on": "7",
    "power": "  mWakefulness=Awake",
    "lock": "  showing=false",
    "locale": "config: mcc460-mnc01-zh-rCN-ldltr-sw360dp-v33",
    "locale_property": "zh-CN",
    "locale_wish": "zh-CN",
    "fonts": "Roboto-Regular.ttf\nNotoSansCJK-Regular.ttc",
    "storage": "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/block/dm-8 6082144 2000000 4082144 33% /data",
}
PHONE: Mapping[str, str] = {"su": "none", "root_apps": "none", "adb_as_root": "no", "build_tags": "release-keys"}


def looks(traces: Mapping[str, str] = PHONE, **told: str) -> dict[str, Checkup]:
    return looks_at({**WELL, **told}, traces)


def looks_at(told: Mapping[str, str], traces: Mapping[str, str] = PHONE) -> dict[str, Checkup]:
    return {one.name: one for one in device_checkups("emulator-5554", told, traces, NOW)}


# --- what a device answers


def test_a_device_that_is_well_has_nothing_to_mend() -> None:
    assert {(one.status, one.mend) for one in looks().values()} == {(Status.OK, "")}
    assert set(looks()) == {
        "device_clock",
        "device_animations",
        "device_awake",
        "device_locale",
        "device_storage",
        "device_font",
        "device_traces",
    }


@pytest.mark.parametrize(
    ("told", "reason", "status", "mend"),
    [
        ({"clock": "946684800"}, "device_clock.wrong", "fail", 'shell "settings put global auto_time 0; settings put'),
        ({"animations": "1.0\nnull\n0"}, "device_animations.on", "warn", 'shell "settings put global window_animation'),
        ({"stay_on": "0"}, "device_awake.sleeps", "warn", 'shell "settings put global stay_on_while_plugged_in 7"'),
        ({"power": "mWakefulness=Asleep"}, "device_awake.dark", "fail", "shell input keyevent KEYCODE_WAKEUP"),
        (
            {"power": "mScreenOn=false", "sdk": "19"},
            "device_awake.dark",
            "fail",
            "shell input keyevent KEYCODE_POWER",  # Android 4.4 knows no KEYCODE_WAKEUP
        ),
        (
            {"lock": "    mShowingLockscreen=true", "sdk": "22"},
            "device_awake.locked",
            "warn",
            "shell input keyevent KEYCODE_MENU",
        ),
        ({"lock": "  showing=true"}, "device_awake.locked", "warn", "shell wm dismiss-keyguard"),
        (
            {"locale": "config: en-rUS-ldltr", "locale_wish": "null"},
            "device_locale.not_chinese",
            "warn",
            'shell "settings put system system_locales zh-CN"',
        ),
        ({"locale": "config: mcc310-en-rUS-ldltr"}, "device_locale.after_restart", "warn", "reboot"),
        (
            {"locale": "", "locale_property": "en-US", "locale_wish": "null", "sdk": "19"},
            "device_locale.by_hand",
            "warn",
            "shell am start -a android.settings.LOCALE_SETTINGS",
        ),
        (
            {"storage": "Filesystem 1K-blocks Used Available Use% Mounted\n/x 6082144 6000000 82144 99% /data"},
            "device_storage.full",
            "fail",
            "shell pm trim-caches 999999999999",
        ),
        (
            {"storage": "Filesystem  Size  Used  Free  Blksize\n/data  1.9G  1.1G  800.5M  4096"},
            "device_storage.little",
            "warn",
            "shell pm trim-caches 999999999999",
        ),
    ],
)
def test_what_is_wrong_with_a_device_is_named_with_the_command_that_mends_it(
    told: dict[str, str], reason: str, status: str, mend: str
) -> None:
    look = looks_at({**WELL, **told})[reason.partition(".")[0]]
    assert (look.reason, look.status) == (f"doctor.{reason}", status)
    assert look.mend.startswith(f"adb -s emulator-5554 {mend}")
    assert "emulator-5554" in look.seen()
    assert "emulator-5554" in look.seen("en")


def test_fonts_and_traces_are_named_without_a_command_that_would_not_help() -> None:
    fontless = looks(fonts="Roboto-Regular.ttf\nNotoSerif-Bold.ttf")["device_font"]
    assert (fontless.status, fontless.reason, fontless.mend) == (Status.WARN, "doctor.device_font.missing", "")
    rooted = looks(traces={**PHONE, "su": "/system/xbin/su", "root_apps": "com.topjohnwu.magisk", "hardware": "ranchu"})
    traces = rooted["device_traces"]
    assert (traces.status, traces.mend) == (Status.WARN, "")
    for trace in ("/system/xbin/su", "com.topjohnwu.magisk", "emulator ranchu"):
        assert trace in traces.seen()
    as_root = looks(traces={**PHONE, "adb_as_root": "yes"})["device_traces"]
    assert as_root.mend == "adb -s emulator-5554 unroot"


def test_a_question_without_an_answer_is_unknown_and_never_well() -> None:
    silent = device_checkups("X", {}, {}, NOW)
    assert {one.status for one in silent} == {Status.UNKNOWN}
    assert {one.reason.rpartition(".")[2] for one in silent} == {"not_told"}
    cut = "harness-look clock\n1\nharness-look sdk\n"
    assert parts(cut) == {}, "an answer that was cut short answers nothing"


def test_a_name_that_a_device_gives_itself_stays_one_word_of_the_command() -> None:
    look = device_checkups("a b; rm -rf ~", {**WELL, "stay_on": "0"}, PHONE, NOW)[2]
    assert shlex.split(look.mend)[:3] == ["adb", "-s", "a b; rm -rf ~"]


def test_a_device_that_answers_too_late_is_slow_and_not_broken() -> None:
    late = [
        Gap(channel=channel, reason="device-timeout", detail="took too long")
        for channel in (Channel.PICTURE, Channel.HIERARCHY)
    ]
    now = Moment(wall=NOW, mono_s=0.0)
    frame = Frame(size_px=(1, 1), png=None, xml=None, page=None, began=now, ended=now, gaps=tuple(late))
    looks = seen_checkups("X1", frame)
    assert [(one.reason.rpartition(".")[2], one.status, one.mend) for one in looks] == [("slow", Status.WARN, "")] * 2


# --- broken set-ups, each named with its cause and its mend


def empty(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path), "HOME": str(tmp_path), "ANDROID_ADB_SERVER_PORT": str(free_port())}


def adb_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
    monkeypatch.setattr(adb, "find_spec", lambda _: None)
    return look_at_adb(empty(tmp_path), ON)[0]


def adb_clash(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
    script(tmp_path / "adb", "echo 'Android Debug Bridge version 1.0.36'; echo 'Revision 0e9850346394-android'\n")
    return look_at_adb(empty(tmp_path), ON)[0]


def listed(devices: str) -> Callable[[Path, pytest.MonkeyPatch], tuple[Checkup, ...]]:
    def setup(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
        with answering({"host:version": "0029", "host:devices": devices}) as port:
            return look_at_adb({**empty(tmp_path), "ANDROID_ADB_SERVER_PORT": str(port)}, ON)[0]

    return setup


def port_taken(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
    with answering({}) as port:
        checkups, ready = look_at_adb({**empty(tmp_path), "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
    assert ready == ()
    return checkups


def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**6, 10**6))
    return (look_at_disk(tmp_path, ON),)


def no_chi_sim(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[Checkup, ...]:
    script(tmp_path / "tesseract", 'case "$1" in --version) echo tesseract 5.3.0;; *) echo List; echo eng;; esac\n')
    return (look_at_ocr(empty(tmp_path), ON, needed=True),)


@pytest.mark.parametrize(
    ("setup", "reason", "mend"),
    [
        (adb_missing, "adb.missing", "apt-get install -y adb"),
        (adb_clash, "adb.several", "export ADBUTILS_ADB_PATH="),
        (listed("X1\tunauthorized\n"), "devices.unauthorized", "adb -s X1 reconnect"),
        (listed("X1\toffline\n"), "devices.offline", "adb -s X1 reconnect"),
        (
            listed("X1\tno permissions (udev)\n"),
            "devices.no_permissions",
            "sudo apt-get install -y android-sdk-platform",
        ),
        (port_taken, "adb_server.silent", "export ANDROID_ADB_SERVER_PORT="),
        (full_disk, "disk.full", "du -sh "),
        (no_chi_sim, "ocr.no_chinese", "apt-get install -y tesseract-ocr-chi-sim"),
        (lambda path, _: (look_at_browser(empty(path), ON),), "browser.missing", "apt-get install -y chromium"),
        (lambda path, _: (look_at_font(empty(path), ON),), "font.missing", "apt-get install -y fonts-noto-cjk"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_broken_set_up_is_named_with_its_cause_and_its_mend(
    setup: Callable[[Path, pytest.MonkeyPatch], tuple[Checkup, ...]],
    reason: str,
    mend: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if reason == "font.missing":  # of which the machine itself has one
        monkeypatch.setattr(machine, "_font_folders", lambda _: ())
    looks = setup(tmp_path, monkeypatch)
    (look,) = [one for one in looks if one.reason == f"doctor.{reason}"]
    assert look.status is not Status.OK
    assert mend in look.mend
    for language in ("zh_CN", "en"):
        assert "{" not in look.seen(language)


# --- a real wire


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def device(server: AdbServer) -> Iterator[DeviceHandle]:
    with VirtualDevices() as devices:
        server.connect(devices.devices[0].serial)
        yield devices.devices[0]


def by_name(server: AdbServer, device: DeviceHandle) -> dict[str, Checkup]:
    return {one.name: one for one in look_at_device(device.serial, ("127.0.0.1", server.port), SystemClock())}


def test_black_pictures_missing_nodes_and_a_wrong_clock_of_a_device_are_seen(
    server: AdbServer, device: DeviceHandle
) -> None:
    shell = partial(wire.shell, ("127.0.0.1", server.port), device.serial)
    assert {one.status for one in by_name(server, device).values()} == {Status.OK}
    device.fault("black_png", times=9)
    device.fault("empty_xml", times=99)
    shell(f"cmd clock set {(datetime.now(UTC) - timedelta(days=400)).timestamp():.0f}")
    seen = by_name(server, device)
    device.clear_faults()
    shell(f"cmd clock set {datetime.now(UTC).timestamp():.0f}")
    wrong = {one.reason: one.mend for one in seen.values() if one.status is not Status.OK}
    assert set(wrong) == {"doctor.device_clock.wrong", "doctor.device_picture.black", "doctor.device_nodes.none"}
    assert wrong["doctor.device_picture.black"] == f"adb -s {device.serial} reboot"


def test_a_uiautomator_that_another_tool_holds_is_told_from_one_that_does_not_start(
    server: AdbServer, device: DeviceHandle
) -> None:
    for fault, reason, mend in (
        ("already_registered", "taken_by_another", "shell am force-stop io.appium.uiautomator2.server"),
        ("no_start", "no_server", "reboot"),
    ):
        device.fault(fault, times=9)
        look = by_name(server, device)["device_nodes"]
        device.clear_faults()
        assert (look.reason, look.mend) == (f"doctor.device_nodes.{reason}", f"adb -s {device.serial} {mend}")


def test_a_device_that_a_process_drives_is_not_looked_at(server: AdbServer, device: DeviceHandle) -> None:
    with pool.lease([device.serial], wait_s=0):
        seen = by_name(server, device)
    assert [(one.reason, one.status) for one in seen.values()] == [("doctor.device.taken", Status.UNKNOWN)]


def test_what_fix_sets_is_told_recorded_on_the_device_and_taken_back(server: AdbServer, device: DeviceHandle) -> None:
    address = ("127.0.0.1", server.port)
    shell = partial(wire.shell, address, device.serial)
    for setting in ("global window_animation_scale 1.0", "global stay_on_while_plugged_in 0"):
        shell(f"settings put {setting}")
    shell("setprop persist.sys.locale en-US")
    before = tuple(by_name(server, device).values())
    fixes = fix(before, address, SystemClock())
    assert {(one.setting, one.before, one.now, one.problem) for one in fixes} == {
        ("global/window_animation_scale", "1.0", "0", ""),
        ("global/stay_on_while_plugged_in", "0", "7", ""),
        ("system/system_locales", "null", "zh-CN", ""),
    }, "what was right already is left alone"
    after = by_name(server, device)
    assert after["device_animations"].status is after["device_awake"].status is Status.OK
    assert after["device_locale"].reason == "doctor.device_locale.after_restart", "not said to be mended before it is"
    (row,) = device_rows(address)
    for told in ("window_animation_scale (1.0)", "stay_on_while_plugged_in (0)", "u2.jar"):
        assert told in row["changes"]
    cleaned = clean_devices(address, ())
    assert {one["problem"] for one in cleaned} == {""}
    assert len(cleaned) == len(fixes) + 1
    assert shell("settings get global window_animation_scale") == "1.0"
    assert shell("settings get system system_locales") == "null"
    assert shell("ls /data/local/tmp") == ""
    assert [row["changes"] for row in device_rows(address)] == [""]
    shell("setprop persist.sys.locale zh-CN; settings put global window_animation_scale 0.0")
    shell("settings put global stay_on_while_plugged_in 7")


def test_a_change_that_cannot_be_recorded_is_not_made() -> None:
    asked: list[str] = []

    def shell(command: str) -> str:
        asked.append(command)
        return "sh: can't create: Read-only file system" if changes.RECORD in command else "1.0"

    with pytest.raises(ActionRefused, match="Read-only file system"):
        put_setting(shell, "X", Setting(table="global", name="window_animation_scale", value="0"), NOW)
    assert not any("settings put" in command for command in asked)


def test_what_cannot_be_taken_back_stays_in_the_record() -> None:
    lines = ["2026-11-26T09:00:00Z package cn.stuck", "2026-11-26T09:00:01Z setting global/x null"]
    kept: list[str] = []

    def shell(command: str) -> str:
        if command.startswith("cat "):
            return "\r\n".join(lines)
        if command.startswith("echo "):
            kept.append(shlex.split(command)[1])
            return "kept"
        return {"pm u": "Failure [DELETE_FAILED]", "pm l": "package:cn.stuck", "sett": "null"}.get(command[:4], "")

    done = take_back(shell, "X", changes.made(shell))
    assert [(change.what, bool(problem)) for change, problem in done] == [("global/x", False), ("cn.stuck", True)]
    assert kept == [lines[0]]

    def lost(command: str) -> str:
        if command.startswith("echo "):
            raise DeviceUnreachable("gone", serial="X")
        assert not (command.startswith(("rm", "mv")) and command.endswith(changes.RECORD)), command
        return shell(command)

    with pytest.raises(DeviceUnreachable):
        take_back(lost, "X", changes.made(shell))


# --- what is printed


@pytest.mark.parametrize("width", [30, 80, 120])
def test_a_command_is_printed_alone_on_a_line_and_never_broken(width: int) -> None:
    look = looks(animations="1\n1\n1")["device_animations"]
    printed = io.StringIO()
    _print_checkup(Console(file=printed, width=width, highlight=False), look)
    *told, command, rest = printed.getvalue().split("\n")
    assert (command.strip(), rest) == (look.mend, "")
    assert len(look.mend) > 80
    assert max(map(len, told)) <= width


def test_a_command_whose_program_is_not_on_the_path_is_written_with_its_place(tmp_path: Path) -> None:
    off = programs_off_path(empty(tmp_path), ON)
    assert off["adb"].endswith("adb"), "the one inside adbutils"
    assert copyable("adb -s X1 reboot", off) == f"{off['adb']} -s X1 reboot"
    assert copyable("sudo apt-get install -y adb", off) == "sudo apt-get install -y adb"
    script(tmp_path / "adb", "exit 0\n")
    assert "adb" not in programs_off_path(empty(tmp_path), ON)


def test_every_mend_of_a_machine_is_a_command_and_nothing_else() -> None:
    starts = {"&", "sudo", "apt-get", "brew", "winget", "curl.exe", "dism.exe", "'/a"}
    mends = [machine.mend(part, on, python="/a b/python") for on in machine.System for part in machine.Part]
    for mend in filter(None, mends):
        assert not set("()→") & set(mend), mend
        assert "  " not in mend
        assert mend.split()[0] in starts, mend
    assert machine.set_variable("A", "b c", machine.System.WINDOWS) == '$env:A = "b c"'
    assert machine.set_variable("A", "b c", machine.System.MACOS) == "export A='b c'"
