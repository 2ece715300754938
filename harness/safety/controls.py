"""Everything on a screen that could be worked, and whether it may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Box, Channel, Observation, ShapeKind, Word
from harness.safety.lexicon import SIGN_LOOK, UNREAD, compact, danger, danger_in_id, is_telling
from harness.wording import normalise

_SYSTEM = ("com.android.systemui",)
_KEYBOARD = re.compile(r"inputmethod|adbkeyboard|com\.sohu\.inputmethod|keyboard")
_BACK_WORDS = re.compile(r"返回|返回上一页|后退|转到上一层级|向上导航|back|navigateup|goback|[<〈←]")
_PAGE_RATIO = 0.5  # a tappable box larger than this of the screen is a page, whose texts are not its label
_LEAST_CONFIDENCE = 0.5
_MOST_TABS, _MOST_LOW_TABS = 12, 6
_LONGEST_LABEL = 24
_ICON_RATIO = 0.15  # of the screen's width: what is no larger and says nothing is an icon
_QUESTION = re.compile(r"(?:确定|确认|是否|要不要|您将|即将)")
_YES = re.compile(r"确定|确认|是|是的|好|好的|继续|完成|下一步|ok|yes|confirm|continue|done|next|立即前往")
_QUESTION_STEMS: tuple[tuple[str, str], ...] = (
    ("danger-sign-in", "签到|签退|打卡|补签|补卡"),
    ("danger-pay", "支付|付款|购买|下单|充值|开通|转账|提现|缴费|兑换"),
    ("danger-logout", "退出登录|退出账号|注销|切换账号"),
    ("danger-delete", "删除|清空|清除|移除|解散|撤销|卸载|重置"),
    ("danger-post", "发布|发表|发送"),
    ("danger-share", "分享|转发|邀请"),
    ("danger-vote", "投票"),
    ("danger-submit", "提交|上报|报名|申请|预约|签收|保存|交卷"),
    ("danger-bind", "绑定|解绑|更换"),
    ("danger-install", "下载|安装|更新|升级"),
    ("danger-call", "拨打|呼叫|报警"),
)

# An option of a question; an answer is given by the person, or not at all.
_OPTION = re.compile(r"[A-Ha-h][.、:)]|[○●◯☐□]|(?:正确|错误|对|错|√|×)$")
_QUIZ = re.compile(r"单选题?|多选题?|判断题?|随堂测[验试]|课堂练习|弹题|第\d+题|答题")
_LONGEST_HEADING = 40
_TOGGLES = ("CheckBox", "CheckedTextView", "Switch", "SwitchCompat", "ToggleButton")


class ControlKind(StrEnum):
    """How a control is worked."""

    TAP = "tap"
    TAB = "tab"  # one of a row of tabs or of the bottom bar
    BACK = "back"  # the page's own way back
    TOGGLE = "toggle"  # check box, switch, an option of a list to choose from: a press leads nowhere
    INPUT = "input"  # a field to type into
    SEEK = "seek"  # a seek bar or slider
    SCROLL = "scroll"  # a box whose content moves under a swipe


_ACTING = (ControlKind.TAP, ControlKind.TAB, ControlKind.TOGGLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something on a screen that could be worked. ``element`` is ``None`` where only pixels showed it."""

    box: Box
    label: str
    norm: str
    element: int | None
    kind: ControlKind
    source: Channel
    enabled: bool = True
    selected: bool = False


def controls(observation: Observation) -> tuple[Control, ...]:
    """Return everything that could be worked on the screen, top to bottom, dangerous ones included.

    Lines of text that only pixels show are offered as taps: behind an opaque region nobody says what is a button.
    """
    screen_px = observation.size_px[0] * observation.size_px[1]
    found: dict[tuple[Box, ControlKind], Control] = {}
    for index, element in enumerate(observation.elements):
        kind = _kind(index, observation)
        if kind is None or not element.box.area_px:
            continue
        control = _control(index, kind, observation)
        known = found.get((element.box, kind))
        if known is None or (not known.label and control.label):
            found[element.box, kind] = control
    listed = [*found.values(), *_pixel_controls(observation, found.values(), screen_px=screen_px)]
    return tuple(sorted(listed, key=lambda c: (c.box.top, c.box.left, c.box.bottom, c.box.right, c.kind)))


