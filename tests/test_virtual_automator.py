"""The uiautomator2 server without adb: HTTP, JSON-RPC errors, selectors and every method's effect."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.virtual.adbd import Stream
from harness.virtual.automator import Automator
from harness.virtual.phone import Foreground, Node, Window
from harness.virtual.selectors import BadSelector, Query, Selector, find
from tests.virtual_stand_ins import Bench, app_archive, bench, button, node, run


class PipeStream:
    """An adb stream that holds what the client wrote and keeps what the server answers."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.written = b""
        self.closed = False

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    async def write(self, data: bytes) -> None:
        self.written += data

    async def close(self) -> None:
        self.closed = True


class Client:
    """Calls the server as the client does: head and body in two writes."""

    def __init__(self, phone: Bench) -> None:
        self.phone = phone
        self.server = Automator(phone.device, phone.shell)
        run(self.server.start())

    def http(self, *pieces: bytes) -> tuple[int, bytes]:
        stream = PipeStream(*pieces)
        run(self.server.serve_http(cast("Stream", stream)))
        assert stream.closed
        head, _, body = stream.written.partition(b"\r\n\r\n")
        return int(head.split()[1]) if head else 0, body

    def raw(self, request: object) -> Any:
        body = json.dumps(request).encode()
        head = (
            b"POST /jsonrpc/0 HTTP/1.1\r\nHost: localhost:9008\r\nAccept-Encoding: \r\nUser-Agent: uiautomator2\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        status, answer = self.http(head, body)
        assert status == 200
        return json.loads(answer)

    def call(self, method: str, *params: object) -> Any:
        reply = self.raw({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params) if params else {}})
        assert "error" not in reply, reply
        assert (reply["jsonrpc"], reply["id"]) == ("2.0", 1)
        return reply["result"]

    def error(self, method: str, *params: object) -> tuple[int, str, str | None]:
        reply = self.raw({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params) if params else {}})
        error = reply["error"]
        return error["code"], error["message"], error.get("data")


def sel(**fields: Any) -> dict[str, Any]:
    """Return a selector as the client builds it."""
    import uiautomator2

    return dict(uiautomator2.Selector(**fields))


@pytest.fixture
def client(tmp_path: Path) -> Client:
    phone = bench(tmp_path)
    phone.screen.root = page()
    return Client(phone)


def page() -> Node:
    """Return a page with two rows of a title and a button, and an input field."""
    rows = [
        node(
            "android.view.ViewGroup",
            bounds=(0, top, 200, top + 100),
            children=(node("android.widget.TextView", text=name, bounds=(0, top, 100, top + 50)), button("签到", top)),
        )
        for name, top in (("Row One", 0), ("Row Two", 100))
    ]
    field = node("android.widget.EditText", handle="field", text="old", focused=True, resource_id="name")
    return node("android.webkit.WebView", scrollable=True, bounds=(0, 0, 200, 400), children=(*rows, field))


