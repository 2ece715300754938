"""The commands about nights: one over the filed list, and what changed between two."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from harness.cli.output import json_option, print_json
from harness.errors import BadInput
from harness.messages import text
from harness.report.phrases import Phrases
from harness.report.terminal import plain

if TYPE_CHECKING:
    from harness.baseline import Change
    from harness.fleet.across_nights import AcrossChange
    from harness.fleet.drift import Drift
    from harness.fleet.due import DueOptions
    from harness.fleet.ledger import Ledger
    from harness.fleet.night import NightResult
    from harness.fleet.retention import Retained

_FILE = click.Path(dir_okay=False, path_type=Path)
_MOST_LINES = 200
_LOG_BYTES = 5_000_000
_LOGS_KEPT = 5
_PLAIN_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "extra"}


def ledger_option(command: Any) -> Any:
    """Give a command the option that names the ledger."""
    return click.option(
        "--ledger",
        "address",
        default="",
        metavar="FILE_OR_URL",
        envvar="HARNESS_LEDGER",
        help="Ledger of nights; default: nights.sqlite in the evidence folder.",
    )(command)


def evidence_option(command: Any) -> Any:
    """Give a command the option that names the folder of evidence."""
    return click.option(
        "--evidence-dir",
        default="screenshots",
        type=click.Path(path_type=Path),
        show_default=True,
        envvar="HARNESS_EVIDENCE_DIR",
        help="Where bundles go.",
    )(command)


def _due_options(command: Any) -> Any:
    for option in (
        click.option("--calendar", type=_FILE, help="Days of your own, CSV date,workday; they win over the package's."),
        click.option(
            "--period", "lengths", multiple=True, metavar="ID=DAYS", help="A number no source confirms: T3=15."
        ),
        click.option(
            "--dates", type=_FILE, help="Events for the deadlines, CSV case,event,date (case number or package)."
        ),
    ):
        command = option(command)
    return command


@click.command("night", short_help="对名单做一夜回归 a night over the filed list")
@click.argument("filed_list", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with this list's night that was broken off, or ended for want of a device or disk.",
)
@click.option("--scheduler", default="", metavar="ADDR", help="Dask scheduler; without it this process does the work.")
@click.option("--tls-ca", type=_FILE, help="Mutual TLS with the scheduler: the authority's certificate.")
@click.option("--tls-cert", type=_FILE, help="Our certificate.")
@click.option("--tls-key", type=_FILE, help="Our private key.")
@click.option("--serial", "serials", multiple=True, help="Only this device (repeatable); default: all that are ready.")
@click.option(
    "--adb-server", "servers", multiple=True, metavar="HOST:PORT", help="adb server (repeatable); default as for adb."
)
@click.option("--app-seconds", default=900.0, show_default=True, help="Most seconds of walking per app.")
@click.option("--app-deadline", default=1800.0, show_default=True, help="Most seconds per app in all.")
@click.option("--attempts", default=3, show_default=True, help="Most attempts per app.")
@click.option(
    "--canaries/--no-canaries",
    default=True,
    show_default=True,
    help="Pages whose answer is known, before and after each device's share; without them nothing says that it sees.",
)
@click.option(
    "--app-data",
    type=click.Choice(["keep", "clear"]),
    default="keep",
    show_default=True,
    help="Before each app: keep what it stored, log-ins included, or clear it with its permissions.",
)
@click.option("--need-network", is_flag=True, help="A device in airplane mode is not fit.")
@click.option(
    "--restart",
    default="emulator",
    show_default=True,
    metavar="never|emulator|COMMAND",
    help="How a sick device is started anew; in COMMAND {serial} stands for it.",
)
@click.option("--night-hours", type=click.FloatRange(min=0, min_open=True), help="No app is begun after so many hours.")
@click.option("--min-free-gib", default=2.0, show_default=True, help="No app is begun with less of the disk left.")
@click.option(
    "--keep",
    type=click.IntRange(min=2),
    metavar="N",
    help="Afterwards remove the evidence of all but the newest N nights; what a case holds stays.",
)
@click.option(
    "--notify",
    "hooks",
    multiple=True,
    metavar="COMMAND|URL",
    help="Give the summary (JSON) to a command's input, or POST it to a URL (repeatable).",
)
@click.option(
    "--harness-fail-on",
    "--fail-on",
    "fail_on",
    type=click.Choice(["found", "new", "none"]),
    default="found",
    show_default=True,
    envvar="HARNESS_FAIL_ON",
    help="What makes the exit status 1.",
)
@_due_options
@ledger_option
@evidence_option
@json_option
def night(*, filed_list: Path, as_json: bool, **options: Any) -> None:
    """对备案名单做一夜回归：逐个应用检查，与前一夜比较。

    Look at every app of FILED_LIST on all devices, compare with the night before, and write the report of the night
    into its folder. Exit 0, or 1 where --harness-fail-on applies, 2 where the night could not be held or no
    app be looked at.
    """
    from harness import session
    from harness.cli.watching import Watching
    from harness.clock import SystemClock
    from harness.fleet.dispatch import DaskDispatcher
    from harness.fleet.due import DATES_GIVEN, as_noted
    from harness.fleet.ledger import Ledger, ledger_url
    from harness.fleet.morning import SUMMARY, Morning, write_morning
    from harness.fleet.night import run_night
    from harness.fleet.notify import tell
    from harness.fleet.plan import NightOptions, plan_night
    from harness.fleet.prepare import Preparation
    from harness.fleet.retention import drop_old_evidence
    from harness.fleet.underway import found_in, under_way

    evidence_dir = options["evidence_dir"].absolute()
    evidence_dir.mkdir(parents=True, exist_ok=True)
    address = options["address"] or str(evidence_dir / "nights.sqlite")
    console = Console(highlight=False, stderr=as_json)
    dispatcher = DaskDispatcher(options["scheduler"], tls=_tls(options))
    wanted = NightOptions(
        evidence_dir=evidence_dir,
        ledger=address,
        servers=tuple(session.adb_address(given) for given in options["servers"] or ("",)),
        serials=tuple(options["serials"]),
        offered=dispatcher.devices() if options["scheduler"] else (),
        walk_s=options["app_seconds"],
        deadline_s=options["app_deadline"],
        most_attempts=options["attempts"],
        canaries=options["canaries"],
        night_s=options["night_hours"] * 3600 if options["night_hours"] else math.inf,
        min_free_bytes=int(options["min_free_gib"] * (1 << 30)),
        preparation=Preparation(
            app_data=options["app_data"], network=options["need_network"], restart=options["restart"]
        ),
    )
    clock = SystemClock()
    due = _due(options)
    with _logged_to(evidence_dir / "night.log"), contextlib.closing(Ledger(ledger_url(address), clock)) as ledger:
        planned = plan_night(filed_list, wanted, ledger, clock, resume=options["resume"])
        for problem in planned.problems:
            console.print(plain(problem), soft_wrap=True)
        name = planned.id
        seen_in = evidence_dir if console.is_terminal else None  # plain lines tell no screens
        watching = Watching(
            console,
            name,
            lambda: under_way(ledger, name, seen_in, clock.wall()),
            lambda package: found_in(ledger, name, package),
        )
        with watching as told:
            result = run_night(replace(planned, calendar=due.calendar), ledger, dispatcher, told)
        ledger.note(name, DATES_GIVEN, as_noted(due))
        page = write_morning(result.facts, Morning(evidence_dir=evidence_dir, due=due), clock)
        if options["keep"]:
            _print_retained(console, drop_old_evidence(ledger, evidence_dir, options["keep"]))
        for problem in tell(options["hooks"], json.loads((page.parent / SUMMARY).read_bytes())):
            console.print(Text(problem, style="bold yellow"), soft_wrap=True)
            ledger.note(result.night, "notify-failed", {"problem": problem})
    if as_json:
        sys.stdout.buffer.write((page.parent / SUMMARY).read_bytes())
    else:
        _print_night(console, result)
        console.print(plain(f"报告 report: {page}"), soft_wrap=True)
    sys.exit(exit_status(result, options["fail_on"]))


def _due(options: dict[str, Any]) -> DueOptions:
    from harness.calendar import WorkingCalendar, read_calendar
    from harness.cli.case import lengths_of
    from harness.fleet.due import DueOptions, read_events

    return DueOptions(
        events=read_events(options["dates"]) if options["dates"] else {},
        calendar=read_calendar(options["calendar"]) if options["calendar"] else WorkingCalendar(),
        lengths=lengths_of(options["lengths"]),
    )


def written_again(folder: Path, address: str) -> Path | None:
    """Write the report of a night's folder again and return it, ``None`` where the folder is no closed night's."""
    from harness.clock import SystemClock
    from harness.fleet.due import DATES_GIVEN, from_noted
    from harness.fleet.ledger import Ledger, ledger_url
    from harness.fleet.ledger_devices import last_noted
    from harness.fleet.morning import Morning, facts_of, write_morning

    where = address or str(folder.parent / "nights.sqlite")
    if "://" not in where and not Path(where).exists():
        return None
    clock = SystemClock()
    ledger = Ledger(ledger_url(where), clock)
    try:
        facts, dates = facts_of(ledger, folder.name), from_noted(last_noted(ledger, folder.name, DATES_GIVEN))
    finally:
        ledger.close()
    return write_morning(facts, Morning(evidence_dir=folder.parent, due=dates), clock) if facts is not None else None


def _tls(options: dict[str, Any]) -> Any:
    from harness.fleet.dispatch import Tls

    given = [options["tls_ca"], options["tls_cert"], options["tls_key"]]
    if not any(given):
        return None
    if not all(given):
        raise click.UsageError("--tls-ca, --tls-cert and --tls-key belong together")
    return Tls(ca=str(given[0]), certificate=str(given[1]), key=str(given[2]))


def _print_retained(console: Console, retained: Sequence[Retained]) -> None:
    """Say how much of the old evidence went, and what stayed for which reason."""
    gone = sum(not one.reason for one in retained)
    console.print(Text(text("kept-removed", [("count", gone)])), soft_wrap=True)
    for one in retained:
        if one.reason:
            console.print(Text(f"  {one.night}/{one.folder.name} {text(one.reason)}"), soft_wrap=True)


@contextlib.contextmanager
def _logged_to(file: Path) -> Iterator[None]:
    """Write what the harness logs into a file for the block; five older files are kept."""
    handler = RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s %(extra)s"))
    handler.addFilter(_with_extra)
    logger = logging.getLogger("harness")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def _with_extra(record: logging.LogRecord) -> bool:
    """Put what a record says beside its message where a line can hold it."""
    record.extra = {name: value for name, value in vars(record).items() if name not in _PLAIN_RECORD}
    return True


def exit_status(result: NightResult, fail_on: str) -> int:
    """Return 2 where no app could be looked at, whatever fails a night; else 1 where ``fail_on`` applies, or 0."""
    from harness.baseline import ChangeKind
    from harness.model import Verdict

    if not result.progress.done:
        return 2
    if fail_on == "none":
        return 0
    if fail_on == "new":
        came = [c for c in result.comparison.changes if c.kind in {ChangeKind.NEW, ChangeKind.REGRESSED} or c.worse]
        return int(any(c.tonight is not None and c.tonight.verdict is Verdict.FOUND for c in came))
    return int(any(look.verdict is Verdict.FOUND for look in result.looks.looks.values()))


def _print_night(console: Console, result: NightResult) -> None:
    counts = result.progress
    console.print()
    console.print(
        Text(
            f"夜间任务 night {result.night}: 完成 done {counts.done} · 失败 failed {counts.failed}"
            f" · 未轮到 not run {counts.not_run}",
            style="bold",
        )
    )
    if result.comparison.incomplete:
        console.print(Text(text("sight-night-incomplete"), style="bold yellow"))
    for line in told_in_words(result):
        console.print(Text(line, style="bold yellow"), soft_wrap=True)
    print_apps(console, result.drift, result.across)
    print_changes(console, result.comparison.changes)


def print_apps(console: Console, drift: Sequence[Drift], across: Sequence[AcrossChange]) -> None:
    """Print which apps are not what was filed or known, and what several apps show together."""
    for one in drift:
        from_to = f"：{one.was or '—'} → {one.now or '—'}"
        known = "" if not one.known else f"（{text('drift-known')}）"
        console.print(Text(f"{one.package} {text(f'drift-{one.kind}')}{known}{from_to}"), soft_wrap=True)
    for change in across:
        said = Phrases().statement(change.finding)
        console.print(Text(f"{change.finding.rule} {text(f'across-{change.kind}')}：{said}"), soft_wrap=True)


def told_in_words(result: NightResult) -> list[str]:
    """Return a line for each thing that kept a device's results from counting, or a device from working."""
    lines = [f"{text(result.stopped)} ({result.progress.not_run})"] if result.stopped else []
    for device, canaries in result.canaries.items():
        for canary in canaries:
            if not canary.green:
                said = "，".join(value for _, value in canary.detail)
                lines.append(f"{device} ({canary.moment}): {text(canary.reason)} ({said})")
    lines += [f"{sick.device}: {text(sick.reason)} {sick.detail}".rstrip() for sick in result.quarantined.values()]
    return lines