def judged(observation: Observation) -> tuple[tuple[Control, str | None], ...]:
    """Return everything that could be worked, top to bottom, and why a press at its middle must not be made.

    A press meets a point, not a control: a button that stands in the middle of a row, or a bar that lies over it, gets
    what was meant for the row. A harmless control that stands in a dangerous one gets its press itself. What lies
    under another thing cannot be told from what lies over it, so neither is pressed.
    """
    listed = [(control, danger_of(control, observation)) for control in controls(observation)]
    feared = [(control, why) for control, why in listed if why is not None and control.kind in _ACTING]

    def met(control: Control) -> str | None:
        if control.kind not in _ACTING:
            return None
        there = ((other, why) for other, why in feared if other.box.holds(*control.box.centre_px))
        return next((why for other, why in there if not _stands_in(control, other, observation)), None)

    return tuple((control, why or met(control)) for control, why in listed)


def danger_at(x_px: int, y_px: int, observation: Observation) -> tuple[Control, str] | None:
    """Return what must not be pressed and stands at a point, with its danger class; ``None`` where nothing does.

    Where one thing stands in another it is the inner one that counts.
    """
    there = [(c, danger_of(c, observation)) for c in controls(observation) if c.box.holds(x_px, y_px)]
    safe = [control for control, why in there if why is None and control.kind in (*_ACTING, ControlKind.BACK)]
    for control, why in there:
        inner = any(_stands_in(other, control, observation) for other in safe)
        if why is not None and control.kind is not ControlKind.INPUT and not inner:
            return control, why
    return None


def _stands_in(inner: Control, outer: Control, observation: Observation) -> bool:
    """Return whether a control stands in another one, in the tree or on a page as a whole."""
    at = inner.element
    while at is not None and outer.element is not None:
        at = observation.elements[at].parent
        if at == outer.element:
            return True
    on_a_page = outer.box.area_px > _PAGE_RATIO * observation.size_px[0] * observation.size_px[1]
    return on_a_page and inner.box.area_px < outer.box.area_px


def danger_of(control: Control, observation: Observation) -> str | None:
    """Return the danger class of a control as it stands on its screen, ``None`` where it may be pressed.

    Looks at what is under and inside the control in every channel, at the words beside a silent icon, and at the
    question that a plain 确定 answers. Swiping and seeking press nothing. Whether a press at its middle would meet
    something else, ``judged`` tells.
    """
    if control.kind in (ControlKind.SCROLL, ControlKind.SEEK, ControlKind.BACK):
        return None
    element = None if control.element is None else observation.elements[control.element]
    labels = [control.label, *_labels(control, observation)]
    found = danger(labels, element=element)
    if found is None and element is not None and not any(_lies_in(word, control) for word in observation.words):
        found = danger_in_id(element.resource_id)  # the words it has lie across it, and may be another's
    if found is not None:
        return found
    if not any(compact(label) for label in labels):
        icons = (shape for shape in observation.shapes if shape.kind is ShapeKind.ICON)
        known = (danger_in_id(icon.name) for icon in icons if control.box.holds(*icon.box.centre_px))
        found = next((name for name in known if name is not None), None)
        if found is not None:
            return found
        beside = _beside(control.box, observation.words)
        found = danger([word.norm for word in beside])
        if found is None and not beside and control.kind is not ControlKind.INPUT and _is_unread(control, observation):
            return UNREAD
    elif max(len(compact(label)) for label in labels) <= 1 and _is_cut(control, observation):
        found = danger(labels, element=element) or UNREAD
    if found is None and control.source is Channel.OCR:
        found = _doubtful(control.norm)
    if found is None and control.kind is ControlKind.TOGGLE:
        return "danger-setting"
    return found or _answers(labels, observation) or _option(labels, observation)


def _is_unread(control: Control, observation: Observation) -> bool:
    """Return whether a silent control may say something that nobody has read: drawn too small, or out of sight.

    What an icon means nobody has read either, unless its id tells.
    """
    if _is_cut(control, observation):
        return True
    if control.element is not None and is_telling(observation.elements[control.element].resource_id):
        return False
    if max(control.box.width_px, control.box.height_px) <= _ICON_RATIO * observation.size_px[0]:
        return True
    if any(gap.channel is Channel.OCR for gap in observation.gaps):
        return True
    return not any(region.overlap(control.box) == control.box for region in observation.opaque)


