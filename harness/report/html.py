"""Renders results as HTML that opens by double click: no script, no network, nothing outside the folder.

All text from apps is escaped, and characters that could hide or turn around text are made visible.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import jinja2

from harness.errors import BundleError
from harness.evidence import codec, durable, layout
from harness.evidence.bundle import StoredBundle, open_bundle
from harness.evidence.container import read
from harness.evidence.layout import sha256
from harness.model import Judgement, Rule
from harness.report.chart import Chart
from harness.report.phrases import Phrases, clock_s, stamp
from harness.report.result import VERDICT_ORDER, Source, app_result, verdict_word
from harness.report.shots import Gallery, Links
from harness.report.thumbs import WIDTH_PX, thumb
from harness.report.views import AppResult, Row, RunResult

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def bundle_pages(
    bundle: StoredBundle, judgement: Judgement, rules: Sequence[Rule], *, phrases: Phrases | None = None
) -> Mapping[str, bytes]:
    """Return what ``BundleWriter.finish`` puts into a bundle: ``index.html`` and small pictures."""
    small = _Small(bundle)
    links = Links(original=layout.shot_member, small=small.member)
    words = phrases or Phrases()
    source = Source(bundle=bundle, judgement=judgement, unfinished=False)
    result = app_result(source, rules, Gallery(bundle.walk, links, words), words)
    pages = {layout.REPORT: render_app(result, words)}
    return {**pages, **small.files, f"{layout.DERIVED}/derived.json": codec.dump_page(small.origins)}


def write_report(
    bundles: Sequence[Path],
    out: Path,
    rules: Sequence[Rule],
    *,
    made: datetime,
    judgements: Mapping[Path, Judgement] | None = None,
) -> Path:
    """Write a report over stored bundles into ``out`` and return its ``index.html``.

    ``judgements`` replaces what is stored; an unfinished bundle has nothing stored and needs one. Pictures of a bundle
    in a folder are linked where they are, those of a zip are copied. Raises ``BundleError``.
    """
    words = Phrases()
    results = []
    for path in bundles:
        with open_bundle(path) as bundle:
            judgement = (judgements or {}).get(path) or bundle.judgement
            if judgement is None:
                raise BundleError(f"{path}: is unfinished and was never judged")
            results.append(_write_app(bundle, judgement, rules, out, words))
    run = RunResult(
        made=made,
        rules=tuple(Row(label=rule.id, value=rule.name_zh) for rule in rules),
        apps=tuple(results),
    )
    index = out / layout.REPORT
    durable.write(index, render_run(run, words))
    return index


def render_app(result: AppResult, phrases: Phrases) -> bytes:
    """Return the page of one app."""
    return _render("app.html", phrases, app=result)


def render_run(result: RunResult, phrases: Phrases) -> bytes:
    """Return the page over several apps: coverage first, then apps by rules."""
    return _render("run.html", phrases, run=result, made=stamp(result.made))


def _write_app(
    bundle: StoredBundle, judgement: Judgement, rules: Sequence[Rule], out: Path, phrases: Phrases
) -> AppResult:
    folder = out / bundle.name
    folder.mkdir(parents=True, exist_ok=True)
    small = _Small(bundle)
    copied: set[str] = set()
    linked = _relative(bundle.path / layout.SHOTS, folder) if bundle.path.is_dir() else None

    def original(digest: str) -> str:
        if linked is not None:
            return f"{linked}/{digest}.png"
        copied.add(digest)
        return f"{digest}.png"

    def small_name(digest: str) -> str | None:
        member = small.member(digest)
        return None if member is None else member.rsplit("/", 1)[1]

    source = Source(
        bundle=bundle,
        judgement=judgement,
        unfinished=bundle.unfinished,
        href=f"{bundle.name}/{layout.REPORT}",
        payload_sha256=None if bundle.unfinished else sha256(read(bundle.container, layout.MANIFEST)),
    )
    gallery = Gallery(bundle.walk, Links(original=original, small=small_name), phrases)
    result = app_result(source, rules, gallery, phrases)
    durable.write(folder / layout.REPORT, render_app(result, phrases))
    for member, content in small.files.items():
        durable.write(folder / member.rsplit("/", 1)[1], content)
    for digest in sorted(copied):
        durable.write(folder / f"{digest}.png", bundle.shot(digest))
    return result


class _Small:
    """Small pictures, made when first asked for; what they were made from is kept beside them."""

    def __init__(self, bundle: StoredBundle) -> None:
        self._bundle = bundle
        self._members: dict[str, str | None] = {}
        self.files: dict[str, bytes] = {}
        self.origins: list[dict[str, str]] = []

    def member(self, digest: str) -> str | None:
        if digest not in self._members:
            self._members[digest] = self._make(digest)
        return self._members[digest]

    def _make(self, digest: str) -> str | None:
        jpeg = thumb(self._bundle.shot(digest))
        if jpeg is None:
            return None
        member = f"{layout.DERIVED}/{sha256(jpeg)}.jpg"
        self.files[member] = jpeg
        how = f"scaled to {WIDTH_PX} px wide, JPEG"
        self.origins.append({"member": member, "derived_from": layout.shot_member(digest), "how": how})
        return member


def _relative(target: Path, start: Path) -> str | None:
    """Return the link from one folder to another, ``None`` across drives."""
    try:
        way = os.path.relpath(target.resolve(), start.resolve())
    except ValueError:
        return None
    return quote(Path(way).as_posix())


def _render(template: str, phrases: Phrases, **values: object) -> bytes:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say: Callable[..., str] = phrases.say
    environment.globals.update(
        t=say,
        clock=clock_s,
        polyline=_polyline,
        verdicts=[(verdict, verdict_word(verdict, phrases)) for verdict in VERDICT_ORDER],
        language="zh-CN" if phrases.language == "zh_CN" else "en",
    )
    text = environment.get_template(template).render(**values)
    return text.encode("utf-8")


def _polyline(chart: Chart) -> str:
    return " ".join(f"{point.x:g},{point.y:g}" for point in chart.points if not point.control)


def _visible(value: object) -> object:
    """Return text with every character that cannot be seen, or turns others around, as its code in brackets."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", value)
    return value
