"""What the benchmark of the rules says of presses: a dangerous one that nothing declared is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.detect_presses import undeclared
from harness.evidence.bundle import read_bundle
from harness.model import Actor, Tap
from harness.rules.corpus import screen
from tests.evidence_walks import write_study


def test_a_press_on_log_out_is_told_and_one_that_a_rule_declares_is_not(tmp_path: Path) -> None:
    walk = read_bundle(write_study(tmp_path))
    mine = screen(
        {
            "nodes": [
                {"text": "退出登录", "box": [80, 900, 480, 1000], "clickable": True},
                {"text": "下一节", "box": [80, 1200, 480, 1300], "clickable": True},
            ]
        }
    )

    def told(actor: Actor, why: str, y_px: int) -> list[str]:
        press = replace(walk.steps[-1], action=Tap(x_px=200, y_px=y_px), actor=actor, why=why, before=mine.id)
        return undeclared(replace(walk, observations=(mine,), steps=(press,)))

    (said,) = told(Actor.EXPLORE, "explore", 950)
    assert said.endswith("explore pressed '退出登录' (danger-logout)")
    assert len(told(Actor.PROBE, "probe:video-watch-gate", 950)) == 1
    assert told(Actor.PROBE, "probe:video-watch-gate", 1250) == told(Actor.EXPLORE, "explore", 1250) == []
