"""A verification in words, under the four headings of electronic-archive inspection (四性). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence.inspection import Item, Quality, Result, Soundness, VerifyReport
from harness.evidence.keys import grouped
from harness.report.phrases import Phrases, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class VettedItem:
    """One thing that was looked at; ``remarks`` say what was wrong, or what could not be said."""

    name: str
    result: Result
    word: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """One of the four headings with its items, and in one word what came of them."""

    name: str
    result: Result
    word: str
    items: tuple[VettedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VettingView:
    """What verification says of a bundle, and what no verification can prove."""

    answer: str
    sound: bool
    seal: str
    payload_sha256: str | None
    qualities: tuple[QualityView, ...]
    limits: tuple[str, ...]


# Of several results the first of these stands for the heading.
_WEIGHT = (Result.WRONG, Result.NOT_LOOKED, Result.NOTED, Result.RIGHT)


def vetted(report: VerifyReport, phrases: Phrases) -> VettingView:
    """Return a verification in words."""
    return VettingView(
        answer=phrases.say(f"soundness-{report.soundness}"),
        sound=report.soundness is Soundness.SOUND,
        seal=_seal(report, phrases),
        payload_sha256=report.payload_sha256,
        qualities=tuple(
            _quality(quality, [one for one in report.items if one.quality is quality], phrases) for quality in Quality
        ),
        limits=tuple(phrases.say(key) for key in report.cannot_prove),
    )


def _quality(quality: Quality, items: list[Item], phrases: Phrases) -> QualityView:
    worst = min((one.result for one in items), key=_WEIGHT.index, default=Result.NOT_LOOKED)
    return QualityView(
        name=phrases.say(f"quality-{quality}"),
        result=worst,
        word=phrases.say(f"verify-{worst}"),
        items=tuple(
            VettedItem(
                name=phrases.say(one.key),
                result=one.result,
                word=phrases.say(f"verify-{one.result}"),
                remarks=tuple(
                    " ".join(filter(None, (phrases.say(problem.key), problem.member, problem.detail)))
                    for problem in one.problems
                ),
            )
            for one in items
        ),
    )


def _seal(report: VerifyReport, phrases: Phrases) -> str:
    """Return by which key a bundle is signed and between which times, or that it is not."""
    if report.signed is None:
        return phrases.say("report-unsealed")
    said = phrases.say("report-sealed", fingerprint=grouped(report.signed.key_sha256))
    stamped = report.stamped
    if stamped is None or stamped.before is None:
        return said + phrases.say("report-unstamped")
    if stamped.after is None:
        return said + phrases.say("report-stamped-before", before=stamp(stamped.before))
    return said + phrases.say("report-stamped", after=stamp(stamped.after), before=stamp(stamped.before))
