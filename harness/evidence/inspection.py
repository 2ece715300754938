"""The words of a verification: what is looked at, in which order, and what can be said of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harness.evidence import codec
from harness.evidence.container import Problem


class Soundness(StrEnum):
    """The answer. An unfinished bundle, or one that could not be read to the end, is never ``SOUND``."""

    SOUND = "sound"
    NOT_SOUND = "not-sound"
    UNFINISHED = "unfinished"
    WITHHELD = "withheld"  # a shared copy: what is there is right, originals are withheld and were not looked at
    COULD_NOT_TELL = "could-not-tell"


EXIT_CODES: Mapping[Soundness, int] = {
    Soundness.SOUND: 0,
    Soundness.NOT_SOUND: 1,
    Soundness.UNFINISHED: 2,
    Soundness.WITHHELD: 2,
    Soundness.COULD_NOT_TELL: 2,
}


class Quality(StrEnum):
    """The four headings of electronic-archive inspection (四性检测)."""

    AUTHENTIC = "authentic"  # 真实性
    COMPLETE = "complete"  # 完整性
    USABLE = "usable"  # 可用性
    SAFE = "safe"  # 安全性


class Result(StrEnum):
    """What became of one item: right, wrong, worth knowing, or not looked at."""

    RIGHT = "right"
    WRONG = "wrong"
    NOTED = "noted"
    NOT_LOOKED = "not-looked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was looked at. ``key`` is a message key."""

    key: str
    quality: Quality
    result: Result
    problems: tuple[Problem, ...] = ()


# In the order in which they are looked at: nothing is read before names and sizes were found harmless.
ITEMS: Mapping[str, Quality] = {
    "verify-container": Quality.SAFE,
    "verify-readable": Quality.USABLE,
    "verify-content": Quality.SAFE,
    "verify-seal": Quality.AUTHENTIC,
    "verify-time": Quality.AUTHENTIC,
    "verify-finished": Quality.COMPLETE,
    "verify-bag": Quality.SAFE,
    "verify-tag-manifest": Quality.AUTHENTIC,
    "verify-payload-manifest": Quality.COMPLETE,
    "verify-unlisted": Quality.COMPLETE,
    "verify-format": Quality.USABLE,
    "verify-chain": Quality.AUTHENTIC,
    "verify-clock": Quality.AUTHENTIC,
    "verify-files-bound": Quality.AUTHENTIC,
    "verify-findings-bound": Quality.AUTHENTIC,
    "verify-statement": Quality.AUTHENTIC,
    "verify-ledger": Quality.AUTHENTIC,
}

# Message keys of what no format can prove; said with every answer.
CANNOT_PROVE = ("limit-recorder", "limit-moment", "limit-person", "limit-key-holder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """By which key a bundle is signed. ``pinned`` where the reviewer named it: else it is only the bundle's word."""

    key_sha256: str
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """When third parties saw the run: it began after ``after`` and was signed before ``before``.

    ``proven`` where every time-stamp was verified under a root that the reviewer named.
    """

    after: datetime | None
    before: datetime | None
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Everything that can be said of a bundle's integrity. ``payload_sha256`` is the digest to compare with paper."""

    format: int = codec.FORMAT
    bundle: str
    soundness: Soundness
    payload_sha256: str | None
    signed: Signed | None = None
    stamped: Stamped | None = None
    items: tuple[Item, ...]
    cannot_prove: tuple[str, ...] = CANNOT_PROVE

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.soundness]


def item(key: str, result: Result, *problems: Problem) -> Item:
    return Item(key=key, quality=ITEMS[key], result=result, problems=problems)


def judged(key: str, problems: tuple[Problem, ...]) -> Item:
    """Return an item that is wrong where there are problems, else right."""
    return item(key, Result.WRONG if problems else Result.RIGHT, *problems)


def soundness_of(items: tuple[Item, ...]) -> Soundness:
    """Return the answer that follows from the items: one wrong item is enough, one not looked at too."""
    if any(one.result is Result.WRONG for one in items):
        return Soundness.NOT_SOUND
    not_looked = [one for one in items if one.result is Result.NOT_LOOKED]
    if any(problem.key == "evidence-unfinished" for one in not_looked for problem in one.problems):
        return Soundness.UNFINISHED
    away = [one for one in items if any(problem.key == "evidence-withheld" for problem in one.problems)]
    if away and all(one in away for one in not_looked):
        return Soundness.WITHHELD
    return Soundness.COULD_NOT_TELL if not_looked else Soundness.SOUND
