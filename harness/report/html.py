"""Renders results as HTML that opens by double click: no network, nothing outside the folder, no script needed to read.

The one script is the filter of the first page; it is in the page, named by its digest, and without it all rows show.

All text from apps is escaped, and characters that could hide or turn around text are made visible.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path

import jinja2
from markupsafe import Markup

from harness.evidence import codec, durable, layout
from harness.evidence.bundle import StoredBundle
from harness.model import Judgement, Rule
from harness.report.chart import ROW_PX, Chart
from harness.report.exporting import Means
from harness.report.gather import gather
from harness.report.phrases import Phrases, clock_s, stamp
from harness.report.pictures import ORIGINS, SmallPictures
from harness.report.result import VERDICT_ORDER, Source, app_result, verdict_word
from harness.report.shots import Gallery, Links
from harness.report.views import AppResult, RunResult

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

FILTER = (resources.files("harness.report") / "templates" / "filter.js").read_text(encoding="utf-8")
FILTER_SHA256 = base64.b64encode(hashlib.sha256(FILTER.encode("utf-8")).digest()).decode("ascii")


def bundle_pages(
    bundle: StoredBundle, judgement: Judgement, rules: Sequence[Rule], *, phrases: Phrases | None = None
) -> Mapping[str, bytes]:
    """Return what ``BundleWriter.finish`` puts into a bundle: ``index.html`` and small pictures."""
    small = SmallPictures(bundle)
    links = Links(original=layout.shot_member, small=small.member, tiny=small.tiny)
    words = phrases or Phrases()
    source = Source(bundle=bundle, judgement=judgement, unfinished=False)
    result = app_result(source, rules, Gallery(bundle.walk, links, words), words)
    pages = {layout.REPORT: render_app(result, words)}
    return {**pages, **small.made, ORIGINS: codec.dump_page(small.origins)}


def write_report(
    bundles: Sequence[Path],
    out: Path,
    rules: Sequence[Rule],
    *,
    made: datetime,
    judgements: Mapping[Path, Judgement] | None = None,
) -> Path:
    """Write a report over stored bundles into ``out`` and return its ``index.html``. Arguments as of ``gather``."""
    return write_html(gather(bundles, out, rules, made=made, judgements=judgements), Means(out=out))[0]


def write_html(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write a page for each app, the first page over all and what they show together; return the first page."""
    phrases = Phrases()
    for app in run.apps:
        durable.write(means.out / app.folder / layout.REPORT, render_app(app, phrases))
    index = means.out / layout.REPORT
    durable.write(index, render_run(run, phrases))
    durable.write(means.out / layout.ACROSS, codec.dump_page(layout.AcrossFacts(across=run.judged_across)))
    return (index,)


def render_app(result: AppResult, phrases: Phrases) -> bytes:
    """Return the page of one app."""
    return render("app.html", phrases, app=result)


def render_run(result: RunResult, phrases: Phrases) -> bytes:
    """Return the page over several apps: coverage first, then apps by rules."""
    found = {finding.verdict for app in result.apps for finding in app.findings}
    filters = (
        ("app", "report-matrix-app", [(place, app.name) for place, app in enumerate(result.apps, start=1)]),
        ("unit", "report-matrix-unit", [(unit, unit) for unit in sorted({app.unit for app in result.apps} - {""})]),
        ("rule", "report-result-rule", [(rule.id, rule.name) for rule in result.rules]),
        ("verdict", "report-result-verdict", [(v, verdict_word(v, phrases)) for v in VERDICT_ORDER if v in found]),
    )
    return render(
        "run.html",
        phrases,
        run=result,
        made=stamp(result.made),
        filters=filters,
        script=Markup(FILTER),
        script_sha256=FILTER_SHA256,
    )


def render(template: str, phrases: Phrases, **values: object) -> bytes:
    """Return a page from a template of this package, its values escaped."""
    return _environment(phrases.language).get_template(template).render(**values).encode("utf-8")


@functools.cache
def _environment(language: str) -> jinja2.Environment:
    """Return the templates with the words of one language; kept, because compiling them takes longer than a page."""
    phrases = Phrases(language=language)
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
        row_px=ROW_PX,
        verdicts=[(verdict, verdict_word(verdict, phrases)) for verdict in VERDICT_ORDER],
        language="zh-CN" if language == "zh_CN" else "en",
    )
    return environment


def _polyline(chart: Chart) -> str:
    return " ".join(f"{point.x:g},{point.y:g}" for point in chart.points if not point.control)


def _visible(value: object) -> object:
    """Return text with every character that cannot be seen, or turns others around, as its code in brackets."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", value)
    return value
