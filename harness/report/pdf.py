"""Prints a result as PDF/A-2b, one file for each app: A4, boxes to sign, page number and payload digest on every page.

The only importer of ``typst``. The same bundle gives the same bytes, but for a signature: the document's time is the
walk's. Pictures are the small ones; the digests of the originals are printed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from harness import machine
from harness.errors import BadInput, HarnessError
from harness.evidence import durable
from harness.evidence.keys import Signer, fingerprint
from harness.messages import catalogue
from harness.report.exporting import Means
from harness.report.glyphs import Glyphs
from harness.report.phrases import clock_s
from harness.report.result import VERDICT_ORDER
from harness.report.shots import Shot
from harness.report.views import AppResult, RunResult

NAME = "report.pdf"
_STANDARD = "a-2b"
_TEMPLATE = "report.typ"
_LANGUAGE = "zh_CN"  # of the texts, as of the result's own words


def write_pdf(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write one PDF for each app beside its page, signed where there is a key.

    Raises ``BadInput`` where the machine lacks typst, or a font with Chinese glyphs, or what signs.
    """
    font = _font(means.font)
    written = []
    for app in run.apps:
        content = printed(app, means, font)
        if means.signer is not None:
            content = _signed(content, means.signer)
        path = means.out / app.folder / NAME
        durable.write(path, content)
        written.append(path)
    return tuple(written)


def printed(app: AppResult, means: Means, font: Path) -> bytes:
    """Return the PDF of one app, not signed."""
    typst = _typst()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(font.parent)])
    with _desk(means.out / app.folder, app) as (desk, names):
        glyphs = Glyphs(font)
        values = {
            "font": _family(fonts, font),
            "app": _plain(app, names, glyphs),
            "t": {key: text for key, text in catalogue(_LANGUAGE).items() if key.startswith(("report-", "limit-"))},
            "counts": [[verdict.value, app.count(verdict)] for verdict in VERDICT_ORDER if app.count(verdict)],
            "key": fingerprint(means.signer.public_pem) if means.signer else "",
        }
        (desk / "report.json").write_text(json.dumps(values, ensure_ascii=False, default=str), "utf-8", newline="\n")
        template = resources.files("harness.report") / "templates" / _TEMPLATE
        (desk / _TEMPLATE).write_bytes(template.read_bytes())
        try:
            content = typst.compile(
                str(desk / _TEMPLATE),
                root=str(desk),
                font_paths=fonts,
                ignore_system_fonts=True,
                pdf_standards=_STANDARD,
                timestamp=app.ended.replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise HarnessError(f"{app.bundle}: cannot be printed: {error.message}") from error
    return bytes(content)


@contextlib.contextmanager
def _desk(folder: Path, app: AppResult) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield a folder with the small pictures, and their names in it by their links; typst reads nothing outside."""
    with tempfile.TemporaryDirectory() as name:
        desk = Path(name)
        names: dict[str, str] = {}
        for shot in _shots(app):
            if shot.thumb and shot.thumb not in names and shot.thumb.endswith(".jpg"):
                names[shot.thumb] = shot.thumb.rsplit("/", 1)[1]
                shutil.copyfile(folder / unquote(shot.thumb), desk / names[shot.thumb])
        yield desk, names


def _shots(app: AppResult) -> Iterator[Shot]:
    for finding in app.findings:
        yield from finding.shots
        for probe in finding.probes:
            for exchange in probe.exchanges:
                yield exchange.before
                yield exchange.after
    yield from app.refusal_shots


def _plain(app: AppResult, names: Mapping[str, str], glyphs: Glyphs) -> Any:
    """Return a result as JSON values: text that can be printed, pictures by their names on the desk."""

    def plain(value: Any) -> Any:
        if isinstance(value, Shot):
            return {**fields(value), "picture": names.get(value.thumb or "")}
        if dataclasses.is_dataclass(value):
            return fields(value)
        if isinstance(value, tuple):
            return [plain(one) for one in value]
        if isinstance(value, datetime):
            return value.isoformat()
        return glyphs.printable(str(value)) if isinstance(value, str) else value

    def fields(value: Any) -> dict[str, Any]:
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}

    told: dict[str, Any] = plain(app)
    told["reach"] = {"reached": app.reached, "missed": app.missed, "without": app.without_entry}
    told["pictures"] = plain(_originals(app))
    for view, finding in zip(told["findings"], app.findings, strict=True):
        for probe, seen in zip(view["probes"], finding.probes, strict=True):
            if seen.chart is not None:
                for axis, ticks in (("x_ticks", seen.chart.x_ticks), ("y_ticks", seen.chart.y_ticks)):
                    in_minutes = axis == "x_ticks" or seen.chart.unit == "s"
                    words = [clock_s(tick.value) if in_minutes else f"{tick.value:g}" for tick in ticks]
                    for tick, word in zip(probe["chart"][axis], words, strict=True):
                        tick["word"] = word
    return told


def _originals(app: AppResult) -> tuple[tuple[str, str, str], ...]:
    """Return every picture of the report once: observation, time, digest of the original."""
    told = {shot.observation: (str(shot.observation), shot.at, shot.sha256 or "") for shot in _shots(app)}
    return tuple(told[observation] for observation in sorted(told))


def _font(font: Path | None) -> Path:
    if font is None:
        raise BadInput(
            source="PDF",
            place="font",
            problem="no font with Chinese glyphs is on this machine",
            mend=machine.mend(machine.Part.FONT, machine.system()),
        )
    return font


def _family(fonts: Any, font: Path) -> str:
    """Return the family in a font's file to print with: the simplified Chinese one of a collection."""
    families = [face.family for face in fonts.fonts() if face.path and Path(face.path) == font]
    if not families:
        problem, mend = "holds no font that can be printed with", machine.mend(machine.Part.FONT, machine.system())
        raise BadInput(source="PDF", place=str(font), problem=problem, mend=mend)
    plain = [family for family in families if "Mono" not in family] or families
    return str(next((family for family in plain if family.endswith("SC")), plain[0]))


def _typst() -> Any:
    try:
        import typst
    except ImportError as error:
        raise _missing("typst") from error
    return typst


def _signed(content: bytes, signer: Signer) -> bytes:
    try:
        from harness.report.pdf_signature import signed_pdf
    except ImportError as error:
        raise _missing("pyhanko") from error
    return signed_pdf(content, signer)


def _missing(package: str) -> BadInput:
    mend = "python -m pip install 'android-compliance-harness[pdf]'"
    return BadInput(source="PDF", place=package, problem="is not installed", mend=mend)
