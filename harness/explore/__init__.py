"""Picks the next action from what was seen. Pure: no device, no clock, no chance; the same sights give the same walk.

The explorer keeps a map of places with what can be pressed on each, how far each scrolls, and the ways between them. It
does what costs least: the steps to get there, and a penalty for what promises little. Words that lead to the rules'
features cost nothing extra, rows of a long list much.
"""

from harness.explore.explorer import Explorer, Move, Scope
from harness.explore.targets import PULL, Target

__all__ = ["PULL", "Explorer", "Move", "Scope", "Target"]
