"""Canaries: pages whose answer is known, opened in a device's own browser before and after its share of a night.

They are walked by the same command as any app. A device that does not see what is there, or sees what is not there, or
could not look, proves nothing by having seen nothing: its night is not trusted. Where it sees what is not there, what
it found elsewhere counts for nothing either.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.baseline import SEEN_VERDICTS
from harness.device import wire
from harness.device.reverse import reversed_port
from harness.errors import DeviceError, HarnessError
from harness.model import EntryKind, FiledApp, PackageName, RuleId, Verdict

LOG: Final = logging.getLogger(__name__)
PAGES: Final = Path(__file__).resolve().parent / "canary_pages"
BEFORE: Final = "before"
AFTER: Final = "after"
NOT_OPENED: Final = "canary-not-opened"
ACCUSED: Final = "canary-accused"
WALK_S: Final = 300.0  # four short pages; a busy host takes long even over these
# One is told by nodes, the other drawn on a canvas: both ways of reading are put to the test.
WATCHED: Final = (RuleId("mandatory-check-in"), RuleId("points-ranking"))
# Of several browsers without a choice made, the first that is there.
_BROWSERS: Final = ("com.android.chrome", "com.android.browser", "org.chromium.webview_shell", "org.mozilla.firefox")
_BAD: Final = "bad"
_GOOD: Final = "good"

Verdicts = Mapping[RuleId, Verdict]
# Walks the app and returns what was judged of it. Raises ``HarnessError`` where it could not be walked.
Look = Callable[[FiledApp], Verdicts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What came of the pages on one device; ``reason`` is a message key, empty where both sets were judged right."""

    moment: str
    reason: str = ""
    detail: tuple[tuple[str, str], ...] = ()

    @property
    def green(self) -> bool:
        """Whether the device saw what is there and nothing else."""
        return not self.reason


def look_at_canaries(moment: str, device: str, adb: tuple[str, int] | None, look: Look) -> Canary:
    """Return what came of both page sets on a device; without an adb server they are opened without a device."""
    seen: dict[str, Verdicts] = {}
    for kind in (_BAD, _GOOD):
        try:
            with _opened(kind, device, adb) as app:
                seen[kind] = look(app)
        except HarnessError as error:
            LOG.warning("a canary could not be looked at", extra={"device": device, "why": str(error)})
            return Canary(moment=moment, reason=NOT_OPENED, detail=(("pages", kind), ("why", str(error))))
    return judged(moment, bad=seen[_BAD], good=seen[_GOOD])


def judged(moment: str, *, bad: Verdicts, good: Verdicts) -> Canary:
    """Return what the verdicts on both sets come to. Pure."""
    looked = {Verdict.FOUND, Verdict.PRESENT, Verdict.CLEAR}
    unread = [rule for rule in WATCHED if bad.get(rule) not in looked or good.get(rule) not in looked]
    missed = [rule for rule in WATCHED if bad.get(rule) is not Verdict.FOUND]
    accused = [rule for rule in WATCHED if good.get(rule) in SEEN_VERDICTS]
    # The gravest first: of a device that accuses and misses too, what it found must not count.
    for reason, rules in ((ACCUSED, accused), ("canary-unread", unread), ("canary-missed", missed)):
        if rules:
            return Canary(moment=moment, reason=reason, detail=(("rules", ", ".join(rules)),))
    return Canary(moment=moment)


def trusted(canaries: tuple[Canary, ...]) -> bool:
    """Return whether what a device saw between its canaries may count: all green, from the first to one at the end."""
    moments = [canary.moment for canary in canaries]
    return all(canary.green for canary in canaries) and moments[:1] == [BEFORE] and moments[-1:] == [AFTER]


@contextlib.contextmanager
def _opened(kind: str, device: str, adb: tuple[str, int] | None) -> Iterator[FiledApp]:
    """Serve a page set for the block and yield it as an entry of the device's browser."""
    with _served(PAGES / kind) as host_port:
        if adb is None:
            yield _app(kind, host_port, _BROWSERS[1])
            return
        with reversed_port(adb, device, host_port) as port:
            yield _app(kind, port, browser_of(adb, device))


def _app(kind: str, port: int, browser: str) -> FiledApp:
    url = f"http://127.0.0.1:{port}/index.html"
    return FiledApp(package=PackageName(browser), name=f"canary-{kind}", entry_kind=EntryKind.H5, entry=url)


def browser_of(adb: tuple[str, int], device: str) -> str:
    """Return the package that opens web addresses on a device. Raises ``DeviceError`` where there is none."""
    asked = "cmd package resolve-activity --brief -a android.intent.action.VIEW -d http://127.0.0.1/"
    answer = wire.shell(adb, device, asked).split()
    chosen = answer[-1].partition("/")[0] if answer and "/" in answer[-1] else ""
    if chosen and chosen != "android":  # the system's own list to choose from
        return chosen
    there = wire.shell(adb, device, "pm list packages").split()
    found = next((name for name in _BROWSERS if f"package:{name}" in there), "")
    if not found:
        raise DeviceError("no browser opens web addresses; install one or choose a default", serial=device)
    return found


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # what a browser kept would be no look
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        LOG.debug("canary page", extra={"request": format % args})


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[int]:
    """Serve a folder over loopback for the block and yield the port."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
