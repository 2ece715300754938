"""Emulators of a host, against recorded answers of each maker's program."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.emulators import emulators
from harness.device.emulators import found_makers, listed, named, reset, wait_for_boot
from harness.device.emulators.ldplayer import LdPlayer
from harness.device.emulators.mumu import MuMu
from harness.device.emulators.redroid import Redroid
from harness.device.emulators.running import ANSWER_S, Answer, Emulator, Run, run_program
from harness.device.emulators.sdk import AndroidSdk
from harness.errors import DeviceTimeout, DeviceUnreachable
from tests.test_doctor import script

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts as stand-ins")
LD_LIST = "0,雷电模拟器,2032678,1704928,1,7456,3352,1080,1920,480\r\n1,雷电模拟器-1,0,0,0,-1,-1,720,1280,320\r\n"
MUMU_ONE = {"adb_host_ip": "127.0.0.1", "adb_port": 16416, "index": "1", "name": "MuMu模拟器12-1"}
MUMU_ALL = {
    "0": {"index": "0", "name": "MuMu模拟器12", "is_process_started": False, "is_android_started": False},
    "1": {**MUMU_ONE, "is_process_started": True, "is_android_started": True, "player_state": "start_finished"},
}
AVDS = "INFO    | Storing crashdata in: /tmp/crash\nPixel_6_API_33\nold-tablet.7\n"
_PORTS = "0.0.0.0:5556->5555/tcp"
DOCKER = [
    {
        "Names": "redroid11",
        "Image": "redroid/redroid:11.0.0-latest",
        "State": "running",
        "Ports": "0.0.0.0:5556->5555/tcp",
    },
    {"Names": "db", "Image": "postgres:15", "State": "running", "Ports": "5432/tcp"},
    {"Names": "phone13", "Image": "registry.local/redroid/redroid@sha256:00", "State": "exited", "Ports": ""},
]


def _answers(**by_word: bytes) -> tuple[Run, list[list[str]]]:
    """Return a runner that answers by the first argument it knows, and what it was asked."""
    asked: list[list[str]] = []

    def run(command: Sequence[str]) -> Answer:
        asked.append(list(command))
        word = next((w for w in command if w in by_word), "")
        return Answer(code=0, out=by_word.get(word, b""))

    return run, asked


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_ldplayer_lines_are_read_in_either_code_page(encoding: str) -> None:
    run, _ = _answers(list2=LD_LIST.encode(encoding))
    first, second = LdPlayer(Path("ldconsole.exe"), run).emulators()
    assert (first.label, first.running, first.booted) == ("雷电模拟器", True, True)
    assert first.serials == ("emulator-5554", "127.0.0.1:5555")
    assert (second.running, second.booted, second.serials[0]) == (False, False, "emulator-5556")


def test_mumu_answers_for_one_and_for_several_are_read_alike() -> None:
    run, _ = _answers(info=json.dumps(MUMU_ALL, ensure_ascii=False).encode())
    first, second = MuMu(Path("MuMuManager.exe"), run).emulators()
    assert (first.running, first.serials) == (False, ("127.0.0.1:16384",))
    assert (second.running, second.booted, second.serials) == (True, True, ("127.0.0.1:16416",))
    run, _ = _answers(info=json.dumps(MUMU_ALL["1"]).encode())
    assert MuMu(Path("MuMuManager.exe"), run).emulators() == (second,)


def test_avds_that_run_have_the_serial_of_their_console_and_others_a_free_one() -> None:
    def run(command: Sequence[str]) -> Answer:
        words = " ".join(command)
        if "-list-avds" in words:
            return Answer(code=0, out=AVDS.encode())
        if words.endswith("devices"):
            return Answer(code=0, out=b"List of devices attached\nemulator-5554\tdevice\n127.0.0.1:5555\tdevice\n\n")
        return Answer(code=0, out=b"Pixel_6_API_33\r\nOK\r\n")

    pixel, tablet = AndroidSdk(Path("/sdk/emulator/emulator"), run).emulators()
    assert (pixel.id, pixel.running, pixel.serials) == ("Pixel_6_API_33", True, ("emulator-5554",))
    assert (tablet.id, tablet.running, tablet.serials) == ("old-tablet.7", False, ("emulator-5556",))


def test_containers_of_redroid_images_are_emulators_and_others_are_not() -> None:
    bound = b'{"5555/tcp":[{"HostIp":"","HostPort":"5560"}]}'
    run, _ = _answers(ps="\n".join(json.dumps(row) for row in DOCKER).encode(), inspect=bound)
    running, stopped = Redroid(Path("docker"), run).emulators()
    assert (running.id, running.running, running.serials) == ("redroid11", True, ("127.0.0.1:5556",))
    assert (stopped.id, stopped.running, stopped.serials) == ("phone13", False, ("127.0.0.1:5560",))


def test_a_reset_starts_an_emulator_only_once_it_has_ended() -> None:
    told: list[str] = []
    lists = iter([LD_LIST, LD_LIST, LD_LIST.replace(",1,7456,3352,", ",0,-1,-1,")])

    def run(command: Sequence[str]) -> Answer:
        told.append(" ".join(command[1:]))
        return Answer(code=0, out=next(lists).encode() if command[1] == "list2" else b"")

    console = LdPlayer(Path("ldconsole.exe"), run)
    emulator = console.emulators()[0]
    clock = Ticking()
    reset(console, emulator, clock)  # type: ignore[arg-type]
    assert told == ["list2", "quit --index 0", "list2", "list2", "launch --index 0"]
    assert clock.now_s > 0
    told.clear()
    lists = iter([LD_LIST] * 99)
    with pytest.raises(DeviceTimeout, match="did not stop"):
        reset(console, emulator, Ticking())  # type: ignore[arg-type]
    assert not any("launch" in words for words in told)


def test_the_console_of_another_maker_neither_hides_the_avds_nor_lends_them_its_port() -> None:
    def run(command: Sequence[str]) -> Answer:
        words = " ".join(command)
        if "-list-avds" in words:
            return Answer(code=0, out=b"Pixel_6_API_33\n")
        if words.endswith("devices"):
            return Answer(code=0, out=b"List of devices attached\nemulator-5554\tdevice\n\n")
        return Answer(code=1, out=b"", err=b"error: could not connect to TCP port 5554: Connection refused")

    (pixel,) = AndroidSdk(Path("/sdk/emulator/emulator"), run).emulators()
    assert (pixel.running, pixel.serials) == (False, ("emulator-5556",))


def test_an_adb_that_is_not_there_is_told_like_any_other_program_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks_adb(command: Sequence[str]) -> Answer:
        if Path(command[0]).stem == "adb":
            raise FileNotFoundError(2, "No such file or directory", "adb")
        return Answer(code=0, out=b"Pixel_6_API_33\n")

    there, (problem,) = listed([AndroidSdk(Path("/sdk/emulator/emulator"), lacks_adb)])
    assert there == ()
    assert "adb devices" in problem
    monkeypatch.setenv("PATH", str(tmp_path))
    run, asked = _answers()
    AndroidSdk(Path("/sdk/emulator/emulator"), run).emulators()
    assert Path(asked[-1][0]).is_file(), "the one inside adbutils"


@POSIX
def test_an_emulator_that_refuses_to_start_is_told_at_once_with_what_it_said(tmp_path: Path) -> None:
    program = script(tmp_path / "emulator", "echo 'ERROR | Running multiple emulators with the same AVD'; exit 1")
    run, _ = _answers()
    with pytest.raises(DeviceUnreachable, match=r"exit 1: ERROR . Running multiple emulators"):
        AndroidSdk(program, run).start(Emulator(id="a", label="a", running=False, serials=("emulator-5554",)))


@POSIX
def test_what_a_program_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    program = script(tmp_path / "console", f"sleep {ANSWER_S / 2:g} &\necho $!")
    began_s = time.monotonic()
    answer = run_program([str(program)])
    os.kill(int(answer.out), signal.SIGTERM)
    assert time.monotonic() - began_s < ANSWER_S / 4


@POSIX
def test_the_command_resets_an_emulator_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, log = tmp_path / "state", tmp_path / "log"
    state.write_text("running", encoding="utf-8")
    row = json.dumps({**DOCKER[0], "State": "STATE"}).replace("STATE", "%s")
    lines = (
        f"echo $1 >> {log}",
        f"case $1 in ps) printf {shlex.quote(row)} $(cat {state});; inspect) echo {{}};;",
        f"stop) echo exited > {state};; start) echo running > {state};; esac",
    )
    script(tmp_path / "docker", "\n".join(lines))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    done = CliRunner().invoke(emulators, ["reset", "redroid:redroid11", "--no-wait"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert [word for word in log.read_text(encoding="utf-8").split() if word in ("stop", "start")] == ["stop", "start"]
    listing = CliRunner().invoke(emulators, ["--json"], catch_exceptions=False)
    told = json.loads(listing.output)
    assert [(one["name"], one["running"]) for one in told["emulators"]] == [("redroid:redroid11", True)]
    assert told["problems"] == []


def test_programs_on_any_drive_of_a_windows_host_are_found() -> None:
    folders = MuMu.places({"SystemDrive": "C:", "ProgramFiles": "C:\\Program Files"})
    found = {folder.as_posix().replace("\\", "/") for folder in folders}
    assert "D:/Program Files/Netease/MuMu Player 12/nx_main" in {path.replace("//", "/") for path in found}


@pytest.mark.parametrize("garbage", [b"", b"error: not logged in", b"\xff\xfe\x00"])
def test_an_answer_of_another_form_is_told_and_not_read_as_no_emulator(garbage: bytes) -> None:
    run, _ = _answers(info=garbage)
    with pytest.raises(DeviceUnreachable, match="cannot read"):
        MuMu(Path("MuMuManager.exe"), run).emulators()
    if garbage:
        run, _ = _answers(list2=garbage)
        with pytest.raises(DeviceUnreachable, match="cannot read"):
            LdPlayer(Path("ldconsole.exe"), run).emulators()


def test_a_program_that_fails_or_hangs_is_named_with_what_it_said() -> None:
    def fails(command: Sequence[str]) -> Answer:
        return Answer(code=2, out=b"", err="没有权限".encode())

    def hangs(command: Sequence[str]) -> Answer:
        raise subprocess.TimeoutExpired(list(command), 60)

    with pytest.raises(DeviceUnreachable, match=r"docker ps.*exit 2: 没有权限"):
        Redroid(Path("docker"), fails).emulators()
    with pytest.raises(DeviceUnreachable, match="timed out"):
        Redroid(Path("docker"), hangs).emulators()


def test_makers_are_found_on_the_path_and_in_their_usual_places(tmp_path: Path) -> None:
    sdk = tmp_path / "Android" / "Sdk" / "emulator"
    sdk.mkdir(parents=True)
    (sdk / "emulator").touch(mode=0o755)
    bin_dir = tmp_path / "程序 bin"
    bin_dir.mkdir()
    (bin_dir / "docker").touch(mode=0o755)
    run, _ = _answers(ps=json.dumps(DOCKER[0]).encode(), **{"-list-avds": b"a\n", "devices": b""})
    makers = found_makers({"HOME": str(tmp_path), "PATH": str(bin_dir)}, run)
    assert [maker.name for maker in makers] == ["avd", "redroid"]
    assert [f"{maker.name}:{emulator.id}" for maker, emulator in listed(makers)[0]] == ["avd:a", "redroid:redroid11"]
    assert named(makers, "redroid:redroid11")[1].running
    with pytest.raises(DeviceUnreachable, match="there is avd:a, redroid:redroid11"):
        named(makers, "mumu:0")
    assert found_makers({"PATH": ""}, run) == ()


def test_a_maker_that_does_not_answer_does_not_hide_the_others() -> None:
    broken, _ = _answers(ps=b"Cannot connect")
    whole, _ = _answers(list2=LD_LIST.encode())
    there, problems = listed([Redroid(Path("docker"), broken), LdPlayer(Path("ldconsole.exe"), whole)])
    assert [emulator.id for _, emulator in there] == ["0", "1"]
    assert len(problems) == 1
    assert "cannot read" in problems[0]


class Ticking:
    """A clock on which only sleeping takes time."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def test_the_serial_that_has_booted_counts_and_one_that_never_does_is_a_timeout() -> None:
    emulator = Emulator(id="0", label="雷电模拟器", running=True, serials=("emulator-5554", "127.0.0.1:5555"))
    clock = Ticking()
    ready = wait_for_boot(emulator, lambda serial: clock.now_s > 9 and ":" in serial, clock)  # type: ignore[arg-type]
    assert (ready, clock.now_s) == ("127.0.0.1:5555", 10.0)
    with pytest.raises(DeviceTimeout, match=r"雷电模拟器 did not boot"):
        wait_for_boot(emulator, lambda serial: False, Ticking())  # type: ignore[arg-type]