def print_changes(console: Console, changes: Sequence[Change]) -> None:
    """Print the changes that matter first, then what could not be looked at, each with its reason."""
    from harness.baseline import ChangeKind
    from harness.report.night import why

    phrases = Phrases()
    order = (
        ChangeKind.NEW,
        ChangeKind.REGRESSED,
        ChangeKind.FIXED,
        ChangeKind.FIXED_PENDING,
        ChangeKind.CLOSED_SCOPE,
        ChangeKind.UNSEEN,
        ChangeKind.PERSISTING,
    )
    for kind in order:
        of_kind = [change for change in changes if change.kind is kind]
        if not of_kind:
            continue
        console.print(Text(f"{text(f'change-{kind}')} {kind} {len(of_kind)}", style="bold"))
        if kind is ChangeKind.PERSISTING:
            continue
        for change in of_kind[:_MOST_LINES]:
            said = f"：{why(change, phrases)}"
            console.print(Text(f"  {change.subject.package} {change.subject.rule}{said}"), soft_wrap=True)
        if len(of_kind) > _MOST_LINES:
            console.print(Text(f"  … {len(of_kind) - _MOST_LINES}"))


@click.command("diff", short_help="两夜之间的变化 what changed between two nights")
@click.argument("night_a")
@click.argument("night_b")
@ledger_option
@evidence_option
@json_option
def diff(*, night_a: str, night_b: str, address: str, evidence_dir: Path, as_json: bool) -> None:
    """两夜之间有什么变化：退出码 0 没有，1 有，2 无法判断。

    What changed from NIGHT_A to the later NIGHT_B, and whether the app or the rules made it, as far as the evidence of
    NIGHT_A is still there. Exit 0 none, 1 some, 2 could not tell.
    """
    from harness.fleet.morning import told_across, told_changes, told_drift
    from harness.fleet.night import between

    ledger = opened_ledger(address, evidence_dir)
    try:
        _refuse_nights(ledger, night_a, night_b)
        found = between(ledger, night_a, night_b, evidence_dir)
    finally:
        ledger.close()
    if found is None:
        problem = "one of them was not closed, so nothing can be compared"
        mend = "run `harness night LIST --resume`"
        raise BadInput(source="diff", place=f"{night_a}, {night_b}", problem=problem, mend=mend)
    if as_json:
        told = {"changes": told_changes(found.comparison.changes), "drift": told_drift(found.drift)}
        print_json({"format": 1, "from": night_a, "to": night_b, **told, "across": told_across(found.across)})
    else:
        console = Console(highlight=False)
        print_apps(console, found.drift, found.across)
        print_changes(console, found.comparison.changes)
    sys.exit(int(found.some))


def opened_ledger(address: str, evidence_dir: Path) -> Ledger:
    """Return the ledger of nights that there is. Raises ``BadInput`` where there is none."""
    from harness.clock import SystemClock
    from harness.fleet.ledger import Ledger, ledger_url

    where = address or str(evidence_dir.absolute() / "nights.sqlite")
    if "://" not in where and not Path(where).exists():
        mend = "give --ledger, or the --evidence-dir of the nights"
        raise BadInput(source="--ledger", place=where, problem="is not there", mend=mend)
    return Ledger(ledger_url(where), SystemClock())


def _refuse_nights(ledger: Ledger, first: str, second: str) -> None:
    """Raise ``BadInput`` where a night is not in the ledger, or the second began before the first."""
    there = [name for name, _closed in ledger.nights()]
    unknown = [name for name in (first, second) if name not in there]
    if unknown:
        newest = ", ".join(there[-5:]) or "none"
        raise BadInput(
            source="night", place=", ".join(unknown), problem="is not in the ledger", mend=f"the newest are {newest}"
        )
    if there.index(first) > there.index(second):
        raise BadInput(
            source="diff", place=f"{first}, {second}", problem="the second is older", mend="name the earlier one first"
        )
