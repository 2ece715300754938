"""A night while it runs: a view that stays in place on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.errors import HarnessError
from harness.messages import text
from harness.report.phrases import Phrases, clock_s
from harness.report.terminal import columns, plain, verdict_text
from harness.rules import ALL_RULES

if TYPE_CHECKING:
    from harness.fleet.dispatch import Done
    from harness.fleet.ledger import Progress
    from harness.fleet.underway import AtWork, FoundTonight, UnderWay

_PER_SECOND: Final = 1
_MOST_FOUND: Final = 8
_BAR: Final = 30


class Watching:
    """Tells how a night goes on: called with every task that ends, and looking by itself where a person watches."""

    def __init__(
        self,
        console: Console,
        night: str,
        look: Callable[[], UnderWay],
        found_in: Callable[[str], Sequence[FoundTonight]],
    ) -> None:
        self._console = console
        self._night = night
        self._look = look
        self._found_in = found_in
        self._told: set[FoundTonight] = set()
        self._live: Live | None = None
        self._shown: RenderableType = Text("")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console, get_renderable=self._view, refresh_per_second=_PER_SECOND, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, done: Done, progress: Progress) -> None:
        """Tell one task that ended; where a view stays in place, only what went wrong stands above it."""
        if not done.package and not done.died:
            return
        over, every = _counts(progress)
        if done.died:
            why = f"{text(done.died)} {done.detail}".rstrip()
            self._console.print(plain(f"[{over}/{every}] {done.device}  ✗ {why}"), soft_wrap=True)
        if self._live is not None:
            return
        if done.package:
            left = _left(self._look())
            self._console.print(plain(f"[{over}/{every}] {done.device}  {done.package} ✓  {left}"), soft_wrap=True)
        for one in self._found_in(done.package):
            if one not in self._told:
                told = Text.assemble("  ", verdict_text(one.verdict), plain(f" {_named(one)}"))
                self._console.print(told, soft_wrap=True)
                self._told.add(one)

    def _view(self) -> RenderableType:
        with suppress(HarnessError):  # the ledger is busy or away: what was seen last stands until it is back
            self._shown = shown(self._night, self._look())
        return self._shown


def shown(night: str, now: UnderWay) -> RenderableType:
    """Return the view: how far, what each device is at, the newest findings."""
    over, every = _counts(now.progress)
    head = Table.grid(padding=(0, 2))
    failed = f"{text('night-progress-failed')} {now.progress.failed}" if now.progress.failed else ""
    bar = ProgressBar(total=max(1, every), completed=over, width=_BAR)
    head.add_row(bar, Text(f"{over}/{every}"), Text(_left(now)), Text(failed, style="bold red"))
    table = columns("设备 device", "应用 app", "用时", "画面 screen")
    for one in now.at_work:
        table.add_row(plain(one.device), plain(one.app), clock_s(round(one.since_s)), plain(_screen(one)))
    if not now.at_work:
        table.add_row("—", text("night-watch-idle"), "", "")
    found = Table.grid(padding=(0, 2))
    for finding in now.found[-_MOST_FOUND:]:
        found.add_row(verdict_text(finding.verdict), plain(_named(finding)))
    title = Text(f"{text('night-watch-found')} {now.found_count}", style="bold")
    return Group(Text(f"夜间任务 night {night}", style="bold"), head, table, title, found)


def _screen(one: AtWork) -> str:
    if one.step is None:
        return one.screen or text("night-watch-starting")
    did = Phrases().action(one.step.action)
    return f"{one.screen}  （{text('night-watch-step', [('number', one.step.seq)])} {did}）"


def _named(one: FoundTonight) -> str:
    rule = next((rule.name_zh for rule in ALL_RULES if rule.id == one.rule), one.rule)
    return f"{one.app}：{rule}"


def _counts(progress: Progress) -> tuple[int, int]:
    over = progress.done + progress.failed + progress.not_run
    return over, over + progress.waiting + progress.leased


def _left(now: UnderWay) -> str:
    if now.left_s is None:
        return text("night-watch-unknown")
    if not now.left_s:
        return ""
    return text("night-watch-left", [("time", str(timedelta(seconds=round(now.left_s))))])
