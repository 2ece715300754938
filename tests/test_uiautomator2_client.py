"""The unmodified uiautomator2 client, through a real adb server, against the whole virtual device."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.virtual.app_archive import pack_app
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own imports warn; this file is not about that
    import uiautomator2 as u2

PACKAGE = "cn.example.client"
WAIT_S = 30.0  # for what comes within a second on a quiet machine
MAIN = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>签到</title>
<style>body{margin:0} button,input,a,p{display:block;height:44px;width:320px;margin:4px}</style>
<h1 id="title">每日签到</h1>
<button id="sign" onclick="said.textContent='pressed'; android.toast('签到成功')">签到</button>
<a id="rules" href="rules.html">规则</a>
<input id="typed" placeholder="请输入" oninput="said.textContent=this.value">
<label><input type="checkbox" id="agree">同意</label>
<p id="said">start</p>
<button id="held">长按</button>
<button id="late" onclick="setTimeout(() => { said.textContent = 'late come' }, 400)">稍后</button>
<div id="lines"></div><button id="bottom">底部</button>
<script>
for (let line = 1; line <= 22; line += 1) {
  lines.append(Object.assign(document.createElement('p'), {textContent: `第${line}行`}));
}
let downAt = 0, fingers = 1;
held.addEventListener('touchstart', (event) => { downAt = performance.now(); fingers = event.touches.length });
held.addEventListener('touchmove', (event) => event.preventDefault(), {passive: false});  // or the page zooms
held.addEventListener('touchend', () => {
  const length = performance.now() - downAt > 1500 ? 'held' : 'short';
  said.textContent = fingers > 1 ? `fingers ${fingers}` : length;
});
</script>"""
RULES = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>规则</title><h1>积分规则</h1><p>每日签到得五分</p>"""


def write_app(folder: Path) -> Path:
    manifest = {
        "package": PACKAGE,
        "label": "客户端",
        "versionName": "2.5",
        "versionCode": 25,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html", ".RulesActivity": "rules.html"},
        "permissions": ["android.permission.CAMERA"],
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(MAIN, encoding="utf-8")
    (folder / "rules.html").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory, adb: AdbServer) -> Iterator[DeviceHandle]:
    with VirtualDevices(apps=[write_app(tmp_path_factory.mktemp("app"))]) as devices:
        devices.connect(("127.0.0.1", adb.port))
        yield devices.devices[0]


@pytest.fixture(scope="module")
def connected(virtual: DeviceHandle, adb: AdbServer) -> Iterator[Any]:
    client = u2.connect(adb.client(virtual.serial))
    client.settings["wait_timeout"] = WAIT_S
    yield client
    client.stop_uiautomator(wait=False)


@pytest.fixture
def d(connected: Any) -> Any:
    """Return the client with the app's first page in front and nothing else happening."""
    connected.app_start(PACKAGE, ".MainActivity", stop=True)
    assert connected(text="每日签到").wait(timeout=WAIT_S)
    return connected


def said(d: Any) -> str:
    return str(d(resourceId="said").get_text())


def becomes(read: Callable[[], object], wanted: object) -> bool:
    return eventually(lambda: read() == wanted)


def test_the_device_describes_itself(d: Any) -> None:
    info = d.info
    assert (info["currentPackageName"], info["displayWidth"], info["displayHeight"]) == (PACKAGE, 1080, 2400)
    assert (info["sdkInt"], info["displayRotation"], info["screenOn"]) == (30, 0, True)
    assert d.window_size() == (1080, 2400)
    assert d.device_info == {
        "serial": "VIRTUAL0001",
        "sdk": 30,
        "brand": "virtual",
        "model": "Virtual Device x86_64",
        "arch": "x86_64",
        "version": 11,
    }
    assert d.wlan_ip == "192.0.2.15"


def test_the_link_is_pressed_by_text_by_xpath_and_by_coordinates(d: Any) -> None:
    d(text="规则").click()
    assert d.wait_activity(".RulesActivity", timeout=WAIT_S)
    d.press("back")
    assert d.wait_activity(".MainActivity", timeout=WAIT_S)
    d.xpath('//*[@text="规则"]').click()
    assert d.wait_activity(".RulesActivity", timeout=WAIT_S)
    assert d.app_current()["package"] == PACKAGE
    d.press("back")
    assert d.wait_activity(".MainActivity", timeout=WAIT_S)
    box = d(text="规则").info["bounds"]
    d.click((box["left"] + box["right"]) / 2 / 1080, (box["top"] + box["bottom"]) / 2 / 2400)
    assert d.wait_activity(".RulesActivity", timeout=WAIT_S)


def test_a_toast_is_read_and_forgotten(d: Any) -> None:
    d.clear_toast()
    d(text="签到", className="android.widget.Button").click()
    assert d.toast.get_message(wait_timeout=WAIT_S) == "签到成功"
    d.toast.reset()
    assert d.last_toast is None
    assert said(d) == "pressed"


