"""``screenrecord``: pictures of the screen, encoded in this process; no program of the host is needed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from harness.virtual.files import DeviceFiles
from harness.virtual.phone import Screen, ShellResult

MAX_SECONDS = 180
FRAMES_PER_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """What the command line asks for; ``size`` is ``WxH`` or None for the screen's own."""

    path: str
    limit_s: float
    size: tuple[int, int] | None


async def record(
    arguments: Sequence[str],
    screen: Screen,
    files: DeviceFiles,
    until_stopped: Callable[[], Awaitable[None]],
) -> ShellResult:
    """Record until the time limit or until ``until_stopped`` returns; the file is a playable MP4."""
    options = _parse(arguments)
    if isinstance(options, str):
        return ShellResult(stderr=options.encode(), exit_code=2)
    with files.scratch_file() as scratch:
        try:
            encoder = _Encoder(scratch.path, options.size)
            try:
                await _feed(encoder, screen, options.limit_s, until_stopped)
            finally:
                await asyncio.to_thread(encoder.close)
        except (av.FFmpegError, OSError) as error:
            return ShellResult(stderr=f"ERROR: encoder failed: {error}\n".encode(), exit_code=1)
        return _keep(scratch.path, options.path, files)


class _Encoder:
    """Writes pictures into an MP4 of ``FRAMES_PER_S``; made for the size of its first picture unless told one."""

    def __init__(self, path: Path, size: tuple[int, int] | None) -> None:
        self._size = size
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream: av.VideoStream | None = None

    def add(self, png: bytes, count: int) -> None:
        """Append a picture ``count`` times. Raises ``av.FFmpegError`` or ``OSError``."""
        with Image.open(io.BytesIO(png)) as picture:
            width, height = self._size or picture.size
            even = picture.convert("RGB").resize((max(2, width // 2 * 2), max(2, height // 2 * 2)))
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=FRAMES_PER_S, options={"preset": "ultrafast"})
            self._stream.width, self._stream.height, self._stream.pix_fmt = *even.size, "yuv420p"
        elif even.size != (self._stream.width, self._stream.height):  # the screen was turned
            even = even.resize((self._stream.width, self._stream.height))
        for _ in range(count):
            self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(np.asarray(even), format="rgb24")))

    def close(self) -> None:
        """Write what is still to be written."""
        if self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()


async def _feed(
    encoder: _Encoder,
    screen: Screen,
    limit_s: float,
    until_stopped: Callable[[], Awaitable[None]],
) -> None:
    """Give the encoder as many pictures as the time since the start asks for, repeating the last where late.

    A picture every 1/FRAMES_PER_S s of host time: the file plays as fast as the screen was seen.
    """
    stopped = asyncio.ensure_future(until_stopped())
    now = asyncio.get_running_loop().time
    start_s, given = now(), 0
    try:
        while True:
            picture = await screen.screenshot()
            passed_s = min(now() - start_s, limit_s)
            wanted = int(passed_s * FRAMES_PER_S) + 1
            if wanted > given:
                await asyncio.to_thread(encoder.add, picture, wanted - given)
                given = wanted
            if stopped.done() or passed_s >= limit_s:
                return
            wait_s = max(0.0, min(start_s + given / FRAMES_PER_S, start_s + limit_s) - now())
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stopped), wait_s)
    finally:
        stopped.cancel()


def _keep(made: Path, path: str, files: DeviceFiles) -> ShellResult:
    try:
        files.write(path, made.read_bytes())
    except OSError as error:
        return ShellResult(stderr=f"ERROR: unable to open '{path}': {error.strerror}\n".encode(), exit_code=1)
    return ShellResult()


def _parse(arguments: Sequence[str]) -> RecordOptions | str:
    """Return the options, or what the program prints about them."""
    path, limit_s, size = "", float(MAX_SECONDS), None
    words = iter(arguments)
    for word in words:
        name, _, value = word.partition("=")
        match name:
            case "--time-limit":
                value = value or next(words, "")
                if not value.isdigit() or not 0 < int(value) <= MAX_SECONDS:
                    return f"Time limit {value}s outside acceptable range [1,{MAX_SECONDS}]\n"
                limit_s = float(value)
            case "--size":
                width, _, height = (value or next(words, "")).partition("x")
                if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
                    return "Invalid size, must be width x height\n"
                size = (int(width), int(height))
            case "--bit-rate" | "--display-id":
                _ = value or next(words, "")
            case "--verbose" | "--bugreport" | "--rotate":
                continue
            case _ if word.startswith("--"):
                return f"screenrecord: unrecognized option '{word}'\n"
            case _:
                path = word
    if not path:
        return "Must specify output file (see --help).\n"
    return RecordOptions(path=path, limit_s=limit_s, size=size)
