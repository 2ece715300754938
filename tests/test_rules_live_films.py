"""The probes of films on a real wire: films that hold one back, that only look like it, that give way half-way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.device.android import AndroidDevice
from harness.model import RuleId, Verdict
from harness.rules import rule_by_id
from tests.live_stories import FILM, HEAD, devices, tell, write_app

_QUESTION = 'ask("<p>随堂测验</p><p>单选题：汛期由谁值守？</p><p>A. 班子成员</p><p>B. 无人</p><p>答题后继续播放</p>")'
_PROMPT = (
    'ask("<p>防挂机提示</p><p>您还在学习吗？请在20秒内点击继续学习</p>'
    """<button onclick='goOn()'>继续学习</button>")"""
)
_LOCK = """
next.onclick = () => { if (refusals < LIFTS) android.toast("请先学完本节"); };
seek.onchange = () => {
  dragged = false;
  if (Number(seek.value) <= watched + 1 || refusals === LIFTS) at = Number(seek.value);
  else { refusals += 1; android.toast("不可拖动进度条"); }
  draw();
};"""
_RULE = "<p>须看完本节视频方可计入学时，不可拖动进度条。</p>"
# By rule: length of the film, what the page says, what it does; then what is to be said of it.
STORIES = {
    ("video-watch-gate", "holds"): (60, _RULE, _LOCK.replace("LIFTS", "99"), Verdict.FOUND),
    ("video-watch-gate", "looks-like-it"): (60, "<p>可随时拖动</p>", "", Verdict.CLEAR),
    ("video-watch-gate", "gives-way"): (60, _RULE, _LOCK.replace("LIFTS", "1"), Verdict.CLEAR),
    ("video-quiz-interrupt", "holds"): (40, "", f"step = () => {{ if (at === 16) {_QUESTION}; }};", Verdict.FOUND),
    ("video-quiz-interrupt", "looks-like-it"): (
        40,
        "",
        """step = () => { if (at === 16)
  ask("<p>为课程打分</p><p>A. 满意</p><p>B. 一般</p><button onclick='goOn()'>跳过</button>"), held = false; };""",
        Verdict.CLEAR,
    ),
    ("video-quiz-interrupt", "gives-way"): (
        120,
        "",
        f"step = () => {{ if (at === 16) {{ {_QUESTION}; setTimeout(goOn, 20000); }} }};",
        Verdict.CLEAR,
    ),
    ("anti-idle-proof", "holds"): (
        200,
        "<p>90秒无操作将弹出防挂机提示并停止计时</p>",
        f"step = () => {{ if (at === 90) {_PROMPT}; }};",
        Verdict.FOUND,
    ),
    ("anti-idle-proof", "looks-like-it"): (
        200,
        "<p>90秒无操作将弹出防挂机提示</p>",
        f"step = () => {{ if (at === 90) {{ {_PROMPT}; held = false; }} }};",
        Verdict.CLEAR,
    ),
    ("anti-idle-proof", "gives-way"): (
        200,
        "<p>90秒无操作将弹出防挂机提示</p>",
        f"step = () => {{ if (at === 90) {{ {_PROMPT}; setTimeout(goOn, 15000); }} }};",
        Verdict.CLEAR,
    ),
}


def _package(rule: str, story: str) -> str:
    return f"cn.example.{rule}.{story}".replace("-", "")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    root = tmp_path_factory.mktemp("apps")
    folders = []
    for (rule, story), (length_s, said, script, _) in STORIES.items():
        grey = 'aria-disabled="true"' if (rule, story) == ("video-watch-gate", "holds") else ""
        page = FILM.format(head=HEAD, length=length_s, said=said, grey=grey, script=script)
        folders.append(write_app(root / f"{rule}-{story}", _package(rule, story), {"Lesson": page}))
    with devices(folders, tmp_path_factory.mktemp("home")) as (device,):
        yield device


@pytest.mark.slow
@pytest.mark.parametrize(("name", "story"), STORIES)
def test_a_film_is_judged_by_what_it_does_and_again_from_the_stored_bundle(
    device: AndroidDevice, tmp_path: Path, name: str, story: str
) -> None:
    told = tell(device, rule_by_id(RuleId(name)), (_package(name, story), "课程学习"), tmp_path)
    wanted = STORIES[name, story][3]
    assert told.outcome.verdict is wanted, told.outcome
    assert bool(told.outcome.markers) is (wanted is Verdict.FOUND)
    assert not {"A. 班子成员", "B. 无人", "提交"} & set(told.pressed)
