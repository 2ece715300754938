"""The Android SDK's emulator (AVD): ``emulator -list-avds``, started without a window, stopped through adb.

Source: the SDK's command-line documentation. Console port P is the serial ``emulator-P``; ports are even, from 5554.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

import adbutils

from harness.device.emulators.running import Emulator, Program, Run
from harness.errors import DeviceUnreachable

_QUIET: Final = ("-no-window", "-no-audio", "-no-boot-anim", "-no-snapshot-save", "-gpu", "swiftshader_indirect")
_FIRST_PORT: Final = 5554
_PORTS: Final = 16
_REFUSES_S: Final = 5.0  # an emulator that cannot run (no KVM, its AVD runs already) says so and ends within a second
_AVD: Final = re.compile(r"[A-Za-z0-9._-]+")


class AndroidSdk(Program):
    """AVDs of the Android SDK."""

    name: ClassVar[str] = "avd"
    programs: ClassVar[tuple[str, ...]] = ("emulator", "emulator.exe")

    def __init__(self, program: Path, run: Run) -> None:
        super().__init__(program, run)
        self._started: list[subprocess.Popen[bytes]] = []

    @classmethod
    def places(cls, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return the emulator's folder of each SDK that the environment or the usual places name."""
        homes = [environ.get(name, "") for name in ("ANDROID_SDK_ROOT", "ANDROID_HOME")]
        home = environ.get("HOME") or environ.get("USERPROFILE") or ""
        if home:
            homes += [f"{home}/Android/Sdk", f"{home}/Library/Android/sdk", f"{home}/AppData/Local/Android/Sdk"]
        return tuple(Path(sdk) / "emulator" for sdk in homes if sdk)

    def emulators(self) -> tuple[Emulator, ...]:
        """Return the AVDs; those that run have the serial that their console tells."""
        lines = self.ask("-list-avds").decode("utf-8", errors="replace").splitlines()
        names = [line.strip() for line in lines if _AVD.fullmatch(line.strip())]  # newer ones print notes between
        devices = self._adb("devices").decode("utf-8", errors="replace")
        taken = re.findall(r"^(emulator-\d+)\s", devices, re.MULTILINE)
        running = {self._avd_at(serial): serial for serial in taken}
        return tuple(
            Emulator(id=name, label=name, running=name in running, serials=(running.get(name) or _free(taken),))
            for name in names
        )

    def start(self, emulator: Emulator) -> None:
        """Start without window, sound and boot animation, on the port of the serial."""
        serial = emulator.serials[0]
        command = [str(self.program), "-avd", emulator.id, "-port", serial.removeprefix("emulator-"), *_QUIET]
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
                code = process.wait(_REFUSES_S)
            except OSError as error:
                raise DeviceUnreachable(f"{command[0]}: {error}", serial=serial) from error
            except subprocess.TimeoutExpired:
                self._started.append(process)
                return
            said.seek(0)
            problem = said.read()[-500:].decode("utf-8", errors="replace").strip()
        raise DeviceUnreachable(f"{' '.join(command)}: exit {code}: {problem}", serial=serial)

    def stop(self, emulator: Emulator) -> None:
        """Stop through the console, as ``adb emu kill`` does."""
        self._adb("-s", emulator.serials[0], "emu", "kill")

    def _avd_at(self, serial: str) -> str:
        """Return the AVD that has this console, empty where none answers: LDPlayer's are called emulator-P as well."""
        try:
            lines = self._adb("-s", serial, "emu", "avd", "name").decode("utf-8", errors="replace").splitlines()
        except DeviceUnreachable:
            return ""
        return lines[0].strip() if lines else ""

    def _adb(self, *arguments: str) -> bytes:
        beside = self.program.resolve().parent.parent / "platform-tools" / ("adb.exe" if self.program.suffix else "adb")
        try:
            return self._answer(str(beside) if beside.is_file() else str(adbutils.adb_path()), *arguments)
        except adbutils.AdbError as error:
            raise DeviceUnreachable(f"{error}; run `harness doctor`", serial=self.name) from error


def _free(taken: Sequence[str]) -> str:
    ports = range(_FIRST_PORT, _FIRST_PORT + 2 * _PORTS, 2)
    return next(serial for port in ports if (serial := f"emulator-{port}") not in taken)
