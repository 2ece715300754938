"""What a program on the device gets and gives back: one ``Call`` per run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from harness.virtual.userland import Userland


class UsageFault(Exception):
    """A command line that the program cannot read; it prints the message and exits with ``code``."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Call:
    """One run of a program: arguments without its name, input, and where its output goes."""

    device: Userland
    name: str
    args: tuple[str, ...]
    stdin: bytes = b""
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print one line."""
        self.out += encode(text) + b"\n"

    def complain(self, text: str) -> None:
        """Print one line on standard error."""
        self.err += encode(text) + b"\n"

    def refuse(self, text: str, code: int = 1) -> int:
        """Print one line on standard error and return ``code``."""
        self.complain(text)
        return code

    def path(self, name: str) -> str:
        """Return a file name as an absolute path."""
        return name if name.startswith("/") else f"{self.folder.rstrip('/')}/{name}"

    def inner(self, name: str, args: tuple[str, ...]) -> Call:
        """Return a call of another program (or sub-command) with this one's input and output."""
        return replace(self, name=name, args=args)


Command = Callable[[Call], Awaitable[int]]


def encode(text: str) -> bytes:
    """Return text as the bytes a device would print; bytes that came in as surrogates go out as they were."""
    return text.encode("utf-8", "surrogateescape")


def without_user(args: tuple[str, ...]) -> list[str]:
    """Return the arguments without ``--user N``: there is one user."""
    words = list(args)
    if "--user" in words[:-1]:
        at = words.index("--user")
        del words[at : at + 2]
    return words
