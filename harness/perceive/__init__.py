"""From a frame's raw bytes to an observation: hierarchy first, pixels where the hierarchy is silent."""

from harness.perceive.observing import observe
from harness.perceive.stored import frame_from_image

__all__ = ["frame_from_image", "observe"]
