"""Prints how well and how fast screens are read: by us, by RapidOCR as shipped, by Tesseract.

``python -m benchmarks.ocr``. All read the same screens, in turns, each in a process of its own. What is measured how is
told in the README beside this file. ``--screens DIR`` reads the real screens of ``DIR/index.json`` instead.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.ocr_again import print_reuse
from benchmarks.ocr_real import print_real
from benchmarks.ocr_scoring import Marks, Read, compared
from benchmarks.truth_screens import TEST_SEEDS, TUNE_SEEDS, TruthScreen, screens
from harness.model import Box

_READER = Path(__file__).resolve().parent / "ocr_readers.py"
_PEERS = ("RapidOCR 3", "rapidocr-onnxruntime")
_ROWS = ("ours", "ours with hierarchy", *_PEERS, "Tesseract psm 11")
_STOCK = "RapidOCR 3"


class Reader:
    """A reader in its own process; ``problem`` says why there is none."""

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, str(_READER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=_READER.parent.parent,
            env=None if name in _PEERS else _with_our_path(),
        )
        first = self._answer()
        self.problem = str(first["problem"]) if first else "its process ended"

    def ask(self, png: Path, xml: Path) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"png": str(png), "xml": str(xml)}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if not answer:
            raise SystemExit(f"{self.name}: its process ended while reading {png.name}")
        return answer

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {}
        return answer


def _with_our_path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_READER.parent.parent)}


@dataclass(slots=True, kw_only=True)
class Row:
    """What one reader did, screen by screen."""

    name: str
    marks: Marks = field(default_factory=Marks)
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_s: list[float] = field(default_factory=list)
    peak_mb: float = 0.0


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = _options(arguments)
    if options.screens is not None:
        print_real(options.screens)
        return
    seeds = (TUNE_SEEDS if options.tune else TEST_SEEDS)[: 12 if options.quick else options.count]
    with tempfile.TemporaryDirectory(prefix="harness-ocr-") as folder:
        cache = options.cache or Path(folder)
        shown = list(screens(seeds, cache=cache))
        rows = _measured(shown, options.peer_python, Path(folder))
        _print_table(rows, shown)
        if options.wrong:
            for wanted, got in next(row.marks.wrong for row in rows if row.name == options.wrong):
                print(f"  {wanted!r} read as {got!r}")
        print_reuse(shown)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ocr", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="12 screens")
    parser.add_argument("--count", type=int, default=len(TEST_SEEDS), help="screens, at most 60")
    parser.add_argument("--tune", action="store_true", help="the screens that settings were chosen on")
    parser.add_argument("--peer-python", help="Python of an environment with rapidocr and rapidocr-onnxruntime")
    parser.add_argument("--cache", type=Path, help="keep rendered screens here")
    parser.add_argument("--screens", type=Path, help="folder of real screens with an index.json")
    parser.add_argument("--wrong", choices=_ROWS, help="print what this reader read wrongly")
    return parser.parse_args(arguments)


def _measured(shown: Sequence[TruthScreen], peer_python: str | None, folder: Path) -> list[Row]:
    with ExitStack() as stack:
        readers = []
        for name in _ROWS:
            if name in _PEERS and not peer_python:
                print(f"skipped {name}: give --peer-python an environment that has it")
                continue
            reader = Reader(name, str(peer_python) if name in _PEERS else sys.executable)
            stack.callback(reader.close)
            if reader.problem:
                print(f"skipped {name}: {reader.problem}")
                continue
            readers.append(reader)
        rows = [Row(name=reader.name) for reader in readers]
        for number, screen in enumerate([shown[0], *shown]):  # the first one is read twice: once to warm up
            png, xml = folder / "screen.png", folder / "screen.xml"
            png.write_bytes(screen.png)
            xml.write_bytes(screen.hierarchy())
            for reader, row in zip(readers, rows, strict=True):
                answer = reader.ask(png, xml)
                if number:
                    _add(row, screen, answer)
        return rows


def _add(row: Row, screen: TruthScreen, answer: dict[str, Any]) -> None:
    read = [Read(text=text, box=Box(left=s[0], top=s[1], right=s[2], bottom=s[3])) for text, s in answer["texts"]]
    row.marks += compared(screen.lines, read)
    row.seconds[screen.name] = answer["seconds"]
    row.cpu_s.append(answer["cpu_s"])
    row.peak_mb = max(row.peak_mb, answer["peak_mb"])


def _print_table(rows: Sequence[Row], shown: Sequence[TruthScreen]) -> None:
    widths = {screen.name: next(w for w in (720, 1080, 1440) if screen.size_px[0] <= w + 2) for screen in shown}
    print(f"{len(shown)} screens, {rows[0].marks.lines} lines, {rows[0].marks.characters} letters")
    print(
        f"{'reader':<22} {'CER %':>6} {'exact %':>8} {'missed':>6} {'key words':>10} {'false':>5} "
        f"{'centre p50/p95':>14} {'720 / 1080 / 1440 p50 s':>24} {'p95 s':>6} {'CPU s':>6} {'MB':>5}"
    )
    for row in rows:
        m = row.marks
        p50, p95 = m.off_centre_px()
        by_width = " / ".join(
            f"{statistics.median(s for name, s in row.seconds.items() if widths[name] == w):.3f}"
            if any(widths[name] == w for name in row.seconds)
            else "-"
            for w in (720, 1080, 1440)
        )
        times = sorted(row.seconds.values())
        print(
            f"{row.name:<22} {m.error_percent:>6.2f} {100 * m.exact / max(1, m.lines):>8.1f} {m.missed:>6} "
            f"{m.words_found:>5}/{m.words:<4} {m.words_invented:>5} {p50:>8.1f}/{p95:<5.1f} {by_width:>24} "
            f"{times[int(0.95 * (len(times) - 1))]:>6.3f} {statistics.median(row.cpu_s):>6.2f} {row.peak_mb:>5.0f}"
        )
    stock = next((row for row in rows if row.name == _STOCK), None)
    for row in rows if stock else ():
        if stock is not None and row is not stock:
            ratios = sorted(row.seconds[name] / stock.seconds[name] for name in row.seconds)
            cpu = statistics.median(row.cpu_s) / statistics.median(stock.cpu_s)
            ratio = statistics.median(ratios)
            print(f"{row.name}: {ratio:.2f} of {_STOCK}'s time, screen by screen; {cpu:.2f} of its CPU")


if __name__ == "__main__":
    main(sys.argv[1:])
