"""Recorded screens are reached again by what is on them, whatever the feed shows; where not, it is told where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from harness import cli, session
from harness.appmap import Place, app_map
from harness.errors import BadInput
from harness.evidence.bundle import open_bundle, read_bundle
from harness.evidence.codec import dump_page
from harness.evidence.layout import WalkEnd
from harness.evidence.verify import Soundness, verify
from harness.explore import Scope
from harness.fleet.filed import read_filed_list
from harness.model import (
    Actor,
    Back,
    FiledApp,
    Launch,
    LongPress,
    Observation,
    ObservationId,
    PackageName,
    RuleId,
    ScreenKey,
    Step,
    Swipe,
    Tap,
    Verdict,
    Walk,
)
from harness.replay import Answer, Retracer, exit_status
from harness.retest import facts, retest, revisit
from harness.retrace import (
    Goal,
    Leg,
    again,
    arrived,
    awaited,
    goals,
    is_content,
    locate,
    revealing,
    same_place,
    shows_nothing_of,
    way_to,
)
from harness.tour import Tour, Visit
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.screen_drawing import AT, button, node, seen, window
from tests.test_judge import _ranking_walk, _screen, _step, _tap, _walk
from tests.virtual_fixtures import adb_binaries, adb_server

DEMO = Path(__file__).resolve().parent.parent / "scenarios" / "demo"
# Enough to get past what stands before each app and to a finding's screen.
STEPS = {"cn.gov.demo.study": 15, "cn.gov.demo.attendance": 9, "cn.gov.demo.service": 8, "cn.gov.demo.flood": 7}
RANKING = RuleId("points-ranking")


# --- the way and its controls, without a device


def rows(*texts: str, top: int = 400, more: tuple[str, ...] = ()) -> Observation:
    """Return a page of wide rows that can be pressed, one under another."""
    bars = [
        node(text, (40, top + 160 * n, 1040, top + 150 + 160 * n), clickable="true") for n, text in enumerate(texts)
    ]
    return seen(window(*bars, *more))


def leg(before: Observation, label: str) -> Leg:
    word = next(word for word in before.words if word.text == label)
    x_px, y_px = word.box.centre_px
    tap = Tap(x_px=x_px, y_px=y_px, label=label)
    step = Step(seq=3, actor=Actor.EXPLORE, action=tap, why="t", before=before.id, after=before.id, began=AT, ended=AT)
    return Leg(step=step, before=before, after=before)


NEWS = ("示例市召开基层减负工作推进会今天上午", "一线调研：让干部从表格里走出来", "学习排行")


def found(there: Leg, today: Observation) -> str:
    control = locate(there, today)
    return "" if control is None else control.label


def test_a_control_is_found_by_its_words_wherever_it_went_and_whatever_number_is_in_them() -> None:
    before = rows("首页", "学习排行", "消息 3")
    assert found(leg(before, "学习排行"), rows("消息 9", "首页", "别的", "学习排行", top=800)) == "学习排行"
    assert found(leg(before, "消息 3"), rows("消息 12", "首页")) == "消息 12"


def test_a_row_of_content_is_found_by_its_place_and_a_name_that_is_missing_is_missing() -> None:
    before = rows(*NEWS)
    other = rows("老旧小区加装电梯有新进展的报道", "公共停车场完成智能化改造工程", "积分商城")
    assert found(leg(before, NEWS[1]), other) == "公共停车场完成智能化改造工程"
    assert found(leg(before, "学习排行"), other) == ""


def test_a_control_of_another_name_is_found_by_an_id_of_its_own_and_not_by_one_that_others_have() -> None:
    before = seen(window(button("排行", (40, 400, 500, 500), id="rank"), button("关于", (40, 600, 500, 700), id="row")))
    today = seen(window(button("榜单", (40, 900, 500, 990), id="rank"), button("帮助", (40, 600, 500, 700), id="row")))
    assert found(leg(before, "排行"), today) == "榜单"
    shared = seen(window(button("排行", (40, 400, 500, 500), id="row"), button("关于", (40, 600, 500, 700), id="row")))
    assert found(leg(shared, "排行"), today) == ""


def test_a_page_is_the_same_without_one_of_its_functions_and_another_page_is_not() -> None:
    before = rows("课程", "积分", "排行", "设置", "关于")
    assert same_place(before, rows("课程", "积分", "设置", "关于"))
    assert not same_place(before, rows("签到", "请假"))
    elsewhere = seen(window(node("课程", (40, 400, 1040, 500))), activity="cn.gov.demo.study.Other")
    assert not same_place(before, elsewhere)


def test_of_a_page_that_shows_nothing_of_the_recorded_one_its_key_alone_says_nothing() -> None:
    recorded = rows("课程", "积分", "排行", "设置")
    other = replace(rows("签到", "请假", "班表"), screen=recorded.screen)
    lower = replace(rows("设置", "积分"), screen=recorded.screen)
    assert shows_nothing_of(recorded, [other])
    assert not shows_nothing_of(recorded, [other, lower])
    assert shows_nothing_of(recorded, [other, replace(lower, screen=ScreenKey("elsewhere"))])


def test_the_way_prefers_names_to_content_and_avoids_what_led_astray() -> None:
    walk = _ranking_walk()
    target = walk.observations[-1].id
    way = way_to(walk, target)
    assert way is not None
    labels = [getattr(one.step.action, "label", "") for one in way]
    assert labels
    assert not any(is_content(one) for one in way)
    last = way[-1]
    assert way_to(walk, target, frozenset({(last.before.screen, labels[-1])})) is None
    assert way_to(walk, ObservationId("o9999")) is None


def test_a_swipe_that_led_to_another_screen_is_a_step_of_the_way_unless_a_probe_made_it() -> None:
    walk = _ranking_walk()
    last = replace(walk.steps[-1], action=Swipe(x1_px=540, y1_px=1800, x2_px=540, y2_px=600))
    swiped = replace(walk, steps=(*walk.steps[:-1], last))
    target = walk.observations[-1].id
    way = way_to(swiped, target)
    assert way is not None
    assert [type(one.step.action) for one in way] == [Tap, Swipe]
    probed = replace(walk, steps=(*walk.steps[:-1], replace(last, actor=Actor.PROBE)))
    assert way_to(probed, target) is None


def test_a_pop_up_is_no_place_on_the_way_and_can_be_gone_to() -> None:
    names = ("home", "ask", "news", "home", "ask", "mine", "settings")
    home, ask, news, back, asked, mine, settings = (_screen(name, (name,), index=n) for n, name in enumerate(names, 1))
    steps = [
        _step(1, _tap("消息"), home, ask),
        replace(_step(2, _tap("以后再说"), ask, news), actor=Actor.POPUP),
        _step(3, Back(), news, back),
        _step(4, _tap("我的"), back, asked),
        replace(_step(5, _tap("以后再说"), asked, None), actor=Actor.POPUP),  # that look was lost
        replace(_step(6, Launch(package=APP), None, mine), actor=Actor.RECOVER),
        _step(7, _tap("设置"), mine, settings),
    ]
    walk = _walk([home, ask, news, back, asked, mine, settings], steps)
    ways = {target.screen: way_to(walk, target.id) for target in (ask, news, settings)}
    labels = {screen: [getattr(one.step.action, "label", "") for one in way or ()] for screen, way in ways.items()}
    assert labels == {"ask": ["消息"], "news": ["消息"], "settings": ["我的", "设置"]}


def cards(*labels: str, top: int, name: str) -> Observation:
    """Return a page of one key with a strip that moves sideways."""
    shown = [button(label, (40 + 300 * n, top + 20, 320 + 300 * n, top + 180)) for n, label in enumerate(labels)]
    kind = "android.widget.HorizontalScrollView"
    strip = node("", (0, top, 1080, top + 200), *shown, kind=kind, scrollable="true", id="cards")
    return replace(seen(window(strip)), id=ObservationId(name), screen=ScreenKey("hall"))


def test_what_a_strip_hid_is_brought_to_sight_by_the_swipe_that_did_it_wherever_the_strip_went() -> None:
    first, moved = cards("住房", "党建", top=400, name="o0001"), cards("党建", "司法", top=400, name="o0002")
    sideways = Swipe(x1_px=900, y1_px=500, x2_px=200, y2_px=500)
    wanted = leg(moved, "司法")
    walk = _walk([first, moved], [_step(1, sideways, first, moved)])
    found_by = revealing(walk, wanted)
    assert found_by is not None
    assert found_by.step.action == sideways
    assert revealing(walk, leg(moved, "党建")) is None  # was there all along
    downward = Swipe(x1_px=500, y1_px=500, x2_px=500, y2_px=450)
    assert revealing(_walk([first, moved], [_step(1, downward, first, moved)]), wanted) is None

    today = cards("住房", "党建", top=1000, name="o0003")
    assert again(sideways, first, today) == replace(sideways, y1_px=1100, y2_px=1100)
    assert again(sideways, first, seen(window(button("关于", (40, 400, 500, 500))))) is None  # not in sight


def test_where_the_very_screen_is_wanted_a_neighbour_of_the_same_title_is_not_taken_for_it() -> None:
    title = node("学习中心", (40, 100, 600, 200))
    recorded = rows("课程", "积分", "排行", "设置", more=(title,))
    neighbour = replace(rows("签到", "请假", "班表", "设置", more=(title,)), screen=ScreenKey("neighbour"))
    goal = Goal(target=recorded, legs=(leg(recorded, "排行"),), others=frozenset({neighbour.screen}))
    assert arrived(replace(goal, others=frozenset()), neighbour)  # a page that nobody knows
    assert not arrived(goal, neighbour)
    assert arrived(replace(goal, others=None), neighbour)
    stranger = replace(rows("签到", "请假", "班表"), screen=recorded.screen)
    assert arrived(goal, stranger)  # another day's content
    assert not arrived(replace(goal, legs=()), stranger)  # nobody went anywhere to come here


def test_what_stands_before_an_app_is_awaited_only_where_it_is_what_was_wanted() -> None:
    field = node("请输入密码", (40, 400, 1040, 500), kind="android.widget.EditText", password="true")
    login = seen(window(field, button("登录", (40, 600, 1040, 700))))
    others = frozenset({ScreenKey("other")})
    goal = Goal(target=login, legs=(), others=others)
    assert awaited(goal, login)
    assert not awaited(replace(goal, others=None), login)
    home = replace(rows("课程", "积分"), screen=login.screen)
    assert not awaited(goal, home)
    assert not awaited(Goal(target=home, legs=(), others=others), home)  # stands before nothing
    assert not arrived(goal, home)


def test_of_several_answers_the_one_that_could_not_be_told_outweighs_the_others() -> None:
    still, gone, untold = Answer
    assert [exit_status(answers) for answers in ([still], [still, gone], [gone, untold, still], [])] == [0, 1, 2, 2]


# --- on the device


@pytest.fixture(scope="module")
def virtual() -> Iterator[DeviceHandle]:
    with VirtualDevices() as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module")
def settings(virtual: DeviceHandle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[session.Settings]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        server.connect(virtual.serial)
        yield session.Settings(evidence_dir=tmp_path_factory.mktemp("evidence"), adb=("127.0.0.1", server.port))


def short_walk(app: FiledApp, virtual: DeviceHandle, settings: session.Settings, steps: int) -> Path:
    """Walk a little without probes, judge, and return the bundle."""
    with (
        session.opened(virtual.serial, settings) as device,
        session.recording(device, app, settings) as (walker, writer),
    ):
        end = Tour(walker, Scope(package=app.package, steps=steps), (), device.clock, Visit(app=app)).run()
        writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=end.untried, stopped_by="steps-spent"))
        return session.finished(writer).bundle


def texts(walk: Walk, activity: str) -> set[str]:
    """Return the longer texts of an app's page: what its feed says."""
    pages = [o for o in walk.observations if o.page is not None and o.page.activity.endswith(activity)]
    return {word.norm for o in pages for word in o.words if len(word.norm) > 8}


