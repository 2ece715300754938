"""A picture is demanded of staff only where the page says so, and locks a step only where it alone opens it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.judge import replay
from harness.model import Action, Back, Coverage, Marker, Observation, Outcome, Tap, Verdict, Wait
from harness.rules import photo_step_lock, trace_photo_video, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import drive

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
DEMO, FILED = "cn.gov.demo.inspect", "cn.example.inspect"

# Pages of citizens, schools, shops and trades that want a picture; none is a task of those who serve the public.
EVERYDAY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("校园安全隐患排查", ("学生上报", "*隐患照片", "~拍照上传", "~提交")),
    ("物业巡检", ("业主报事", "*现场照片", "~拍照", "~提交")),
    ("车辆年检", ("检查项目", "*车辆照片（至少4张）", "~拍照上传", "~下一步")),
    ("核酸检查预约", ("*健康码截图", "~上传图片", "~提交")),
    ("产前检查", ("*B超照片", "~上传照片", "~提交")),
    ("居民信息采集", ("*本人照片", "~拍照上传", "~提交")),
    ("人口信息采集", ("*身份证照片", "*户口本照片", "~拍照上传", "~提交")),
    ("社保卡照片采集", ("*证件照", "~拍照", "~提交")),
    ("养老认证信息采集", ("*近照", "~拍照", "~提交")),
    ("志愿者活动打卡", ("*活动照片", "~拍照上传", "~提交")),
    ("二手车检查报告", ("*车身照片", "~上传图片", "~提交")),
    ("消费者投诉上报", ("*凭证照片", "~上传图片", "~提交")),
    ("住户报修上报", ("*现场照片", "~拍照", "~提交")),
    ("群众上报", ("*现场照片", "~拍照", "~提交")),
    ("交通违法随手拍上报", ("*现场照片（至少2张）", "~拍照", "~提交")),
    ("网格员招募", ("*个人照片", "~上传照片", "~提交报名")),
    ("监测点查询", ("现场照片", "~查看大图")),
    ("空气监测", ("实时视频", "~播放")),
    ("走访慰问新闻", ("现场图片", "市领导走访困难群众")),
    ("入户安检预约", ("*燃气表照片", "~上传图片", "~提交预约")),
    ("出租屋自主申报", ("*房屋照片", "~拍照上传", "~提交")),
    ("企业年度报告填报", ("*营业执照照片", "~上传图片", "~提交")),
    ("农机购置补贴申请", ("*机具照片", "~拍照上传", "~提交")),
    ("食品经营许可核查", ("*门头照片", "~上传照片", "~提交")),
    ("旅游打卡点", ("上传照片", "~拍照", "~发布")),
    ("宠物登记", ("*宠物照片", "~拍照上传", "~提交")),
    ("作品报送", ("*作品图片", "~上传图片", "~提交")),
    ("征文比赛作品上报", ("*作品照片", "~上传照片", "~提交")),
    ("论文查重报送", ("*扫描件", "~上传", "~提交")),
    ("培训签到", ("*现场照片", "~拍照", "~签到")),
    ("读书心得上报", ("*读书照片", "~拍照上传", "~提交")),
    ("事故快处", ("*现场照片", "请按提示拍摄现场照片后提交", "~拍照上传", "~下一步")),
    ("保险查勘", ("*现场照片", "~拍照上传", "~下一步")),
    ("共享单车故障上报", ("*故障照片", "~拍照", "~提交")),
    ("路灯故障上报", ("*现场照片", "~拍照", "~提交")),
    ("垃圾分类上报", ("*现场照片", "~拍照", "~提交")),
    ("献血登记表", ("*本人照片", "~拍照", "~提交")),
    ("失业登记表", ("*证件照片", "~上传", "~提交")),
    ("疫情信息上报", ("*行程码截图", "~上传图片", "~提交")),
    ("学生健康日报", ("*体温照片", "~拍照", "~提交")),
    ("家长走访反馈表", ("*现场照片", "~上传照片", "~提交")),
    ("快递取件", ("*取件照片", "~拍照", "~完成")),
    ("外卖骑手巡检", ("*头盔照片", "~拍照", "~提交")),
    ("我的巡查", ("*现场照片", "~拍照", "~提交")),
)


@dataclass(slots=True, kw_only=True)
class Step:
    """A step of an inspection that wants a picture, and everything that was done to it."""

    package: str = FILED
    shut: bool = False  # the next control is shut while there is no picture
    refuses: bool = False  # it looks open, and a press is refused
    said: str = "请先上传现场照片"
    times: int = 99  # how often it is refused before it goes on all the same
    opens_after_s: float | None = None  # it opens by itself
    never_opens: bool = False
    place: str = "step"
    picture: bool = False
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
        self.toasts = ()
        self.now_s += 0.6 + (action.seconds if isinstance(action, Wait) else 0.0)
        if isinstance(action, Back):
            self.place = "step"
        elif isinstance(action, Tap):
            self._tap(action.label)
        return self.look()

    def _tap(self, label: str) -> None:
        if label == "下一步" and self._open():
            refused = self.refuses and not self.picture and self.times > 0
            self.times -= 1
            self.toasts = (self.said,) if refused and self.said else ()
            self.place = "step" if refused else "next"
        elif label == "拍照上传":
            self.place = "sheet"
        elif label == "示例图片":
            self.place, self.picture = "step", True
        elif label == "移除照片":
            self.picture = False

    def _open(self) -> bool:
        by_itself = self.opens_after_s is not None and self.now_s - 100.0 >= self.opens_after_s
        return not self.shut or by_itself or (self.picture and not self.never_opens)

    def _raw(self) -> dict[str, Any]:
        lines = {
            "step": ["现场检查", "第1步 安全出口", "*现场照片", "1/1" if self.picture else "0/1", "~拍照上传"],
            "next": ["现场检查", "第2步 灭火器材", "是否在有效期内", "压力是否正常", "~上一步"],
            "sheet": ["示例相册", "~示例图片"],
        }[self.place]
        if self.place == "step":
            lines = [*lines, *(["~移除照片"] if self.picture else []), "~下一步"]
        nodes = [
            {
                "text": line.lstrip("~"),
                "box": [100, 150 + 110 * n, 100 + 44 * len(line), 210 + 110 * n],
                "clickable": line.startswith("~"),
                "enabled": line != "~下一步" or self._open(),
            }
            for n, line in enumerate(lines)
        ]
        return {"package": self.package, "screen": self.place, "nodes": nodes, "toasts": list(self.toasts)}


def _probe(step: Step) -> Outcome:
    outcome, run = drive(photo_step_lock.probe, step, photo_step_lock.RULE.id)
    assert replay(photo_step_lock.RULE, run, {o.id: o for o in step.seen}) == outcome
    assert not step.picture
    return outcome


def _labels(step: Step) -> list[str]:
    return [a.label for a in step.actions if isinstance(a, Tap)]


@pytest.mark.parametrize(
    "step",
    [
        Step(package=DEMO, shut=True),
        Step(package=DEMO, refuses=True),
        Step(package=DEMO, refuses=True, said=""),  # where only pixels are read, a shut control looks like this
    ],
)
def test_a_step_that_a_picture_opens_and_nothing_else_is_found(step: Step) -> None:
    outcome = _probe(step)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "photo-step-lock-opened")
    assert outcome.markers >= {Marker.GATE}
    assert [m.value for m in outcome.measures][-1] == 1.0
    assert _labels(step)[-1] == "移除照片"


@pytest.mark.parametrize(
    ("step", "reason"),
    [(Step(shut=True), "photo-step-lock-shut"), (Step(refuses=True), "photo-step-lock-refused")],
)
def test_in_a_filed_app_no_picture_is_chosen_and_the_step_is_left_to_a_person(step: Step, reason: str) -> None:
    outcome = _probe(step)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, reason)
    assert set(_labels(step)) <= {"下一步"}


@pytest.mark.parametrize("package", [DEMO, FILED])
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({}, "photo-step-lock-went-on"),
        ({"shut": True, "opens_after_s": 5.0}, "photo-step-lock-gave-way"),
        ({"refuses": True, "times": 1}, "photo-step-lock-gave-way"),
    ],
)
def test_a_step_that_goes_on_without_a_picture_is_clear(package: str, step: dict[str, Any], reason: str) -> None:
    phone = Step(package=package, **step)
    outcome = _probe(phone)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, reason)
    static = photo_step_lock.detect(phone.seen[0])
    assert photo_step_lock.conclude([static, outcome], WALKED).verdict is Verdict.CLEAR


def test_a_step_that_stays_shut_with_a_picture_is_not_locked_by_it() -> None:
    outcome = _probe(Step(package=DEMO, shut=True, never_opens=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "photo-step-lock-still-shut")


@pytest.mark.parametrize(("said", "reason"), [("请填写整改意见", "other-first"), ("", "stays")])
def test_a_step_that_refuses_for_another_reason_says_nothing_of_pictures(said: str, reason: str) -> None:
    outcome = _probe(Step(refuses=True, said=said))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, f"photo-step-lock-{reason}")


def test_a_step_is_inconclusive_until_the_probe_ran() -> None:
    shown = photo_step_lock.detect(Step().look())
    assert (shown.verdict, wants_probe(shown)) == (Verdict.INCONCLUSIVE, True)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("医院就诊", ("*病历照片", "~拍照上传", "~下一步")),
        ("学生请假", ("*病假条照片（必传）", "~上传照片", "~提交")),
        ("银行卡绑定", ("请上传银行卡照片后提交", "~拍照", "~下一步")),
        ("商品退货", ("*商品照片（至少1张）", "~添加图片", "~提交")),
        ("检查报告查询", ("*报告单照片", "~上传照片", "~提交")),
        ("体检预约", ("请上传照片后提交", "~上传照片", "~提交")),
        ("群众走访反馈", ("*现场照片", "~拍照上传", "~提交")),
        ("企业自查自报", ("*隐患照片", "~拍照上传", "~提交")),
        ("巡查记录详情", ("现场照片", "巡查人 王某", "巡查时间 3月2日")),
        ("检查任务", ("~查看现场照片", "已检查", "~提交")),
        ("视频会议", ("~视频会议", "现场视频直播", "~提交")),
        ("新闻", ("~市长现场检查消防安全，查看现场照片", "某镇要求走访必须上传照片被通报")),
        ("网格员之家", ("图片新闻", "视频专区", "~更多")),
        ("失物招领", ("*物品照片", "~添加图片", "~发布")),
        ("社区调查问卷", ("*上传照片", "~拍照", "~提交")),
        ("入户走访", ("走访照片（选填，最多9张）", "~添加图片", "~提交")),
        ("整改通知", ("不得要求基层上传工作照片，不得以照片作为考核依据。",)),
    ],
)
def test_pictures_of_other_people_and_of_other_things_are_not_demanded_of_staff(
    title: str, lines: tuple[str, ...]
) -> None:
    outcome = trace_photo_video.detect(_page(title, lines))
    assert outcome.verdict is Verdict.CLEAR, outcome


@pytest.mark.parametrize(("title", "lines"), EVERYDAY)
def test_everyday_pages_that_want_a_picture_are_never_found(title: str, lines: tuple[str, ...]) -> None:
    page = _page(title, lines)
    assert trace_photo_video.detect(page).verdict in {Verdict.CLEAR, Verdict.PRESENT}
    assert photo_step_lock.detect(page).verdict is Verdict.CLEAR


def _page(title: str, lines: tuple[str, ...]) -> Observation:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [540 - 21 * len(title), 150, 540 + 21 * len(title), 208]}]
    nodes += [
        {
            "text": line.lstrip("~"),
            "box": [60, 320 + 110 * n, min(1060, 60 + 42 * len(line)), 380 + 110 * n],
            "clickable": line.startswith("~"),
        }
        for n, line in enumerate(lines)
    ]
    return screen({"nodes": nodes})
