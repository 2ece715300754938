"""Ways to film a device's screen in segments: scrcpy, the device's own ``screenrecord``, single frames.

Each gives one whole MP4 per segment, so that whatever dies later costs the segment that was running and no more.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import adbutils

from harness.clock import Clock, deadline
from harness.device import wire
from harness.device.film_frames import FilmError, FrameFilm
from harness.device.frames import png_in
from harness.device.wire import LOOPBACK, QuickClient
from harness.errors import ActionRefused, DeviceError, DeviceTimeout

_FOLDER: Final = "/data/local/tmp"
_NAME: Final = "harness-film"
# By name: nobody else records a device that is leased. Android before 6 has neither; its segment ends by itself.
_STOP: Final = "pkill -2 screenrecord || kill -2 $(pidof screenrecord)"
_OLDEST_SCRCPY: Final = (2, 5)  # the first with --no-window
_SCRCPY_VERSION: Final = re.compile(r"^scrcpy v?(\d+)\.(\d+)", re.MULTILINE)
_VERSION_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmLimits:
    """How a film is cut and how large it may get, for one probe."""

    segment_s: int = 20
    most_bytes: int = 96 << 20
    bits_per_s: int = 1_000_000
    frame_s: float = 0.5  # between single frames, where nothing else films
    slack_s: float = 20.0  # for a segment to be begun and closed
    fetch_s: float = 60.0
    stop_poll_s: float = 0.2


class Camera(Protocol):
    """Films one device, used by one thread; ``stop`` is called from another."""

    name: str

    def segment(self, number: int) -> bytes:
        """Film until the segment's end or ``stop`` and return the whole MP4. Raises ``DeviceError``."""
        ...

    def stop(self) -> None:
        """End the segment that runs. Raises ``DeviceError`` where the device cannot be told."""
        ...


def cameras(serial: str, adb: tuple[str, int], clock: Clock, limits: FilmLimits) -> tuple[Camera, ...]:
    """Return what can film this device, the best first; which of them works shows when it films."""
    # Its own tunnel ends where its adb server is. On Windows it hears Ctrl-C alone (windows_ctrl_handler in scrcpy.c),
    # which nobody can send to one program: ended otherwise, it leaves a film without its index, which nothing plays.
    program = found_scrcpy() if adb[0] in LOOPBACK and sys.platform != "win32" else None
    found: list[Camera] = []
    if program is not None:
        found.append(Scrcpy(program, serial, adb, limits))
    return (*found, Screenrecord(serial, adb, limits), Frames(serial, adb, clock, limits))


class Screenrecord:
    """Android's own recorder (4.4 and later): a file on the device, fetched when it is whole."""

    name = "screenrecord"

    def __init__(self, serial: str, adb: tuple[str, int], limits: FilmLimits) -> None:
        self._serial = serial
        self._adb = adb
        self._limits = limits
        self._token = secrets.token_hex(4)

    def segment(self, number: int) -> bytes:
        limits = self._limits
        path = f"{_FOLDER}/{_NAME}-{self._token}-{number}.mp4"
        options = f"--bit-rate {limits.bits_per_s} --time-limit {limits.segment_s}"
        try:
            said = self._shell(f"screenrecord {options} {path}", limits.segment_s + limits.slack_s)
            try:
                content = self._fetch(path)
            except DeviceError as error:
                raise ActionRefused(f"no film was made: {said.strip()[:200] or error}", serial=self._serial) from error
        finally:
            with contextlib.suppress(DeviceError):
                self._shell(f"rm -f {path}", limits.slack_s)
        if not is_whole(content):
            problem = f"the film of {len(content)} bytes is not whole: {said.strip()[:200]}"
            raise ActionRefused(problem, serial=self._serial)
        return content

    def stop(self) -> None:
        self._shell(_STOP, self._limits.slack_s)

    def _shell(self, command: str, timeout_s: float) -> str:
        client = QuickClient(*self._adb)
        with client.within(timeout_s, command.split(maxsplit=1)[0], self._serial):
            return str(client.device(self._serial).shell(command))

    def _fetch(self, path: str) -> bytes:
        client = QuickClient(*self._adb)
        with client.within(self._limits.fetch_s, f"sync:pull {path}", self._serial):
            return bytes(client.device(self._serial).sync.read_bytes(path))