def farthest(walk: Walk) -> Goal:
    """Return the screen with the longest way: where nothing was found, any place far off will do."""
    goals_ = [Goal(target=o, legs=way_to(walk, o.id)) for o in walk.observations]
    return max(goals_, key=lambda goal: len(goal.legs or ()))


@pytest.mark.slow
def test_on_the_demo_apps_every_screen_of_a_finding_is_reached_after_the_feed_changed(
    virtual: DeviceHandle, settings: session.Settings, tmp_path: Path
) -> None:
    apps = [app for app in read_filed_list(DEMO / "filed_apps.csv").apps if app.package in STEPS]
    assert len(apps) == 4
    changed = set()
    for app in apps:
        virtual.install(DEMO / app.apk)
        bundle = short_walk(app, virtual, settings, steps=STEPS[app.package])
        other_day = tmp_path / app.package
        shutil.copytree(DEMO / app.apk, other_day)
        feed = other_day / "feed.js"
        feed.write_text(feed.read_text(encoding="utf-8").replace("FEED_SEED = 0", "FEED_SEED = 7"), encoding="utf-8")
        virtual.install(other_day)

        with open_bundle(bundle) as stored:
            recorded, judgement = stored.walk, stored.judgement
        assert judgement is not None
        wanted = [f for f in judgement.findings if f.verdict is Verdict.FOUND and not f.measures]
        places = [goal for finding in wanted for goal in goals(recorded, finding)] or [farthest(recorded)]
        with (
            session.opened(virtual.serial, settings) as device,
            session.recording(device, app, settings, None, bundle.name) as (walker, writer),
        ):
            tracer = Retracer(walker, Visit(app=app), recorded, (), device.clock)
            trips = [tracer.go(goal) for goal in {goal.target.screen: goal for goal in places}.values()]
            writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="replay-ended"))
            again = read_bundle(session.finished(writer).bundle)
        assert [trip.lost for trip in trips if trip.lost is not None] == [], app.package
        if texts(recorded, "MainActivity") - texts(again, "MainActivity"):
            changed.add(app.package)
    # The wall of the attendance app lets nobody see its feed.
    assert changed == STEPS.keys() - {"cn.gov.demo.attendance"}


PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title>
<style>body{margin:0;font:16px sans-serif}a,p,td{padding:12px}a{display:block}</style>%s"""
BOARD = "<table>" + "".join(
    f"<tr><td>{n}</td><td>{name}</td><td>市{unit}局</td><td>{2400 - 70 * n}分</td></tr>"
    for n, (name, unit) in enumerate(
        [("刘建设", "财政"), ("赵文静", "统计"), ("孙立新", "审计"), ("吴晓梅", "教育"), ("郑国强", "水利")], 1
    )
)
APP = PackageName("cn.example.rectified")


ASKS = """<div id="asks" role="dialog" style="position:fixed;left:20px;right:20px;top:200px;background:#fff">
<p>开启消息通知</p><p>第一时间收到学习提醒</p>
<button onclick="asks.remove()">暂不开启</button> <button>去开启</button></div>"""

# The same question, asked instead of what is pressed first.
ASKS_LATE = f"""<script>let asked=false;addEventListener('click',e=>{{if(asked)return;asked=true;e.preventDefault();
document.body.insertAdjacentHTML('beforeend',`{ASKS}`)}},true)</script>"""
# A button to be held, and a page beside this one.
HELD = """<button onpointerdown="held=setTimeout(()=>{location='about.html'},500)" onpointerup="clearTimeout(held)">
按住看说明</button><script>let from=0;addEventListener('touchstart',e=>{from=e.touches[0].clientX});
addEventListener('touchend',e=>{if(from-e.changedTouches[0].clientX>100)location='news.html'})</script>"""


def build(folder: Path, *, entry: str, board: str, entry_id: str = "", more: str = "") -> Path:
    """Write one build of an app with a menu entry and the page that it leads to; ``more`` is on its first page, too."""
    folder.mkdir()
    links = {"news": "学习资讯", "rank": entry, "about": "关于我们"}
    home = "<h1>学习园地</h1>" + more
    home += "".join(f'<a href="{page}.html">{label}</a>' for page, label in links.items())
    home = home.replace('href="rank.html"', f'id="{entry_id}" href="rank.html"')
    pages = {"index.html": ("学习园地", home), "rank.html": ("积分排行榜", f"<h1>积分排行榜</h1>{board}")}
    pages["news.html"] = ("学习资讯", "<h1>学习资讯</h1>")
    pages["about.html"] = ("关于我们", "<h1>关于我们</h1><p>示例单位主办</p>")
    for name, (title, body) in pages.items():
        (folder / name).write_text(PAGE % (title, body), encoding="utf-8")
    manifest = {"package": APP, "label": "学习园地", "versionCode": 1, "launcher": ".Main"}
    manifest |= {"activities": {f".{name[:-5].title().replace('Index', 'Main')}": name for name in pages}}
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return folder


def test_a_rectified_app_answers_no_longer_seen_and_one_that_changed_its_menu_cannot_be_told(
    virtual: DeviceHandle, settings: session.Settings, tmp_path: Path
) -> None:
    app = FiledApp(package=APP, name="学习园地")
    virtual.install(build(tmp_path / "first", entry="学习排行", board=BOARD))
    bundle = short_walk(app, virtual, settings, steps=10)
    builds = {
        Answer.STILL_SEEN: tmp_path / "first",
        Answer.NO_LONGER_SEEN: build(tmp_path / "mended", entry="学习排行", board="<p>本功能已经下线</p>"),
        Answer.COULD_NOT_TELL: build(tmp_path / "moved", entry="更多", board=BOARD),
    }
    schema = json.loads(resources.files("harness").joinpath("schemas/replay.schema.json").read_text("utf-8"))
    for answer, folder in builds.items():
        virtual.install(folder)
        done = retest(bundle, virtual.serial, settings)
        one = {each.finding.rule: each for each in done.retests}[RANKING]
        assert one.answer is answer, one
        with open_bundle(done.bundle) as stored:
            assert stored.run.retest_of == bundle.name
            assert stored.walk.stopped_by == "replay-ended"
        assert verify(done.bundle).soundness is Soundness.SOUND
        if answer is Answer.COULD_NOT_TELL:
            lost = [trip.lost for trip in one.trips if trip.lost is not None]
            assert [(each.reason, each.expected) for each in lost] == [("replay-control-missing", "学习排行")]
            assert "更多" in lost[0].seen
        printed = json.loads(dump_page(facts(done)))
        jsonschema.validate(printed, schema)
        (fact,) = (each for each in printed["retests"] if each["rule"] == RANKING)
        assert fact["answer"] == answer.name.lower().replace("_", "-")
        assert [each["expected"] for each in fact["lost"]] == ["学习排行"] * (answer is Answer.COULD_NOT_TELL)

    with pytest.raises(BadInput, match="F-nothing"):
        retest(bundle, virtual.serial, settings, "F-nothing")
    command = ["replay", str(bundle), "--serial", virtual.serial, "--evidence-dir", str(tmp_path / "again")]
    ended = CliRunner().invoke(cli.group, [*command, "--adb-server", f"127.0.0.1:{settings.adb[1]}"])
    assert ended.exit_code == 2, ended.output
    assert "学习排行" in ended.output
    assert "EB-cn.example.rectified" in ended.output


@pytest.fixture(scope="module")
def asking(virtual: DeviceHandle, settings: session.Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of a walk through an app that asks something at every start."""
    folder = tmp_path_factory.mktemp("asking") / "app"
    virtual.install(build(folder, entry="学习排行", board=BOARD, entry_id="rank", more=ASKS))
    return short_walk(FiledApp(package=APP, name="学习园地"), virtual, settings, steps=12)


