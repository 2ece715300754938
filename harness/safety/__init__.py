"""What must never be pressed in a filed app, and why; and everything on a screen that could be worked. Pure."""

from harness.safety.controls import Control, ControlKind, controls
from harness.safety.dangers import danger_at, danger_of, judged
from harness.safety.lexicon import danger

__all__ = ["Control", "ControlKind", "controls", "danger", "danger_at", "danger_of", "judged"]
