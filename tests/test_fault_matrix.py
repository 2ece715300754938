"""Each fault while the backend looks, taps, installs, launches and probes: what is recorded is what the table says.

A share runs by default; ``pytest -m matrix tests/test_fault_matrix.py`` runs every pair, and 500 random faults.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice
from harness.device.frames import gap_reason
from harness.device.installing import install_apk
from harness.device.link import Limits
from harness.errors import ActionRefused, DeviceError
from harness.model import (
    Action,
    Actor,
    Channel,
    Frame,
    Launch,
    Observation,
    ObservationId,
    Outcome,
    Stop,
    Tap,
    Verdict,
    Wait,
)
from harness.perceive import observe
from harness.rules import ALL_RULES
from harness.virtual.app_archive import pack_app
from harness.virtual.faults import MISHAPS, read_fault
from harness.virtual.server import DeviceHandle, VirtualDevices
from harness.walk import Manners, Walker
from tests.fault_answers import ANSWERS, PAGE, Answer, page
from tests.fault_walks import PACKAGE, Kept, faults_over_walks, write_app
from tests.virtual_fixtures import AdbServer, adb_binaries, adb_server, eventually

LIMITS = Limits(dump_s=8.0, input_s=8.0, shell_s=8.0, screenshot_s=10.0, settle_s=0.1, poll_s=0.1)
PLACES = {"capture": "dump", "tap": "input", "install": "install", "launch": "launch", "probe": "input"}
SHARE = (
    ("server_killed", "tap"),
    ("offline=1", "capture"),
    ("popup", "tap"),
    ("app_crash", "launch"),
    ("storage_full", "install"),
    ("garbage", "probe"),
    ("already_registered", "capture"),
    ("adb_replaced", "capture"),
    ("empty_xml", "capture"),
)


def test_the_page_in_docs_is_the_table_of_these_tests() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.fault_answers"


def test_every_fault_of_the_device_has_its_answer() -> None:
    from harness.virtual.faults import Fault

    answered = {answer.fault.partition("=")[0] for answer in ANSWERS}
    assert answered - set(Fault) == {"adb_restarted", "adb_replaced"}
    assert set(Fault) <= answered


# --- what is asked of a device while the fault shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A device, its adapter, and a walker on it."""

    virtual: DeviceHandle
    device: AndroidDevice
    walker: Walker
    kept: Kept
    adb: AdbServer
    apk: Path

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.adb.port)


def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
    return observe(frame, id=id, engines=())


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceHandle]:
    with VirtualDevices(apps=[write_app(tmp_path_factory.mktemp("app"))]) as devices:
        yield devices.devices[0]


