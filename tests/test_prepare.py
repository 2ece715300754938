"""A device is made ready before each app: a sick one is mended, restarted or left out, and a refused file says why."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import shlex
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.cli.night import told_in_words
from harness.clock import SystemClock
from harness.device import wire
from harness.device.adb_server import private_server
from harness.device.emulators.ldplayer import LdPlayer
from harness.device.emulators.running import Answer, Emulator
from harness.device.installing import abis_in, install_apk, reason_of, refuse_other_file
from harness.errors import DeviceError, InstallRefused
from harness.fleet import health
from harness.fleet.attempt import Order, work_on_next
from harness.fleet.dispatch import DaskDispatcher, Done, Work
from harness.fleet.filed import write_filed_list
from harness.fleet.health import MENDS, Health, Sick, examine, judged, made_well
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.ledger_devices import Quarantine, quarantine, quarantined
from harness.fleet.morning import summary_of
from harness.fleet.night import close_night, run_night
from harness.fleet.plan import NightOptions, plan_night
from harness.fleet.prepare import CLEAR, KEEP, ready_for
from harness.fleet.restart import EMULATOR, NEVER, emulator_of, restart
from harness.messages import catalogue, text
from harness.model import EntryKind, FiledApp, PackageName
from harness.session import clean_devices, device_rows
from harness.virtual.app_archive import pack_app
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.night_scenes import GOOD, NightClock, apps, held, night_of
from tests.virtual_fixtures import adb_binaries, adb_server, free_port

NO_HOST = ("127.0.0.2", 1)  # no adb server is ever started there from here
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
DF = "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/block/dm-0 6291456 2097152 {free} 33% /data"


def told(**changed: str) -> str:
    """Return what a device prints for the health test, with some of it changed."""
    said = {
        "booted": "1",
        "virtual": "",
        "awake": "  mWakefulness=Awake",
        "airplane": "0",
        "now": str(int(NOW.timestamp())),
        "storage": DF.format(free=4 << 20),
    }
    return "\n".join(f"harness-health {name}={value}" for name, value in (said | changed).items())


# --- health, without a device


def test_a_device_that_is_fit_has_nothing_wrong() -> None:
    assert judged(told(), NOW, network=True) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"booted": ""}, health.NOT_BOOTED),
        ({"awake": "  mWakefulness=Asleep"}, health.ASLEEP),
        ({"awake": "  mWakefulness=Dozing"}, health.ASLEEP),
        ({"storage": DF.format(free=100)}, health.FULL),
        ({"now": str(int(NOW.timestamp()) - 3600)}, health.CLOCK),
        ({"now": str(int(NOW.timestamp()) + 3600)}, health.CLOCK),
        ({"airplane": "1"}, health.OFFLINE),
    ],
)
def test_each_sickness_is_told_by_its_reason(changed: dict[str, str], reason: str) -> None:
    sick = judged(told(**changed), NOW, network=True)
    assert sick is not None
    assert sick.reason == reason
    assert sick.reason in catalogue("zh_CN")


def test_what_a_device_does_not_tell_is_no_sickness_and_an_embedded_clock_may_be_ahead() -> None:
    assert judged(told(awake="", storage="", now="", airplane=""), NOW, network=True) is None
    assert judged(told(virtual="1", now=str(int(NOW.timestamp()) + 86400)), NOW, network=True) is None
    assert judged(told(airplane="1"), NOW, network=False) is None


def test_every_mend_is_for_a_sickness_that_has_a_text() -> None:
    wanted = {health.GONE, health.NOT_BOOTED, *MENDS}
    assert wanted <= set(catalogue("zh_CN"))
    assert wanted <= set(catalogue("en"))


# --- files and refusals, without a device


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("Failure [INSTALL_FAILED_NO_MATCHING_ABIS: Failed to extract native libraries, res=-113]",
         "install-no-matching-abi"),
        ("Failure [INSTALL_FAILED_UPDATE_INCOMPATIBLE: Package cn.gov.a signatures do not match]",
         "install-other-signer"),
        ("Failure [INSTALL_FAILED_VERSION_DOWNGRADE]", "install-older-than-installed"),
        ("Failure [INSTALL_PARSE_FAILED_NO_CERTIFICATES: Failed to collect certificates]", "install-unsigned"),
        ("Failure [INSTALL_FAILED_INSUFFICIENT_STORAGE]", "install-storage"),
        ("Failure [INSTALL_FAILED_OLDER_SDK: Requires newer sdk version #34]", "install-android-too-old"),
        ("Failure [INSTALL_FAILED_SOMETHING_NEW]", "install-refused"),
        ("Killed", "install-refused"),
    ],
)  # fmt: skip
def test_android_s_codes_become_what_a_person_can_do(printed: str, reason: str) -> None:
    assert reason_of(printed) == reason
    assert reason in catalogue("zh_CN")
    assert reason in catalogue("en")


def _apk(path: Path, *abis: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AndroidManifest.xml", b"")
        for abi in abis:
            archive.writestr(f"lib/{abi}/libmain.so", b"")
    return path


def test_processors_are_read_from_the_file(tmp_path: Path) -> None:
    assert abis_in(_apk(tmp_path / "a.apk", "arm64-v8a", "armeabi-v7a")) == {"arm64-v8a", "armeabi-v7a"}
    assert abis_in(_apk(tmp_path / "b.apk")) == frozenset()


def test_a_file_that_is_not_the_listed_one_is_refused_and_no_digest_refuses_nothing(tmp_path: Path) -> None:
    apk = _apk(tmp_path / "a.apk")
    refuse_other_file(apk, "", "s")
    refuse_other_file(apk, hashlib.sha256(apk.read_bytes()).hexdigest(), "s")
    with pytest.raises(InstallRefused, match="the list says 000") as refused:
        refuse_other_file(apk, "0" * 64, "s")
    assert refused.value.reason == "install-other-file"


# --- restart, without a device


def test_only_the_one_running_emulator_of_that_serial_is_started_anew() -> None:
    maker = LdPlayer(Path("ldconsole"), lambda _command: Answer(code=0, out=b""))
    one = Emulator(id="0", label="a", running=True, serials=("emulator-5554", "127.0.0.1:5555"))
    assert emulator_of("127.0.0.1:5555", ((maker, one),))[1] == one
    for there in [(), ((maker, replace(one, running=False)),), ((maker, one), (maker, replace(one, id="1")))]:
        with pytest.raises(DeviceError, match="cannot be told"):
            emulator_of("emulator-5554", there)


def test_a_restart_command_that_fails_says_what_it_said() -> None:
    clock, adb = NightClock(1), ("127.0.0.1", 1)
    command = shlex.join([sys.executable, "-c", "import sys; sys.exit('no power for ' + sys.argv[1])", "{serial}"])
    with pytest.raises(DeviceError, match="no power for d1"):
        restart("d1", command, adb, clock)
    with pytest.raises(DeviceError, match="not to be restarted"):
        restart("d1", NEVER, adb, clock)


# --- a night


def test_a_sick_device_gets_no_app_and_another_takes_them(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1", "d2"))
    held(tmp_path, replace(night, id="n0", order=replace(night.order, night="n0")), {"a": GOOD})
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(2))
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))
    nobody = replace(night.order, device="d1", adb=NO_HOST)
    assert work_on_next(nobody, "w1", NightClock(2)) == ""
    assert quarantined(ledger, "n1")["d1"].reason == "sick-unreachable"
    assert work_on_next(replace(night.order, device="d2"), "w2", NightClock(2)) == "cn.gov.demo.a"
    result = close_night(night, ledger)
    ledger.close()
    assert [(d["device"], d["quarantined"]) for d in summary_of(result.facts)["devices"]] == [
        ("d1", "sick-unreachable")
    ]
    assert result.progress.done == 1


def test_a_device_on_which_the_work_dies_again_and_again_is_out_and_says_so(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    Path(night.order.evidence_dir).touch()  # a file where the folder of evidence belongs: no attempt can be made
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(1))
    told: list[Done] = []
    result = run_night(night, ledger, DaskDispatcher(), lambda done, _progress: told.append(done))
    ledger.close()
    assert [done.died for done in told] == ["night-work-raised"] * 3
    assert result.quarantined["d1"].reason == "sick-work-died"
    assert result.quarantined["d1"].detail.startswith("FileExistsError")


def test_a_device_whose_worker_is_gone_is_out_and_the_reason_is_told_in_words(tmp_path: Path) -> None:
    class Gone:
        def run(self, orders: Sequence[Order], work: Work) -> Iterator[Done]:
            yield Done(device=orders[0].device, package="", died="night-no-worker", given_up="night-no-worker")

    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(1))
    result = run_night(night, ledger, Gone(), lambda _done, _progress: None)
    ledger.close()
    assert told_in_words(result) == [f"d1: {text('night-no-worker')}"]


def test_whoever_goes_on_with_a_night_gives_its_sick_devices_another_chance(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    held(tmp_path, replace(night, id="n0", order=replace(night.order, night="n0")), {"a": GOOD})
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(2))
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))
    quarantine(ledger, "n1", Quarantine(device="d1", reason="sick-unreachable"))
    ledger.close()
    result = held(tmp_path, night, {"a": GOOD}, day=2)
    assert (result.progress.done, dict(result.quarantined)) == (1, {})


def test_the_devices_of_every_adb_server_take_part_each_through_its_own(
    tmp_path: Path, virtual: DeviceHandle, adb: tuple[str, int]
) -> None:
    class Nobody:
        def run(self, orders: Sequence[Order], work: Work) -> Iterator[Done]:
            given.extend(orders)
            return iter(())

    given: list[Order] = []
    listed, address = tmp_path / "filed.csv", str(tmp_path / "nights.sqlite")
    write_filed_list(apps("a"), listed)
    with private_server(SystemClock()) as empty:
        options = NightOptions(evidence_dir=tmp_path, ledger=address, servers=(empty, adb), serials=(virtual.serial,))
        ledger = Ledger(ledger_url(address), NightClock(1))
        planned = plan_night(listed, options, ledger, NightClock(1), resume=False)
        run_night(planned, ledger, Nobody(), lambda _done, _progress: None)
        ledger.close()
    assert [(order.device, order.adb) for order in given] == [(virtual.serial, adb)]
    assert "{adb}" in given[0].command


def test_an_adb_server_that_is_gone_is_started_and_the_device_found_again(
    virtual: DeviceHandle, adb: tuple[str, int]
) -> None:
    gone = ("127.0.0.1", free_port())
    try:
        assert made_well(gone, virtual.serial, NightClock(1), network=False).sick is None
    finally:
        subprocess.run([adb_binaries()[0], "-P", str(gone[1]), "kill-server"], check=False, capture_output=True)


def test_apps_for_which_no_device_was_left_say_so(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    result = held(tmp_path, replace(night, order=replace(night.order, adb=NO_HOST)), {})
    assert {look.reason for look in result.looks.looks.values()} == {"night-no-device-left"}


# --- on a device


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder over loopback and yield its address."""
    server = http.server.HTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def virtual() -> Iterator[DeviceHandle]:
    with VirtualDevices() as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module")
