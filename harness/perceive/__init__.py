"""From a frame's raw bytes to an observation: hierarchy first, pixels where the hierarchy is silent."""

from harness.perceive.observing import observe
from harness.perceive.pictures import Template, load_templates
from harness.perceive.stillness import at_rest
from harness.perceive.stored import frame_from_image

__all__ = ["Template", "at_rest", "frame_from_image", "load_templates", "observe"]
