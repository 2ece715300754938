"""Runs command lines as the device's ``sh -c`` does: grammar in ``shell_grammar``, programs in ``commands_*``."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harness.errors import HarnessError
from harness.virtual.command import Call, Command, UsageFault, encode
from harness.virtual.phone import ShellResult
from harness.virtual.shell_glob import matching_names
from harness.virtual.shell_grammar import (
    Group,
    Part,
    Pipeline,
    Redirect,
    Script,
    Simple,
    SyntaxFault,
    Word,
    parse,
)
from harness.virtual.userland import Userland

logger = logging.getLogger(__name__)

SHELL = "/system/bin/sh"
NOT_FOUND = 127
_MAX_NESTING = 20
_VARIABLES = {
    "PATH": "/product/bin:/apex/com.android.runtime/bin:/system/bin:/system/xbin:/vendor/bin",
    "HOME": "/",
    "SHELL": SHELL,
    "USER": "shell",
    "LOGNAME": "shell",
    "HOSTNAME": "virtual",
    "ANDROID_ROOT": "/system",
    "ANDROID_DATA": "/data",
    "EXTERNAL_STORAGE": "/sdcard",
    "TMPDIR": "/data/local/tmp",
    "TERM": "xterm-256color",
}
_GLOB = re.compile(r"[*?\[]")
# Stands for a quoted wildcard while a pattern is built; no argument can hold it.
_QUOTED_GLOB = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})


class _Exit(Exception):
    """``exit`` was called."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, kw_only=True)
class _Context:
    """What a running line carries along; a group in parentheses gets a copy."""

    out: bytearray
    err: bytearray
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=lambda: dict(_VARIABLES))
    status: int = 0
    depth: int = 0


