"""Records what a person decided: for the command that a person runs and nothing else; a contract holds this."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harness.evidence import case_log
from harness.evidence.case_log import Decision


def decide(bundle: Path, at: datetime, decision: Decision) -> Path:
    """Write a reviewer's decision into the log beside a bundle; return the log's path. Raises ``BundleError``."""
    path = case_log.log_path(bundle)
    case_log.add(path, at, decision)
    return path
