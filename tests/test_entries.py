"""A mini-program in its host and an H5 page in a browser are walked and judged like apps, and their hosts are not."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import session
from harness.entry import NOT_FOUND, Whereabouts, inside, way_in
from harness.evidence.bundle import read_bundle
from harness.evidence.verify import Soundness, verify
from harness.fleet.filed import read_filed_list
from harness.judge import fingerprint
from harness.model import (
    Action,
    Actor,
    EntryKind,
    FiledApp,
    Moment,
    Observation,
    OpenLink,
    PackageName,
    Page,
    Reach,
    RuleId,
    Step,
    Tap,
    Type,
    Verdict,
)
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.screen_drawing import node, seen, window
from tests.test_walk import TickingClock
from tests.virtual_fixtures import adb_binaries, adb_server

ENTRIES = Path(__file__).resolve().parent.parent / "scenarios" / "demo" / "entries"
PORTAL, BROWSER = PackageName("cn.gov.demo.portal"), PackageName("com.android.browser")
HEADER = "应用名称,包名,类型,入口,安装包\n"


# --- the way in and the border, without a device


def mini(entry: str = "学习园地") -> FiledApp:
    return FiledApp(package=PORTAL, name="学习园地", entry_kind=EntryKind.MINI_PROGRAM, entry=entry, row=2)


def h5(url: str = "http://h5.example.gov.cn/index.html") -> FiledApp:
    return FiledApp(package=BROWSER, name="应知应会", entry_kind=EntryKind.H5, entry=url, row=3)


def screen(
    *labels: str,
    activity: str = "Main",
    fields: tuple[str, ...] = (),
    package: str = PORTAL,
    more: tuple[str, ...] = (),
) -> Observation:
    rows = [node(text, (40, 300 + 150 * n, 1040, 400 + 150 * n), clickable="true") for n, text in enumerate(labels)]
    rows += [node(text, (40, 100, 1040, 200), kind="android.widget.EditText", clickable="true") for text in fields]
    observation = seen(window(*rows, *more), activity=f"{PORTAL}.{activity}")
    return replace(observation, page=Page(package=PackageName(package), activity=f"{package}.{activity}"))


def went(app: FiledApp, *answers: Observation) -> tuple[list[str], str]:
    """Return what was done on the way in when these screens answer, and what failed."""
    way = way_in(app, "start")
    action, _ = next(way)
    done = [said(action)]
    for answer in answers:
        try:
            action, _ = way.send(answer)
        except StopIteration as end:
            return done, str(end.value)
        done.append(said(action))
    raise AssertionError(f"goes on after {done}")


def said(action: Action) -> str:
    match action:
        case Tap(label=label):
            return label
        case Type(text=text):
            return f"type {text}"
        case OpenLink(url=url):
            return url
        case _:
            return type(action).__name__


def test_a_mini_program_is_found_in_the_hall_that_holds_it() -> None:
    done, failed = went(
        mini(),
        screen("通知", "工作台", "我的"),
        screen("请示报告", "学习园地", "工作台", activity="Hall"),
        screen("排行", activity="Mini"),
    )
    assert (done, failed) == (["Launch", "工作台", "学习园地"], "")


def test_a_mini_program_that_no_hall_holds_is_searched_for_and_its_name_in_the_field_is_no_result() -> None:
    typed = screen("学习园地 小程序", fields=("学习园地",), activity="Search")
    done, failed = went(
        mini(),
        screen("搜索", "我的"),
        screen("最近", fields=("请输入",), activity="Search"),
        screen("最近", fields=("请输入",), activity="Search"),
        typed,
        screen("排行", activity="Mini"),
    )
    assert (done, failed) == (["Launch", "搜索", "搜索", "type 学习园地", "学习园地 小程序"], "")
    nothing = screen("没有结果", fields=("学习园地",), activity="Search")
    field = screen("最近", fields=("请输入",), activity="Search")
    assert went(mini(), screen("搜索"), field, field, nothing)[1] == NOT_FOUND


def test_a_link_and_an_address_are_opened_and_need_no_search() -> None:
    link = "portal://mini/7"
    assert went(mini(link), screen("排行", activity="Mini")) == ([link], "")
    assert went(h5(), screen("排行", package=BROWSER)) == ([h5().entry], "")
    assert went(h5(), screen("桌面", package="com.android.launcher3"))[1] == "entry-not-reached"


def steps_over(app: FiledApp, *walked: tuple[Actor, str, Observation]) -> list[bool]:
    whereabouts = Whereabouts(app)
    at = Moment(wall=TickingClock().wall(), mono_s=0.0)
    told = []
    for number, (actor, why, observation) in enumerate(walked, 1):
        step = Step(
            seq=number,
            actor=actor,
            action=Tap(x_px=1, y_px=1),
            why=why,
            before=None,
            after=observation.id,
            began=at,
            ended=at,
        )
        told.append(whereabouts.after(step, observation))
    return told


def test_what_was_seen_on_the_way_in_is_outside_and_so_is_coming_back_to_it() -> None:
    home, hall = screen("工作台"), screen("学习园地", activity="Hall")
    first, board, host_page = screen("排行", activity="Mini"), screen("第一名", activity="Mini"), screen("工作台")
    assert steps_over(
        mini(),
        (Actor.START, "start", home),
        (Actor.START, "enter-hall", hall),
        (Actor.START, "enter-open", first),
        (Actor.EXPLORE, "explore-new", board),
        (Actor.EXPLORE, "explore-back", hall),
        (Actor.RECOVER, "return-to-app", host_page),
        (Actor.START, "enter-open", first),
        (Actor.EXPLORE, "explore-new", screen("桌面", package="com.android.launcher3")),
    ) == [False, False, True, True, False, False, True, False]


def test_a_host_of_one_activity_is_told_apart_by_its_screens_and_its_tabs() -> None:
    tabs = tuple(
        node(text, (60 + 360 * n, 2280, 300 + 360 * n, 2340)) for n, text in enumerate(("首页", "工作台", "我的"))
    )
    home, first = screen("工作台", "消息", more=tabs), screen("排行", "关于")
    told = steps_over(
        mini(),
        (Actor.START, "start", home),
        (Actor.START, "enter-open", first),
        (Actor.EXPLORE, "explore-new", screen("第一名", "第二名", fields=("搜",))),
        (Actor.EXPLORE, "explore-back", home),
        (Actor.START, "enter-open", first),
        (Actor.EXPLORE, "explore-new", screen("个人资料", more=tabs)),
    )
    assert told == [False, True, True, False, True, False]


def test_another_activity_of_the_host_is_outside_though_nobody_passed_it_on_the_way_in() -> None:
    told = steps_over(
        mini(),
        (Actor.START, "start", screen("工作台")),
        (Actor.START, "enter-open", screen("排行", activity="Mini")),
        (Actor.EXPLORE, "explore-new", screen("陈同志", activity="Mine")),
    )
    assert told == [False, True, False]


def page_at(address: str) -> Observation:
    """Return a page of a browser that shows an address, or none."""
    bar = [node(address, (0, 0, 1080, 120), kind="android.widget.EditText", id="url_bar")] if address else []
    return replace(seen(window(*bar, node("学习", (40, 300, 400, 400)))), page=Page(package=BROWSER, activity="B"))


def test_another_site_in_the_same_browser_is_outside_and_a_page_without_an_address_is_where_it_was() -> None:
    addresses = ["h5.example.gov.cn/rank", "", "m.h5.example.gov.cn", "www.example.com/ad", "", "h5.example.gov.cn"]
    walked = [(Actor.EXPLORE, "explore-new", page_at(address)) for address in addresses]
    opened = (Actor.START, "enter-open", page_at("h5.example.gov.cn/index.html"))
    assert steps_over(h5(), opened, *walked) == [True, True, True, True, False, False, True]


def test_two_parts_of_one_host_have_fingerprints_of_their_own_and_an_app_keeps_the_one_it_had() -> None:
    rule, whole = RuleId("points-ranking"), FiledApp(package=PORTAL, name="平台")
    marks = {fingerprint(rule, app, ["rank"]) for app in (whole, mini(), mini("党建园地"))}
    assert len(marks) == 3
    assert fingerprint(rule, whole, ["rank"]) == fingerprint(rule, replace(whole, entry="x"), ["rank"])


# --- the filed list


def test_a_row_without_a_way_in_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        HEADER + f"甲,{PORTAL},小程序,,\n乙,{BROWSER},H5,学习园地,\n丙,{PORTAL},小程序,学习园地,\n", encoding="utf-8"
    )
    filed = read_filed_list(path)
    assert [app.name for app in filed.apps] == ["丙"]
    assert [(problem.row, problem.reason) for problem in filed.problems] == [
        (2, "filed.no_entry"),
        (3, "filed.no_address"),
    ]


# --- on the device


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Serve the H5 page over loopback and yield its address."""
    handler = functools.partial(_Quiet, directory=str(ENTRIES / "h5"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def virtual() -> Iterator[DeviceHandle]:
    with VirtualDevices() as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module")
def settings(virtual: DeviceHandle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[session.Settings]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        server.connect(virtual.serial)
        yield session.Settings(evidence_dir=tmp_path_factory.mktemp("evidence"), adb=("127.0.0.1", server.port))


def filed_rows(folder: Path, *rows: str) -> tuple[FiledApp, ...]:
    path = folder / "list.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    filed = read_filed_list(path)
    assert filed.problems == ()
    return filed.apps


def test_a_mini_program_and_an_h5_page_leave_bundles_like_an_app_and_their_hosts_are_not_accused(
    settings: session.Settings, virtual: DeviceHandle, site: str, tmp_path: Path
) -> None:
    rows = (
        f"学习园地,{PORTAL},小程序,学习园地,{ENTRIES / 'apps' / PORTAL}",
        f"应知应会学习,{BROWSER},H5,{site},",
    )
    for app in filed_rows(tmp_path, *rows):
        inspection = session.inspect(app, virtual.serial, settings)
        walk = read_bundle(inspection.bundle)
        within = inside(walk)
        findings = {finding.rule: finding for finding in inspection.judgement.findings}
        coverage = dict(inspection.judgement.coverage)

        assert inspection.stopped_by == "", app
        assert findings[RuleId("points-ranking")].verdict is Verdict.FOUND
        assert any(r.reach is Reach.REACHED for r in coverage[RuleId("points-ranking")].reaches)
        # What the host and the other site demand was seen outside and is nobody's finding here.
        outside = [o for o in walk.observations if o.id not in within]
        assert any("今日未签到" in word.norm for o in outside for word in o.words)
        assert findings[RuleId("mandatory-check-in")].verdict is Verdict.CLEAR
        assert not any("今日未签到" in word.norm for o in walk.observations if o.id in within for word in o.words)
        assert any(step.why == "return-to-app" for step in walk.steps)
        assert all(ref.observation in within for f in inspection.judgement.findings for ref in f.evidence)
        assert verify(inspection.bundle).soundness is Soundness.SOUND
