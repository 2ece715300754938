"""What every export is given besides the result: where to write, and what this machine can lend it. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.evidence.keys import Signer
from harness.report.views import RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The folder that the result's links start from, a font with Chinese glyphs, and the key of who signs."""

    out: Path
    font: Path | None = None
    signer: Signer | None = None


# Returns what was written, the first thing to open first.
Export = Callable[[RunResult, Means], tuple[Path, ...]]