def test_chinese_is_typed_by_clipboard_by_set_text_and_by_the_adb_keyboard(d: Any) -> None:
    field = d(className="android.widget.EditText")
    field.click()
    assert d(focused=True).wait(timeout=WAIT_S)
    d.send_keys("学习")
    assert becomes(lambda: said(d), "学习")
    assert d.clipboard == "学习"
    field.set_text("强国")
    assert becomes(lambda: said(d), "强国")
    assert field.get_text() == "强国"
    d.clear_text()
    assert becomes(lambda: said(d), "")
    d.set_input_ime()
    assert d.current_ime() == "com.github.uiautomator/.AdbKeyboard"
    field.click()
    d.send_keys("签到积分", clear=True)
    assert becomes(lambda: said(d), "签到积分")
    d.hide_keyboard()
    d.set_input_ime(enable=False)
    field.clear_text()
    assert becomes(lambda: said(d), "")
    assert d.app_uninstall("com.github.uiautomator")


def test_waiting_for_what_comes_and_goes(d: Any) -> None:
    assert not d(text="late come").exists
    d(text="稍后").click()
    assert d(text="late come").wait(timeout=WAIT_S)
    d(text="签到", className="android.widget.Button").click()
    assert d(text="late come").wait_gone(timeout=WAIT_S)
    with pytest.raises(u2.exceptions.UiObjectNotFoundError):
        d(text="no such thing").click(timeout=0.1)
    assert d(text="no such thing").click_exists(timeout=0.1) is False


def test_presses_short_and_long(d: Any) -> None:
    d(text="长按").click()
    assert becomes(lambda: said(d), "short")
    d(text="长按").long_click(duration=2.5)
    assert becomes(lambda: said(d), "held")
    x, y = d(text="长按").center()
    d.touch.down(x, y).up(x, y)
    assert becomes(lambda: said(d), "short")
    d.jsonrpc.click(dict(d(text="长按").selector))
    d.double_click(x, y)
    assert said(d) == "short"
    assert d(className="android.widget.CheckBox").info["checked"] is False
    d(className="android.widget.CheckBox").click()
    assert d(className="android.widget.CheckBox", checked=True).wait(timeout=WAIT_S)


def test_objects_have_counts_chains_instances_and_neighbours(d: Any) -> None:
    buttons = d(className="android.widget.Button")
    assert buttons.count >= 3
    assert [each.info["text"] for each in buttons][:3] == ["签到", "长按", "稍后"]
    assert [info["text"] for info in buttons.info_list()][:2] == ["签到", "长按"]
    assert buttons[-1].info["className"] == "android.widget.Button"
    page = d(className="android.webkit.WebView")
    assert page.child(text="规则").exists
    assert d(resourceId="sign").sibling(text="规则").exists
    assert page.child_by_text("规则", className="android.view.View").exists
    assert d(resourceId="sign").down(className="android.widget.EditText").info["resourceName"] == "typed"


def test_the_page_scrolls_to_its_end_and_back(d: Any) -> None:
    assert not d(text="底部").exists
    scrollable = d(scrollable=True)
    assert scrollable.scroll.forward() is True
    assert scrollable.scroll.toEnd() in (True, False)
    assert d(text="底部").exists
    assert scrollable.scroll.forward() is False
    assert scrollable.scroll.toBeginning() is True
    assert d(text="每日签到").exists
    assert scrollable.scroll.to(text="底部") is True
    assert scrollable.fling.toBeginning() is True
    before = d(text="每日签到").info["bounds"]["top"]
    d.swipe(540, 1800, 540, 1500, steps=40)
    assert eventually(lambda: not d(text="每日签到").exists or d(text="每日签到").info["bounds"]["top"] < before)
    d.swipe_points([(540, 800), (540, 1200), (540, 1800)], duration=0.2)
    d.swipe_ext("down")
    d.drag(540, 1600, 540, 1500, duration=0.1)


def test_two_fingers_are_two_touches(d: Any) -> None:
    held = d(text="长按")
    assert held.pinch_out(80, 10) is True
    assert becomes(lambda: said(d), "fingers 2")
    assert held.pinch_in(80, 10) is True
    assert held.gesture((300, 900), (700, 900), (400, 900), (600, 900), steps=10) is True


def test_the_hierarchy_and_both_pictures_show_the_screen(d: Any) -> None:
    xml = d.dump_hierarchy()
    assert xml.startswith("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\r\n<hierarchy rotation=\"0\">")
    assert 'text="每日签到"' in xml
    assert d.dump_hierarchy(compressed=True, max_depth=30).count("<node") <= xml.count("<node")
    assert 'text="每日签到"' in d.dump_hierarchy(root_in_active=True)
    assert d.screenshot().size == (1080, 2400)
    assert d.screenshot(display_id=0).size == (1080, 2400)
    assert d(text="规则").screenshot().size[1] == d(text="规则").bounds()[3] - d(text="规则").bounds()[1]
    assert 'text="每日签到"' in d.adb_device.dump_hierarchy()


