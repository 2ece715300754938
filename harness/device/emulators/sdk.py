"""The Android SDK's emulator (AVD): ``emulator -list-avds``, started without a window, stopped through adb.

Source: the SDK's command-line documentation. Console port P is the serial ``emulator-P``; ports are even, from 5554.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from harness.device.emulators.running import Emulator, Program, Run
from harness.errors import DeviceUnreachable

_QUIET: Final = ("-no-window", "-no-audio", "-no-boot-anim", "-no-snapshot-save", "-gpu", "swiftshader_indirect")
_FIRST_PORT: Final = 5554
_PORTS: Final = 16
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
        running = self._running()
        return tuple(
            Emulator(id=name, label=name, running=name in running, serials=(running.get(name) or self._free(running),))
            for name in names
        )

    def start(self, emulator: Emulator) -> None:
        """Start without window, sound and boot animation, on the port of the serial."""
        port = emulator.serials[0].removeprefix("emulator-")
        command = [str(self.program), "-avd", emulator.id, "-port", port, *_QUIET]
        try:
            nowhere = subprocess.DEVNULL
            self._started.append(subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere))
        except OSError as error:
            raise DeviceUnreachable(f"{command[0]}: {error}", serial=emulator.serials[0]) from error

    def stop(self, emulator: Emulator) -> None:
        """Stop through the console, as ``adb emu kill`` does."""
        self._adb(emulator.serials[0], "emu", "kill")

    def reset(self, emulator: Emulator) -> None:
        """Stop and start; the quick-boot image is not written, so it starts as it was first."""
        if emulator.running:
            self.stop(emulator)
        self.start(emulator)

    def _running(self) -> dict[str, str]:
        """Return the serial of every AVD that runs, by its name."""
        devices = self._adb("", "devices").decode("utf-8", errors="replace")
        serials = re.findall(r"^(emulator-\d+)\s", devices, re.MULTILINE)
        names = {}
        for serial in serials:
            lines = self._adb(serial, "emu", "avd", "name").decode("utf-8", errors="replace").splitlines()
            if lines:
                names[lines[0].strip()] = serial
        return names

    def _free(self, running: Mapping[str, str]) -> str:
        taken = set(running.values())
        ports = range(_FIRST_PORT, _FIRST_PORT + 2 * _PORTS, 2)
        return next(serial for port in ports if (serial := f"emulator-{port}") not in taken)

    def _adb(self, serial: str, *arguments: str) -> bytes:
        beside = self.program.parent.parent / "platform-tools" / ("adb.exe" if self.program.suffix else "adb")
        adb = str(beside) if beside.is_file() else "adb"
        answer = self._run([adb, *(["-s", serial] if serial else []), *arguments])
        if answer.code:
            raise DeviceUnreachable(f"adb {' '.join(arguments)}: exit {answer.code}", serial=serial or self.name)
        return answer.out
