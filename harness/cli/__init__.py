"""The ``harness`` command. The only package that prints.

What the commands need is imported when a command runs: ``harness --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli.case import case_group
from harness.cli.devices import devices
from harness.cli.doctor import doctor
from harness.cli.emulators import emulators
from harness.cli.evidence import (
    PLACES,
    keys_group,
    promote_observation,
    seal_bundle,
    share_bundle,
    verify_bundle,
)
from harness.cli.held import held
from harness.cli.judging import judge_again, rules
from harness.cli.night import diff, night
from harness.cli.output import json_option, print_json
from harness.cli.replay import replay
from harness.cli.report import report
from harness.errors import HarnessError
from harness.messages import text
from harness.report.terminal import columns, plain, verdict_text, verdicts
from harness.wording import visible

if TYPE_CHECKING:
    from harness.demo import DemoRow
    from harness.report.look import Look

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OCR = ("ppocr", "tesseract", "both")  # as harness.perceive.engines


def main() -> None:
    """Run the command line; an error of ours is one line on standard error and exit status 2."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # a damaged picture is told of by us, once
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream that a test put in its place
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # A service manager's way to end a command cleans up like a person's Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = group.main(prog_name="harness", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        code = error.exit_code
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "harness"
        code = _failed(f"{error.format_message()} (see `{where} --help`)")
    except (click.ClickException, HarnessError) as error:
        code = _failed(str(error))
    except OSError as error:
        code = _failed(f"{error.filename or 'system'}: {error.strerror or error}")
    except click.Abort:
        code = 130  # Ctrl-C, as a shell says it
    sys.exit(code)


def _failed(message: str) -> int:
    print(f"harness: {visible(' '.join(message.split()))}", file=sys.stderr)
    return 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="android-compliance-harness", prog_name="harness")
def group() -> None:
    """政务应用核查：驱动已备案应用，查找“指尖上的形式主义”线索，保全证据。

    Drives filed Android apps, looks for formalism at the fingertips, keeps evidence for a reviewer.
    Findings are leads; a person decides. Start with `harness doctor`, then `harness demo`.
    """


for _command in (
    keys_group,
    report,
    seal_bundle,
    verify_bundle,
    share_bundle,
    promote_observation,
    case_group,
    night,
    diff,
    held,
    emulators,
    judge_again,
    rules,
    replay,
    doctor,
    devices,
):
    group.add_command(_command)


def _adb_option(command: _Command) -> _Command:
    return click.option("--adb-server", default="", metavar="HOST:PORT", help="adb server; default as for adb itself.")(
        command
    )


def _wait_for_interrupt() -> None:
    """Return when a person or a service manager ends the command."""
    never = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        while not never.wait(1.0):  # a bare wait() is deaf to Ctrl-C on Windows
            continue


@group.group("virtual", short_help="内置虚拟设备 the embedded Android device")
def virtual() -> None:
    """内置虚拟设备。 The embedded Android device."""


@virtual.command("up", short_help="启动虚拟设备 start embedded devices")
@click.option("--app", "apps", multiple=True, metavar="DIR_OR_URL", help="Install this app (repeatable).")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 16), help="Number of devices.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[=S][@PLACE]",
    help="Break in this way, once; at a place where one is named (repeatable).",
)
@click.option("--like", default="", metavar="NAME", help="Be like this device: android-4.4, mumu, slow …")
@click.option("--size", default="", metavar="WxH", help="Panel size in pixels; default is the device's own.")
@click.option("--density", default=0, metavar="DPI", help="Density; default fits the width.")
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Keep the devices' storage here.")
@_adb_option
def virtual_up(
    apps: Sequence[str],
    count: int,
    faults: Sequence[str],
    like: str,
    size: str,
    density: int,
    data_dir: Path | None,
    adb_server: str,
) -> None:
    """启动虚拟设备，停止本命令前一直在 `adb devices` 中。

    Start embedded devices and print their serials; they are in `adb devices` until this command is stopped (Ctrl-C).
    """
    from harness import session
    from harness.demo import VirtualSet, virtual_devices

    wanted = VirtualSet(
        apps=tuple(apps),
        count=count,
        faults=tuple(faults),
        like=like,
        size=size,
        density_dpi=density,
        data_dir=data_dir,
    )
    with virtual_devices(wanted, session.adb_address(adb_server)) as serials:
        for serial in serials:
            print(serial, flush=True)
        print("设备就绪，按 Ctrl-C 停止 ready; stop with Ctrl-C", file=sys.stderr, flush=True)
        _wait_for_interrupt()


