"""Prints what evidence costs for 200 screenshots, beside two reporters of tests and beside hashing and copying alone.

``python -m benchmarks.evidence``; what is measured how is told in the README beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import evidence_step
from benchmarks.evidence_run import files_of, judged, megabytes, record, screens, start
from harness import machine
from harness.clock import SystemClock
from harness.evidence import keys
from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.layout import WalkEnd
from harness.evidence.seal import Sealing
from harness.evidence.verify import Soundness, Trust, verify
from harness.model import Moment
from harness.report.exporting import Means
from harness.report.gather import gather
from harness.report.html import bundle_pages, write_html
from harness.report.pdf import write_pdf
from harness.report.xlsx import write_xlsx
from harness.rules import ALL_RULES

SEAL_GOAL, HTML_GOAL_S, PDF_GOAL_S, RECORD_GOAL = 5.0, 1.0, 3.0, 0.05
_ROUNDS = 3
_PEER_TIMEOUT_S = 600.0
_PEER_FILE = Path(__file__).resolve().with_name("evidence_peer.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Seconds on the clock, and seconds of computing: on a busy machine only the latter can be compared."""

    wall_s: float
    cpu_s: float

    def minus(self, other: Taken) -> Taken:
        return Taken(wall_s=self.wall_s - other.wall_s, cpu_s=self.cpu_s - other.cpu_s)

    def plus(self, other: Taken) -> Taken:
        return Taken(wall_s=self.wall_s + other.wall_s, cpu_s=self.cpu_s + other.cpu_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of what is printed; megabytes where something was written."""

    name: str
    taken: Taken
    size_mb: float | None = None
    remark: str = ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="screenshots (default %(default)s)")
    parser.add_argument("--steps", type=int, default=25, help="of the real walk; 0 leaves it out (default %(default)s)")
    parser.add_argument("--peer-python", type=Path, help="Python of a venv with pytest, pytest-html and allure-pytest")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines, goals = ours(folder, given.count)
        if given.peer_python:
            lines += peers(folder, given.peer_python)
    print(f"{given.count} screenshots; load {_load()}; seconds on the clock, of computing")
    for line in lines:
        size = "" if line.size_mb is None else f"{line.size_mb:8.2f} MB"
        print(f"{line.name:22} {line.taken.wall_s:8.3f} {line.taken.cpu_s:8.3f} {size:11}   {line.remark}".rstrip())
    if given.steps:
        share = evidence_step.measure(given.steps)
        recorded = f"{share.recorded_s * 1000:.0f} ms were recording"
        print(f"real walk              {share.steps} steps in {share.walked_s:.1f} s, of which {recorded}")
        goals["recording adds to a step"] = (share.ratio, RECORD_GOAL)
    for goal, (reached, wanted) in goals.items():
        print(f"{goal:34} {reached:8.3f}   goal {wanted:g}: {'met' if reached <= wanted else 'MISSED'}")


def ours(folder: Path, count: int) -> tuple[list[Line], dict[str, tuple[float, float]]]:
    """Return the lines of our own parts, and for each goal what was reached and what was wanted."""
    drawn = list(screens(count))
    shots = folder / "shots"
    shots.mkdir()
    for number, screen in enumerate(drawn):
        (shots / f"{number:04d}.png").write_bytes(screen.png)
    floor = _median(lambda: _hash_and_copy(shots, folder / "copy"))
    public, _ = keys.new_key(folder / "keys" / "k.pem")
    signer = keys.FileSigner(folder / "keys" / "k.pem")
    clock = SystemClock()
    with BundleWriter(folder / "runs", start("bench"), clock=clock, sealing=Sealing(signer=signer)) as writer:
        recorded = _taken(lambda: record(writer, drawn))
        now = Moment(wall=clock.wall(), mono_s=clock.monotonic_s())
        writer.walk_ended(WalkEnd(ended=now, finished=True, untried=0))
        with open_bundle(writer.path) as bundle:
            judgement, walk = judged(bundle), bundle.walk
            pages: dict[str, bytes] = {}
            paged = _taken(lambda: pages.update(bundle_pages(bundle, judgement, ALL_RULES)))
        sealed = _taken(lambda: writer.finish(judgement, pages, walk=walk))
    trust = Trust(key_pem=keys.read_public(public))
    assert verify(writer.path, trust=trust).soundness is Soundness.SOUND
    verified = _median(lambda: verify(writer.path, trust=trust))
    out = folder / "report"
    font = machine.find_cjk_font_file(os.environ)
    means, signing = Means(out=out, font=font), Means(out=out, font=font, signer=signer)
    gathered = _median(lambda: gather([writer.path], out, ALL_RULES, made=clock.wall()))
    run = gather([writer.path], out, ALL_RULES, made=clock.wall())
    html = _median(lambda: write_html(run, means))
    html_mb = megabytes(out)
    pdf = _median(lambda: write_pdf(run, means))
    signed = _median(lambda: write_pdf(run, signing))
    pdf_mb = megabytes(out / writer.name / "report.pdf")
    xlsx = _median(lambda: write_xlsx(run, means))
    lines = [
        Line(name="floor: hash and copy", taken=floor, size_mb=megabytes(shots)),
        Line(name="record", taken=recorded, size_mb=megabytes(writer.path), remark="look by look, fsync each"),
        Line(name="small pictures", taken=paged, remark="once, when the bundle is made"),
        Line(name="seal", taken=sealed, remark="manifests and signature"),
        Line(name="verify", taken=verified),
        Line(name="result for all views", taken=gathered, remark="reads and verifies the bundle"),
        Line(name="HTML", taken=html, size_mb=html_mb, remark="pictures linked"),
        Line(name="PDF/A", taken=pdf, size_mb=pdf_mb),
        Line(name="PDF/A, signed", taken=signed, size_mb=pdf_mb),
        Line(name="XLSX", taken=xlsx, size_mb=megabytes(out / "findings.xlsx")),
    ]
    sound = sealed.plus(verified)
    goals = {
        "seal and verify, times the floor": (sound.wall_s / floor.wall_s, SEAL_GOAL),
        "  of computing, both": (sound.cpu_s / floor.cpu_s, SEAL_GOAL),
        "HTML from the bundle, seconds": (gathered.plus(html).wall_s, HTML_GOAL_S),
        "  of computing, HTML": (gathered.plus(html).cpu_s, HTML_GOAL_S),
        "PDF from the bundle, seconds": (gathered.plus(pdf).wall_s, PDF_GOAL_S),
        "  of computing, PDF": (gathered.plus(pdf).cpu_s, PDF_GOAL_S),
    }
    return lines, goals


def peers(folder: Path, python: Path) -> list[Line]:
    """Return what two reporters add to a run of tests that attach the same pictures."""
    bare = _median(lambda: _peer(folder, python, "none", ()))
    single, linked, allure = folder / "single.html", folder / "linked" / "report.html", folder / "allure"
    ways: tuple[tuple[str, str, Sequence[str], Path], ...] = (
        ("pytest-html, one file", "html", (f"--html={single}", "--self-contained-html"), single),
        ("pytest-html, linked", "html", (f"--html={linked}",), linked.parent),
        ("Allure results", "allure", (f"--alluredir={allure}", "--clean-alluredir"), allure),
    )
    lines = []
    for name, peer, options, written in ways:
        taken = _median(lambda peer=peer, options=options: _peer(folder, python, peer, options))  # type: ignore[misc]
        lines.append(Line(name=name, taken=taken.minus(bare), size_mb=megabytes(written), remark="above the bare run"))
    return lines


def _peer(folder: Path, python: Path, peer: str, options: Sequence[str]) -> None:
    environment = {**os.environ, "EVIDENCE_SHOTS": str(folder / "shots"), "EVIDENCE_PEER": peer}
    environment.pop("PYTHONPATH", None)
    quiet = ("-q", "-p", "no:cacheprovider", "--rootdir", str(folder))
    done = subprocess.run(
        [str(python), "-m", "pytest", *quiet, *options, str(_PEER_FILE)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PEER_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{peer}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _hash_and_copy(shots: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for path in files_of(shots):
        raw = path.read_bytes()
        hashlib.sha256(raw).hexdigest()
        (to / path.name).write_bytes(raw)


def _median(once: Callable[[], object]) -> Taken:
    taken = [_taken(once) for _ in range(_ROUNDS)]
    return Taken(
        wall_s=statistics.median(one.wall_s for one in taken), cpu_s=statistics.median(one.cpu_s for one in taken)
    )


def _taken(once: Callable[[], object]) -> Taken:
    wall_s, cpu_s = time.perf_counter(), _computed_s()
    once()
    return Taken(wall_s=time.perf_counter() - wall_s, cpu_s=_computed_s() - cpu_s)


def _computed_s() -> float:
    """Return the seconds of computing of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    main()