def test_the_screen_turns_sleeps_and_wakes(d: Any) -> None:
    d.set_orientation("left")
    try:
        assert d.orientation == "left"
        assert d.window_size() == (2400, 1080)
        assert eventually(lambda: d.screenshot().size == (2400, 1080))
    finally:
        d.set_orientation("natural")
    assert d.window_size() == (1080, 2400)
    d.screen_off()
    assert not d.info["screenOn"]
    assert not d.adb_device.is_screen_on()
    d.screen_on()
    assert d.info["screenOn"]
    d.freeze_rotation()
    assert d.open_notification() is False


def test_keys_lead_home_and_to_the_recent_apps(d: Any) -> None:
    d.press("home")
    assert becomes(lambda: d.app_current()["package"], "com.android.launcher3")
    d(text="客户端").click()
    assert becomes(lambda: d.app_current()["package"], PACKAGE)
    d.press("recent")
    d.press("home")
    d.keyevent("home")
    d.press(3)
    d.long_press("power")
    d.screen_on()
    d.app_start(PACKAGE)
    assert d.app_wait(PACKAGE, front=True, timeout=WAIT_S) > 0


def test_apps_are_listed_described_started_and_stopped(d: Any) -> None:
    assert d.app_info(PACKAGE) == {"versionName": "2.5", "versionCode": 25}
    assert d.app_list("-3") == [PACKAGE]
    assert PACKAGE in d.app_list_running()
    d.app_stop(PACKAGE)
    assert PACKAGE not in d.app_list_running()
    d.app_start(PACKAGE, wait=True)
    with d.session(PACKAGE, attach=True) as session:
        assert session.pid == d.app_wait(PACKAGE)
        assert session(text="每日签到").wait(timeout=WAIT_S)
    assert becomes(lambda: d.app_current()["package"], "com.android.launcher3")
    d.app_auto_grant_permissions(PACKAGE)
    assert "CAMERA: granted=true" in d.shell(f"dumpsys package {PACKAGE}").output
    d.app_clear(PACKAGE)
    with pytest.raises(u2.exceptions.AppNotFoundError):
        d.app_info("no.such.app")
    assert d.app_stop_all(excludes=[PACKAGE]) is not None


def test_an_app_installs_and_uninstalls_through_the_client(d: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    folder = write_app(tmp_path / "folder")
    manifest = json.loads((folder / "app.json").read_text("utf-8"))
    (folder / "app.json").write_text(json.dumps({**manifest, "package": "cn.example.other"}), "utf-8")
    (tmp_path / "other.apk").write_bytes(pack_app(folder))
    d.app_install(str(tmp_path / "other.apk"))
    assert "cn.example.other" in d.app_list("-3")
    d.pull("/data/app/cn.example.other-1/base.apk", str(tmp_path / "back.apk"))
    assert (tmp_path / "back.apk").read_bytes() == (tmp_path / "other.apk").read_bytes()
    assert d.app_uninstall_all(excludes=[PACKAGE]) == ["cn.example.other"]


def test_shell_files_and_addresses(d: Any, tmp_path: Path) -> None:
    result = d.shell("echo 中文; (exit 3)")
    assert (result.output, result.exit_code) == ("中文\n", 3)
    assert d.shell(["echo", "a b", "$HOME"]).output == "a b $HOME\n"
    assert d.shell("foo").exit_code == 127
    (tmp_path / "名.txt").write_bytes(b"\x00\xff" * 5000)
    d.push(str(tmp_path / "名.txt"), "/sdcard/名.txt")
    d.pull("/sdcard/名.txt", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == b"\x00\xff" * 5000
    d.open_url("https://example.invalid/")
    assert becomes(lambda: d.app_current()["package"], "com.android.browser")


def test_watchers_press_pop_ups_away(d: Any) -> None:
    d.watcher("rules").when("规则").click()
    assert d.watcher.run() is True
    assert d.wait_activity(".RulesActivity", timeout=WAIT_S)
    d.watcher.reset()


def test_a_killed_server_is_started_again_by_the_client(d: Any, virtual: DeviceHandle) -> None:
    assert virtual.kill_automator()
    assert eventually(lambda: re.search("每日签到", d.dump_hierarchy()) is not None)
    d.reset_uiautomator()
    assert d(text="每日签到").exists


def test_two_clients_share_the_running_server(d: Any, virtual: DeviceHandle, adb: AdbServer) -> None:
    second = u2.connect(adb.client(virtual.serial))
    assert second(text="每日签到").exists
    assert d(text="每日签到").exists
