"""Small programs of toybox that only work on text and names: echo, grep, sort, md5sum and their kind."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping

from harness.virtual.command import Call, Command, UsageFault, encode
from harness.virtual.commands_condition import CONDITION_COMMANDS

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "e": "\x1b", "0": "\0"}
_MAX_SLEEP_S = 3600.0


async def echo(call: Call) -> int:
    """Print the arguments; ``-n`` without the line end, ``-e`` with escapes."""
    words = list(call.args)
    newline, escapes = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        flags = words.pop(0)
        newline = "" if "n" in flags else newline
        escapes = "e" in flags or escapes
    text = " ".join(words)
    call.out += encode((_unescape(text) if escapes else text) + newline)
    return 0


async def printf(call: Call) -> int:
    """Print a format with ``%s``, ``%d``, ``%x``, ``%c`` and ``%%``, again while arguments remain."""
    if not call.args:
        return call.refuse("printf: usage: printf FORMAT [ARGUMENT...]")
    layout, rest = _unescape(call.args[0]), list(call.args[1:])
    fields = len(re.findall(r"%[-0-9.]*[sdixc]", layout))
    while True:
        call.out += encode(re.sub(r"%([-0-9.]*)([sdixc%])", lambda match: _field(match, rest), layout))
        if not rest or not fields:
            return 0


async def sleep(call: Call) -> int:
    """Wait for real seconds (``cmd clock advance`` moves the device's time without waiting)."""
    if len(call.args) != 1 or not re.fullmatch(r"\d*\.?\d+[smh]?", call.args[0]):
        raise UsageFault(f"sleep: bad number {' '.join(call.args)!r}")
    unit = {"m": 60.0, "h": 3600.0}.get(call.args[0][-1], 1.0)
    await asyncio.sleep(min(float(call.args[0].rstrip("smh")) * unit, _MAX_SLEEP_S))
    return 0


async def true(_: Call) -> int:
    """Succeed."""
    return 0


async def false(_: Call) -> int:
    """Fail."""
    return 1


async def grep(call: Call) -> int:
    """Print lines that match; ``-i -v -c -n -E -F -o -q -w -e``; 1 where none does."""
    flags, words = _flags(call.args, with_value="emAB")
    patterns = [value for flag, value in flags if flag == "e"] or words[:1]
    names = words if any(flag == "e" for flag, _ in flags) else words[1:]
    if not patterns:
        return call.refuse("grep: no REGEX", 2)
    on = {flag for flag, _ in flags}
    matcher = _matcher(patterns, on)
    total = 0
    for name in names or ["-"]:
        lines = _read(call, name).decode("utf-8", "surrogateescape").splitlines()
        hits = [(number, line) for number, line in enumerate(lines, 1) if bool(matcher(line)) != ("v" in on)]
        total += len(hits)
        _print_hits(call, hits, matcher, (on, name if len(names) > 1 and "h" not in on else ""))
    return 0 if total else 1


async def head(call: Call) -> int:
    """Print the first lines (``-n N``, ``-N``) or bytes (``-c N``)."""
    count, in_bytes, names = _amount(call)
    for name in names or ["-"]:
        data = _read(call, name)
        call.out += data[:count] if in_bytes else b"".join(data.splitlines(keepends=True)[:count])
    return 0


async def tail(call: Call) -> int:
    """Print the last lines (``-n N``, ``-N``) or bytes (``-c N``)."""
    count, in_bytes, names = _amount(call)
    for name in names or ["-"]:
        data = _read(call, name)
        if count:
            call.out += data[-count:] if in_bytes else b"".join(data.splitlines(keepends=True)[-count:])
    return 0


async def wc(call: Call) -> int:
    """Count lines, words and bytes (``-l -w -c``)."""
    flags, names = _flags(call.args)
    chosen = [flag for flag, _ in flags] or ["l", "w", "c"]
    for name in names or ["-"]:
        data = _read(call, name)
        counts = {"l": data.count(b"\n"), "w": len(data.split()), "c": len(data)}
        shown = " ".join(str(counts.get(flag, len(data))) for flag in chosen)
        call.say(f"{shown} {name}" if names else shown)
    return 0


async def sort(call: Call) -> int:
    """Print lines in order (``-r -u -n``)."""
    flags, names = _flags(call.args)
    on = {flag for flag, _ in flags}
    lines = [line for name in names or ["-"] for line in _read(call, name).splitlines()]
    if "u" in on:
        lines = list(dict.fromkeys(lines))
    key: Callable[[bytes], float | bytes] = _number if "n" in on else bytes
    lines.sort(key=key, reverse="r" in on)
    call.out += b"".join(line + b"\n" for line in lines)
    return 0


async def tee(call: Call) -> int:
    """Print standard input and write it to files (``-a``: add to them)."""
    call.out += call.stdin
    for name in (arg for arg in call.args if not arg.startswith("-")):
        write = call.device.files.append if "-a" in call.args else call.device.files.write
        write(call.path(name), call.stdin)
    return 0


async def uniq(call: Call) -> int:
    """Print lines without repeats of the line before."""
    last: bytes | None = None
    for line in _read(call, call.args[0] if call.args else "-").splitlines():
        if line != last:
            call.out += line + b"\n"
        last = line
    return 0


async def tr(call: Call) -> int:
    """Replace or, with ``-d``, delete characters."""
    words = [_unescape(word) for word in call.args]
    text = call.stdin.decode("utf-8", "surrogateescape")
    if words[:1] == ["-d"] and len(words) == 2:
        text = text.translate(dict.fromkeys(map(ord, words[1])))
    elif len(words) == 2 and words[1]:
        target = words[1].ljust(len(words[0]), words[1][-1])
        text = text.translate({ord(old): new for old, new in zip(words[0], target, strict=False)})
    else:
        raise UsageFault("tr: needs SET1 SET2 or -d SET")
    call.out += encode(text)
    return 0


async def cut(call: Call) -> int:
    """Print fields (``-d X -f N[,M]``) of each line."""
    flags, names = _flags(call.args, with_value="dfc")
    options = dict(flags)
    wanted = [int(number) for number in options.get("f", "").split(",") if number.isdigit()]
    if not wanted:
        raise UsageFault("cut: needs -f FIELD[,FIELD]")
    delimiter = encode(options.get("d", "\t"))
    for line in _read(call, names[0] if names else "-").splitlines():
        fields = line.split(delimiter)
        picked = [fields[number - 1] for number in wanted if 0 < number <= len(fields)]
        call.out += (delimiter.join(picked) if delimiter in line else line) + b"\n"
    return 0


async def basename(call: Call) -> int:
    """Print a path without its folder."""
    name = call.args[0].rstrip("/").rsplit("/", 1)[-1] if call.args else ""
    call.say(name.removesuffix(call.args[1]) if len(call.args) > 1 else name)
    return 0


async def dirname(call: Call) -> int:
    """Print a path's folder."""
    path = call.args[0].rstrip("/") if call.args else ""
    call.say(path.rsplit("/", 1)[0] or "/" if "/" in path else ".")
    return 0


async def base64_command(call: Call) -> int:
    """Encode standard input or a file, or decode it with ``-d``."""
    import base64
    import binascii

    decode = "-d" in call.args
    names = [arg for arg in call.args if not arg.startswith("-")]
    data = _read(call, names[0] if names else "-")
    try:
        call.out += base64.b64decode(data) if decode else base64.encodebytes(data)
    except binascii.Error as e:
        return call.refuse(f"base64: {e}")
    return 0


def digest(algorithm: str) -> Command:
    """Return the program that prints ``algorithm`` sums of files or of standard input."""

    async def run(call: Call) -> int:
        code = 0
        brief = "-b" in call.args
        names = [arg for arg in call.args if not arg.startswith("-")]
        for name in names or ["-"]:
            try:
                # MD5 and SHA-1 are what these programs print; nothing here relies on their strength.
                value = hashlib.new(algorithm, _read(call, name), usedforsecurity=False).hexdigest()
            except OSError as e:
                code = call.refuse(f"{call.name}: {name}: {e.strerror}")
                continue
            call.say(value if brief else f"{value}  {name}")
        return code

    return run


TEXT_COMMANDS: Mapping[str, Command] = {
    **CONDITION_COMMANDS,
    "echo": echo,
    "printf": printf,
    "sleep": sleep,
    "true": true,
    ":": true,
    "false": false,
    "grep": grep,
    "egrep": grep,
    "head": head,
    "tail": tail,
    "wc": wc,
    "sort": sort,
    "tee": tee,
    "uniq": uniq,
    "tr": tr,
    "cut": cut,
    "basename": basename,
    "dirname": dirname,
    "base64": base64_command,
    "md5sum": digest("md5"),
    "md5": digest("md5"),
    "sha1sum": digest("sha1"),
    "sha256sum": digest("sha256"),
    "sha512sum": digest("sha512"),
}


def _read(call: Call, name: str) -> bytes:
    return call.stdin if name == "-" else call.device.files.read(call.path(name))


def _unescape(text: str) -> str:
    return re.sub(r"\\([ntr\\abe0])", lambda match: _ESCAPES[match[1]], text)


def _field(match: re.Match[str], rest: list[str]) -> str:
    if match[2] == "%":
        return "%"
    value = rest.pop(0) if rest else ""
    if match[2] in "di":
        return ("%" + match[1] + "d") % (int(value) if re.fullmatch(r"-?\d+", value) else 0)
    if match[2] == "x":
        return ("%" + match[1] + "x") % (int(value) if value.isdigit() else 0)
    return ("%" + match[1] + "s") % (value[:1] if match[2] == "c" else value)


def _flags(args: tuple[str, ...], with_value: str = "") -> tuple[list[tuple[str, str]], list[str]]:
    """Return ``(flags with values, other words)``; flags may be bundled, a value may stick to its flag."""
    flags: list[tuple[str, str]] = []
    words: list[str] = []
    todo = list(args)
    while todo:
        arg = todo.pop(0)
        if arg == "--":
            words += todo
            break
        if len(arg) < 2 or arg[0] != "-" or words:
            words.append(arg)
            continue
        letters = arg[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in with_value:
                flags.append((letter, letters or (todo.pop(0) if todo else "")))
                break
            flags.append((letter, ""))
    return flags, words


def _matcher(patterns: list[str], on: set[str]) -> Callable[[str], re.Match[str] | None]:
    texts = [re.escape(pattern) if "F" in on else _python_pattern(pattern, on) for pattern in patterns]
    joined = "|".join(f"(?:{text})" for text in texts)
    if "w" in on:
        joined = rf"\b(?:{joined})\b"
    try:
        return re.compile(joined, re.IGNORECASE if "i" in on else 0).search
    except re.error as e:
        raise UsageFault(f"grep: bad REGEX: {e}", 2) from e


def _python_pattern(pattern: str, on: set[str]) -> str:
    if "E" in on:
        return pattern
    # In basic expressions ``\|`` and friends are operators and the bare characters are not.
    swap = {"\\" + char: char for char in "|+?(){}"} | {char: "\\" + char for char in "|+?(){}"}
    return re.sub(r"\\?[|+?(){}]", lambda match: swap[match[0]], pattern)


def _print_hits(
    call: Call,
    hits: list[tuple[int, str]],
    matcher: Callable[[str], re.Match[str] | None],
    style: tuple[set[str], str],
) -> None:
    on, name = style
    prefix = f"{name}:" if name else ""
    if "q" in on:
        return
    if "c" in on:
        call.say(f"{prefix}{len(hits)}")
        return
    if "l" in on:
        if hits:
            call.say(name or "(standard input)")
        return
    for number, line in hits:
        match = matcher(line)
        shown = match[0] if "o" in on and match else line
        call.say(f"{prefix}{number}:{shown}" if "n" in on else f"{prefix}{shown}")


def _amount(call: Call) -> tuple[int, bool, list[str]]:
    args = tuple(f"-n{arg[1:]}" if re.fullmatch(r"-\d+", arg) else arg for arg in call.args)
    flags, names = _flags(args, with_value="nc")
    chosen = [(flag, value) for flag, value in flags if flag in "nc"]
    flag, value = chosen[-1] if chosen else ("n", "10")
    if not value.isdigit():
        raise UsageFault(f"{call.name}: bad number {value!r}")
    return int(value), flag == "c", names


def _number(line: bytes) -> float:
    match = re.match(rb"\s*-?\d+(?:\.\d+)?", line)
    return float(match[0]) if match else 0.0
