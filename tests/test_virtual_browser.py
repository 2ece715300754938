"""The screen: launcher, tasks, dialogs, touches, keys and a browser that dies; against a real Chromium."""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from harness.errors import VirtualDeviceError
from harness.virtual import desktop
from harness.virtual.activities import activity_at, app_origin, owns, page_url
from harness.virtual.app_files import Reply, file_reply
from harness.virtual.chromium import VARIABLE, find_browser
from harness.virtual.input_keys import page_key
from harness.virtual.phone import Display, Touch
from harness.virtual.tabs import Tab
from tests.live_screen import CAMERA, CONTACTS, HEAD, OTHER, STUDY, STYLE, LiveScreen, app

LAUNCHER = "com.android.launcher3"
BROWSER = "com.android.browser"
BACK, HOME, RECENTS, ENTER, DELETE, POWER, PASTE = 4, 3, 187, 66, 67, 26, 279
MAIN = """<h1>首页</h1><button id="count">点了0次</button><a href="two.html">积分规则</a>
<a href="unmapped.html?x=1">别处</a>

<button onclick="android.requestPermission('CAMERA').then((ok) => note('相机' + ok))">要相机</button>
<button onclick="android.requestPermission('READ_CONTACTS').then((ok) => note('通讯录' + ok))">要通讯录</button>
<button onclick="android.requestPermission('READ_SMS').then((ok) => note('短信' + ok))">要短信</button>
<button onclick="note('问答' + confirm('确定要退出答题？'))">确认框</button>
<button onclick="note('名' + prompt('姓名', '张'))">输入框</button>
<button onclick="android.toast('打卡成功'); console.log('已提示')">提示</button>
<div id="note">空</div><div id="seen">见</div>
<script>
const note = (text) => { document.getElementById('note').textContent = text; };
let count = 0;
document.getElementById('count').onclick = (event) => { count += 1; event.target.textContent = `点了${count}次`; };
const seen = [];
document.addEventListener('visibilitychange', () => { seen.push(document.visibilityState); });
document.getElementById('seen').onclick = (e) => {
  e.target.textContent = '见:' + seen.join(',') + ':' + document.hidden; };
</script>"""
INPUTS = """<form onsubmit="event.preventDefault(); document.getElementById('said').textContent = '交' + this.f.value">
<input id="field" name="f" placeholder="姓名"></form><textarea id="area"></textarea><div id="said">无</div>
<select id="unit"><option>办公室</option><option>财务科</option></select>
<input id="seek" type="range" value="0" max="100" style="width:300px;height:40px">
<div id="long" style="height:60px;background:#ddd">长按</div>
<div id="slow" style="height:40px">慢</div>
<div id="pad" style="height:160px;background:#cde;touch-action:none">画板</div><div id="end">底</div>
<script>
const say = (text) => { document.getElementById('said').textContent = text; };
document.getElementById('unit').addEventListener('change', (e) => say('选' + e.target.value));
document.getElementById('seek').addEventListener('input', (e) => say('滑' + e.target.value));
document.getElementById('long').addEventListener('contextmenu', (e) => { e.preventDefault(); say('长按了'); });
const slow = document.getElementById('slow');
slow.addEventListener('touchstart', () => {
  const end = performance.now() + 700;
  while (performance.now() < end);
}, {passive: false});
for (const type of ['click', 'contextmenu']) slow.addEventListener(type, () => say('慢' + type));
let moves = 0;
const pad = document.getElementById('pad');
pad.addEventListener('touchmove', () => { moves += 1; });
pad.addEventListener('touchend', (e) => say(`触${moves > 5 ? '多' : '少'}${e.isTrusted}`));
</script>"""
PAGES = {
    "index.html": MAIN,
    "two.html": "<h1>规则页</h1><div id='tall' style='height:4000px'>很长</div>",
    "unmapped.html": "<h1>没有登记的页</h1>",
    "inputs.html": INPUTS,
    "secure.html": '<meta name="android-window" content="secure"><h1>保密页</h1>',
    "back.html": "<h1>拦截页</h1><div id='n'>0</div><script>let n = 0;"
    "android.lastBack = () => { n += 1;"
    "document.getElementById('n').textContent = '拦' + n; return n < 3; };</script>",
    "leave.html": "<a href='http://gov.example.invalid/a'>外链</a>"
    "<a href='http://gov.example.invalid/b' target='_blank'>新窗</a>"
    "<a href='tel:10086'>电话</a>"
    "<a href='two.html' target='_blank'>同源新窗</a>"
    "<button onclick='android.finish()'>结束</button>"
    "<button onclick=\"android.openPackage('cn.example.other')\">开另一个</button>"
    "<button onclick=\"android.openPackage('cn.none').then((ok) => { document.title = '有' + ok; })\">开没有的</button>"
    "<button onclick=\"const f = document.createElement('iframe');"
    " f.src = 'weixin://pay'; document.body.append(f)\">桥</button>",
    "store.html": "<div id='kept'></div><button id='keep'>存</button><script>const show = () => {"
    "document.getElementById('kept').textContent = '存有' + (localStorage.getItem('k') || '无'); }; show();"
    "document.getElementById('keep').onclick = () => { localStorage.setItem('k', '三'); show(); };</script>",
    "long.html": "<div id='list' style='height:500px;overflow:auto'><p style='height:600px'>头条</p>"
    "<a href='two.html' style='height:300px'>尾条</a></div><div id='told'>未回</div>"
    "<iframe srcdoc='<p id=p>内</p><script>let n = 0; setInterval(() => { n += 1;"
    " p.textContent = `内${n}`; }, 60000)</script>'></iframe><script>console.log('开页');"
    "addEventListener('pageshow', (e) => { if (e.persisted)"
    " document.getElementById('told').textContent = '回' + new Date().getFullYear(); });</script>",
    "stuck.html": "<button onclick='for (const t = performance.now(); performance.now() - t < 9000;);'>死循环</button>",
}
ACTIVITIES = {
    "MainActivity": "index.html",
    "WideActivity": "wide.html",
    "RulesActivity": "two.html",
    "InputActivity": "inputs.html",
    "SecureActivity": "secure.html",
    "BackActivity": "back.html",
    "LeaveActivity": "leave.html",
    "StoreActivity": "store.html",
    "LongActivity": "long.html",
    "StuckActivity": "stuck.html",
}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveScreen]:
    root = tmp_path_factory.mktemp("study")
    for name, body in PAGES.items():
        (root / name).write_text(f"{HEAD}{STYLE}<title>{name}</title><body>{body}", "utf-8")
    wide = "<!DOCTYPE html><meta charset=utf-8><title>wide</title><body><p style='margin:300px 0 0 700px'>"
    wide += "<button id=far onclick=\"this.textContent = '中了'\">远处</button>"
    (root / "wide.html").write_text(wide, "utf-8")
    other = tmp_path_factory.mktemp("other")
    (other / "index.html").write_text(f"{HEAD}{STYLE}<title>另一个</title><h1>另一个应用</h1>", "utf-8")
    apps = [app(STUDY, "学习在线", root, ACTIVITIES), app(OTHER, "另一个", other, {"Main": "index.html"})]
    screen = LiveScreen(tmp_path_factory.mktemp("device"), apps)
    yield screen
    screen.close()


