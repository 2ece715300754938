"""What workers of a test's cluster do: a module of its own, because they import it by name."""

from __future__ import annotations

import os
from pathlib import Path

from harness.fleet.attempt import Order


def write_who(order: Order, worker: str) -> str:
    """Write down the process once for each device; return the device, nothing where it is written already."""
    place = Path(order.evidence_dir) / order.device
    if place.exists():
        return ""
    place.write_text(f"{os.getpid()} {worker}", encoding="utf-8")
    return order.device