@group.command("demo", short_help="在虚拟设备上演示全过程 the main job, on the embedded device")
@click.option("--keep", is_flag=True, help="Keep the device running afterwards, until Ctrl-C.")
@click.option("--app", "packages", multiple=True, metavar="PACKAGE", help="Only this demo app (repeatable).")
@click.option("--all", "every", is_flag=True, help="Every demo app, not just the first four.")
@click.option(
    "--skin",
    default="text",
    type=click.Choice(["text", "opaque"]),
    show_default=True,
    help="opaque: pages give no nodes, only pixels.",
)
@click.option(
    "--evidence-dir",
    default="screenshots",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Where bundles and the report go.",
)
@click.option("--sign-key", default=None, metavar="KEY", envvar="HARNESS_SIGN_KEY", help=f"Sign bundles: {PLACES}.")
@click.option("--sm2-key", type=click.Path(path_type=Path), envvar="HARNESS_SM2_KEY", help="Sign a second time (SM2).")
@click.option("--tsa", default="", metavar="URL", envvar="HARNESS_TSA", help="Time-stamping authority, RFC 3161.")
def demo(
    *, keep: bool, evidence_dir: Path, sign_key: str | None, sm2_key: Path | None, tsa: str, **choice: Any
) -> None:
    """在虚拟设备上对演示应用走完全过程，打印线索和报告路径。

    Run the main job on the embedded device over the demo apps; print findings and the report's path. Exit 0 when what
    was found is what the apps' truths say, 1 when not.
    """
    from harness import session
    from harness.demo import DemoChoice, run_demo
    from harness.evidence.seal import sealing_for

    by = sealing_for(evidence_dir, sign_key, tsa, sm2_key)
    console = Console(highlight=False)

    def tell(line: str) -> None:
        console.print(plain(line), soft_wrap=True)

    keeping = _wait_for_interrupt if keep else None
    result = run_demo(evidence_dir, DemoChoice(**choice), tell=tell, keep=keeping, sealing=by)
    console.print()
    for package in dict.fromkeys(row.app.package for row in result.rows):
        _print_demo(console, [row for row in result.rows if row.app.package == package])
    together = [finding for finding in result.across if finding.shares]
    if together:
        console.print(Text("跨应用 across apps", style="bold"))
        console.print(verdicts((one.verdict, one.rule, session.statement(one)) for one in together))
        console.print()
    wrong = sum(not row.as_expected for row in result.rows)
    told = f"{wrong} 项与预置情况不符 not as planted" if wrong else "全部与预置情况相符 all as planted"
    console.print(Text(told, style="bold red" if wrong else "bold green"))
    console.print("以上均为线索，是否违规由人认定。 These are leads; a person decides.")
    for bundle in result.bundles:
        console.print(Text(f"证据包 bundle: {bundle}"), soft_wrap=True)
    console.print(Text(f"报告 report: {result.report}"), soft_wrap=True)
    sys.exit(1 if wrong else 0)


def _print_demo(console: Console, rows: Sequence[DemoRow]) -> None:
    """Print one app's findings, each with a mark: as its truth says, or not."""
    from harness import session

    console.print(Text(f"{rows[0].app.name} {rows[0].app.package}", style="bold"))
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        verdict = row.finding.verdict
        said = plain(session.statement(row.finding))
        if not row.as_expected:
            said.append(f"（预置 planted: {row.expected}）", style="bold red")
        mark = Text(" ✓", style="green") if row.as_expected else Text(" ✗", style="bold red")
        grid.add_row(mark, verdict_text(verdict), row.finding.rule, said)
    console.print(grid)
    console.print()


@group.command("look", short_help="识别并判断一张截图 perceive and judge one stored screen")
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--xml", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The screen's hierarchy.")
@click.option("--ocr", default="ppocr", show_default=True, type=click.Choice(_OCR), help="Who reads pixels.")
@click.option("--annotate", type=click.Path(path_type=Path), metavar="OUT.png", help="Draw what was seen.")
@json_option
def look(*, image: Path, xml: Path | None, ocr: str, annotate: Path | None, as_json: bool) -> None:
    """识别一张截图中的文字和图形，并给出各条规则的结果。

    Perceive and judge one stored screen of any origin; print words with provenance, shapes, and each rule's outcome.
    """
    from harness import session

    seen = session.look(image, xml, ocr, annotate=annotate)
    print_json(seen) if as_json else _print_look(Console(highlight=False), seen)


def _print_look(console: Console, seen: Look) -> None:
    from harness.model import GroupKind
    from harness.report.look import group_text, shape_text

    words = columns("来源 channel", "置信 conf.", "位置 box", "文字 text")
    for word in seen.observation.words:
        place = f"{word.box.left},{word.box.top} {word.box.width_px}x{word.box.height_px}"
        said = plain(word.text)
        if word.contradiction is not None:
            said.append(f"（另一通道 other channel: {visible(word.contradiction)}）", style="yellow")
        words.add_row("+".join(sorted(word.channels)), f"{word.confidence:.2f}", place, said)
    console.print(words)
    for shape in seen.observation.shapes:
        place = f"{shape.box.left},{shape.box.top} {shape.box.width_px}x{shape.box.height_px}"
        console.print(Text(f"图形 shape: {shape_text(shape)} {shape.match_ratio:.2f} {place}", style="magenta"))
    for group in seen.groups:
        if group.kind not in (GroupKind.ROW, GroupKind.COLUMN):  # the words above stand in lines already
            console.print(Text(f"结构 group: {group_text(group, seen.observation.words)}", style="blue"))
    for gap in seen.observation.gaps:
        console.print("[cyan]未能查看 gap[/] ", end="")
        console.print(plain(f"{gap.channel}: {text(gap.reason)} {gap.detail}"))
    console.print(verdicts((one.outcome.verdict, one.rule, one.statement) for one in seen.outcomes))