@pytest.fixture
def live(device: LiveScreen) -> Iterator[LiveScreen]:
    """The screen with the launcher in front and nothing running."""
    for package in (STUDY, OTHER, BROWSER):
        device.stop(package)
    device.key(HOME)
    device.records.decisions.clear()
    device.screen.clear_last_toast()
    device.logged.clear()
    yield device
    if not device.screen.awake:
        device.key(POWER)


def opened(live: LiveScreen, activity: str) -> LiveScreen:
    live.launch(STUDY, f"{STUDY}.{activity}")
    return live


def picture(live: LiveScreen) -> Image.Image:
    return Image.open(io.BytesIO(live.do(live.screen.screenshot()))).convert("RGB")


# launcher, tasks, activities


def test_the_launcher_shows_the_installed_apps_and_starts_the_tapped_one(live: LiveScreen) -> None:
    icon = live.text("学习在线")
    assert (icon.package, icon.resource_id, icon.clickable) == (LAUNCHER, "com.android.launcher3:id/icon", True)
    assert live.front() == (LAUNCHER, "com.android.launcher3.Launcher")
    live.tap(icon)
    live.wait_front(STUDY, ".MainActivity")
    assert live.text("首页").package == STUDY


def test_the_launcher_follows_installing_and_removing(live: LiveScreen) -> None:
    removed = live.records.apps.pop(OTHER)
    try:
        assert "另一个" not in live.texts()
    finally:
        live.records.apps[OTHER] = removed
    assert "另一个" in live.texts()