def _is_cut(control: Control, observation: Observation) -> bool:
    """Return whether the control goes on beyond the edge of what scrolls: its words may be there."""
    at = control.element
    while at is not None:
        element = observation.elements[at]
        if element.scrollable and at != control.element:
            inner, outer = control.box, element.box
            return inner.top <= outer.top or inner.bottom >= outer.bottom or inner.right >= outer.right
        at = element.parent
    return False


def _option(labels: Iterable[str], observation: Observation) -> str | None:
    """Return ``danger-exam`` for an option of a question that is on screen."""
    if not any(_OPTION.match(normalise(label)) for label in labels):
        return None
    asked = any(_QUIZ.search(word.norm) and len(word.norm) <= _LONGEST_HEADING for word in observation.words)
    return "danger-exam" if asked else None


def _doubtful(norm: str) -> str | None:
    """Return the class of a short pixel label that one misread glyph keeps from the lexicon: 签至, 打十."""
    text = compact(norm)
    if len(text) > 4 or SIGN_LOOK.search(text):
        return None
    return "danger-sign-in" if re.search(r"签(?![名订约收证章])|打[卡十上下]|补[签卡]", text) else None


def _answers(labels: Iterable[str], observation: Observation) -> str | None:
    """Return the class of the question on screen that a plain yes would answer."""
    if not any(_YES.fullmatch(compact(label)) for label in labels):
        return None
    for word in observation.words:
        question = _QUESTION.search(word.norm)
        if question is None or len(word.norm) > 60:
            continue
        asked = word.norm[question.end() :]
        for name, stems in _QUESTION_STEMS:
            if re.search(rf"^.{{0,8}}(?:{stems})", asked):
                return name
    return None


def _kind(index: int, observation: Observation) -> ControlKind | None:
    element = observation.elements[index]
    if element.package in _SYSTEM or _KEYBOARD.search(element.package):
        return None
    tail = element.class_name.rpartition(".")[2]
    if tail in ("SeekBar", "RatingBar"):
        return ControlKind.SEEK if tail == "SeekBar" else None
    if tail in ("EditText", "AutoCompleteTextView", "MultiAutoCompleteTextView"):
        return ControlKind.INPUT
    if element.scrollable:
        return ControlKind.SCROLL
    if not (element.clickable or element.long_clickable or element.checkable or tail in ("Button", "ImageButton")):
        return None
    if tail in _TOGGLES or (element.checkable and tail == "View"):
        return ControlKind.TOGGLE
    if _BACK_WORDS.fullmatch(compact(element.text or element.desc) or (element.text or element.desc).strip()):
        return ControlKind.BACK
    return ControlKind.TAB if _is_tab(index, observation) else ControlKind.TAP


def _is_tab(index: int, observation: Observation) -> bool:
    element = observation.elements[index]
    tail = element.class_name.rpartition(".")[2]
    if "Tab" in tail or element.selected or tail == "RadioButton":
        return True
    beside = [e for e in observation.elements if e.parent == element.parent and e.box.top == element.box.top]
    same = [e for e in beside if e.clickable and abs(e.box.width_px - element.box.width_px) <= 4]
    low = element.box.top >= 0.88 * observation.size_px[1]
    chosen = any(e.selected for e in same)
    return 2 <= len(same) <= (_MOST_TABS if chosen else _MOST_LOW_TABS) and (low or chosen)


def _control(index: int, kind: ControlKind, observation: Observation) -> Control:
    element = observation.elements[index]
    bare = Control(
        box=element.box,
        label="",
        norm="",
        element=index,
        kind=kind,
        source=Channel.HIERARCHY,
        enabled=element.enabled,
        selected=element.selected or element.checked,
    )
    own = next((t for t in (element.text, element.desc, element.hint) if normalise(t)), "")
    label = own if own or kind is ControlKind.SCROLL else " ".join(_labels(bare, observation))
    if not label and kind in (ControlKind.TAP, ControlKind.TAB):
        label = " ".join(word.text for word in _beside(element.box, observation.words)[:1])
    label = label[:_LONGEST_LABEL]
    return Control(
        box=element.box,
        label=label,
        norm=normalise(label),
        element=index,
        kind=kind,
        source=Channel.HIERARCHY,
        enabled=bare.enabled,
        selected=bare.selected,
    )


