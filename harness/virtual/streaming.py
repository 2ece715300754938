"""The programs that go on until they are stopped: ``logcat``, ``screenrecord`` and the uiautomator2 server."""

from __future__ import annotations

import asyncio
import io
import re
import shlex
import zipfile
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.errors import VirtualDeviceError
from harness.virtual.device_parts import DeviceParts
from harness.virtual.faults import Fault
from harness.virtual.logcat import parse_options, render
from harness.virtual.processes import UI_SERVER_PROCESS, Process
from harness.virtual.screenrecord import record

UI_SERVER_CLASS = "com.wetest.uia2.Main"
UI_SERVER_PORT = 9008
_POLL_S = 0.1
_KILLED = 128
_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
_OPERATORS = frozenset(";&|<>()")

Write = Callable[[bytes], Awaitable[None]]
Wait = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a program prints, and how it learns that nobody reads any more."""

    out: Write
    err: Write
    wait_closed: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One program with its arguments and the variables set for it."""

    name: str
    arguments: tuple[str, ...]
    variables: dict[str, str]
    line: str


StreamingProgram = Callable[[Invocation, DeviceParts, Output], Awaitable[int]]


def streaming_program(line: str) -> tuple[StreamingProgram, Invocation] | None:
    """Return the program that a command line starts where that program goes on, else None.

    Only a line that is one such program (after ``export`` and ``exec``) is taken; pipes and lists are the shell's.
    """
    words = shell_words(line)
    if words[:1] == ["export"] and ";" in words:
        words = words[words.index(";") + 1 :]
    if words[:1] == ["exec"]:
        del words[0]
    variables: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        variables[match[1]] = match[2]
        del words[0]
    if not words or any(set(word) <= _OPERATORS for word in words if word):
        return None
    program = _PROGRAMS.get(words[0].rpartition("/")[2])
    if program is None:
        return None
    return program, Invocation(name=words[0], arguments=tuple(words[1:]), variables=variables, line=line)


def shell_words(line: str) -> list[str]:
    """Return the words and operators of a command line without quotes; nothing for a line that does not parse."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return []


async def first_of(*waits: Coroutine[Any, Any, object], timeout_s: float | None = None) -> None:
    """Return when the first of ``waits`` is over, or after ``timeout_s``; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _logcat(invocation: Invocation, parts: DeviceParts, output: Output) -> int:
    options = parse_options(invocation.arguments)
    if options.clear:
        parts.log.clear()
        return 0
    lines = parts.log.after(0)
    await output.out(render(lines, options))
    if options.dump:
        return 0
    seen = lines[-1].number if lines else 0
    with parts.processes.run("logcat", invocation.line) as process:
        while not process.ended.is_set():
            news = asyncio.ensure_future(parts.log.grown(seen))
            await first_of(_done(news), process.ended.wait(), output.wait_closed())
            if not news.done() or news.cancelled():
                news.cancel()
                break
            seen = news.result()[-1].number
            await output.out(render(news.result(), options.without_tail()))
    return _exit_code(process)


async def _done(future: asyncio.Future[Any]) -> None:
    await asyncio.wait([future])


async def _screenrecord(invocation: Invocation, parts: DeviceParts, output: Output) -> int:
    with parts.processes.run("screenrecord", invocation.line) as process:

        async def until_stopped() -> None:
            await first_of(process.ended.wait(), output.wait_closed())

        result = await record(invocation.arguments, parts.screen, parts.files, until_stopped)
    if result.stdout:
        await output.out(result.stdout)
    if result.stderr:
        await output.err(result.stderr)
    return result.exit_code


async def _app_process(invocation: Invocation, parts: DeviceParts, output: Output) -> int:
    if UI_SERVER_CLASS not in invocation.arguments:
        await output.err(b"Error: could not find class '%s'\n" % " ".join(invocation.arguments[1:2]).encode())
        return 1
    jars = invocation.variables.get("CLASSPATH", "").split(":")
    missing = not all(parts.files.exists(jar) for jar in jars)
    if missing or (parts.personality.quirks.one_dex_per_jar and not await asyncio.to_thread(_is_first, parts, jars)):
        await output.err(f"Error: could not find class '{UI_SERVER_CLASS}'\nAborted\n".encode())
        return 134
    with parts.processes.run(UI_SERVER_PROCESS, invocation.line) as process:
        await output.out(b"[server] INFO: [UiAutomator2Server] Starting Server\n")
        refusal = await _start_ui_server(parts)
        if refusal is not None:
            await output.out(refusal.encode())
            return 1
        try:
            await output.out(f"[server] INFO: http server listening on *:{UI_SERVER_PORT}\n".encode())
            while parts.ui_server.running and not process.ended.is_set():
                closed = asyncio.ensure_future(output.wait_closed())
                await first_of(process.ended.wait(), _done(closed), timeout_s=_POLL_S)
                if closed.done():
                    break
                closed.cancel()
        finally:
            await parts.ui_server.stop()
    return _exit_code(process)


def _is_first(parts: DeviceParts, jars: list[str]) -> bool:
    """Return whether the server's class lies in the first dex of a jar, where Dalvik finds it."""
    wanted = f"L{UI_SERVER_CLASS.replace('.', '/')};".encode()
    for jar in jars:
        with suppress(KeyError, zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(parts.files.read(jar))) as opened:
            if wanted in opened.read("classes.dex"):
                return True
    return False


async def _start_ui_server(parts: DeviceParts) -> str | None:
    """Start the server; return what it prints where it cannot."""
    if parts.ui_server.running or parts.faults.take(Fault.ALREADY_REGISTERED):
        binder = "android.accessibilityservice.IAccessibilityServiceClient$Stub$Proxy@5e1c0d2"
        return f"java.lang.IllegalStateException: UiAutomationService {binder}already registered!\n"
    if parts.faults.take(Fault.NO_START):
        return "Killed\n"
    try:
        await parts.ui_server.start()
    except VirtualDeviceError as error:
        return f"java.lang.RuntimeException: {error}\n"
    return None


def _exit_code(process: Process) -> int:
    return 0 if process.signal_number is None else _KILLED + process.signal_number


_PROGRAMS: dict[str, StreamingProgram] = {
    "logcat": _logcat,
    "screenrecord": _screenrecord,
    "app_process": _app_process,
    "app_process32": _app_process,
    "app_process64": _app_process,
}
