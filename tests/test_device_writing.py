"""Chinese gets into a field without anything installed, or says that it did not; what was allowed is taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.clock import SystemClock
from harness.device import changes
from harness.device.link import Limits, Link
from harness.device.writing import EDIT_TEXT, HELPER, Field, Writer, focused_field, took
from harness.errors import ActionRefused
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually

TEXT = "政务“指尖”减负 ✓ & 'ab c'"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<input id="name" value="旧" style="width:300px;height:60px"><input id="pin" type="password" style="height:60px">"""


class Stubborn(Link):
    """A link whose field says "done" to accessibility and stays as it was, and whose clipboard may be closed."""

    clipboard_is_open = True
    pasted = 0

    def set_text(self, text: str, *, class_name: str) -> bool:
        del text, class_name
        return True

    def call(self, method: str, *arguments: float | str | list[int] | None, timeout_s: float) -> Any:
        if method == "getClipboard" and not self.clipboard_is_open:
            return None
        self.pasted += method == "pasteClipboard"
        return super().call(method, *arguments, timeout_s=timeout_s)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def device(server: AdbServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceHandle]:
    app = tmp_path_factory.mktemp("app")
    manifest = {"package": "cn.example.form", "launcher": ".Main", "activities": {".Main": "index.html"}}
    (app / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    (app / "index.html").write_text(PAGE, encoding="utf-8")
    with VirtualDevices(apps=[app]) as devices:
        server.connect(devices.devices[0].serial)
        yield devices.devices[0]


@pytest.fixture
def link(server: AdbServer, device: DeviceHandle) -> Iterator[Stubborn]:
    """Yield a link to a device on whose form the first field has the focus."""
    link = Stubborn(device.serial, adb=("127.0.0.1", server.port), clock=SystemClock(), limits=Limits())
    link.shell("am force-stop cn.example.form; am start -n cn.example.form/.Main", check=True)
    focus(link, password=False)
    yield link
    link.close()


def focus(link: Link, *, password: bool) -> None:
    """Tap one of the two fields and wait until it has the focus."""

    def edits() -> list[ET.Element]:
        return [node for node in ET.fromstring(dump(link)).iter("node") if node.get("class") == EDIT_TEXT]

    eventually(lambda: len(edits()) == 2)
    left, top, right, bottom = map(int, re.findall(r"\d+", edits()[int(password)].get("bounds", "")))
    link.shell(f"input tap {(left + right) // 2} {(top + bottom) // 2}")
    eventually(lambda: edits()[int(password)].get("focused") == "true")


def dump(link: Link) -> bytes:
    return str(link.call("dumpWindowHierarchy", False, 50, timeout_s=20)).encode()


def writer(link: Link, *, may_install: bool = False) -> Writer:
    return Writer(link, dump=lambda: dump(link), clock=SystemClock(), may_install=may_install)


def text_of(link: Link) -> str:
    field = focused_field(dump(link))
    assert field is not None
    return field.text


def test_chinese_is_set_by_accessibility_and_read_back(link: Stubborn) -> None:
    plain = Link(link.serial, adb=(link._client.host, link._client.port), clock=SystemClock(), limits=Limits())
    writer(plain).write(TEXT)
    assert text_of(link) == TEXT
    writer(plain).write("")
    assert text_of(link) == ""


def test_a_field_that_only_says_done_is_pasted_into_and_the_clipboard_is_given_back(link: Stubborn) -> None:
    link.call("setClipboard", None, "别人的", timeout_s=5)
    writer(link).write(TEXT)
    assert (text_of(link), link.pasted) == (TEXT, 1)
    assert link.call("getClipboard", timeout_s=5) == "别人的"


def test_without_leave_nothing_is_installed_and_the_refusal_names_the_option(link: Stubborn) -> None:
    link.clipboard_is_open = False
    with pytest.raises(ActionRefused, match="--harness-typing helper"):
        writer(link).write(TEXT)
    assert HELPER not in link.shell("pm list packages")
    assert text_of(link) == "旧"


def test_a_password_never_goes_over_the_clipboard(link: Stubborn) -> None:
    focus(link, password=True)
    writer(link).write("秘密")  # a hidden text cannot be read back: the field's word is taken
    assert link.pasted == 0


def test_with_leave_the_helper_types_is_recorded_and_goes_with_the_writer(link: Stubborn) -> None:
    link.clipboard_is_open = False
    keyboard = link.shell("settings get secure default_input_method")
    hand = writer(link, may_install=True)
    hand.write(TEXT)
    assert text_of(link) == TEXT
    assert [change.what for change in changes.made(link.shell)][:2] == [HELPER, f"{HELPER}/.AdbKeyboard"]
    hand.close()
    assert HELPER not in link.shell("pm list packages")
    assert link.shell("settings get secure default_input_method") == keyboard
    assert {change.kind for change in changes.made(link.shell)} == {"file"}


def test_nothing_focused_is_refused(link: Stubborn) -> None:
    link.shell("input keyevent KEYCODE_HOME")
    with pytest.raises(ActionRefused, match="nothing is focused"):
        writer(link).write(TEXT)


# --- pure


def field(text: str, class_name: str = EDIT_TEXT, *, password: bool = False) -> Field:
    return Field(class_name=class_name, text=text, password=password)


@pytest.mark.parametrize(
    ("after", "is_taken"),
    [
        (field("13800138000"), True),
        (field("138 0013 8000"), True),  # written in the field's own way
        (field("请输入手机号"), False),
        (field("请输入手机号", class_name="android.view.View"), True),  # the focus went on
        (None, True),
    ],
)
def test_a_field_that_reads_as_before_has_not_taken_the_text(after: Field | None, is_taken: bool) -> None:  # noqa: FBT001
    assert took(field("请输入手机号"), after, "13800138000") is is_taken


def test_of_a_web_view_and_the_field_in_it_the_field_has_the_focus() -> None:
    xml = f"""<hierarchy><node class="android.webkit.WebView" focused="true" text="">
    <node class="{EDIT_TEXT}" focused="true" text="王" password="false"/></node></hierarchy>"""
    assert focused_field(xml.encode()) == field("王")
    assert focused_field(b'<hierarchy><node class="a" focused="false"/></hierarchy>') is None
