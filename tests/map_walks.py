"""A made-up walk through an app of any number of screens, for the map."""

from __future__ import annotations

import random
from pathlib import Path

from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.layout import WalkEnd
from harness.model import Actor, Box, Judgement, Launch, Refusal
from harness.report.html import bundle_pages
from tests.evidence_walks import PACKAGE, Drawn, Hands, TickingClock, app, row, start_of, tap

_WORDS = (
    "学习",
    "通知",
    "积分",
    "课程",
    "考勤",
    "审批",
    "督查",
    "会议",
    "文件",
    "统计",
    "党建",
    "培训",
    "活动",
    "意见",
    "值班",
)
_KINDS = ("列表", "详情", "排行", "记录", "规则", "设置", "中心", "资讯")


def screen(number: int) -> Drawn:
    """Return a screen that no other number has."""
    title = f"{_WORDS[number % len(_WORDS)]}{_KINDS[number // len(_WORDS) % len(_KINDS)]}"
    rows = [row(f"{title}第{n + 1}项 {number}", 320 + 150 * n) for n in range(3 + number % 5)]
    return Drawn(title=title, rows=tuple(rows), activity=f"Page{number}Activity")


def write_map_walk(root: Path, screens: int, *, seed: int = 7) -> Path:
    """Write a whole bundle of a walk over so many screens, three to seven presses deep; return its folder."""
    chance = random.Random(seed)
    parents = {number: max(0, chance.randint(number // 5 - 2, number // 2 - 1)) for number in range(1, screens)}
    with BundleWriter(root, start_of(app(), run=f"map{screens}"), clock=TickingClock()) as writer:
        hands = Hands(writer)
        seen = [hands.do(Launch(package=PACKAGE), screen(0), Actor.START, "start")]
        for number, parent in parents.items():
            label = screen(number).title if number % 9 else f"关于第{number}号文件落实情况的通报和说明"
            box = Box(left=80, top=320, right=900, bottom=384)
            # The next step starts from the parent: how the walk came back to it does not matter here.
            hands.observations[-1:] = [hands.observations[-1], seen[parent]]
            after = hands.do(tap(label, box), screen(number))
            del hands.observations[-2]
            seen.append(after)
            if number % 7 == 0:
                refused = Refusal(seq=number, observation=after.id, label="立即签到", box=box, danger="danger-sign-in")
                writer.refusal(refused)
        writer.walk_ended(WalkEnd(ended=hands.moment(), finished=False, untried=3, stopped_by="steps-spent"))
        judgement = Judgement(findings=(), coverage=())
        with open_bundle(writer.path) as stored:
            pages = bundle_pages(stored, judgement, ())
        return writer.finish(judgement, pages)
