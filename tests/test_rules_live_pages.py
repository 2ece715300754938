"""The probes of walls, locks, offers and examinations on a real wire: what holds, what looks like it or gives way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.device.android import AndroidDevice
from harness.model import CheckpointReach, Coverage, Reach, Rule, RuleId, Verdict
from harness.rules import rule_by_id
from harness.rules.corpus import WALKED
from tests.live_stories import HEAD, devices, tell, write_app

# An app of one page that shows one of its screens; Back goes where the screen says, or nowhere.
_PAGE = """{head}<body></body><script>
const screens = {screens}, ways = {ways};
let here = (localStorage.started && ways.Launch) || "{start}", pressed = {{}};
localStorage.started = 1;
const cell = (text) => `<span style="display:inline-block;width:110px">${{text}}</span>`;
const draw = () => {{
  document.body.innerHTML = screens[here].map((line, n) => line.startsWith("~") ? `<button>${{line.slice(1)}}</button>`
    : line.includes("|") ? line.split("|").map(cell).join("") : n ? `<p>${{line}}</p>` : `<h1>${{line}}</h1>`).join("");
}};
const follow = (what) => {{
  const key = `${{here}} ${{what}}`, to = [ways[key] || []].flat();
  const next = to[Math.min(pressed[key] = (pressed[key] ?? -1) + 1, to.length - 1)];
  if (next in screens) {{ here = next; draw(); }} else if (next && next !== "leave") android.toast(next);
  return next;
}};
document.onclick = (event) => {{ if (event.target.tagName === "BUTTON") follow(event.target.textContent); }};
android.lastBack = () => follow("Back") !== "leave";
draw();
</script>"""
_HOME = ["政务大厅", "社保查询", "公积金查询", "办事预约", "我的办件"]
_WALL = ["示例通", "请先安装“示例通”APP后继续使用", "~立即下载", "~继续网页版"]
_SIGN = ["今日未签到", "~立即签到", "~查看签到规则"]
_LOCKED = ["工资查询", "请先关注“示例人社”公众号", "~去关注", "~取消"]
_PAY = ["工资查询", "2026年10月", "应发合计 6500"]
_PHOTO = ["现场检查", "第1步 安全出口", "*现场照片", "0/1", "~拍照上传", "~下一步"]
_NEXT = ["现场检查", "第2步 灭火器材", "是否在有效期内", "~上一步"]
_GOODS = ["商品详情", "智能手环", "¥199.00", "~加入购物车", "~立即购买"]
_BANNER = ["示例头条", "看看这里", "~广告", *(f"要闻{n}" for n in "一二三四五六七八")]
_TABS = ["积分排行榜", "~个人排行", "~单位排行"]
_PEOPLE = [*_TABS, "1|张伟|412分", "2|李娜|405分", "3|王强|391分", "4|赵敏|377分"]
_UNITS = [*_TABS, "1|市数据局|3412分", "2|市民政局|3205分", "3|市审计局|3091分", "4|市司法局|2977分"]
_SURVEY = ["群众满意度排名", "~本月", "~累计", "1|市数据局|98.5%", "2|市民政局|97.2%", "3|市审计局|95.1%"]
_MINE = ["我的", "~我的收藏", "~投诉建议", "~设置"]
_EXAM = ["应知应会测试", "单选题：下列哪项正确", "~A. 一", "~B. 二", "~下一题"]
_REPEAT = "未通过的须重新答题直至合格，成绩纳入年度考核"
_FAILED = ["应知应会测试", "合格线：90分", "我的成绩：82分", "未通过", "~重新答题", _REPEAT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The screens of an app, the ways between them (screen and press, or Back), and what is to be said of it."""

    screens: Mapping[str, list[str]]
    ways: Mapping[str, str | list[str]] = field(default_factory=dict)
    verdict: Verdict
    reason: str
    concluded: bool = False  # said of an app all of whose places were reached, not of the page