class AndroidShell:
    """The shell of one device; implements ``phone.Shell``. Every ``run`` is a new shell process."""

    def __init__(self, device: Userland, commands: Mapping[str, Command]) -> None:
        self._device = device
        self._commands = commands
        self._builtins: Mapping[str, Callable[[_Context, Call], int]] = {
            "cd": self._cd,
            "export": self._export,
            "unset": self._unset,
            "set": self._set,
            "exit": self._exit,
            "type": self._which,
            "which": self._which,
        }

    async def run(self, command_line: str, stdin: bytes = b"") -> ShellResult:
        """Run one line and return output, error output and exit code; a syntax error is exit code 1."""
        context = _Context(out=bytearray(), err=bytearray())
        try:
            code = await self._run_text(command_line, context, stdin)
        except _Exit as e:
            code = e.code
        return ShellResult(stdout=bytes(context.out), stderr=bytes(context.err), exit_code=code & 0xFF)

    async def _run_text(self, text: str, context: _Context, stdin: bytes) -> int:
        try:
            script = parse(text)
        except SyntaxFault as e:
            context.err += encode(f"{SHELL}: {e}\n")
            return 1
        return await self._run_script(script, context, stdin)

    async def _run_script(self, script: Script, context: _Context, stdin: bytes) -> int:
        for step in script.steps:
            if (step.condition == "&&") if context.status else (step.condition == "||"):
                continue
            context.status = await self._run_pipeline(step.pipeline, context, stdin)
        return context.status

    async def _run_pipeline(self, pipeline: Pipeline, context: _Context, stdin: bytes) -> int:
        flowing = stdin
        status = 0
        for command in pipeline.commands[:-1]:
            pipe = bytearray()
            inside = replace(context, out=pipe, variables=dict(context.variables))
            await self._guarded(command, inside, flowing)
            flowing = bytes(pipe)
        if len(pipeline.commands) > 1:
            inside = replace(context, variables=dict(context.variables))
            status = await self._guarded(pipeline.commands[-1], inside, flowing)
        else:
            status = await self._run_command(pipeline.commands[-1], context, flowing)
        return int(not status) if pipeline.negated else status

    async def _guarded(self, command: Simple | Group, context: _Context, stdin: bytes) -> int:
        """Run a part of a pipe: ``exit`` there ends that part only."""
        try:
            return await self._run_command(command, context, stdin)
        except _Exit as e:
            return e.code

    async def _run_command(self, command: Simple | Group, context: _Context, stdin: bytes) -> int:
        try:
            files = await self._redirected(command.redirects, context, stdin)
        except OSError as e:
            context.err += encode(f"{SHELL}: can't open {e.filename}: {e.strerror}\n")
            return 1
        streams = replace(context, out=files.out, err=files.err)
        if isinstance(command, Group):
            inside = replace(streams, variables=dict(context.variables))
            try:
                code = await self._run_script(command.body, inside, files.stdin)
            except _Exit as e:
                code = e.code
        else:
            code = await self._run_simple(command, streams, files.stdin)
            context.folder = streams.folder
        for path, content in files.pending:
            try:
                self._device.files.append(path, bytes(content))
            except OSError as e:
                context.err += encode(f"{SHELL}: write error: {e.strerror}\n")
                code = 1
        return code

    async def _run_simple(self, command: Simple, context: _Context, stdin: bytes) -> int:
        variables = dict(context.variables)
        status_before = context.status
        for name, word in command.assignments:
            variables[name] = "".join(await self._expand(word, replace(context, variables=variables)))
        argv = [text for word in command.words for text in await self._fields(word, context)]
        if not argv:
            context.variables.update(variables)
            # ``x=$(false)`` has the exit code of the substitution; a plain assignment succeeds.
            return context.status if context.status != status_before else 0
        return await self._run_program(argv, context, stdin, variables)

    async def _run_program(self, argv: list[str], context: _Context, stdin: bytes, variables: dict[str, str]) -> int:
        name, args = argv[0], tuple(argv[1:])
        while name in ("exec", "command", "nohup", "env", "builtin", "time") and args and args[0][:1] != "-":
            if name == "env" and "=" in args[0]:
                key, _, value = args[0].partition("=")
                variables[key] = value
                args = args[1:]
                continue
            name, args = args[0], args[1:]
        call = Call(
            device=self._device,
            name=name,
            args=args,
            stdin=stdin,
            out=context.out,
            err=context.err,
            folder=context.folder,
            variables=variables,
        )
        try:
            return await self._dispatch(call, context)
        except UsageFault as e:
            return call.refuse(str(e), e.code)
        except OSError as e:
            return call.refuse(f"{name}: {e.filename}: {e.strerror}")
        except HarnessError as e:
            logger.warning("a program on the device failed", extra={"program": name, "problem": str(e)})
            return call.refuse(f"{name}: {e}")

    async def _dispatch(self, call: Call, context: _Context) -> int:
        if not self._has(call.name):
            return self._missing(call)
        if builtin := self._builtins.get(call.name):
            return builtin(context, call)
        if call.name in ("sh", SHELL, "su", "eval"):
            return await self._inner_shell(call, context)
        if call.name == "xargs":
            words = call.stdin.decode("utf-8", "surrogateescape").split()
            argv = [*(call.args or ("echo",)), *words]
            return await self._run_program(argv, context, b"", call.variables)
        if call.name == "command" and call.args[:1] == ("-v",):
            return self._which(context, call)
        program = self._program(call.name)
        if program is None:
            return self._missing(call)
        return await program(call)

    def _has(self, name: str) -> bool:
        """Return whether this kind of device has a program of that name, if any device has."""
        return name.rpartition("/")[2] not in self._device.personality.quirks.lacks

    def _program(self, name: str) -> Command | None:
        return self._commands.get(name.removeprefix("/system/bin/").removeprefix("/bin/")) if self._has(name) else None

    def _missing(self, call: Call) -> int:
        unknown = f"{SHELL}: {call.name}: {self._device.personality.not_found}"
        if "/" not in call.name:
            return call.refuse(unknown, NOT_FOUND)
        path = call.path(call.name)
        if not self._device.files.exists(path):
            return call.refuse(unknown, NOT_FOUND)
        if self._device.files.is_dir(path):
            return call.refuse(f"{SHELL}: {call.name}: can't execute: Is a directory", 126)
        return call.refuse(f"{SHELL}: {call.name}: can't execute: Permission denied", 126)

    async def _inner_shell(self, call: Call, context: _Context) -> int:
        if context.depth >= _MAX_NESTING:
            return call.refuse(f"{SHELL}: too many nested shells")
        inside = replace(context, variables=dict(call.variables), depth=context.depth + 1)
        match call.name, call.args:
            case "eval", words:
                text = " ".join(words)
            case "su", ("0" | "root" | "shell", "-c", line, *_):
                text = line
            case "su", ("0" | "root" | "shell", *words) if words:
                text = shlex.join(words)
            case _, ("-c", line, *_):
                text = line
            case name, (script, *_) if name != "su":
                text = self._device.files.read(call.path(script)).decode("utf-8", "surrogateescape")
            case _:
                text = call.stdin.decode("utf-8", "surrogateescape")
        try:
            return await self._run_text(text, inside, call.stdin if call.args else b"")
        except _Exit as e:
            return e.code

    # words

    async def _expand(self, word: Word, context: _Context) -> list[str]:
        return [await self._part(part, context) for part in word]

    async def _fields(self, word: Word, context: _Context) -> list[str]:
        """Return the arguments that a word becomes: unquoted ``$`` results are split, wildcards are filled."""
        texts = await self._expand(word, context)
        fields: list[tuple[str, str]] = []
        current: tuple[str, str] | None = None
        for part, text in zip(word, texts, strict=True):
            if part.kind == "text" or part.quoted:
                pattern = text.translate(_QUOTED_GLOB) if part.quoted else text
                current = (current[0] + text, current[1] + pattern) if current else (text, pattern)
                continue
            pieces = re.split(r"[ \t\n]+", text)
            for position, piece in enumerate(pieces):
                if position and current is not None:
                    fields.append(current)
                    current = None
                if piece:
                    current = (current[0] + piece, current[1] + piece) if current else (piece, piece)
        if current is not None:
            fields.append(current)
        return [name for text, pattern in fields for name in self._filled(text, pattern, context.folder)]

    async def _part(self, part: Part, context: _Context) -> str:
        if part.kind == "text":
            return part.value
        if part.kind == "variable":
            return self._variable(part.value, context)
        if context.depth >= _MAX_NESTING:
            context.err += encode(f"{SHELL}: too many nested shells\n")
            return ""
        captured = bytearray()
        inside = replace(context, out=captured, variables=dict(context.variables), depth=context.depth + 1)
        try:
            context.status = await self._run_text(part.value, inside, b"")
        except _Exit as e:
            context.status = e.code
        return captured.decode("utf-8", "surrogateescape").rstrip("\n")

    def _variable(self, name: str, context: _Context) -> str:
        match name:
            case "?":
                return str(context.status)
            case "$":
                return "3999"
            case "#":
                return "0"
            case "@" | "*":
                return ""
            case "0":
                return SHELL
            case "PWD":
                return context.folder
            case _:
                return context.variables.get(name, "")

    def _filled(self, text: str, pattern: str, folder: str) -> list[str]:
        """Return the names that a pattern fits, or the text itself where none does, as ``sh`` does."""
        if not _GLOB.search(text) or text.translate(_QUOTED_GLOB) == pattern:
            return [text]
        return matching_names(self._device.files, pattern, folder) or [text]

    # redirections

    async def _redirected(self, redirects: tuple[Redirect, ...], context: _Context, stdin: bytes) -> _Files:
        files = _Files(out=context.out, err=context.err, stdin=stdin)
        for redirect in redirects:
            target = "".join(await self._expand(redirect.target, context))
            path = target if target.startswith("/") else f"{context.folder.rstrip('/')}/{target}"
            if redirect.operator == ">&":
                files.point(redirect.descriptor, files.out if target == "1" else files.err)
            elif redirect.operator == "<":
                files.stdin = self._device.files.read(path)
            else:
                if redirect.operator == ">":
                    self._device.files.write(path, b"")
                else:
                    self._device.files.append(path, b"")
                content = bytearray()
                files.pending.append((path, content))
                files.point(redirect.descriptor, content)
        return files

    # programs that change the shell itself

    def _cd(self, context: _Context, call: Call) -> int:
        goal = call.path(call.args[0]) if call.args else "/"
        try:
            where = self._device.files.real_path(goal)
        except OSError as e:
            return call.refuse(f"{SHELL}: cd: {goal}: {e.strerror}", 2)
        if not self._device.files.is_dir(where):
            problem = "Not a directory" if self._device.files.exists(where) else "No such file or directory"
            return call.refuse(f"{SHELL}: cd: {goal}: {problem}", 2)
        context.folder = where
        return 0

    def _export(self, context: _Context, call: Call) -> int:
        for arg in call.args:
            name, equals, value = arg.partition("=")
            if equals:
                context.variables[name] = value
        return 0

    def _unset(self, context: _Context, call: Call) -> int:
        for name in call.args:
            context.variables.pop(name, None)
        return 0

    def _set(self, context: _Context, call: Call) -> int:
        if not call.args:
            for name, value in sorted(context.variables.items()):
                call.say(f"{name}={value}")
        return 0

    def _exit(self, context: _Context, call: Call) -> int:
        if call.args and not call.args[0].lstrip("-").isdigit():
            return call.refuse(f"{SHELL}: exit: {call.args[0]}: bad number")
        raise _Exit(int(call.args[0]) if call.args else context.status)

    def _which(self, context: _Context, call: Call) -> int:
        code = 0
        for name in (arg for arg in call.args if not arg.startswith("-")):
            if name in self._builtins or self._program(name) is not None or name == "sh":
                where = name if name.startswith("/") else f"/system/bin/{name}"
                call.say(f"{name} is {where}" if call.name == "type" else where)
            else:
                code = 1
                if call.name == "type":
                    call.complain(f"{SHELL}: {name} not found")
        return code


@dataclass(slots=True, kw_only=True)
class _Files:
    """Where one command reads and writes; ``pending`` is added to files when it ends."""

    out: bytearray
    err: bytearray
    stdin: bytes
    pending: list[tuple[str, bytearray]] = field(default_factory=list)

    def point(self, descriptor: int, target: bytearray) -> None:
        """Let a descriptor write to ``target``."""
        if descriptor == 2:
            self.err = target
        else:
            self.out = target