def on_the_map(bundle: Path, word: str) -> tuple[int, Place]:
    """Return the place, with its number, whose look has a word and no other place's has."""
    with open_bundle(bundle) as stored:
        walk = stored.walk
    words = {o.id: {each.norm for each in o.words} for o in walk.observations}
    ((number, place),) = [
        (number, place) for number, place in enumerate(app_map(walk).places, 1) if word in words[place.observation]
    ]
    return number, place


def test_any_screen_is_reached_again_by_its_number_its_key_or_a_look_and_nothing_is_probed(
    virtual: DeviceHandle, settings: session.Settings, asking: Path, tmp_path: Path
) -> None:
    virtual.install(build(tmp_path / "app", entry="学习排行", board=BOARD, more=ASKS))
    number, about = on_the_map(asking, "示例单位主办")
    assert about.title == "关于我们"
    _, question = on_the_map(asking, "暂不开启")
    sponsor = "示例单位主办"
    for wanted, word in ((str(number), sponsor), (about.screen, sponsor), (question.observation, "暂不开启")):
        gone = revisit(asking, virtual.serial, settings, wanted)
        assert gone.trip.lost is None, wanted
        assert gone.trip.seen is not None
        assert word in {each.norm for each in gone.trip.seen.words}, wanted
        with open_bundle(gone.bundle) as stored:
            assert stored.run.retest_of == asking.name
            assert stored.walk.observations[-1].id == gone.trip.seen.id  # the device stays there
            assert not stored.walk.probe_runs
        assert verify(gone.bundle).soundness is Soundness.SOUND

    virtual.install(build(tmp_path / "late", entry="学习排行", board=BOARD, more=ASKS_LATE))
    gone = revisit(asking, virtual.serial, settings, about.screen)
    assert gone.trip.lost is None
    with open_bundle(gone.bundle) as stored:
        presses = [step.action.label for step in stored.walk.steps if isinstance(step.action, Tap)]
    assert presses == ["关于我们", "暂不开启", "关于我们"]  # the question swallowed the first

    with pytest.raises(BadInput, match=r"o9999.*none of the \d+ screens"):
        revisit(asking, virtual.serial, settings, "o9999")


