"""Probes of a result: what was done, before and after side by side, and the readings as a curve. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model import WHETHER, Action, Finding, Measure, Observation, ObservationId, ProbeRun, Wait, Walk
from harness.report.chart import Chart, chart
from harness.report.phrases import Phrases, clock_s
from harness.report.shots import Gallery, Shot


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """One reading in words."""

    at: str
    name: str
    value: str
    note: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One action of a probe with the screens before and after it; ``readings`` are those of the screen after."""

    number: int
    at: str
    action: str
    before: Shot
    after: Shot
    readings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeView:
    """One probe as it happened. ``cut`` says why it ended early; such a run proves nothing.

    ``shown`` is true where the finding rests on this run; the others are a click away.
    """

    number: int
    shown: bool
    began: str
    exchanges: tuple[Exchange, ...]
    measures: tuple[MeasureRow, ...]
    chart: Chart | None
    chart_name: str
    cut: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Did:
    """One or several equal actions in a row, seen from before the first to after the last."""

    action: Action
    before: ObservationId
    after: ObservationId


def probes_of(finding: Finding, walk: Walk, gallery: Gallery, phrases: Phrases) -> tuple[ProbeView, ...]:
    """Return every probe that was run for the finding's rule, in the order of the walk."""
    runs = [run for run in walk.probe_runs if run.rule == finding.rule]
    seen = {observation.id: observation for observation in walk.observations}
    scene = _Scene(seen=seen, gallery=gallery, phrases=phrases)
    cited = {ref.observation for ref in finding.evidence}
    resting = [run for run in runs if cited & {after for _, after in run.exchanges}] or runs[:1]
    return tuple(
        _probe(number, run, _of_run(finding.measures, run), scene, shown=run in resting)
        for number, run in enumerate(runs, start=1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    seen: dict[ObservationId, Observation]
    gallery: Gallery
    phrases: Phrases

    def at_s(self, run: ProbeRun, observation: ObservationId) -> float:
        return self.seen[observation].at.mono_s - self.seen[run.start].at.mono_s


def _probe(number: int, run: ProbeRun, measures: Sequence[Measure], scene: _Scene, *, shown: bool) -> ProbeView:
    phrases = scene.phrases
    done = _done(run)
    name, series = _longest_series(measures)
    exchanges = tuple(
        Exchange(
            number=place,
            at=f"+{clock_s(scene.at_s(run, did.after))}",
            action=phrases.action(did.action),
            before=scene.gallery.shot(did.before),
            after=scene.gallery.shot(did.after),
            readings=tuple(dict.fromkeys(_reading(m, phrases) for m in measures if m.observation == did.after)),
        )
        for place, did in enumerate(done, start=1)
    )
    return ProbeView(
        number=number,
        shown=shown,
        began=scene.gallery.time(scene.seen[run.start]),
        exchanges=exchanges,
        measures=tuple(
            MeasureRow(
                at=f"+{clock_s(measure.at_s)}",
                name=phrases.say(measure.name),
                value=value_in_words(measure, phrases),
                note=_note(measure, phrases),
                href=None if measure.observation is None else scene.gallery.original(measure.observation),
            )
            for measure in measures
        ),
        chart=chart(series, [scene.at_s(run, did.after) for did in done]) if series and series[0].unit else None,
        chart_name=phrases.say(name),
        cut="" if run.cut is None else phrases.gap(run.cut),
    )


def _of_run(measures: Sequence[Measure], run: ProbeRun) -> tuple[Measure, ...]:
    inside = {run.start, *(observation for _, observation in run.exchanges)}
    return tuple(measure for measure in measures if measure.observation in inside)


def _done(run: ProbeRun) -> list[_Did]:
    """Return the actions of a run, waits in a row joined into one."""
    done: list[_Did] = []
    before = run.start
    for action, after in run.exchanges:
        last = done[-1] if done else None
        if isinstance(action, Wait) and last is not None and isinstance(last.action, Wait):
            joined = Wait(seconds=last.action.seconds + action.seconds)
            done[-1] = _Did(action=joined, before=last.before, after=after)
        else:
            done.append(_Did(action=action, before=before, after=after))
        before = after
    return done


def _longest_series(measures: Sequence[Measure]) -> tuple[str, list[Measure]]:
    """Return the quantity with the most readings in one unit; that is the one worth a curve."""
    series: dict[tuple[str, str], list[Measure]] = {}
    for measure in measures:
        if measure.value is not None and measure.unit != WHETHER:
            series.setdefault((measure.name, measure.unit), []).append(measure)
    if not series:
        return "", []
    (name, _), longest = max(series.items(), key=lambda item: len(item[1]))
    return name, longest


def _note(measure: Measure, phrases: Phrases) -> str:
    key = f"report-note-{measure.note}"
    said = phrases.say(key) if measure.note else ""
    return measure.note if said == key else said


def _reading(measure: Measure, phrases: Phrases) -> str:
    return f"{phrases.say(measure.name)}：{value_in_words(measure, phrases)}"


def value_in_words(measure: Measure, phrases: Phrases) -> str:
    """Return the value of one reading: minutes and seconds, yes or no, a number, or that it could not be read."""
    if measure.value is None:
        return phrases.say("report-not-readable")
    if measure.unit == "s":
        return clock_s(measure.value)
    if measure.unit == WHETHER:
        return phrases.say("report-yes" if measure.value else "report-no")
    return f"{measure.value:g}{measure.unit}"
