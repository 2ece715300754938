"""Every call of the uiautomator2 client that is known to be asked of a device, and what shows that it holds."""

from __future__ import annotations

import io
from typing import Any

from benchmarks.conformance_bench import PACKAGE, WAIT_S, Bench, Check, becomes, same, true
from harness.virtual.app_archive import pack_app

_IME = "com.github.uiautomator/.AdbKeyboard"
_HOME = "com.android.launcher3"


def _size(b: Bench) -> tuple[int, int]:
    width, height = b.d.window_size()
    return width, height


def _window_size(b: Bench) -> None:
    width, height = _size(b)
    true(f'bounds="[0,0][{width},{height}]"' in b.d.dump_hierarchy(), "a window of that size")


def _info(b: Bench) -> None:
    info = b.d.info
    wanted = {
        "currentPackageName", "displayWidth", "displayHeight", "displayRotation", "displaySizeDpX", "displaySizeDpY",
        "productName", "screenOn", "sdkInt", "naturalOrientation",
    }  # fmt: skip
    same(set(info), wanted)
    same((info["displayWidth"], info["displayHeight"]), _size(b))


def _device_info(b: Bench) -> None:
    same(set(b.d.device_info), {"serial", "sdk", "brand", "model", "arch", "version"})


def _dump(b: Bench) -> None:
    xml = b.d.dump_hierarchy()
    true(xml.startswith("<?xml") and 'text="一致性"' in xml, "whole dump")
    true(b.d.dump_hierarchy(compressed=True, max_depth=30).count("<node") <= xml.count("<node"), "compressed")
    true('text="一致性"' in b.d.dump_hierarchy(root_in_active=True), "root in active")


def _click(b: Bench) -> None:
    x, y = b.d(text="按下").center()
    b.d.click(x, y)
    becomes(b.said, "pressed")


def _click_share(b: Bench) -> None:
    x, y = b.d(text="按下").center()
    width, height = _size(b)
    b.d.click(x / width, y / height)
    becomes(b.said, "pressed")


def _long_click(b: Bench) -> None:
    b.d.long_click(*b.d(text="长按").center(), duration=1.5)
    becomes(b.said, "held")


def _scrolled(b: Bench, act: str, *arguments: Any, **more: Any) -> None:
    before = b.d(text="一致性").info["bounds"]["top"]
    getattr(b.d, act)(*arguments, **more)
    becomes(lambda: not b.d(text="一致性").exists or b.d(text="一致性").info["bounds"]["top"] < before, True)