def test_a_screen_whose_entry_is_gone_or_must_not_be_pressed_is_not_reached_and_it_is_told_where(
    virtual: DeviceHandle, settings: session.Settings, asking: Path, tmp_path: Path
) -> None:
    number, board = on_the_map(asking, "刘建设")
    command = ["replay", str(asking), "--serial", virtual.serial, "--evidence-dir", str(tmp_path / "again")]
    command += ["--adb-server", f"127.0.0.1:{settings.adb[1]}", "--screen"]

    virtual.install(build(tmp_path / "dangerous", entry="立即签到", board=BOARD, entry_id="rank", more=ASKS))
    gone = revisit(asking, virtual.serial, settings, board.screen)
    assert gone.trip.lost is not None
    assert gone.trip.lost.reason == "replay-control-refused"
    assert (gone.trip.lost.expected, gone.trip.lost.seen) == ("学习排行", "立即签到")
    with open_bundle(gone.bundle) as stored:
        assert "立即签到" in {refusal.label for refusal in stored.walk.refusals}

    _, question = on_the_map(asking, "暂不开启")
    virtual.install(build(tmp_path / "silent", entry="更多", board=BOARD))
    gone = revisit(asking, virtual.serial, settings, question.screen)
    assert gone.trip.lost is not None  # the page that it stood over is another screen
    assert gone.trip.lost.reason == "replay-starts-elsewhere"

    ended = CliRunner().invoke(cli.group, [*command, str(number)])
    assert ended.exit_code == 2, ended.output
    assert "未到达" in ended.output
    assert "学习排行" in ended.output
    assert "更多" in ended.output

    _, about = on_the_map(asking, "示例单位主办")
    ended = CliRunner().invoke(cli.group, [*command, about.screen, "--json"])
    assert ended.exit_code == 0, ended.output
    schema = json.loads(resources.files("harness").joinpath("schemas/replay.schema.json").read_text("utf-8"))
    printed = json.loads(ended.stdout)
    jsonschema.validate(printed, schema)
    (screen,) = printed["screens"]
    assert (screen["screen"], screen["reached"], screen["title"]) == (about.screen, True, "关于我们")

    ended = CliRunner().invoke(cli.group, [*command, "1", "--finding", "F-1"])
    assert ended.exit_code == 2
    assert "--screen" in ended.output