def test_a_tap_reaches_the_page_once_as_a_click(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    for expected in ("点了1次", "点了2次"):
        live.tap(live.by_id("count"))
        live.text(expected)


def test_the_foreground_activity_follows_the_page_and_an_unmapped_page_keeps_the_last(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("积分规则")
    live.wait_front(STUDY, ".RulesActivity")
    live.text("规则页")
    live.key(BACK)
    live.wait_front(STUDY, ".MainActivity")
    live.tap_text("别处")
    live.text("没有登记的页")
    assert live.front() == (STUDY, f"{STUDY}.MainActivity")


def test_back_shows_a_page_as_it_was_left_and_later_in_time(live: LiveScreen) -> None:
    opened(live, "LongActivity")
    live.text("头条")
    live.do(live.screen.swipe([(400, 1450), (400, 50)], 0.3))
    live.wait_for(lambda: "头条" not in live.texts())
    left_at = live.text("尾条").bounds
    live.tap_text("尾条")
    live.text("规则页")
    year_s = 370 * 86400.0
    live.advance(year_s)
    live.key(BACK)
    said = live.wait_for(lambda: [text for text in live.texts() if text.startswith("回")])
    assert live.text("尾条").bounds == left_at
    assert said == [f"回{time.gmtime(live.clock.now() + 8 * 3600).tm_year}"]
    live.text("内1")  # a timer that is due fires once, and later ones in their time
    live.advance(60)
    live.text("内2")
    assert [line for tag, line in live.logged if "开页" in line] == [
        f'[INFO:CONSOLE] "开页", source: {app_origin(STUDY)}/long.html'
    ]
    live.key(BACK)
    live.wait_front(LAUNCHER)


def test_back_at_the_first_page_leaves_the_app_and_ends_it(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.key(BACK)
    live.wait_front(LAUNCHER)
    assert [task.package for task in live.do(live.screen.tasks())] == [LAUNCHER]


def test_an_activity_started_on_top_returns_to_the_one_below(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.launch(STUDY, f"{STUDY}.RulesActivity")
    live.text("规则页")
    live.key(BACK)
    live.text("首页")


def test_home_keeps_the_app_running_and_launching_brings_it_back_as_it_was(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap(live.by_id("count"))
    pid = live.do(live.screen.foreground()).pid
    live.key(HOME)
    live.wait_front(LAUNCHER)
    live.launch(STUDY)
    live.text("点了1次")
    assert live.do(live.screen.foreground()).pid == pid


def test_unknown_apps_and_activities_are_refused(live: LiveScreen) -> None:
    with pytest.raises(KeyError):
        live.launch("cn.none")
    with pytest.raises(KeyError):
        live.launch(STUDY, f"{STUDY}.Nowhere")
    with pytest.raises(VirtualDeviceError):
        live.do(live.screen.crash(STUDY))


def test_recents_list_the_tasks_bring_one_back_and_clear_all(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.launch(OTHER)
    live.key(RECENTS)
    assert live.front() == (LAUNCHER, "com.android.quickstep.RecentsActivity")
    cards = [node.text for node in live.all() if node.resource_id == "com.android.launcher3:id/title"]
    assert cards[0] == "另一个"
    live.tap(live.find(lambda node: node.resource_id.endswith("snapshot") and node.content_desc == "另一个"))
    live.wait_front(OTHER)
    live.key(RECENTS)
    live.tap_text("全部清除")
    live.wait_front(LAUNCHER, ".Launcher")
    assert [task.package for task in live.do(live.screen.tasks())] == [LAUNCHER]


def test_back_asks_the_page_first(live: LiveScreen) -> None:
    opened(live, "BackActivity")
    live.text("拦截页")
    for expected in ("拦1", "拦2"):
        live.key(BACK)
        live.text(expected)
    live.key(BACK)
    live.wait_front(LAUNCHER)


def test_finish_and_other_apps_do_what_their_names_say(live: LiveScreen) -> None:
    opened(live, "LeaveActivity")
    live.tap_text("开没有的")
    live.find(lambda node: node.text == "有false")
    live.tap_text("开另一个")
    live.wait_front(OTHER)
    live.key(BACK)
    live.wait_front(STUDY)  # what called it is below it
    live.tap_text("结束")
    live.wait_front(LAUNCHER)


@pytest.mark.parametrize("link", ["外链", "新窗"])
def test_a_page_of_another_origin_opens_in_the_browser_app(live: LiveScreen, link: str) -> None:
    opened(live, "LeaveActivity")
    live.tap_text(link)
    live.wait_front(BROWSER)
    assert any("opens http://gov.example.invalid" in message for _, message in live.logged)
    live.key(BACK)
    live.wait_front(STUDY)


def test_a_new_window_of_the_same_origin_stays_in_the_app(live: LiveScreen) -> None:
    opened(live, "LeaveActivity")
    live.tap_text("同源新窗")
    live.wait_front(STUDY, ".RulesActivity")


@pytest.mark.parametrize("link", ["电话", "桥"])
def test_addresses_for_other_kinds_of_apps_are_refused_with_a_toast(live: LiveScreen, link: str) -> None:
    opened(live, "LeaveActivity")
    live.tap_text(link)
    assert live.wait_for(live.screen.last_toast) == "没有应用可执行此操作"
    assert any("ActivityNotFound" in message for _, message in live.logged)
    live.key(HOME)
    live.launch(STUDY)
    live.tap_text("同源新窗")  # touches still arrive
    live.wait_front(STUDY, ".RulesActivity")


# visibility


def test_the_page_hears_of_home_dialogs_and_a_dark_screen(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.text("首页")
    live.key(HOME)
    live.launch(STUDY)
    live.key(POWER)
    assert not live.screen.awake
    assert live.do(live.screen.windows()) == ()
    assert picture(live).getextrema() == ((0, 0),) * 3
    live.key(POWER)
    live.tap_text("要相机")
    live.tap_text("拒绝")
    live.text("相机false")
    live.tap(live.by_id("seen"))
    pairs = ",".join(["hidden,visible"] * 3)
    assert live.find(lambda node: node.text.startswith("见:")).text == f"见:{pairs}:false"


# dialogs


def test_a_permission_is_asked_once_and_remembered(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("要相机")
    live.wait_front("com.android.permissioncontroller", ".GrantPermissionsActivity")
    allow = live.text("仅在使用中允许")
    assert allow.resource_id == "com.android.permissioncontroller:id/permission_allow_foreground_only_button"
    assert {node.package for node in live.all()} == {"com.android.permissioncontroller"}
    live.tap(allow)
    live.text("相机true")
    assert live.records.decisions == {(STUDY, CAMERA): True}
    live.tap_text("要通讯录")
    live.tap(live.find(lambda node: node.resource_id.endswith("permission_deny_button")))
    live.text("通讯录false")
    assert live.records.decisions[STUDY, CONTACTS] is False
    live.tap_text("要通讯录")  # decided: nobody is asked again
    live.text("通讯录false")
    live.tap_text("要短信")  # not declared by the app
    live.text("短信false")


def test_a_one_time_permission_ends_with_the_app_and_back_decides_nothing(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("要相机")
    live.text("仅限这一次")
    live.key(BACK)
    live.text("相机false")
    live.tap_text("要相机")
    live.tap_text("仅限这一次")
    live.text("相机true")
    assert live.records.decisions == {}


def test_script_dialogs_block_the_page_until_a_person_answers(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("确认框")
    message = live.text("确定要退出答题？")
    assert (message.package, message.resource_id) == (STUDY, "android:id/message")
    assert picture(live).size == (1080, 2400)
    assert live.front() == (STUDY, f"{STUDY}.MainActivity")
    live.tap_text("取消")
    live.text("问答false")
    live.tap_text("确认框")
    live.tap_text("确定")
    live.text("问答true")
    live.tap_text("确认框")
    live.text("确定要退出答题？")
    live.key(BACK)
    live.text("问答false")
    live.tap_text("输入框")
    live.find(lambda node: node.class_name.endswith("EditText") and node.text == "张")
    assert live.do(live.screen.insert_text("三"))
    live.tap_text("确定")
    live.text("名张三")


def test_a_dialog_is_shown_when_the_picture_behind_it_does_not_come(
    live: LiveScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Tab) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets was set")

    monkeypatch.setattr(Tab, "_composited", never)
    opened(live, "MainActivity")
    live.tap_text("确认框")
    live.text("确定要退出答题？")
    live.tap_text("取消")
    live.text("问答false")


def test_a_dialog_waits_with_its_app_while_another_is_in_front(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("确认框")
    live.text("确定要退出答题？")
    live.key(HOME)
    live.text("另一个")
    live.launch(STUDY)
    live.tap_text("确定")
    live.text("问答true")


def test_time_that_passes_in_a_dialog_is_caught_up_afterwards(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("确认框")
    live.text("确定要退出答题？")
    live.advance(30)
    live.tap_text("确定")
    live.text("问答true")


def test_an_app_that_does_not_respond_can_be_waited_for_or_closed(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.do(live.screen.show_anr(STUDY))
    assert "学习在线 没有响应" in live.texts()
    live.key(BACK)  # does not close it
    wait = live.text("等待")
    assert (wait.package, wait.resource_id) == ("android", "android:id/aerr_wait")
    live.tap(wait)
    live.text("首页")
    live.do(live.screen.show_anr(STUDY))
    live.tap_text("关闭应用")
    live.wait_front(LAUNCHER)
    assert any(tag == "ActivityManager" and "ANR in" in message for tag, message in live.logged)


def test_a_page_in_an_endless_loop_ends_in_the_anr_dialog_not_in_a_hang(live: LiveScreen) -> None:
    opened(live, "StuckActivity")
    begun = time.monotonic()
    live.tap_text("死循环")
    live.text("等待")
    assert time.monotonic() - begun < 90  # the loop itself would never end
    assert picture(live).size == (1080, 2400)
    live.tap_text("关闭应用")
    live.wait_front(LAUNCHER)


def test_a_crash_leaves_the_launcher_in_front_and_a_line_in_the_log(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.do(live.screen.crash(STUDY))
    assert live.front()[0] == LAUNCHER
    assert any(tag == "AndroidRuntime" and "FATAL EXCEPTION" in message for tag, message in live.logged)


def test_a_renderer_that_dies_or_a_page_that_closes_itself_ends_its_app(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    desktop = live.screen._desktop
    assert desktop is not None
    with pytest.raises(VirtualDeviceError):
        live.do(desktop.surface.send("Page.crash"))
    live.wait_front(LAUNCHER)
    opened(live, "MainActivity")
    live.do(desktop.surface.page.close())
    live.wait_front(LAUNCHER)
    opened(live, "MainActivity")
    live.text("首页")


def test_what_a_page_writes_to_its_console_is_in_the_log(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    live.tap_text("提示")
    live.wait_for(lambda: [line for tag, line in live.logged if tag == "chromium" and '"已提示"' in line])


def test_a_toast_is_drawn_but_not_in_the_tree_and_goes_with_time(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    before = picture(live)
    live.tap_text("提示")
    assert live.wait_for(live.screen.last_toast) == "打卡成功"
    spot = (540, 2400 - round(2400 * 0.09) - 30)
    live.wait_for(lambda: picture(live).getpixel(spot) != before.getpixel(spot))
    assert "打卡成功" not in live.texts()
    live.advance(3)
    live.wait_for(lambda: picture(live).getpixel(spot) == before.getpixel(spot))
    assert live.screen.last_toast() == "打卡成功"


# input


def test_text_in_any_script_goes_to_the_focused_field(live: LiveScreen) -> None:
    opened(live, "InputActivity")
    live.by_id("field")
    assert not live.do(live.screen.insert_text("无处可写"))
    live.tap(live.by_id("field"))
    assert live.do(live.screen.insert_text("张三👍"))
    assert live.by_id("field").text == "张三👍"
    live.key(DELETE)
    assert live.by_id("field").text == "张三"
    live.screen.set_clipboard("丰")
    assert live.key(PASTE)
    live.key(ENTER)
    live.text("交张三丰")
    live.tap(live.by_id("area"))
    for code in (36, 37, 62, 8):  # H, I, space, 1
        live.key(code)
    assert live.by_id("area").text == "hi 1"


def test_a_page_laid_out_for_desktops_is_hit_where_the_tree_says(live: LiveScreen) -> None:
    opened(live, "WideActivity")
    button = live.by_id("far")
    assert button.bounds[2] <= 1080
    live.tap(button)
    live.text("中了")


def test_a_select_element_opens_the_systems_list(live: LiveScreen) -> None:
    opened(live, "InputActivity")
    live.tap(live.by_id("unit"))
    row = live.text("财务科")
    assert (row.class_name, row.checked) == ("android.widget.CheckedTextView", False)
    live.tap(row)
    live.text("选财务科")


def test_a_swipe_scrolls_and_a_drag_moves_a_seek_bar(live: LiveScreen) -> None:
    opened(live, "InputActivity")
    left, top, right, bottom = live.by_id("seek").bounds
    middle = (top + bottom) / 2
    live.do(live.screen.swipe([(left + 20, middle), ((left + right) / 2, middle)], 0.3))
    assert 35 <= int(live.find(lambda node: node.text.startswith("滑")).text[1:]) <= 65
    live.launch(STUDY, f"{STUDY}.RulesActivity")
    top_before = live.by_id("tall").bounds[1]
    live.do(live.screen.swipe([(540, 2000), (540, 1000)], 0.3))
    live.wait_for(lambda: live.by_id("tall").bounds[1] < top_before)


def test_single_touch_events_and_long_presses_are_real_ones(live: LiveScreen) -> None:
    opened(live, "InputActivity")
    live.tap(live.by_id("long"), hold_s=0.9)
    live.text("长按了")
    live.tap(live.by_id("slow"))
    live.text("慢click")
    left, top, _, _ = live.by_id("pad").bounds
    live.do(live.screen.touch(Touch.DOWN, left + 30, top + 30))
    for step in range(10):
        live.do(live.screen.touch(Touch.MOVE, left + 30 + 20 * step, top + 40))
    live.do(live.screen.touch(Touch.UP, left + 230, top + 40))
    live.text("触多true")
    with pytest.raises(VirtualDeviceError):
        live.do(live.screen.swipe([(1, 1)], 0.1))


# display, pictures, storage


def test_a_screenshot_has_exactly_the_panels_pixels_in_every_shape(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    shapes = [
        Display(width_px=720, height_px=1280, density_dpi=320),
        Display(rotation=1),
        Display(width_px=1079, height_px=2399, density_dpi=420),
    ]
    try:
        for shape in shapes:
            live.do(live.screen.set_display(shape))
            live.wait_for(lambda shape=shape: picture(live).size == shape.size_px)  # type: ignore[misc]
            assert live.root().bounds == (0, 0, *shape.size_px)
            live.tap(live.by_id("count"))
    finally:
        live.do(live.screen.set_display(Display()))
    live.text("点了3次")


def test_a_secure_page_is_black_in_pictures_and_readable_in_the_tree(live: LiveScreen) -> None:
    opened(live, "SecureActivity")
    live.text("保密页")
    assert picture(live).getextrema() == ((0, 0),) * 3
    live.key(HOME)
    assert picture(live).getextrema() != ((0, 0),) * 3


def test_storage_outlives_the_app_and_ends_with_clear_storage(live: LiveScreen) -> None:
    opened(live, "StoreActivity")
    live.tap_text("存")
    live.text("存有三")
    live.stop(STUDY)
    opened(live, "StoreActivity")
    live.text("存有三")
    live.records.set_granted(STUDY, CAMERA, granted=True)
    live.do(live.screen.clear_storage(STUDY))
    assert live.front()[0] == LAUNCHER
    assert not live.records.granted(STUDY, CAMERA)
    opened(live, "StoreActivity")
    live.text("存有无")


# the browser process


def test_a_killed_browser_is_noticed_logged_and_started_again(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    pid = live.do(live.screen.browser_pid())
    os.kill(pid, signal.SIGKILL)
    live.wait_for(lambda: any("ended unexpectedly" in message for _, message in live.logged))
    assert any(STUDY in message and "has died" in message for _, message in live.logged)
    assert live.front()[0] == LAUNCHER
    assert "学习在线" in live.texts()
    assert live.do(live.screen.browser_pid()) != pid
    opened(live, "MainActivity")
    live.text("首页")


def test_a_browser_left_on_a_profile_is_ended_when_the_device_comes_again(tmp_path: Path) -> None:
    left = LiveScreen(tmp_path, [])
    pid = left.do(left.screen.browser_pid())
    again = LiveScreen(tmp_path, [])
    try:
        assert again.do(again.screen.browser_pid()) != pid
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    finally:
        again.close()
        left.close()


def test_calls_under_way_when_the_browser_dies_end_in_an_error_not_in_a_hang(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    pid = live.do(live.screen.browser_pid())
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(live.tap, live.by_id("count"), 1.5)
        threading.Event().wait(0.3)
        os.kill(pid, signal.SIGKILL)
        error = call.exception(timeout=20)
    assert error is None or isinstance(error, VirtualDeviceError)
    live.wait_for(lambda: any("ended unexpectedly" in message for _, message in live.logged))
    assert live.front()[0] == LAUNCHER


def test_without_a_browser_the_error_says_what_to_do(tmp_path: Path) -> None:
    screen = LiveScreen(tmp_path, [])
    screen.screen._browser = tmp_path / "none"
    with pytest.raises(VirtualDeviceError, match=VARIABLE):
        screen.do(screen.screen.start())
    screen.close()


def test_playwrights_own_process_may_die_too(live: LiveScreen) -> None:
    opened(live, "MainActivity")
    pid = live.do(live.screen.browser_pid())
    os.kill(_parent(pid), signal.SIGKILL)
    live.wait_for(lambda: _answers(live))
    assert any("ended unexpectedly" in message for _, message in live.logged)
    assert live.front()[0] == LAUNCHER
    opened(live, "MainActivity")
    live.text("首页")


def _parent(pid: int) -> int:
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True).stdout)


def _answers(live: LiveScreen) -> bool:
    try:
        return bool(live.texts())
    except VirtualDeviceError:
        return False


def test_a_defect_in_serving_a_file_leaves_the_device_working(
    live: LiveScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> Reply:
        raise RuntimeError("a defect")

    with monkeypatch.context() as broken:
        broken.setattr(desktop, "file_reply", defect)
        live.launch(STUDY)
    live.stop(STUDY)
    opened(live, "MainActivity")
    live.text("首页")


# the parts without a browser


def test_the_browser_is_found_in_the_promised_order(tmp_path: Path) -> None:
    wished, named = (tmp_path / name for name in ("wished", "named"))
    for path in (wished, named):
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    environment = {VARIABLE: str(named), "PATH": ""}
    assert find_browser(wished, environment) == wished
    assert find_browser(None, environment) == named
    assert find_browser(tmp_path / "missing", environment) is None


def test_files_are_served_inside_the_apps_folder_only(tmp_path: Path) -> None:
    root = tmp_path / "app"
    (root / "sub").mkdir(parents=True)
    (root / "index.html").write_text("<p>")
    (root / "sub" / "clip.webm").write_bytes(bytes(range(100)))
    (tmp_path / "secret").write_text("secret")
    assert file_reply(root, "/").body == b"<p>"
    assert file_reply(root, "/index.html").headers["content-type"].startswith("text/html")
    for path in ("/../secret", "/..%2fsecret", "/sub/../../secret", "/none.html", "/a%00b", "//etc/passwd"):
        assert file_reply(root, path).status == 404
    assert file_reply(None, "/").status == 404
    part = file_reply(root, "/sub/clip.webm", "bytes=10-19")
    assert (part.status, part.body, part.headers["content-range"]) == (206, bytes(range(10, 20)), "bytes 10-19/100")
    assert file_reply(root, "/sub/clip.webm", "bytes=-5").body == bytes(range(95, 100))
    assert file_reply(root, "/sub/clip.webm", "bytes=90-").body == bytes(range(90, 100))
    assert file_reply(root, "/" + "长" * 300).status == 404
    for wrong in ("bytes=200-", "bytes=-", "lines=1-2", "bytes=9-3", f"bytes={'9' * 5000}-"):
        assert file_reply(root, "/sub/clip.webm", wrong).status == 416


def test_addresses_and_activities_map_to_each_other(tmp_path: Path) -> None:
    study = app(STUDY, "学习", tmp_path, {"Main": "index.html", "Rules": "规则.html", "Web": "https://gov.cn/a?x=1"})
    assert page_url(study) == f"{app_origin(STUDY)}/index.html"
    assert activity_at(study, f"{app_origin(STUDY)}/?from=1#top") == f"{STUDY}.Main"
    assert activity_at(study, page_url(study, f"{STUDY}.Rules") + "#x") == f"{STUDY}.Rules"
    assert activity_at(study, "https://gov.cn/a?y=2") == f"{STUDY}.Web"
    assert activity_at(study, "https://gov.cn/b") is None
    assert owns(study, "https://gov.cn/b")
    assert not owns(study, "https://other.cn/")
    assert not owns(study, "https://cn.example.study.app.localhost.evil.cn/")


def test_key_codes_that_apps_meet_have_names() -> None:
    letter = page_key(29, meta=1)
    assert letter is not None
    assert (letter.key, letter.text, letter.windows_code) == ("A", "A", 65)
    assert page_key(9999) is None
    names = {key.code for code in range(7, 17) if (key := page_key(code))}
    assert all(re.fullmatch(r"Digit\d", name) for name in names)
    assert len(names) == 10
