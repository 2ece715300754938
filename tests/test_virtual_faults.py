"""Faults by name and place, and the mishaps that befall a device: over stand-ins."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.errors import VirtualDeviceError
from harness.virtual.automator import Automator
from harness.virtual.faults import MISHAPS, ArmedFault, Fault, Faults, Where, place_of_line, place_of_method, read_fault
from harness.virtual.mishaps import Mishaps
from harness.virtual.phone import Foreground
from tests.virtual_stand_ins import Bench, bench, button, run

DEMO = Foreground(package="cn.example.demo", activity="cn.example.demo.MainActivity", pid=1500)


def test_a_fault_is_spelled_with_its_length_and_its_place() -> None:
    assert read_fault("offline=2.5@dump") == ArmedFault(fault=Fault.OFFLINE, argument=2.5, where=Where.DUMP)
    assert read_fault("clock_jump=-3600") == ArmedFault(fault=Fault.CLOCK_JUMP, argument=-3600)
    for wrong in ("no_such", "offline@nowhere", "offline=x", ""):
        with pytest.raises(VirtualDeviceError, match=r"known: refuse_service.*places: dump"):
            read_fault(wrong)


def test_a_fault_with_a_place_is_not_armed_before_it_is_come_to() -> None:
    faults = Faults()
    faults.push("half_xml@input", times=2)
    assert faults.take("half_xml") is None
    assert faults.reached(Where.DUMP) == ()
    assert faults.reached(Where.INPUT) == ()  # no mishap: the next dump shows it
    assert faults.take("half_xml") is not None
    assert len(faults.armed()) == 1
    faults.clear()
    assert faults.armed() == ()


def test_mishaps_are_told_once_when_their_place_is_come_to() -> None:
    faults = Faults()
    faults.push("anr@launch")
    faults.push("offline=3")
    assert [one.fault for one in faults.reached(None)] == [Fault.OFFLINE]
    assert faults.reached(Where.PICTURE) == ()
    assert [one.fault for one in faults.reached(Where.LAUNCH)] == [Fault.ANR]
    assert faults.reached(Where.LAUNCH) == ()
    assert Fault.SYNC_FAIL not in MISHAPS


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("screencap -p", Where.PICTURE),
        ("rm -f /x; screencap -p /x", Where.PICTURE),
        ("pm install -r -t /data/local/tmp/a.apk; echo X4EXIT:$?", Where.INSTALL),
        ("cmd package 'install' -S 5", Where.INSTALL),
        ("am start -a x -n a/b", Where.LAUNCH),
        ("input tap 3 4", Where.INPUT),
        ("dumpsys input", None),
        ("pm list packages", None),
    ],
)
def test_command_lines_have_their_places(line: str, place: Where | None) -> None:
    assert place_of_line(line) is place


def test_methods_have_their_places() -> None:
    assert place_of_method("dumpWindowHierarchy") is Where.DUMP
    assert place_of_method("click") is Where.INPUT
    assert place_of_method("deviceInfo") is None


@dataclass
class Noticed:
    """A screen that only notes which notices it was asked to show."""

    shown: list[str] = field(default_factory=list)

    async def browser_pid(self) -> int:
        raise VirtualDeviceError("a stand-in has no browser")

    async def show_notice(self, package: str) -> None:
        self.shown.append(package)


def mishaps(device: Bench, calls: list[str], screen: Noticed) -> Mishaps:
    async def leave() -> None:
        calls.append("left")

    async def come_back() -> None:
        calls.append("back")

    return Mishaps(device=device.device, screen=screen, leave=leave, come_back=come_back)


async def let(happening: Mishaps, text: str) -> None:
    await happening.befall(read_fault(text))
    for task in tuple(happening._under_way):
        await task


def test_what_befalls_a_device_is_seen_by_whoever_asks_it(tmp_path: Path) -> None:
    device, calls, screen = bench(tmp_path), list[str](), Noticed()
    happening = mishaps(device, calls, screen)
    before_s = device.device.clock.now()
    run(let(happening, "clock_jump=86400"))
    assert 86400 <= device.device.clock.now() - before_s < 86460
    run(let(happening, "offline=0.01"))
    run(let(happening, "offline"))
    assert calls == ["left", "back", "left"]
    run(let(happening, "storage_full"))
    assert b"No space left" in device.sh("echo a > /data/local/tmp/a").stderr
    assert not device.device.files.room_for(1)
    device.device.files.is_full = False
    assert device.sh("echo a > /data/local/tmp/a").exit_code == 0


def test_what_befalls_an_app_waits_for_one_in_front(tmp_path: Path) -> None:
    device, screen = bench(tmp_path), Noticed()
    happening = mishaps(device, [], screen)
    for name in ("app_crash", "anr", "popup"):
        run(let(happening, name))
    assert [call[0] for call in device.screen.done] == []
    device.screen.front = DEMO
    for name in ("app_crash", "anr", "popup"):
        run(let(happening, name))
    assert ("crash", DEMO.package) in device.screen.done
    assert screen.shown == [DEMO.package]


def test_a_call_of_the_server_reaches_the_place_of_its_method(tmp_path: Path) -> None:
    device = bench(tmp_path)
    device.screen.root = button("签到")
    befell: list[Fault] = []

    async def befall(armed: ArmedFault) -> None:
        befell.append(armed.fault)

    async def ask(method: bytes) -> None:
        automator = Automator(device.device, device.shell, befall)
        await automator.start()
        await automator._reply("POST", "/jsonrpc/0", b'{"id":1,"method":"%s","params":[false]}' % method)

    device.device.faults.push("popup@dump")
    run(ask(b"deviceInfo"))
    assert befell == []
    run(ask(b"dumpWindowHierarchy"))
    assert befell == [Fault.POPUP]