def adb(virtual: DeviceHandle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        server.connect(virtual.serial)
        yield "127.0.0.1", server.port


def test_a_sleeping_device_is_woken_and_one_that_stays_black_is_sick(
    virtual: DeviceHandle, adb: tuple[str, int]
) -> None:
    clock = NightClock(1)
    assert examine(adb, virtual.serial, clock, network=True) is None
    wire.shell(adb, virtual.serial, "input keyevent 223")
    sick = examine(adb, virtual.serial, clock, network=True)
    assert sick is not None
    assert sick.reason == health.ASLEEP
    assert made_well(adb, virtual.serial, clock, network=True) == Health(sick=None, mended=(health.ASLEEP,))
    black = Sick(reason=health.BLACK)
    virtual.fault("black_png", times=2)
    assert made_well(adb, virtual.serial, clock, network=True) == Health(sick=black, mended=(health.BLACK,))
    virtual.fault("black_png", times=1)
    assert made_well(adb, virtual.serial, clock, network=True) == Health(sick=None, mended=(health.BLACK,))


def test_an_app_is_installed_stopped_and_cleared_or_the_reason_is_told(
    virtual: DeviceHandle, adb: tuple[str, int], tmp_path: Path
) -> None:
    arm = _apk(tmp_path / "arm.apk", "arm64-v8a")
    app = FiledApp(package=PackageName("cn.gov.not.there"), name="甲", apk="arm.apk")

    def why(listed: FiledApp, app_data: str = KEEP) -> tuple[str, bool] | None:
        unready = ready_for(listed, adb, virtual.serial, tmp_path, app_data=app_data)
        return (unready.reason, unready.again) if unready else None

    assert why(replace(app, apk="")) == ("app-not-installed", True)
    assert why(app) == ("install-no-matching-abi", True)
    assert why(replace(app, apk_sha256="0" * 64)) == ("install-other-file", False)
    assert why(replace(app, apk="absent.apk")) == ("install-not-an-apk", False)
    (tmp_path / "text.apk").write_text("no archive", encoding="utf-8")
    assert why(replace(app, apk="text.apk")) == ("install-not-an-apk", False)
    nowhere = f"http://127.0.0.1:{free_port()}/a.apk"
    assert why(replace(app, apk=nowhere)) == ("install-no-digest", False)
    assert why(replace(app, apk=nowhere, apk_sha256="0" * 64)) == ("install-not-fetched", True)
    with served(tmp_path) as url:
        listed = replace(app, apk=f"{url}/arm.apk", apk_sha256=hashlib.sha256(arm.read_bytes()).hexdigest())
        assert why(listed) == ("install-no-matching-abi", True)
        assert why(replace(listed, apk_sha256="0" * 64)) == ("install-other-file", False)
    with pytest.raises(InstallRefused) as refused:
        install_apk(adb, virtual.serial, _apk(tmp_path / "any.apk"))
    assert refused.value.reason == "install-not-an-apk"  # no app of the embedded device, and it says so itself
    assert device_rows(adb)[0]["changes"] == "", "what was refused is not told as installed"
    folder = tmp_path / "page"
    folder.mkdir()
    manifest = {"package": "cn.gov.page", "launcher": ".Main", "activities": {".Main": "index.html"}}
    (folder / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "index.html").write_text("<!doctype html><p>页", encoding="utf-8")
    (tmp_path / "page.apk").write_bytes(pack_app(folder))
    assert why(replace(app, package=PackageName("cn.gov.page"), apk="page.apk")) is None
    assert device_rows(adb)[0]["changes"] == "cn.gov.page"
    assert [(one["change"], one["problem"]) for one in clean_devices(adb, ())] == [("cn.gov.page", "")]
    assert "cn.gov.page" not in virtual.packages()
    browser = FiledApp(package=PackageName("com.android.browser"), name="乙", entry_kind=EntryKind.H5)
    assert why(browser, CLEAR) is None


def test_a_restart_by_a_command_waits_until_the_device_has_booted(
    virtual: DeviceHandle, adb: tuple[str, int], tmp_path: Path
) -> None:
    told_to = tmp_path / "restarted"
    code = f"import sys; open({str(told_to)!r}, 'w').write(sys.argv[1])"
    restart(virtual.serial, shlex.join([sys.executable, "-c", code, "{serial}"]), adb, NightClock(1))
    assert told_to.read_text(encoding="utf-8") == virtual.serial
    with pytest.raises(DeviceError, match="cannot be told"):
        restart(virtual.serial, EMULATOR, adb, NightClock(1))
