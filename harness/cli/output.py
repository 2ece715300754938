"""Machine-readable output, the same for every command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def json_option(command: _Command) -> _Command:
    """Give a command the flag ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")(command)


def print_json(value: object) -> None:
    """Print a value in the one byte form that everything stored has too."""
    from harness.evidence.codec import dump_page

    sys.stdout.buffer.write(dump_page(value))
    sys.stdout.buffer.flush()
