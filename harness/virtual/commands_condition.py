"""``test`` and ``[``: conditions on texts, numbers and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.virtual.command import Call, Command, UsageFault


async def test(call: Call) -> int:
    """Evaluate a condition: 0 true, 1 false, 2 not readable."""
    words = list(call.args)
    if call.name == "[" and (not words or words.pop() != "]"):
        return call.refuse("[: missing ]", 2)
    try:
        return 0 if _condition(call, words) else 1
    except UsageFault as e:
        return call.refuse(f"{call.name}: {e}", 2)


CONDITION_COMMANDS: Mapping[str, Command] = {"test": test, "[": test}


def _condition(call: Call, words: list[str]) -> bool:
    if "-o" in words:
        at = words.index("-o")
        return _condition(call, words[:at]) or _condition(call, words[at + 1 :])
    if "-a" in words[1:]:
        at = words.index("-a", 1)
        return _condition(call, words[:at]) and _condition(call, words[at + 1 :])
    match words:
        case []:
            return False
        case ["!", *rest]:
            return not _condition(call, rest)
        case [text]:
            return bool(text)
        case [flag, text]:
            return _unary(call, flag, text)
        case [left, operator, right]:
            return _binary(left, operator, right)
        case _:
            raise UsageFault("too many arguments")


def _unary(call: Call, flag: str, text: str) -> bool:
    files = call.device.files
    path = call.path(text)
    match flag:
        case "-n":
            return bool(text)
        case "-z":
            return not text
        case "-e" | "-r" | "-w":
            return files.exists(path)
        case "-d":
            return files.is_dir(path)
        case "-f":
            return files.exists(path) and not files.is_dir(path)
        case "-s":
            return files.exists(path) and files.stat(path).size > 0
        case "-x":
            return files.exists(path) and bool(files.stat(path).mode & 0o111)
        case "-L" | "-h":
            return files.exists(path) and files.stat(path, follow=False).is_link
        case _:
            raise UsageFault(f"unknown operator {flag}")


def _binary(left: str, operator: str, right: str) -> bool:
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    compare: Mapping[str, Callable[[int, int], bool]] = {
        "-eq": int.__eq__,
        "-ne": int.__ne__,
        "-lt": int.__lt__,
        "-le": int.__le__,
        "-gt": int.__gt__,
        "-ge": int.__ge__,
    }
    if operator not in compare:
        raise UsageFault(f"unknown operator {operator}")
    try:
        return compare[operator](int(left), int(right))
    except ValueError as e:
        raise UsageFault("bad number") from e