def test_ping_and_unknown_paths_answer_as_the_jar(client: Client) -> None:
    assert client.http(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n") == (200, b"pong")
    assert client.http(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 404
    assert client.http(b"rubbish\r\n\r\n")[0] == 400
    assert (
        client.http(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n")[1].count(b"pong")
        == 2
    )


def test_screenshot_over_http_is_a_png_and_scales(client: Client) -> None:
    assert client.http(b"GET /screenshot/0?scale=nan HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
    _, png = client.http(b"GET /screenshot/0?scale=0.5 HTTP/1.1\r\nHost: x\r\n\r\n")
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.size) == ("PNG", (100, 200))


def test_stop_ends_the_server(client: Client) -> None:
    assert client.http(b"GET /stop HTTP/1.1\r\nHost: x\r\n\r\n") == (0, b"")
    assert not client.server.running


def test_a_stop_in_the_middle_of_a_request_cuts_its_stream(client: Client) -> None:
    async def both() -> PipeStream:
        body = json.dumps({"id": 1, "method": "waitForExists", "params": [sel(text="never"), 60_000]}).encode()
        stream = PipeStream(b"POST /jsonrpc/0 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body), body)
        serving = asyncio.ensure_future(client.server.serve_http(cast("Stream", stream)))
        await asyncio.sleep(0.05)
        await client.server.stop()
        await asyncio.wait_for(serving, 5)
        return stream

    stream = run(both())
    assert (stream.closed, stream.written) == (True, b"")


def test_errors_have_the_shapes_of_the_jar(client: Client) -> None:
    assert client.error("makeToast", "x", 1000) == (-32601, "method not found", None)
    assert client.error("click", 1) == (-32602, "method parameters invalid", None)
    assert client.error("click", "a", {"b": 1}) == (-32602, "method parameters invalid", None)
    assert client.error("takeScreenshot", float("nan"), 80) == (-32602, "method parameters invalid", None)
    assert client.raw([])["error"]["code"] == -32600
    code, message, data = client.error("objInfo", sel(text="nothing"))
    assert (code, message) == (-32001, "androidx.test.uiautomator.UiObjectNotFoundException")
    assert data == "UiSelector[TEXT=nothing]"
    code, message, data = client.error("exist", sel(textMatches="("))
    assert (code, message) == (-32001, "java.util.regex.PatternSyntaxException")
    assert "java.util.regex.PatternSyntaxException" in (data or "")


def test_device_info_tells_pixels_and_dp_of_the_current_rotation(client: Client) -> None:
    info = client.call("deviceInfo")
    assert info == {
        "currentPackageName": "com.android.launcher3",
        "displayHeight": 400,
        "displayRotation": 0,
        "displaySizeDpX": 200,
        "displaySizeDpY": 400,
        "displayWidth": 200,
        "naturalOrientation": True,
        "productName": "sdk_virtual_x86_64",
        "screenOn": True,
        "sdkInt": 30,
    }
    assert client.call("setOrientation", "left") is None
    turned = client.call("deviceInfo")
    assert (turned["displayRotation"], turned["displayWidth"], turned["naturalOrientation"]) == (1, 400, False)
    assert client.error("setOrientation", "sideways")[1] == "java.lang.IllegalArgumentException"


def test_touches_reach_the_screen_as_pixels(client: Client) -> None:
    done = client.phone.screen.done
    assert client.call("click", 30.9, 20.0) is True
    assert client.call("click", 30, 20, 800) is True
    assert client.call("click", 30, 4000) is False
    assert client.call("swipe", 1, 2, 3, 4, 55) is True
    assert client.call("swipePoints", [1, 2, 3, 4, 5, 6], 20) is True
    assert client.call("swipePoints", [1, 2], 20) is False
    assert client.call("injectInputEvent", 0, 5.5, 6, 0) is True
    assert client.call("injectInputEvent", 9, 5, 6, 0) is False
    assert done == [
        ("tap", 30, 20, 0.0),
        ("tap", 30, 20, 0.8),
        ("swipe", ((1, 2), (3, 4)), 0.275),
        ("swipe", ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), 0.2),
        ("DOWN", 5.5, 6.0),
    ]
    assert client.call("drag", 0, 0, 10, 10, 2) is True
    assert [entry[0] for entry in done[5:]] == ["DOWN", "MOVE", "MOVE", "UP"]


def test_keys_by_name_and_code(client: Client) -> None:
    assert client.call("pressKey", "back") is True
    assert client.call("pressKey", "recent") is True
    assert client.call("pressKey", "no such key") is False
    assert client.call("pressKeyCode", 66) is True
    assert client.call("pressKeyCode", 29, 1) is True
    assert [entry[1] for entry in client.phone.screen.done] == [4, 187, 66, 29]


def test_the_picture_is_jpeg_in_lines_of_76(client: Client) -> None:
    text = client.call("takeScreenshot", 1, 80)
    assert {len(line) for line in text.splitlines()[:-1]} == {76}
    picture = Image.open(io.BytesIO(base64.b64decode(text)))
    assert (picture.format, picture.size) == ("JPEG", (200, 400))
    assert client.call("takeScreenshot", "a.png", 0.5, 80) == "/data/local/tmp/a.png"
    assert client.phone.device.files.read("/data/local/tmp/a.png").startswith(b"\x89PNG")


def test_the_dump_has_every_overload_and_shows_armed_faults_once(client: Client) -> None:
    whole = client.call("dumpWindowHierarchy", False, 50)
    assert whole == client.call("dumpWindowHierarchy", False) == client.call("dumpWindowHierarchy", False, 50, True)
    faults = client.phone.device.faults
    faults.push("null_xml")
    assert client.call("dumpWindowHierarchy", False, 50) is None
    faults.push("empty_xml")
    assert client.call("dumpWindowHierarchy", False, 50).endswith('<hierarchy rotation="0" />')
    faults.push("half_xml")
    assert client.call("dumpWindowHierarchy", False, 50) == whole[: len(whole) // 2]
    faults.push("slow_dump", 0.02)
    assert client.call("dumpWindowHierarchy", False, 50) == whole
    assert faults.armed() == ()


def test_a_server_without_uiautomation_says_so_and_a_dying_one_nothing(client: Client) -> None:
    client.phone.device.faults.push("not_connected")
    code, message, data = client.error("click", 1, 2)
    assert (code, message) == (-32001, "java.lang.IllegalStateException")
    assert "UiAutomation not connected" in (data or "")
    client.phone.device.faults.push("drop_mid_request")
    body = b'{"id":1,"method":"ping","params":{}}'
    assert client.http(b"POST /jsonrpc/0 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body), body) == (
        0,
        b"",
    )
    assert not client.server.running


def test_toast_and_clipboard_are_null_where_there_is_none(client: Client) -> None:
    assert (client.call("getLastToast"), client.call("getClipboard")) == (None, None)
    client.phone.screen.toast = "已签到"
    assert client.call("getLastToast") == "已签到"
    client.call("clearLastToast")
    assert client.call("getLastToast") is None
    assert client.call("setClipboard", None, "中文") is None
    assert client.call("getClipboard") == "中文"
    client.call("pasteClipboard")
    assert client.phone.screen.done[-1] == ("insert_text", "中文")


def test_text_is_set_read_and_cleared_by_selector(client: Client) -> None:
    field = sel(resourceId="name")
    assert client.call("setText", field, "新内容") is True
    assert client.call("getText", field) == "old"
    assert client.call("clearTextField", field) is None
    assert client.call("clearInputText") is None
    assert client.phone.screen.done == [
        ("set_text", "field", "新内容"),
        ("set_text", "field", ""),
        ("set_text", "field", ""),
    ]
    assert client.error("setText", sel(text="none"), "x")[1].endswith("UiObjectNotFoundException")


def test_an_object_is_described_as_the_client_expects(client: Client) -> None:
    info = client.call("objInfo", sel(text="签到", instance=1))
    assert info["bounds"] == {"left": 0, "top": 100, "right": 200, "bottom": 200} == info["visibleBounds"]
    assert (info["className"], info["text"], info["clickable"], info["childCount"]) == (
        "android.widget.Button",
        "签到",
        True,
        0,
    )
    assert [entry["bounds"]["top"] for entry in client.call("objInfoOfAllInstances", sel(text="签到"))] == [0, 100]
    assert client.call("count", sel(text="签到")) == 2
    assert client.call("count", sel(text="签到", instance=1)) == 1
    assert client.call("exist", sel(text="签到", instance=2)) is False


def test_objects_are_clicked_held_dragged_and_swiped(client: Client) -> None:
    row = sel(text="签到", instance=1)
    assert client.call("click", row) is True
    assert client.call("click", row, "tl") is True
    assert client.call("longClick", row, "bottomright") is True
    assert client.call("swipe", row, "left", 10) is True
    assert client.call("swipe", row, "down", 0.5, 10) is True
    assert client.phone.screen.done == [
        ("tap", 100, 150, 0.0),
        ("tap", 5, 105, 0.0),
        ("tap", 195, 195, 0.6),
        ("swipe", ((195, 150), (5.0, 150)), 0.05),
        ("swipe", ((100, 105), (100, 150.0)), 0.05),
    ]
    assert client.call("dragTo", row, 5, 5, 1) is True
    assert client.call("dragTo", row, sel(text="Row One"), 1) is True
    assert client.phone.screen.done[-1] == ("UP", 50, 25)
    assert client.error("click", sel(text="none"))[1].endswith("UiObjectNotFoundException")


def test_two_fingers_pinch_and_follow_a_gesture(client: Client) -> None:
    row = sel(text="签到", instance=1)
    assert client.call("pinchIn", row, 50, 10) is True
    assert client.call("pinchOut", row, 100, 10) is True
    corners = [{"x": x, "y": y} for x, y in ((1, 1), (9, 9), (2, 2), (8, 8))]
    assert client.call("gesture", row, *corners, 20) is True
    assert client.phone.screen.done == [
        ("two fingers", ((50, 150), (80, 150)), ((150, 150), (120, 150)), 0.05),
        ("two fingers", ((80, 150), (0, 150)), ((120, 150), (200, 150)), 0.05),
        ("two fingers", ((1, 1), (2, 2)), ((9, 9), (8, 8)), 0.1),
    ]
    assert client.error("pinchIn", row, 101, 10)[1] == "java.lang.IllegalArgumentException"


def test_kept_objects_have_names(client: Client) -> None:
    name = client.call("getUiObject", sel(text="签到"))
    assert client.call("exist", name) is True
    assert client.call("objInfo", name)["text"] == "签到"
    assert client.call("getUiObjects") == [name]
    rows = sel(className="android.webkit.WebView")
    two = client.call("childByText", rows, sel(className="android.view.ViewGroup"), "Row Two")
    assert client.call("objInfo", two)["bounds"]["top"] == 100
    inner = client.call("getChild", two, sel(className="android.widget.Button"))
    assert client.call("objInfo", inner)["bounds"]["top"] == 100
    beside = client.call("getFromParent", name, sel(className="android.widget.TextView"))
    assert client.call("getText", beside) == "Row One"
    second = client.call("childByInstance", rows, sel(className="android.widget.Button"), 1)
    assert client.call("objInfo", second)["bounds"]["top"] == 100
    assert client.error("childByText", rows, sel(), "Row Nine", False)[1].endswith("UiObjectNotFoundException")
    assert client.call("getUiObject", sel(text="none")) is None
    client.call("removeUiObject", name)
    assert client.error("objInfo", name)[1].endswith("UiObjectNotFoundException")
    assert client.error("count", name)[0] == -32602


def test_waiting_ends_when_the_object_comes_or_goes(client: Client) -> None:
    assert client.call("waitForExists", sel(text="签到"), 5000) is True
    assert client.call("waitForExists", sel(text="none"), 30) is False
    assert client.call("waitUntilGone", sel(text="签到"), 30) is False
    assert client.call("waitUntilGone", sel(text="none"), 5000) is True
    assert client.call("waitForIdle", 500) is None

    async def wait() -> Any:
        body = json.dumps({"id": 1, "method": "waitForExists", "params": [sel(text="late"), 20_000]}).encode()
        stream = PipeStream(b"POST /jsonrpc/0 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body), body)
        serving = asyncio.ensure_future(client.server.serve_http(cast("Stream", stream)))
        await asyncio.sleep(0.05)
        client.phone.screen.root = node(text="late")
        await asyncio.wait_for(serving, 10)
        return json.loads(stream.written.partition(b"\r\n\r\n")[2])["result"]

    assert run(wait()) is True


def test_a_click_that_opens_another_window_is_noticed(client: Client) -> None:
    assert client.call("clickAndWaitForNewWindow", sel(text="签到"), 30) is False
    front = iter([Foreground(package="a", activity="a.A", pid=1)])

    async def changing() -> Foreground:
        return next(front, Foreground(package="b", activity="b.B", pid=2))

    client.phone.screen.foreground = changing  # type: ignore[method-assign]
    assert client.call("clickAndWaitForNewWindow", sel(text="签到"), 5000) is True


def shifted(by: int) -> Node:
    """Return a scrolled list of five rows, of which the screen shows what fits."""
    rows = tuple(button(f"row {number}", number * 100) for number in range(by, by + 4) if number < 8)
    return node("android.widget.ListView", scrollable=True, bounds=(0, 0, 200, 400), children=rows)


def test_scrolling_reports_whether_anything_moved(client: Client) -> None:
    listing = sel(scrollable=True)
    client.phone.screen.root = shifted(0)
    client.phone.screen.after_swipe = [shifted(2), shifted(2)]
    assert client.call("scrollForward", listing, True, 55) is True
    assert client.phone.screen.done[-1] == ("swipe", ((100, 360), (100, 40)), 0.275)
    assert client.call("scrollForward", listing, True, 55) is False
    client.phone.screen.after_swipe = [shifted(0)]
    assert client.call("flingBackward", listing, True) is True
    assert client.phone.screen.done[-1] == ("swipe", ((100, 40), (100, 360)), 0.025)
    client.phone.screen.after_swipe = [shifted(1), shifted(2), shifted(2)]
    assert client.call("scrollToEnd", listing, True, 500, 55) is True
    assert client.call("scrollToBeginning", listing, False, 500, 55) is False
    client.phone.screen.root = shifted(2)
    client.phone.screen.after_swipe = [shifted(0), shifted(0), shifted(4)]
    assert client.call("scrollTo", listing, sel(text="row 7"), True) is True
    assert client.call("scrollTo", listing, sel(text="row 99"), True) is False


def test_watchers_press_when_their_conditions_are_met(client: Client) -> None:
    client.call("registerClickUiObjectWatcher", "w", [sel(text="Row One")], sel(text="签到"))
    client.call("registerPressKeyskWatcher", "k", [sel(text="absent")], ["back"])
    assert client.call("getWatchers") == ["w", "k"]
    assert client.call("hasAnyWatcherTriggered") is False
    client.call("runWatchers")
    assert client.phone.screen.done == [("tap", 100, 50, 0.0)]
    assert (client.call("hasWatcherTriggered", "w"), client.call("hasWatcherTriggered", "k")) == (True, False)
    client.call("resetWatcherTriggers")
    client.call("waitForExists", sel(text="absent"), 20)
    assert client.call("hasWatcherTriggered", "w") is True
    client.call("removeWatcher", "w")
    assert client.call("hasAnyWatcherTriggered") is False


def test_the_rest_of_the_jar_answers(client: Client, tmp_path: Path) -> None:
    client.phone.install(app_archive(tmp_path / "app"))
    assert client.call("ping") == "pong"
    assert client.call("launchApp", "cn.example.demo") is True
    assert client.call("launchApp", "no.such") is False
    client.call("sleep")
    assert client.call("isScreenOn") is False
    client.call("wakeUp")
    assert client.call("isScreenOn") is True
    assert client.call("executeShellCommand", "echo out; echo err >&2; exit 3", 5000) == {
        "returnCode": 3,
        "stderr": "err\n",
        "stdout": "out\n",
    }
    assert client.call("executeShellCommand", "sleep 30", 20)["returnCode"] == 124
    assert client.call("getConfigurator")["waitForIdleTimeout"] == 0
    assert client.call("setConfigurator", {"waitForIdleTimeout": 7})["waitForIdleTimeout"] == 7
    assert client.call("getLastTraversedText") is None
    assert client.call("openNotification") is False
    assert client.call("freezeRotation", True) is None
    assert client.call("waitForWindowUpdate", None, 30) is False


def all_of(root: Node, **fields: Any) -> list[str]:
    return [
        placed.node.text
        for placed in find([Window(package="p", root=root)], Query(selector=Selector.parse(sel(**fields))))
    ]


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"text": "Row One"}, ["Row One"]),
        ({"textContains": "row"}, ["Row One", "Row Two"]),
        ({"textStartsWith": "row t"}, ["Row Two"]),
        ({"textMatches": "Row .*"}, ["Row One", "Row Two"]),
        ({"textMatches": "Row"}, []),
        ({"className": "android.widget.EditText"}, ["old"]),
        ({"classNameMatches": ".*Edit.*"}, ["old"]),
        ({"resourceId": "name"}, ["old"]),
        ({"resourceIdMatches": "na.*"}, ["old"]),
        ({"packageName": "cn.example.demo", "focused": True}, ["old"]),
        ({"packageNameMatches": "cn\\..*", "clickable": True}, ["签到", "签到"]),
        ({"clickable": True, "index": 1}, ["签到", "签到"]),
        ({"clickable": True, "index": 0}, []),
        ({"clickable": True, "instance": 1}, ["签到"]),
        ({"scrollable": True}, [""]),
        ({"checkable": True}, []),
        ({"enabled": True, "className": "android.widget.TextView"}, ["Row One", "Row Two"]),
        ({"description": "x"}, []),
        ({"selected": False, "longClickable": False, "checked": False, "focusable": True}, ["签到", "签到"]),
    ],
)
def test_every_field_of_a_selector_narrows(fields: dict[str, Any], texts: Sequence[str]) -> None:
    assert all_of(page(), **fields) == list(texts)


def test_a_node_below_two_matches_counts_once() -> None:
    import uiautomator2

    inner = node("android.view.ViewGroup", children=(button("once"),))
    selector = uiautomator2.Selector(className="android.view.ViewGroup").child(text="once")
    windows = [Window(package="p", root=node("android.view.ViewGroup", children=(inner,)))]
    assert len(list(find(windows, Query(selector=Selector.parse(dict(selector)))))) == 1


def test_chains_go_down_and_sideways() -> None:
    import uiautomator2

    def texts(selector: Any) -> list[str]:
        query = Query(selector=Selector.parse(dict(selector)))
        return [placed.node.text for placed in find([Window(package="p", root=page())], query)]

    rows = uiautomator2.Selector(className="android.view.ViewGroup")
    assert texts(rows.clone().child(className="android.widget.TextView")) == ["Row One", "Row Two"]
    assert texts(uiautomator2.Selector(text="Row Two").sibling(className="android.widget.Button")) == ["签到"]
    one = uiautomator2.Selector(className="android.view.ViewGroup", instance=1).child(clickable=False)
    assert texts(one) == ["Row Two"]
    counted = rows.clone().child(clickable=True)
    counted.update_instance(1)
    assert texts(counted) == ["签到"]
    assert texts(uiautomator2.Selector(scrollable=True).child(textContains="row").sibling(clickable=True)) == [
        "签到",
        "签到",
    ]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["mask", "text", "instance", "index", "childOrSibling", "childOrSiblingSelector"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_object_breaks_the_selector_reader_in_another_way_than_a_bad_selector(value: object) -> None:
    try:
        selector = Selector.parse(value)
    except BadSelector:
        return
    list(find([Window(package="p", root=page())], Query(selector=selector)))
