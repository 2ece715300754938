"""Places of staff are found to be demanded where work is refused without them; the permission is only ever denied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.judge import replay
from harness.model import (
    Action,
    Coverage,
    DenyPermission,
    Launch,
    Marker,
    MockPlace,
    Observation,
    Outcome,
    PackageName,
    RealPlace,
    RestorePermission,
    Tap,
    Verdict,
)
from harness.rules import trace_location, wants_probe
from harness.rules.corpus import screen
from harness.rules.place_run import mock_the_place
from harness.rules.track_run import PERMISSIONS
from tests.simulated_lesson import drive

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
DEMO, FILED = "cn.gov.demo.patrols", "cn.example.patrols"
REFUSAL = "未开启定位权限，无法开始巡查"

EVERYDAY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("附近网格员", ("网格范围：示例社区", "~电话联系")),
    ("河长公示", ("巡河里程 120公里", "责任河段 示例河")),
    ("考勤规则", ("打卡范围：公司300米内", "外勤打卡需审批")),
    ("学生考勤", ("您不在签到范围内", "位置签到")),
    ("酒店签到", ("定位签到", "您不在签到范围内")),
    ("景区打卡", ("点位打卡 3/8", "您不在打卡范围内")),
    ("城市漫步", ("轨迹打卡", "正在记录轨迹")),
    ("马拉松", ("点位打卡", "请先开启定位权限后开始记录")),
    ("公交司机考勤", ("在岗范围", "车辆轨迹")),
    ("家校通", ("电子围栏", "孩子已离开学校范围")),
    ("农机定位", ("农机轨迹", "正在记录轨迹")),
    ("志愿活动签到", ("位置签到", "您不在签到范围内")),
    ("垃圾清运车", ("实时轨迹", "偏离规定路线")),
    ("智慧养老", ("签到围栏", "超出规定范围")),
)


@dataclass(slots=True, kw_only=True)
class Patrol:
    """A patrol page that knows whether it has the place, and everything that was done to it."""

    package: str = FILED
    at_opening: str = ""  # what the page says without the permission when it opens
    at_start: str = ""  # what it says in passing when a patrol is started without
    asks_again: bool = False  # the system asks when the app starts
    far_away: bool = False  # nothing on the first page leads back
    shows: str = ""  # the place, or {0} for where the device is
    fence: str = ""  # what it says far away,
    fence_once: bool = False  # and in the first far city only
    fix: MockPlace | None = None
    fixes: int = 0
    place: str = "track"
    denied: bool = False
    recording: bool = False
    now_s: float = 100.0
    toasts: tuple[str, ...] = ()
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def look(self) -> Observation:
        """Return what is on the screen now."""
        observation = screen(self._raw(), index=len(self.seen) + 1, at_s=self.now_s)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        """Do one action and return the screen after it."""
        self.actions.append(action)
        self.toasts, self.now_s = (), self.now_s + 0.6
        if isinstance(action, DenyPermission):
            self.denied = True
        elif isinstance(action, Launch):
            self.place = "question" if self.asks_again else "home"
        elif isinstance(action, MockPlace):
            self.fix, self.fixes = action, self.fixes + 1
        elif isinstance(action, RealPlace):
            self.fix = None
        elif isinstance(action, Tap) and action.label == "拒绝":
            self.place = "home"
        elif isinstance(action, Tap) and action.label == "巡查轨迹":
            self.place = "track"
        elif isinstance(action, Tap) and action.label == "开始巡查":
            self.toasts = (self.at_start,) if self.denied and self.at_start else ()
            self.recording = not self.toasts
        elif isinstance(action, Tap) and action.label == "结束巡查":
            self.recording = False
        return self.look()

    def _raw(self) -> dict[str, Any]:
        track = [
            "巡查轨迹",
            "",
            "本次巡查",
            "巡查里程",
            *([self.shows.format(self.fix.latitude_deg if self.fix else 31.2)] if self.shows else []),
            *([self.fence] if self.fence and self.fix and not (self.fence_once and self.fixes > 1) else []),
            *([self.at_opening] if self.denied and self.at_opening else []),
        ]
        lines = {
            "track": [*track, "~结束巡查" if self.recording else "~开始巡查"],
            "home": ["网格管家", "", *([] if self.far_away else ["~巡查轨迹"]), "~通知公告", "~我的"],
            "question": ["", "", "允许“网格管家”获取此设备的位置信息吗？", "~仅在使用中允许", "~拒绝"],
        }[self.place]
        nodes = [
            {
                "text": line.lstrip("~"),
                "box": [100, 150 + 150 * n, 100 + 44 * len(line), 210 + 150 * n],
                "clickable": line.startswith("~"),
            }
            for n, line in enumerate(lines)
            if line
        ]
        return {"package": self.package, "screen": self.place, "nodes": nodes, "toasts": list(self.toasts)}


def _probe(patrol: Patrol) -> Outcome:
    outcome, run = drive(trace_location.probe, patrol, trace_location.RULE.id)
    assert replay(trace_location.RULE, run, {o.id: o for o in patrol.seen}) == outcome
    assert not patrol.recording
    assert patrol.fix is None
    assert RestorePermission(package=PackageName(patrol.package), permission=PERMISSIONS[0]) in patrol.actions
    assert "仅在使用中允许" not in _labels(patrol)
    return outcome


def _labels(patrol: Patrol) -> list[str]:
    return [a.label for a in patrol.actions if isinstance(a, Tap)]


def test_a_page_that_refuses_far_from_its_fence_and_not_before_is_found() -> None:
    outcome = _probe(Patrol(shows="当前位置：{0}", fence="您不在巡查范围内，无法打卡"))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "trace-location-far")
    assert dict(outcome.data)["said"] == "您不在巡查范围内，无法打卡"
    assert [m.name for m in outcome.measures][:2] == [
        "trace-location-measure-follows",
        "trace-location-measure-fenced",
    ]


def test_a_refusal_in_one_far_city_only_gives_way_and_is_left_to_a_person() -> None:
    outcome = _probe(Patrol(fence="您不在巡查范围内，无法打卡", fence_once=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "trace-location-opens-without")


@pytest.mark.parametrize(("shows", "follows"), [("当前位置：{0}", True), ("当前位置：示例村三组", False), ("", False)])
def test_a_place_that_follows_is_told_and_one_that_stays_proves_nothing(shows: str, follows: bool) -> None:  # noqa: FBT001
    outcome = _probe(Patrol(shows=shows))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "trace-location-opens-without")
    assert ("trace-location-measure-follows" in [m.name for m in outcome.measures]) is follows


def test_a_place_that_changes_without_being_moved_follows_nothing() -> None:
    patrol = Patrol(shows="当前位置：示例村")
    start, still = patrol.look(), replace(patrol, shows="当前位置：{0}").look()
    steps = mock_the_place(start)
    next(steps)
    looks = iter([still, still, replace(patrol, shows="当前位置：外地").look(), still, still, still])
    run = None
    try:
        for seen in looks:
            steps.send(seen)
    except StopIteration as end:
        run = end.value
    assert run is not None
    assert run.follows is None


@pytest.mark.parametrize("patrol", [Patrol(at_opening=REFUSAL), Patrol(at_opening=REFUSAL, asks_again=True)])
def test_a_page_that_refuses_work_without_the_place_is_found(patrol: Patrol) -> None:
    outcome = _probe(patrol)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "trace-location-refused")
    assert Marker.GATE in outcome.markers
    assert "开始巡查" not in _labels(patrol)


def test_a_refusal_at_the_start_of_a_patrol_is_heard_in_a_made_up_app_only() -> None:
    demo, filed = Patrol(package=DEMO, at_start=REFUSAL), Patrol(at_start=REFUSAL)
    assert (_probe(demo).verdict, _probe(filed).verdict) == (Verdict.FOUND, Verdict.PRESENT)
    assert "开始巡查" not in _labels(filed)


@pytest.mark.parametrize("package", [DEMO, FILED])
def test_a_page_that_gives_way_without_the_place_is_left_to_a_person(package: str) -> None:
    patrol = Patrol(package=package)
    outcome = _probe(patrol)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "trace-location-opens-without")
    assert _labels(patrol) == (["巡查轨迹", "开始巡查", "结束巡查"] if package == DEMO else ["巡查轨迹"])


def test_a_page_that_was_not_reached_again_shows_no_more_than_before() -> None:
    outcome = _probe(Patrol(at_opening=REFUSAL, far_away=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "trace-location-present")
    assert [m.value for m in outcome.measures] == [0.0, 0.0]


def test_a_track_wants_a_probe_until_it_is_known_what_hangs_on_it() -> None:
    shown = trace_location.detect(Patrol().look())
    refused = trace_location.detect(Patrol(at_opening=REFUSAL, denied=True).look())
    assert (shown.verdict, wants_probe(shown)) == (Verdict.PRESENT, True)
    assert (refused.verdict, wants_probe(refused)) == (Verdict.FOUND, False)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("校车到站", ("车辆轨迹", "未开启定位权限，无法开始使用")),
        ("家庭医生", ("请先开启定位权限后使用附近医院",)),
        ("健步走", ("健步走轨迹", "正在记录轨迹", "里程不少于5公里")),
        ("老人关爱", ("老人轨迹", "超出电子围栏范围")),
        ("渣土车监管", ("渣土车轨迹", "偏离规定路线")),
        ("培训签到", ("位置签到", "您不在签到范围内")),
        ("用户协议", ("定位打卡", "正在后台上传位置")),
        ("外卖配送", ("骑手轨迹", "正在记录轨迹")),
        ("河道公示", ("河长姓名", "巡河热线", "责任河段")),
        ("考勤范围说明", ("在编人员、编外人员均适用本制度",)),
        ("疫情流调", ("活动轨迹", "密接人员")),
        ("不动产登记", ("定位失败，无法打开地图",)),
    ],
)
def test_tracks_of_others_and_places_looked_up_are_not_demanded_of_staff(title: str, lines: tuple[str, ...]) -> None:
    nodes = [{"text": title, "box": [540 - 21 * len(title), 150, 540 + 21 * len(title), 208]}]
    nodes += [{"text": t, "box": [60, 430 + 110 * n, 60 + 42 * len(t), 490 + 110 * n]} for n, t in enumerate(lines)]
    outcome = trace_location.detect(screen({"nodes": nodes}))
    assert outcome.verdict is Verdict.CLEAR, outcome


@pytest.mark.parametrize(("title", "lines"), EVERYDAY)
def test_everyday_pages_that_want_a_place_are_never_found(title: str, lines: tuple[str, ...]) -> None:
    nodes = [{"text": title, "box": [540 - 21 * len(title), 150, 540 + 21 * len(title), 208]}]
    nodes += [{"text": t, "box": [60, 430 + 110 * n, 60 + 42 * len(t), 490 + 110 * n]} for n, t in enumerate(lines)]
    assert trace_location.detect(screen({"nodes": nodes})).verdict in {Verdict.CLEAR, Verdict.PRESENT}
