"""What the makers have in common: an emulator as a value, and how their command-line programs are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from harness.errors import DeviceUnreachable

ANSWER_S: Final = 60.0
_MAX_OUTPUT: Final = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """One emulator. ``id`` is what its maker calls it by, ``serials`` under what adb may have it, likeliest first.

    ``booted`` is ``None`` where the maker does not tell.
    """

    id: str
    label: str
    running: bool
    serials: tuple[str, ...]
    booted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program answered: its exit code and both outputs, as bytes (each maker has its own encoding)."""

    code: int
    out: bytes
    err: bytes = b""


Run = Callable[[Sequence[str]], Answer]


class Program(ABC):
    """A maker's program: found on the PATH or in its usual places, and run with a deadline.

    Each raises ``DeviceUnreachable`` where the program does not answer as known; ``start`` returns before Android has
    booted, ``stop`` maybe before it has ended.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]]

    def __init__(self, program: Path, run: Run) -> None:
        self.program = program
        self._run = run

    @classmethod
    @abstractmethod
    def places(cls, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return the folders in which the program usually is."""

    @abstractmethod
    def emulators(self) -> tuple[Emulator, ...]:
        """Return all emulators of this maker on this host."""

    @abstractmethod
    def start(self, emulator: Emulator) -> None:
        """Start it, without a window where the maker can."""

    @abstractmethod
    def stop(self, emulator: Emulator) -> None:
        """Stop it."""

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Path | None:
        """Return the program, ``None`` where it is not on this host."""
        for program in cls.programs:
            on_path = shutil.which(program, path=environ.get("PATH", ""))
            if on_path:
                return Path(on_path)
        files = (folder / program for folder in cls.places(environ) for program in cls.programs)
        return next((file for file in files if file.is_file()), None)

    def ask(self, *arguments: str) -> bytes:
        """Return what the program prints. Raises ``DeviceUnreachable`` where it fails."""
        return self._answer(str(self.program), *arguments)

    def _answer(self, *command: str) -> bytes:
        try:
            answer = self._run(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DeviceUnreachable(f"{' '.join(command)}: {error}", serial=self.name) from error
        if answer.code:
            said = (answer.err or answer.out)[:500].decode("utf-8", errors="replace").strip()
            raise DeviceUnreachable(f"{' '.join(command)}: exit {answer.code}: {said}", serial=self.name)
        return answer.out[:_MAX_OUTPUT]


def run_program(command: Sequence[str]) -> Answer:
    """Run a program to its end, at most ``ANSWER_S``.

    Its output goes to files: an adb server or an emulator that it leaves running would keep a pipe open for ever.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        done = subprocess.run(command, timeout=ANSWER_S, check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        out.seek(0)
        err.seek(0)
        return Answer(code=done.returncode, out=out.read(), err=err.read())


def in_console_words(raw: bytes) -> str:
    """Return what a Windows program printed: in UTF-8, or in the code page of a Chinese system."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def windows_folders(environ: Mapping[str, str], *below: str) -> tuple[Path, ...]:
    """Return the folders below each drive and its program folder on a Windows host, none elsewhere."""
    if os.name != "nt" and "SystemDrive" not in environ:
        return ()
    roots = [environ.get("ProgramFiles", ""), environ.get("ProgramFiles(x86)", "")]
    roots += [f"{drive}:\\{inner}" for drive in "CDEF" for inner in ("", "Program Files")]
    return tuple(dict.fromkeys(Path(root) / folder for root in roots if root for folder in below))