def test_a_held_press_is_held_again_and_a_swipe_is_swiped_again(
    virtual: DeviceHandle, settings: session.Settings, tmp_path: Path
) -> None:
    app = FiledApp(package=APP, name="学习园地")
    virtual.install(build(tmp_path / "app", entry="学习排行", board=BOARD, more=HELD))
    with (
        session.opened(virtual.serial, settings) as device,
        session.recording(device, app, settings) as (walker, writer),
    ):
        tour = Tour(walker, Scope(package=APP), (), device.clock, Visit(app=app))
        home = tour.enter("start", first=True)
        assert isinstance(home, Observation)
        (held,) = (word for word in home.words if word.norm == "按住看说明")
        x_px, y_px = held.box.centre_px
        tour.do(LongPress(x_px=x_px, y_px=y_px, label=held.text), Actor.EXPLORE, "explore-new")
        tour.do(Back(), Actor.EXPLORE, "explore-back")
        tour.do(Swipe(x1_px=900, y1_px=1900, x2_px=200, y2_px=1900), Actor.EXPLORE, "explore-sideways")
        writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="steps-spent"))
        bundle = session.finished(writer).bundle
    with open_bundle(bundle) as stored:
        titles = [(place.title, place.screen) for place in app_map(stored.walk).places]
    assert [title for title, _ in titles] == ["学习园地", "关于我们", "学习资讯"]
    for (title, screen), action in zip(titles[1:], (LongPress, Swipe), strict=True):
        gone = revisit(bundle, virtual.serial, settings, screen)
        assert gone.trip.seen is not None, title
        with open_bundle(gone.bundle) as stored:
            assert isinstance(stored.walk.steps[-1].action, action)