def _swipe(b: Bench) -> None:
    width, height = _size(b)
    _scrolled(b, "swipe", width // 2, height * 3 // 4, width // 2, height // 3, steps=30)


def _swipe_points(b: Bench) -> None:
    width, height = _size(b)
    points = [(width // 2, height * 3 // 4), (width // 2, height // 2), (width // 2, height // 4)]
    _scrolled(b, "swipe_points", points, duration=0.2)


def _drag(b: Bench) -> None:
    width, height = _size(b)
    same(b.d.drag(width // 2, height * 3 // 4, width // 2, height // 2, duration=0.1), True)


def _touch(b: Bench) -> None:
    x, y = b.d(text="按下").center()
    b.d.touch.down(x, y)
    b.d.touch.move(x + 1, y)
    b.d.touch.up(x + 1, y)
    becomes(b.said, "pressed")


def _in_front(b: Bench) -> str:
    return str(b.d.app_current()["package"])


def _press(b: Bench) -> None:
    for name in ("left", "right", "up", "down", "center", "menu", "search", "enter", "delete", "del", "volume_up"):
        b.d.press(name)
    for name in ("volume_down", "volume_mute", "camera", "recent", "home"):
        b.d.press(name)
    becomes(lambda: _in_front(b), _HOME)


def _press_power(b: Bench) -> None:
    b.d.press("power")
    becomes(lambda: b.d.info["screenOn"], False)
    b.d.press("power")
    becomes(lambda: b.d.info["screenOn"], True)


def _press_code(b: Bench) -> None:
    b.d.press(3)
    becomes(lambda: _in_front(b), _HOME)


def _press_back(b: Bench) -> None:
    b.d(text="下一页").click()
    true(b.d.wait_activity(".NextActivity", timeout=WAIT_S), "next page")
    b.d.press("back")
    true(b.d.wait_activity(".MainActivity", timeout=WAIT_S), "back")


def _wait_activity(b: Bench) -> None:
    true(b.d.wait_activity(".MainActivity", timeout=WAIT_S), "the one in front")
    same(b.d.wait_activity(".NextActivity", timeout=0.1), False)


def _keyevent(b: Bench) -> None:
    b.d.keyevent("home")
    becomes(lambda: _in_front(b), _HOME)
    b.d.long_press("volume_up")


def _screen(b: Bench) -> None:
    b.d.screen_off()
    same(b.d.info["screenOn"], False)
    b.d.screen_on()
    same(b.d.info["screenOn"], True)


def _rotation(b: Bench) -> None:
    b.d.freeze_rotation()
    width, height = _size(b)
    b.d.orientation = "left"
    try:
        becomes(lambda: b.d.orientation, "left")
        same(_size(b), (height, width))
    finally:
        b.d.orientation = "natural"
    b.d.freeze_rotation(False)


def _panels(b: Bench) -> None:
    same((b.d.open_notification(), b.d.open_quick_settings()), (False, False))  # it has none, and says so


def _screenshot(b: Bench) -> None:
    same(b.d.screenshot().size, _size(b))
    same(b.d.screenshot(display_id=0).size, _size(b))


def _shell(b: Bench) -> None:
    result = b.d.shell("echo 中文; (exit 3)")
    same((result.output, result.exit_code), ("中文\n", 3))


def _files(b: Bench) -> None:
    content = bytes(range(256)) * 99
    b.d.push(io.BytesIO(content), "/sdcard/名.bin")
    b.d.pull("/sdcard/名.bin", str(b.folder / "pulled"))
    same((b.folder / "pulled").read_bytes() == content, True)


def _start(b: Bench) -> None:
    b.d.press("home")
    b.d.app_start(PACKAGE)
    becomes(lambda: _in_front(b), PACKAGE)


def _start_activity(b: Bench) -> None:
    b.d.app_start(PACKAGE, ".NextActivity", stop=True)
    true(b.d.wait_activity(".NextActivity", timeout=WAIT_S), "activity")


def _wait(b: Bench) -> None:
    b.d.app_start(PACKAGE, wait=True)
    true(b.d.app_wait(PACKAGE, front=True, timeout=WAIT_S), "process id")


def _stop(b: Bench) -> None:
    b.d.app_stop(PACKAGE)
    becomes(lambda: PACKAGE in b.d.app_list_running(), False)
    b.d.app_clear(PACKAGE)


def _current(b: Bench) -> None:
    current = b.d.app_current()
    same((current["package"], current["activity"]), (PACKAGE, ".MainActivity"))
    true(current["pid"], "process id")


def _app_info(b: Bench) -> None:
    same(b.d.app_info(PACKAGE), {"versionName": "3.1", "versionCode": 31})


def _grant(b: Bench) -> None:
    b.d.app_auto_grant_permissions(PACKAGE)
    true("CAMERA: granted=true" in b.d.shell(f"dumpsys package {PACKAGE}").output, "granted")


def _install(b: Bench) -> None:
    b.d.app_uninstall(PACKAGE)
    true(PACKAGE not in b.d.app_list(), "uninstalled")
    packed = b.folder / "app.apk"
    packed.write_bytes(pack_app(b.app))
    b.d.app_install(str(packed))
    true(PACKAGE in b.d.app_list("-3"), "installed")


def _come_and_go(b: Bench) -> None:
    b.d(text="稍后").click()
    true(b.d(text="late come").wait(timeout=WAIT_S), "come")
    b.d(text="离开").click()
    true(b.d(text="late come").wait_gone(timeout=WAIT_S), "gone")


def _objects(b: Bench) -> None:
    buttons = b.d(className="android.widget.Button")
    same((bool(b.d(text="没有").exists), bool(buttons.exists)), (False, True))
    true(buttons.count >= 3, "count")
    same(len(buttons.info_list()), buttons.count)
    info = b.d(text="按下").info
    true({"bounds", "visibleBounds", "childCount", "className", "contentDescription", "text"} <= set(info), "info")


def _object_click(b: Bench) -> None:
    b.d(text="按下").click()
    becomes(b.said, "pressed")
    b.d(text="长按").long_click(duration=1.5)
    becomes(b.said, "held")


def _texts(b: Bench) -> None:
    field = b.d(className="android.widget.EditText")
    field.set_text("学习")
    becomes(lambda: (b.said(), field.get_text()), ("学习", "学习"))
    field.clear_text()
    becomes(b.said, "")


def _scroll(b: Bench) -> None:
    page = b.d(scrollable=True)
    same(page.scroll.forward(), True)
    page.scroll.toEnd()
    true(b.d(text="底部").exists, "end")
    same(page.scroll.toBeginning(), True)
    same(page.scroll.to(text="底部"), True)
    same(page.fling.toBeginning(), True)
    page.fling.forward()


def _fingers(b: Bench) -> None:
    held = b.d(text="长按")
    same(held.pinch_out(80, 10), True)
    becomes(b.said, "fingers 2")
    same(held.pinch_in(80, 10), True)
    x, y = held.center()
    same(held.gesture((x - 90, y), (x + 90, y), (x - 40, y), (x + 40, y), steps=10), True)


def _children(b: Bench) -> None:
    page = b.d(className="android.webkit.WebView")
    true(page.child(text="下一页").exists, "child")
    true(b.d(resourceId="press").sibling(text="下一页").exists, "sibling")
    true(page.child_by_text("下一页", className="android.view.View").exists, "child_by_text")
    true(page.child_by_instance(0, className="android.widget.Button").exists, "child_by_instance")


def _xpath(b: Bench) -> None:
    b.d.xpath('//*[@text="下一页"]').click()
    true(b.d.wait_activity(".NextActivity", timeout=WAIT_S), "activity")


def _watcher(b: Bench) -> None:
    b.d.watcher("next").when("下一页").click()
    same(b.d.watcher.run(), True)
    true(b.d.wait_activity(".NextActivity", timeout=WAIT_S), "activity")
    b.d.watcher.start(0.5)
    b.d.watcher.stop()
    b.d.watcher.reset()


def _toast(b: Bench) -> None:
    b.d.clear_toast()
    b.d(text="按下").click()
    same(b.d.toast.get_message(wait_timeout=WAIT_S), "已按下")
    b.d.toast.reset()
    same(b.d.last_toast, None)


def _clipboard(b: Bench) -> None:
    b.d.clipboard = "剪贴"
    same(b.d.clipboard, "剪贴")


def _focus(b: Bench) -> None:
    b.d(className="android.widget.EditText").click()
    true(b.d(focused=True).wait(timeout=WAIT_S), "focus")


def _keys(b: Bench) -> None:
    _focus(b)
    b.d.send_keys("学习强国")
    becomes(b.said, "学习强国")
    b.d.clear_text()
    becomes(b.said, "")


def _ime_keys(b: Bench) -> None:
    b.d.set_input_ime()
    same(b.d.current_ime(), _IME)
    _focus(b)
    b.d.send_keys("签到积分", clear=True)
    becomes(b.said, "签到积分")
    b.d.hide_keyboard()
    b.d.set_input_ime(enable=False)
    true(b.d.app_uninstall(_IME.partition("/")[0]), "uninstalled")


def _rest(b: Bench) -> None:
    rpc = b.d.jsonrpc
    same(rpc.ping(), "pong")
    rpc.waitForIdle(500)
    true(rpc.waitForWindowUpdate(PACKAGE, 100) in (True, False), "waitForWindowUpdate")
    before = rpc.getConfigurator()
    same(rpc.setConfigurator({"waitForSelectorTimeout": 0})["waitForSelectorTimeout"], 0)
    same(set(rpc.getConfigurator()), set(before))
    same(rpc.isScreenOn(), True)
    same(rpc.launchApp(PACKAGE), True)
    said = rpc.executeShellCommand("echo 中", 2000)
    same((said["stdout"], said["returnCode"]), ("中\n", 0))
    rpc.clearInputText()
    same(rpc.getLastTraversedText(), None)
    rpc.clearLastTraversedText()


def _server_watchers(b: Bench) -> None:
    rpc = b.d.jsonrpc
    wanted = dict(b.d(text="下一页").selector)
    rpc.registerClickUiObjectWatcher("next", [wanted], wanted)
    same(rpc.getWatchers(), ["next"])
    rpc.runWatchers()
    same((rpc.hasWatcherTriggered("next"), rpc.hasAnyWatcherTriggered()), (True, True))
    rpc.resetWatcherTriggers()
    rpc.removeWatcher("next")
    rpc.registerPressKeyskWatcher("home", [wanted], ["home"])
    rpc.removeWatcher("home")


def _kept(b: Bench) -> None:
    name = b.d.jsonrpc.getUiObject(dict(b.d(text="按下").selector))
    same(b.d.jsonrpc.objInfo(name)["text"], "按下")


CLIENT_CHECKS: tuple[Check, ...] = (
    Check(name="d.info", holds=_info),
    Check(name="d.device_info", holds=_device_info),
    Check(name="d.window_size", holds=_window_size),
    Check(name="d.dump_hierarchy: whole, compressed, root in active", holds=_dump),
    Check(name="d.click in pixels", holds=_click),
    Check(name="d.click in shares", holds=_click_share),
    Check(name="d.long_click", holds=_long_click),
    Check(name="d.swipe", holds=_swipe),
    Check(name="d.swipe_points", holds=_swipe_points),
    Check(name="d.drag", holds=_drag),
    Check(name="d.touch down, move, up", holds=_touch),
    Check(name="d.press: every other name", holds=_press),
    Check(name="d.press power", holds=_press_power),
    Check(name="d.press: a code", holds=_press_code),
    Check(name="d.press back", holds=_press_back),
    Check(name="d.keyevent, d.long_press", holds=_keyevent),
    Check(name="d.screen_off, d.screen_on", holds=_screen),
    Check(name="d.freeze_rotation, d.orientation", holds=_rotation),
    Check(name="d.open_notification, d.open_quick_settings", holds=_panels),
    Check(name="d.screenshot, of a display too", holds=_screenshot),
    Check(name="d.shell", holds=_shell),
    Check(name="d.push, d.pull", holds=_files),
    Check(name="d.app_start", holds=_start),
    Check(name="d.app_start of an activity, stopped before", holds=_start_activity),
    Check(name="d.app_start(wait), d.app_wait", holds=_wait),
    Check(name="d.app_stop, d.app_clear", holds=_stop),
    Check(name="d.app_uninstall, d.app_install, d.app_list", holds=_install),
    Check(name="d.app_current", holds=_current),
    Check(name="d.wait_activity", holds=_wait_activity),
    Check(name="d.app_info", holds=_app_info),
    Check(name="d.app_auto_grant_permissions", holds=_grant),
    Check(name="d(...).wait, wait_gone", holds=_come_and_go),
    Check(name="d(...).exists, info, count, info_list", holds=_objects),
    Check(name="d(...).click, long_click", holds=_object_click),
    Check(name="d(...).set_text, get_text, clear_text", holds=_texts),
    Check(name="d(...).scroll, fling", holds=_scroll),
    Check(name="d(...).pinch_in, pinch_out, gesture", holds=_fingers),
    Check(name="d(...).child, sibling, child_by_text, child_by_instance", holds=_children),
    Check(name="d.xpath", holds=_xpath),
    Check(name="d.watcher run, start, stop", holds=_watcher),
    Check(name="d.toast", holds=_toast),
    Check(name="d.clipboard", holds=_clipboard),
    Check(name="d.send_keys without its input method", holds=_keys),
    Check(name="d.send_keys with its input method", holds=_ime_keys),
    Check(name="jar: ping, waitFor*, configurator, launchApp, executeShellCommand, traversed text", holds=_rest),
    Check(name="jar: register*Watcher, runWatchers, removeWatcher", holds=_server_watchers),
    Check(name="jar: getUiObject", holds=_kept),
)
