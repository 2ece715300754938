"""Tells others how a night went: the summary as JSON to a command's input or to a web address.

Nothing here fails a night; what could not be told is returned, for the one who reads the terminal.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import urllib.request
from collections.abc import Sequence
from typing import Any, Final
from urllib.error import URLError

from harness.evidence.codec import dump_page
from harness.messages import text

HOOK_S: Final = 30.0
_WEB: Final = ("http://", "https://")


def tell(hooks: Sequence[str], summary: dict[str, Any]) -> tuple[str, ...]:
    """Give the summary to each hook, a web address or a command line; return a line for each that failed.

    The line names the host or the program alone: the rest may hold a token, and lines are kept in the ledger.
    """
    body = dump_page(summary)
    problems = (_post(hook, body) if hook.startswith(_WEB) else _run(hook, body) for hook in hooks)
    told = [(hook, problem) for hook, problem in zip(hooks, problems, strict=True) if problem]
    return tuple(text("notify-failed", [("hook", _named(hook)), ("problem", problem)]) for hook, problem in told)


def _named(hook: str) -> str:
    if not hook.startswith(_WEB):
        return next(iter(hook.split()), "")
    scheme, _, rest = hook.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"


def _post(url: str, body: bytes) -> str:
    request = urllib.request.Request(
        url, data=body, headers={"Content-Type": "application/json; charset=utf-8"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=HOOK_S):  # anything but 2xx raises
            return ""
    except (URLError, OSError, ValueError) as error:
        return str(error)


def _run(command: str, body: bytes) -> str:
    try:
        words = shlex.split(command)
        done = subprocess.run(words, input=body, capture_output=True, timeout=HOOK_S, check=False)
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout)[-300:].decode("utf-8", errors="replace").strip()
    return f"exit {done.returncode}: {said}" if done.returncode else ""
