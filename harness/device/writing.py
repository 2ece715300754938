"""Writes text, Chinese included, into the focused field: by accessibility, else the clipboard, else a helper keyboard.

Nothing is installed unless the caller allows it. What a field took is read back from it, because a field that is drawn
by the app itself answers "done" and stays as it was (uiautomator2#1114).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from harness.clock import Clock
from harness.device import changes
from harness.device.changes import Change
from harness.device.link import Link
from harness.errors import ActionRefused, DeviceError

_log = logging.getLogger(__name__)

EDIT_TEXT: Final = "android.widget.EditText"
HELPER: Final = "com.github.uiautomator"
HELPER_KEYBOARD: Final = f"{HELPER}/.AdbKeyboard"
KEYBOARD_SETTING: Final = "settings get secure default_input_method"
_KEY_A, _CTRL = 29, 0x1000  # as android.view.KeyEvent numbers them


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The focused field as the hierarchy tells it."""

    class_name: str
    text: str
    password: bool


def focused_field(xml: bytes) -> Field | None:
    """Return the field that has the focus, ``None`` where no node has it.

    In a WebView the view and the field inside it both have it: the field counts.
    """
    nodes = [node for node in ET.fromstring(xml).iter("node") if node.get("focused") == "true"]
    if not nodes:
        return None
    node = next((node for node in nodes if node.get("class") == EDIT_TEXT), nodes[-1])
    password = node.get("password") == "true"
    return Field(class_name=node.get("class", ""), text=node.get("text", ""), password=password)


def took(before: Field, after: Field | None, text: str) -> bool:
    """Return whether a field holds what was written into it, as far as it can be told.

    A field may write it in its own way (a phone number in groups), hide it, or hand the focus on. One that reads the
    same as before has not taken it.
    """
    if after is None or after.class_name != before.class_name:
        return True
    return before.password or text in after.text or after.text != before.text


class Writer:
    """Writes into one device's fields, used by the thread that uses its link."""

    def __init__(self, link: Link, *, dump: Callable[[], bytes], clock: Clock, may_install: bool) -> None:
        """``dump`` returns the hierarchy; ``may_install`` is whether the helper keyboard may be put on the device."""
        self._link = link
        self._dump = dump
        self._clock = clock
        self._may_install = may_install
        self._changes: list[Change] = []

    def write(self, text: str) -> None:
        """Replace the text of the focused field. Raises ``ActionRefused`` where no way leads into it."""
        field = focused_field(self._dump())
        if field is None and "mInputShown=true" not in self._link.shell("dumpsys input_method | grep mInputShown"):
            raise ActionRefused("nothing is focused to type into", serial=self._link.serial)
        if field is not None and self._by_accessibility(field, text):
            return
        # Other apps may read the clipboard, and some Androids show it: a password never goes there.
        if (field is None or not field.password) and self._by_clipboard(text) and self._is_taken(field, text):
            return
        if not self._may_install:
            problem = "the field takes no text without a helper keyboard (--harness-typing helper)"
            raise ActionRefused(problem, serial=self._link.serial)
        self._by_helper(text)
        if not self._is_taken(field, text):
            raise ActionRefused("the field takes no text, not even from the helper keyboard", serial=self._link.serial)

    def close(self) -> None:
        """Bring back the keyboard that was there, and take the helper off the device."""
        made, self._changes = tuple(self._changes), []
        if not made:
            return
        try:
            done = changes.take_back(self._link.shell, self._link.serial, made)
        except DeviceError as error:
            _log.warning("the helper keyboard stays", extra={"serial": self._link.serial, "error": str(error)})
            return
        for change, problem in done:
            if problem:
                _log.warning("a change stays", extra={"change": change.label, "error": problem})

    def _is_taken(self, before: Field | None, text: str) -> bool:
        return before is None or took(before, focused_field(self._dump()), text)

    def _by_accessibility(self, field: Field, text: str) -> bool:
        try:
            return self._link.set_text(text, class_name=field.class_name) and self._is_taken(field, text)
        except ActionRefused:
            return False  # the node went away, or is none that text can be set on

    def _by_clipboard(self, text: str) -> bool:
        """Paste over what the field holds; return whether the device let us use its clipboard."""
        call, limit_s = self._link.call, self._link.limits.input_s
        try:
            earlier = call("getClipboard", timeout_s=limit_s)
            call("setClipboard", None, text, timeout_s=limit_s)
            if call("getClipboard", timeout_s=limit_s) != text:
                return False  # from Android 10 on it may be closed to whoever is not in front
            call("pressKeyCode", _KEY_A, _CTRL, timeout_s=limit_s)
            call("pasteClipboard", timeout_s=limit_s)
            call("setClipboard", None, earlier if isinstance(earlier, str) else "", timeout_s=limit_s)
        except ActionRefused:
            return False
        return True

    def _by_helper(self, text: str) -> None:
        """Type with uiautomator2's own keyboard, installed where it is not there; the record is written first."""
        serial, at = self._link.serial, self._clock.wall()
        keyboard = self._link.shell(KEYBOARD_SETTING).strip()
        wanted = []
        if HELPER_KEYBOARD not in self._link.shell("ime list -s -a").split():
            wanted.append(Change(kind="package", what=HELPER, at=at))
        if keyboard != HELPER_KEYBOARD:
            wanted.append(Change(kind="ime", what=HELPER_KEYBOARD, before=keyboard, at=at))
        for change in wanted:
            changes.note(self._link.shell, serial, change)
            self._changes.append(change)
        self._link.type_by_helper(text)