STORIES = {
    ("forced-install", "holds"): Told(
        screens={"wall": _WALL[:3]}, verdict=Verdict.FOUND, reason="forced-install-wall-stands"
    ),
    ("forced-install", "looks-like-it"): Told(
        screens={"wall": _WALL, "home": _HOME},
        ways={"wall 继续网页版": "home"},
        verdict=Verdict.CLEAR,
        reason="forced-install-declined",
    ),
    ("forced-install", "gives-way"): Told(
        screens={"wall": _WALL[:3], "home": _HOME},
        ways={"wall Back": "leave", "Launch": "home"},
        verdict=Verdict.PRESENT,
        reason="forced-install-elsewhere",
    ),
    ("mandatory-check-in", "holds"): Told(
        screens={"wall": _SIGN}, verdict=Verdict.FOUND, reason="mandatory-check-in-wall"
    ),
    ("mandatory-check-in", "looks-like-it"): Told(
        screens={"wall": _SIGN, "home": _HOME},
        ways={"wall Back": "home"},
        verdict=Verdict.PRESENT,
        reason="mandatory-check-in-wall-went-away",
    ),
    ("mandatory-check-in", "gives-way"): Told(
        screens={"wall": _SIGN, "home": _HOME},
        ways={"wall Back": "leave", "Launch": "home"},
        verdict=Verdict.PRESENT,
        reason="mandatory-check-in-wall-once-only",
    ),
    ("forced-follow", "looks-like-it"): Told(
        screens={"lock": _LOCKED, "pay": _PAY},
        ways={"lock 取消": "pay"},
        verdict=Verdict.CLEAR,
        reason="forced-follow-opened",
    ),
    ("forced-follow", "gives-way"): Told(
        screens={"lock": _LOCKED, "home": ["示例人社", "~工资查询", "~社保查询", "~我的"], "pay": _PAY},
        ways={"lock 取消": "home", "home 工资查询": "pay"},
        verdict=Verdict.CLEAR,
        reason="forced-follow-opened",
    ),
    ("photo-step-lock", "looks-like-it"): Told(
        screens={"step": _PHOTO, "next": _NEXT},
        ways={"step 下一步": "next", "next Back": "step"},
        verdict=Verdict.CLEAR,
        reason="photo-step-lock-went-on",
    ),
    ("photo-step-lock", "gives-way"): Told(
        screens={"step": _PHOTO, "next": _NEXT},
        ways={"step 下一步": ["请先上传现场照片", "next"], "next Back": "step"},
        verdict=Verdict.CLEAR,
        reason="photo-step-lock-gave-way",
    ),
    ("points-ranking", "holds"): Told(
        screens={"people": _PEOPLE, "units": _UNITS},
        ways={"people 单位排行": "units", "units 个人排行": "people"},
        verdict=Verdict.FOUND,
        reason="points-ranking-board-units",
    ),
    ("points-ranking", "looks-like-it"): Told(
        screens={"survey": _SURVEY}, verdict=Verdict.PRESENT, reason="points-ranking-without-points"
    ),
    ("missing-complaint-channel", "holds"): Told(
        screens={"mine": _MINE, "phone": ["投诉建议", "如有意见请拨打 0571-12345678"]},
        ways={"mine 投诉建议": "phone", "phone Back": "mine"},
        verdict=Verdict.FOUND,
        reason="missing-complaint-channel-dead",
        concluded=True,
    ),
    ("missing-complaint-channel", "gives-way"): Told(
        screens={"mine": _MINE, "later": ["投诉建议", "加载失败，点击重试"]},
        ways={"mine 投诉建议": "later", "later Back": "mine"},
        verdict=Verdict.INCONCLUSIVE,
        reason="missing-complaint-channel-not-opened",
        concluded=True,
    ),
    ("commercial-activity", "looks-like-it"): Told(
        screens={"home": _BANNER, "notice": ["通知公告", "关于放假的通知"]},
        ways={"home 广告": "notice", "notice Back": "home"},
        verdict=Verdict.PRESENT,
        reason="commercial-activity-ad-only",
    ),
    ("commercial-activity", "gives-way"): Told(
        screens={"goods": _GOODS, "soon": ["提示", "商品已下架"]},
        ways={"goods 立即购买": "soon", "soon Back": "goods"},
        verdict=Verdict.PRESENT,
        reason="commercial-activity-offer-only",
    ),
    ("quiz-pass-mark", "holds"): Told(
        screens={"result": _FAILED}, verdict=Verdict.FOUND, reason="quiz-pass-mark-repeated"
    ),
    ("quiz-pass-mark", "looks-like-it"): Told(
        screens={"exam": _EXAM, "list": ["在线考试", "应知应会测试 进行中"]},
        ways={"exam Back": "list"},
        verdict=Verdict.CLEAR,
        reason="quiz-pass-mark-left",
    ),
    ("quiz-pass-mark", "gives-way"): Told(
        screens={"exam": _EXAM, "asks": ["确定要退出答题？退出后作答历史将不会保存", "~退出", "~继续答题"]},
        ways={"exam Back": "asks", "asks 继续答题": "exam"},
        verdict=Verdict.CLEAR,
        reason="quiz-pass-mark-left",
    ),
}


def _whole(rule: Rule) -> Coverage:
    reaches = tuple(CheckpointReach(checkpoint=place.id, reach=Reach.REACHED) for place in rule.checkpoints)
    return replace(WALKED, reaches=reaches)


def _package(name: str, story: str) -> str:
    return f"cn.example.{name}.{story}".replace("-", "")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    root = tmp_path_factory.mktemp("apps")
    folders = []
    for (name, story), told in STORIES.items():
        screens, ways = (json.dumps(part, ensure_ascii=False) for part in (told.screens, told.ways))
        page = _PAGE.format(head=HEAD, start=next(iter(told.screens)), screens=screens, ways=ways)
        folders.append(write_app(root / f"{name}-{story}", _package(name, story), {"Main": page}))
    with devices(folders, tmp_path_factory.mktemp("home")) as (device,):
        yield device


@pytest.mark.slow
@pytest.mark.parametrize(("name", "story"), STORIES)
def test_a_page_is_judged_by_what_it_does_and_again_from_the_stored_bundle(
    device: AndroidDevice, tmp_path: Path, name: str, story: str
) -> None:
    told = STORIES[name, story]
    first = next(iter(told.screens.values()))[0]
    rule = rule_by_id(RuleId(name))
    said = tell(device, rule, (_package(name, story), first), tmp_path)
    outcome = rule.conclude([said.outcome], _whole(rule)) if told.concluded else said.outcome
    assert (outcome.verdict, outcome.reason) == (told.verdict, told.reason)
    assert not {"立即下载", "立即签到", "去关注", "加入购物车", "重新答题", "A. 一", "B. 二"} & set(said.pressed)
