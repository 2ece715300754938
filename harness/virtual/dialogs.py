"""The system's dialogs as data: texts, buttons with Android's own resource ids, and what an answer means. Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.virtual.activities import PERMISSION_CONTROLLER
from harness.virtual.phone import InstalledApp

_ID = "com.android.permissioncontroller:id/"
_WHILE_IN_USE = frozenset({"CAMERA", "RECORD_AUDIO", "ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION"})
_ASKS = {
    "CAMERA": "拍摄照片和录制视频",
    "RECORD_AUDIO": "录制音频",
    "ACCESS_FINE_LOCATION": "获取此设备的位置信息",
    "ACCESS_COARSE_LOCATION": "获取此设备的大致位置信息",
    "READ_CONTACTS": "访问您的通讯录",
    "WRITE_CONTACTS": "访问您的通讯录",
    "READ_CALENDAR": "访问您的日历",
    "WRITE_CALENDAR": "访问您的日历",
    "READ_EXTERNAL_STORAGE": "访问您设备上的照片、媒体内容和文件",
    "WRITE_EXTERNAL_STORAGE": "访问您设备上的照片、媒体内容和文件",
    "READ_PHONE_STATE": "拨打电话和管理通话",
    "CALL_PHONE": "拨打电话和管理通话",
    "READ_SMS": "发送和查看短信",
    "SEND_SMS": "发送和查看短信",
    "ACTIVITY_RECOGNITION": "获取您的身体活动数据",
    "BODY_SENSORS": "访问与您的生命体征相关的传感器数据",
    "POST_NOTIFICATIONS": "向您发送通知",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The pressed button or chosen item, counted from 0, and the text of the field if there is one."""

    choice: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button with the resource id it has on a phone."""

    text: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDialog:
    """One dialog over an app. ``answer`` resolves to the person's choice, or None where it went away unanswered."""

    number: int
    package: str  # whose window it is
    buttons: tuple[Button, ...]
    answer: asyncio.Future[Answer | None]
    title: str = ""
    title_id: str = "android:id/alertTitle"
    message: str = ""
    badge: str = ""
    field_text: str | None = None
    items: tuple[tuple[str, bool, bool], ...] = ()  # text, chosen, disabled
    is_stacked: bool = False
    panel_id: str = "android:id/parentPanel"
    hides_page: bool = True
    back_closes: bool = True
    pictures: list[str] = field(default_factory=list)  # address of what was on screen beneath

    def settle(self, answer: Answer | None) -> None:
        """Resolve the dialog once; later answers are ignored."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def spec(self) -> dict[str, object]:
        """Return what the system page draws."""
        return {
            "screen": "dialog",
            "id": self.number,
            "badge": self.badge,
            "title": {"text": self.title, "id": self.title_id} if self.title else None,
            "message": {"text": self.message, "id": "android:id/message"} if self.message else None,
            "field": None
            if self.field_text is None
            else {"id": "com.android.webview:id/value", "text": self.field_text},
            "items": [{"text": text, "checked": chosen, "off": off} for text, chosen, off in self.items],
            "buttons": [{"text": button.text, "id": button.id} for button in self.buttons],
            "buttonsId": "android:id/buttonPanel",
            "stacked": self.is_stacked,
            "panelId": self.panel_id,
            "picture": self.pictures[-1] if self.pictures else None,
        }


def permission_dialog(number: int, app: InstalledApp, permission: str) -> SystemDialog:
    """Return the question for one runtime permission; choices before the last one grant it."""
    name = permission.rpartition(".")[2]
    buttons: tuple[Button, ...]
    if name in _WHILE_IN_USE:
        buttons = (
            Button(text="仅在使用中允许", id=f"{_ID}permission_allow_foreground_only_button"),
            Button(text="仅限这一次", id=f"{_ID}permission_allow_one_time_button"),
            Button(text="拒绝", id=f"{_ID}permission_deny_button"),
        )
    else:
        buttons = (
            Button(text="允许", id=f"{_ID}permission_allow_button"),
            Button(text="拒绝", id=f"{_ID}permission_deny_button"),
        )
    return SystemDialog(
        number=number,
        package=PERMISSION_CONTROLLER,
        title=f"允许“{app.label}”{_ASKS.get(name, f'使用权限 {name}')}吗？",
        title_id=f"{_ID}permission_message",
        badge="?",
        buttons=buttons,
        answer=_future(),
        is_stacked=True,
        panel_id=f"{_ID}grant_dialog",
    )


def is_one_time(dialog: SystemDialog, answer: Answer) -> bool:
    """Return whether the permission was given for this run of the app only."""
    return dialog.buttons[answer.choice].id.endswith("one_time_button")


def anr_dialog(number: int, label: str) -> SystemDialog:
    """Return "app is not responding"; choice 0 closes the app, 1 waits. Back does not close it."""
    return SystemDialog(
        number=number,
        package="android",
        title=f"{label} 没有响应",
        buttons=(
            Button(text="关闭应用", id="android:id/aerr_close"),
            Button(text="等待", id="android:id/aerr_wait"),
        ),
        answer=_future(),
        is_stacked=True,
        hides_page=False,  # a window of the system's own: the activity below is not paused
        back_closes=False,
    )


def notice_dialog(number: int) -> SystemDialog:
    """Return a notice of the system that comes when nobody expects it."""
    return SystemDialog(
        number=number,
        package="android",
        title="电池电量低",
        message="剩余电量 15%，请连接充电器。",
        buttons=(Button(text="知道了", id="android:id/button1"),),
        answer=_future(),
        hides_page=False,
    )


def script_dialog(number: int, package: str, kind: str, words: tuple[str, str, str]) -> SystemDialog:
    """Return a page's alert, confirm, prompt or beforeunload; ``words`` are address, message and the field's default.

    The last button is the positive one.
    """
    address, message, default = words
    accept = Button(text="离开" if kind == "beforeunload" else "确定", id="android:id/button1")
    cancel = Button(text="取消", id="android:id/button2")
    return SystemDialog(
        number=number,
        package=package,
        title="确认离开" if kind == "beforeunload" else f"网址为“{address}”的网页显示：",
        message=message,
        field_text=default if kind == "prompt" else None,
        buttons=(accept,) if kind == "alert" else (cancel, accept),
        answer=_future(),
        hides_page=False,
    )


def choice_dialog(number: int, package: str, options: Sequence[tuple[str, bool]], selected: int) -> SystemDialog:
    """Return the list that Android shows for a select element; ``options`` are text and disabled."""
    return SystemDialog(
        number=number,
        package=package,
        items=tuple((text, index == selected, off) for index, (text, off) in enumerate(options)),
        buttons=(),
        answer=_future(),
        hides_page=False,
    )


def _future() -> asyncio.Future[Answer | None]:
    return asyncio.get_running_loop().create_future()
