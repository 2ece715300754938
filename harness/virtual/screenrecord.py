"""``screenrecord``: pictures of the screen, encoded by an ``ffmpeg`` of the host where there is one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.virtual.files import DeviceFiles
from harness.virtual.phone import Screen, ShellResult

MAX_SECONDS = 180
FRAMES_PER_S = 5
_ENCODER_TIMEOUT_S = 30.0


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
    """Record until the time limit or until ``until_stopped`` returns; the file is a playable MP4.

    Without an encoder on the host this says so with exit code 1 and writes nothing.
    """
    options = _parse(arguments)
    if isinstance(options, str):
        return ShellResult(stderr=options.encode(), exit_code=2)
    encoder = shutil.which("ffmpeg")
    if encoder is None:
        return ShellResult(
            stderr=b"ERROR: unable to create video/avc codec instance: no ffmpeg on the host of this device\n",
            exit_code=1,
        )
    with files.scratch_file() as scratch:
        # A picture every 1/FRAMES_PER_S s of host time: the file plays as fast as the screen was seen.
        process = await asyncio.create_subprocess_exec(
            encoder,
            *("-loglevel", "error", "-y", "-f", "image2pipe", "-framerate", str(FRAMES_PER_S), "-i", "-"),
            *("-vf", _scaling(options.size), "-c:v", "mpeg4", "-q:v", "4", "-pix_fmt", "yuv420p"),
            *("-movflags", "+faststart", "-f", "mp4", str(scratch.path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await _feed(process, screen, options.limit_s, until_stopped)
            if process.stdin is not None:
                process.stdin.close()
            async with asyncio.timeout(_ENCODER_TIMEOUT_S):
                _, complaint = await process.communicate()
        except (TimeoutError, ConnectionError) as error:
            return ShellResult(stderr=f"ERROR: encoder failed: {error}\n".encode(), exit_code=1)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            return ShellResult(stderr=b"ERROR: encoder failed: " + complaint, exit_code=1)
        return _keep(scratch.path, options.path, files)


async def _feed(
    process: asyncio.subprocess.Process,
    screen: Screen,
    limit_s: float,
    until_stopped: Callable[[], Awaitable[None]],
) -> None:
    """Give the encoder as many pictures as the time since the start asks for, repeating the last where late."""
    assert process.stdin is not None
    stopped = asyncio.ensure_future(until_stopped())
    now = asyncio.get_running_loop().time
    start_s, given = now(), 0
    try:
        while True:
            picture = await screen.screenshot()
            passed_s = min(now() - start_s, limit_s)
            while given <= passed_s * FRAMES_PER_S:
                process.stdin.write(picture)
                await process.stdin.drain()
                given += 1
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


def _scaling(size: tuple[int, int] | None) -> str:
    """Return the filter that gives even sides, as the encoder needs."""
    if size is None:
        return "scale=trunc(iw/2)*2:trunc(ih/2)*2"
    return f"scale={size[0] // 2 * 2}:{size[1] // 2 * 2}"