class Scrcpy:
    """scrcpy by its documented command line (2.5 and later); nothing stays on the device.

    Tried against a stand-in of that command line only, never against the program itself.
    """

    name = "scrcpy"

    def __init__(self, program: Path, serial: str, adb: tuple[str, int], limits: FilmLimits) -> None:
        self._program = program
        self._serial = serial
        self._adb = adb
        self._limits = limits
        self._running: subprocess.Popen[bytes] | None = None

    def command(self, path: Path) -> list[str]:
        """Return the command line that films one segment into a file."""
        limits = self._limits
        return [
            str(self._program),
            f"--serial={self._serial}",
            "--no-window",
            "--no-playback",
            "--no-control",
            "--no-audio",
            f"--video-bit-rate={limits.bits_per_s}",
            f"--time-limit={limits.segment_s}",
            f"--record={path}",
            "--record-format=mp4",
        ]

    def segment(self, number: int) -> bytes:
        limits = self._limits
        environment = {**os.environ, "ANDROID_ADB_SERVER_PORT": str(self._adb[1]), "ADB": str(adbutils.adb_path())}
        with tempfile.TemporaryDirectory(prefix="harness-scrcpy-", ignore_cleanup_errors=True) as folder:
            path, log = Path(folder, f"{number}.mp4"), Path(folder, "log.txt")
            with log.open("wb") as output:
                self._running = subprocess.Popen(
                    self.command(path),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=sys.platform != "win32",  # interrupted without ourselves being
                )
                code = self._ended(self._running, limits.segment_s + limits.slack_s)
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-200:]
            # Its exit code after an interrupt is not documented: what counts is the file.
            film = path.read_bytes() if path.is_file() else b""
        if not is_whole(film):
            problem = f"scrcpy made no whole film, {len(film)} bytes (exit {code}): {said}"
            raise ActionRefused(problem, serial=self._serial)
        return film

    def stop(self) -> None:
        running = self._running
        if running is not None and running.poll() is None:
            running.send_signal(signal.SIGINT)  # Ctrl-C, after which it closes its file as documented

    def _ended(self, process: subprocess.Popen[bytes], within_s: float) -> int:
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise DeviceTimeout("scrcpy did not end", serial=self._serial, timeout_s=within_s) from error


def found_scrcpy() -> Path | None:
    """Return the scrcpy on the PATH, ``None`` where there is none or it is older than what is needed."""
    program = shutil.which("scrcpy")
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, timeout=_VERSION_S, check=False, stdin=subprocess.DEVNULL
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = _SCRCPY_VERSION.search(told.decode("utf-8", "replace"))
    return Path(program) if match and (int(match[1]), int(match[2])) >= _OLDEST_SCRCPY else None


def is_whole(film: bytes) -> bool:
    """Return whether an MP4 is there from its first box to its last, with the index that is written at its end."""
    at, kinds = 0, set()
    while at + 8 <= len(film):
        length, kind = struct.unpack_from(">I4s", film, at)
        if length == 1 and at + 16 <= len(film):  # a box of more than 4 GB, or one that was begun as if
            (length,) = struct.unpack_from(">Q", film, at + 8)
        if length < 8 or at + length > len(film):
            return False
        kinds.add(kind)
        at += length
    return at == len(film) and b"moov" in kinds


class Frames:
    """Screenshots, one after the other, as a film whose every frame lies at the time at which it was taken."""

    name = "frames"

    def __init__(self, serial: str, adb: tuple[str, int], clock: Clock, limits: FilmLimits) -> None:
        self._serial = serial
        self._adb = adb
        self._clock = clock
        self._limits = limits
        self._stop = threading.Event()

    def segment(self, number: int) -> bytes:
        del number
        self._stop.clear()
        try:
            content = self._film()
        except (FilmError, OSError) as error:
            raise ActionRefused(f"frames could not be filmed: {error}", serial=self._serial) from error
        if not content:
            raise ActionRefused("no frame was whole", serial=self._serial)
        return content

    def _film(self) -> bytes:
        film = FrameFilm()
        begin_s = self._clock.monotonic_s()
        left_s = deadline(self._clock, self._limits.segment_s)
        while True:
            raw = wire.screencap(self._adb, self._serial, timeout_s=self._limits.slack_s)
            if raw is None:
                raise ActionRefused("no exec: service, so no frames", serial=self._serial)
            png = png_in(raw)
            if png is not None:
                film.add(png, self._clock.monotonic_s() - begin_s)
            if self._stop.wait(min(self._limits.frame_s, max(0.0, left_s()))) or left_s() <= 0:
                return film.close()

    def stop(self) -> None:
        self._stop.set()