@pytest.fixture
def field(virtual: DeviceHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    for name in ("ADB_MDNS", "ADB_USB", "ADB_EMU"):
        monkeypatch.setenv(name, "0")  # for the server that the adapter starts
    monkeypatch.setenv("ADBUTILS_ADB_PATH", str(adb_binaries()[0]))
    with adb_server(adb_binaries()[0], tmp_path / "home") as server:
        try:
            yield made(virtual, server, tmp_path)
        finally:
            virtual.clear_faults()
            server.run("kill-server")  # one that took its place


def made(virtual: DeviceHandle, server: AdbServer, folder: Path) -> Field:
    virtual.clear_faults()
    server.connect(virtual.serial)
    device = AndroidDevice(virtual.serial, adb=("127.0.0.1", server.port), clock=SystemClock(), limits=LIMITS)
    kept = Kept()
    walker = Walker(
        device, perceive=perceive, recorder=kept, clock=device.clock, manners=Manners(settle_s=0.1, late_s=0.1)
    )
    apk = folder / "app.apk"
    (folder / "app").mkdir()
    apk.write_bytes(pack_app(write_app(folder / "app")))
    device.perform(Stop(package=PACKAGE))
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")
    eventually(lambda: in_front(walker))
    return Field(virtual=virtual, device=device, walker=walker, kept=kept, adb=server, apk=apk)


def in_front(walker: Walker) -> bool:
    page = walker.look().page
    return page is not None and page.package == PACKAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is recorded: reasons of gaps of looks and of steps, and how an installation ended."""

    look: frozenset[str] = frozenset()
    step: frozenset[str] = frozenset()
    unread: frozenset[Channel] = frozenset()
    refused: DeviceError | None = None


def captured(field: Field) -> Told:
    try:
        frame = field.device.capture()
    except DeviceError as error:
        return Told(look=frozenset({gap_reason(error)}), refused=error)
    return Told(look=frozenset(gap.reason for gap in frame.gaps), unread=frozenset(gap.channel for gap in frame.gaps))


def stepped(field: Field, action: Action) -> Told:
    step = field.walker.act(action, actor=Actor.EXPLORE, why="fault")
    assert field.kept.steps[-1] is step
    assert step.after is not None or step.gap is not None
    return Told(look=looks_of(field), step=frozenset({step.gap.reason} if step.gap else ()))


def probed(field: Field) -> Told:
    def probe(seen: Observation) -> Generator[Action, Observation, Outcome]:
        yield Tap(x_px=20, y_px=2300)
        yield Wait(seconds=0.1)
        return Outcome(verdict=Verdict.CLEAR, reason="seen")

    rule = replace(ALL_RULES[0], probe=probe)
    _, outcome = field.walker.probe(rule, field.walker.observations[-1])
    run = field.kept.probe_runs[-1]
    assert (outcome is None) is (run.cut is not None)  # a run that was cut says nothing
    return Told(look=looks_of(field), step=frozenset({run.cut.reason} if run.cut else ()))


def looks_of(field: Field) -> frozenset[str]:
    gaps = field.walker.observations[-1].gaps
    return frozenset(gap.reason for gap in gaps if gap.channel is not Channel.OCR)  # these tests read no pixels


def installed(field: Field) -> Told:
    try:
        install_apk(field.address, field.virtual.serial, field.apk)
    except DeviceError as error:
        return Told(refused=error)
    return Told()


OPERATIONS: dict[str, Callable[[Field], Told]] = {
    "capture": captured,
    "tap": lambda field: stepped(field, Tap(x_px=20, y_px=2300)),
    "install": installed,
    "launch": lambda field: stepped(field, Launch(package=PACKAGE)),
    "probe": probed,
}


def arm(field: Field, answer: Answer, operation: str) -> None:
    if answer.fault.startswith("adb_"):
        field.adb.run("kill-server")
        if answer.fault == "adb_replaced":
            other = adb_binaries()[-1]
            environment = {**field.adb.environment, "ADB_MDNS": "0"}
            subprocess.run(
                [other, "start-server"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                timeout=60,
            )
        return
    fault = read_fault(answer.fault)
    if answer.fault in ("already_registered", "no_start"):
        field.virtual.kill_automator()
    befalls = fault.fault in MISHAPS
    field.virtual.fault(f"{answer.fault}@{PLACES[operation]}" if befalls else answer.fault, times=answer.times)


def held_to(field: Field, answer: Answer, operation: str) -> float:
    """Hold the backend to one answer; return how many seconds passed until a look was whole again."""
    steps = len(field.walker.steps)
    arm(field, answer, operation)
    told = OPERATIONS[operation](field)
    assert told.look <= answer.look, (told, answer)
    if answer.times > 1 and operation == "capture":  # it shows each time: then it is told, and of the right channel
        assert (told.look, told.unread) == (answer.look, frozenset({answer.unread})), (told, answer)
    assert told.step <= answer.step | ({"app-died"} if operation == "install" else set()), (told, answer)
    if answer.fault in ("storage_full", "sync_fail") and operation == "install":
        assert isinstance(told.refused, ActionRefused), "by name: neither done nor lost"
    assert field.kept.steps[steps:] == list(field.walker.steps[steps:])
    if answer.times > 1 or answer.fault == "storage_full":
        field.virtual.clear_faults()
    began_s = time.monotonic()
    eventually(lambda: whole(field.device), within_s=answer.within_s)
    return time.monotonic() - began_s


def whole(device: AndroidDevice) -> bool:
    with suppress(DeviceError):
        frame = device.capture()
        return frame.gaps == () and frame.png is not None and frame.xml is not None
    return False


@pytest.mark.parametrize(("fault", "operation"), SHARE)
def test_a_share_of_the_faults_is_answered_as_the_table_says(field: Field, fault: str, operation: str) -> None:
    answer = next(one for one in ANSWERS if one.fault == fault)
    held_to(field, answer, operation)


@pytest.mark.matrix
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: f"{one.fault}x{one.times}")
def test_every_fault_is_answered_as_the_table_says(
    field: Field, answer: Answer, operation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    took_s = held_to(field, answer, operation)
    with capsys.disabled():
        sys.stdout.write(f"\n{answer.fault:20} x{answer.times:<3}{operation:8} whole again after {took_s:5.1f} s")


# --- random faults


def test_random_faults_over_a_walk_are_all_accounted_for(tmp_path: Path) -> None:
    told = faults_over_walks(tmp_path, seed=1, faults=8, devices=1)
    assert told.armed == 8
    assert told.armed == told.recorded + told.absorbed + told.unshown


@pytest.mark.matrix
def test_500_random_faults_over_walks_on_three_devices_are_all_accounted_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = int(os.environ.get("HARNESS_RANDOM_FAULTS", "500"))
    told = faults_over_walks(tmp_path, seed=2026, faults=wanted, devices=3)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert told.armed == wanted
    assert told.armed == told.recorded + told.absorbed + told.unshown
    assert told.recorded > 0