def _pixel_controls(observation: Observation, known: Iterable[Control], *, screen_px: int) -> list[Control]:
    taken = [c.box for c in known if c.kind is not ControlKind.SCROLL and c.box.area_px < _PAGE_RATIO * screen_px]
    found: list[Control] = []
    cells = _table_cells(observation)
    for word in observation.words:
        inside = any(region.holds(*word.box.centre_px) for region in observation.opaque)
        covered = any(box.holds(*word.box.centre_px) for box in taken)
        if Channel.HIERARCHY in word.channels or not inside or covered or word.confidence < _LEAST_CONFIDENCE:
            continue
        text = compact(word.norm)
        if 1 < len(text) <= _LONGEST_LABEL and not text.isdigit() and word.box not in cells:
            kind = ControlKind.BACK if _BACK_WORDS.fullmatch(compact(word.norm)) else ControlKind.TAP
            found.append(
                Control(box=word.box, label=word.text, norm=word.norm, element=None, kind=kind, source=Channel.OCR)
            )
    found.extend(
        Control(box=region, label="", norm="", element=None, kind=ControlKind.SCROLL, source=Channel.PICTURE)
        for region in observation.opaque
        if region.area_px >= 0.4 * screen_px
    )
    return found


def _table_cells(observation: Observation) -> frozenset[Box]:
    """Return the boxes of pixel words that stand in the lines of a table: three or more lines of cells with numbers.

    A leaderboard's cells lead nowhere; a grid of entries has no numbers.
    """
    lines: list[list[Word]] = []
    pixels = (word for word in observation.words if Channel.HIERARCHY not in word.channels)
    for word in sorted(pixels, key=lambda w: (w.box.top + w.box.bottom, w.box)):
        last = lines[-1][0].box if lines else word.box
        apart_px = abs(word.box.centre_px[1] - last.centre_px[1])
        if lines and apart_px < 0.5 * max(1, min(word.box.height_px, last.height_px)):
            lines[-1].append(word)
        else:
            lines.append([word])
    rows = [line for line in lines if len(line) >= 3 and any(compact(word.norm)[:1].isdigit() for word in line)]
    return frozenset(word.box for row in rows for word in row) if len(rows) >= 3 else frozenset()


def _labels(control: Control, observation: Observation) -> list[str]:
    """Return the texts a press at the control's centre is about: those inside it and those under the finger."""
    page = control.box.area_px > _PAGE_RATIO * observation.size_px[0] * observation.size_px[1]
    x, y = control.box.centre_px
    found: list[str] = []
    for word in observation.words:
        under = word.box.holds(x, y) and word.box.area_px <= 4 * max(1, control.box.area_px)
        inside = _lies_in(word, control) and not page
        if (under or inside) and not _belongs_elsewhere(word, control, observation):
            found.append(word.text)
    if control.element is None:
        found.extend(word.text for word in _on_the_same_button(control, observation))
    return found


def _lies_in(word: Word, control: Control) -> bool:
    return control.box.overlap(word.box) == word.box


def _on_the_same_button(control: Control, observation: Observation) -> list[Word]:
    """Return the words drawn on the button that a drawn word stands on: a press of one line presses them all."""
    buttons = (shape.box for shape in observation.shapes if shape.kind is ShapeKind.BUTTON)
    around = [box for box in buttons if box.holds(*control.box.centre_px)]
    return [word for word in observation.words if any(box.holds(*word.box.centre_px) for box in around)]


def _belongs_elsewhere(word: Word, control: Control, observation: Observation) -> bool:
    """Return whether the word sits in a smaller pressable node inside the control, away from the finger."""
    if control.element is None or not word.elements:
        return False
    at: int | None = word.elements[0]
    while at is not None and at != control.element:
        element = observation.elements[at]
        if element.clickable and element.box.area_px < control.box.area_px:
            return not element.box.holds(*control.box.centre_px)
        at = element.parent
    return False


def _beside(box: Box, words: Sequence[Word]) -> list[Word]:
    """Return the words that name a silent icon: right below it, or right of it on its line, nearest first."""
    near: list[tuple[int, Word]] = []
    for word in words:
        x, y = word.box.centre_px
        below = word.box.top - box.bottom
        right = word.box.left - box.right
        if box.left <= x < box.right and -box.height_px // 4 <= below <= max(24, round(0.6 * box.height_px)):
            near.append((max(0, below), word))
        elif box.top <= y < box.bottom and 0 <= right <= max(24, round(0.4 * box.width_px)):
            near.append((right, word))
    return [word for _, word in sorted(near, key=lambda pair: (pair[0], pair[1].box, pair[1].norm))]
