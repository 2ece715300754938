"""Makes the result object that every export renders, and lays the pictures it links to into the report's folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from harness.across import judge_across
from harness.errors import BundleError
from harness.evidence import durable, layout
from harness.evidence.bundle import StoredBundle, open_bundle
from harness.evidence.container import read
from harness.evidence.verify import verify
from harness.model import Judgement, Rule, Walk
from harness.report.across_view import across_views
from harness.report.phrases import Phrases
from harness.report.pictures import SmallPictures
from harness.report.result import Source, app_result, rule_view
from harness.report.shots import Gallery, Links
from harness.report.vetting import vetted
from harness.report.views import AppResult, RunResult
from harness.rules import ACROSS_RULES


def gather(
    bundles: Sequence[Path],
    out: Path,
    rules: Sequence[Rule],
    *,
    made: datetime,
    judgements: Mapping[Path, Judgement] | None = None,
) -> RunResult:
    """Return the result of stored bundles; links of an app are relative to its folder in ``out``.

    ``judgements`` replaces what is stored; an unfinished bundle has nothing stored and needs one. Pictures of a bundle
    in a folder are linked where they are, those of a zip are copied. Raises ``BundleError``.
    """
    words = Phrases()
    results: list[AppResult] = []
    seen: dict[str, tuple[str, Gallery]] = {}
    walks: list[Walk] = []
    with contextlib.ExitStack() as opened:  # until the apps were compared, which may ask for one more picture
        for path in bundles:
            bundle = opened.enter_context(open_bundle(path))
            judgement = (judgements or {}).get(path) or bundle.judgement
            if judgement is None:
                raise BundleError(f"{path}: is unfinished and was never judged")
            result, gallery = _app(bundle, judgement, rules, out, words)
            results.append(result)
            walks.append(bundle.walk)
            seen.setdefault(bundle.walk.app.package, (bundle.name, gallery))
        across = judge_across(walks, ACROSS_RULES) if len(walks) > 1 else ()
        views = across_views(across, ACROSS_RULES, seen, words)
    return RunResult(
        made=made,
        rules=tuple(rule_view(rule, words) for rule in rules),
        apps=tuple(results),
        across=views,
        judged_across=across,
    )


def _app(
    bundle: StoredBundle, judgement: Judgement, rules: Sequence[Rule], out: Path, words: Phrases
) -> tuple[AppResult, Gallery]:
    folder = out / bundle.name
    folder.mkdir(parents=True, exist_ok=True)
    way = _way(bundle.path, folder) if bundle.path.is_dir() else None
    small = SmallPictures(bundle)
    laid: set[str] = set()

    def lay(name: str, content: bytes) -> str:
        if name not in laid:
            laid.add(name)
            durable.write(folder / name, content)
        return name

    def original(digest: str) -> str | None:
        if layout.shot_member(digest) not in bundle.container.sizes:
            return None
        if way is not None:
            return f"{way}/{layout.shot_member(digest)}"
        return lay(f"{digest}.png", bundle.shot(digest))

    def link(member: str | None) -> str | None:
        if member is None:
            return None
        name = member.rsplit("/", 1)[1]
        if member in small.made:
            return lay(name, small.made[member])
        return f"{way}/{member}" if way is not None else lay(name, read(bundle.container, member))

    source = Source(
        bundle=bundle,
        judgement=judgement,
        unfinished=bundle.unfinished,
        folder=bundle.name,
        vetting=vetted(verify(bundle.path), words),
    )
    links = Links(original=original, small=lambda d: link(small.member(d)), tiny=lambda d: link(small.tiny(d)))
    gallery = Gallery(bundle.walk, links, words)
    return app_result(source, rules, gallery, words), gallery


def _way(target: Path, start: Path) -> str | None:
    """Return the link from one folder to another, ``None`` across drives."""
    try:
        way = os.path.relpath(target.resolve(), start.resolve())
    except ValueError:
        return None
    return quote(Path(way).as_posix())
