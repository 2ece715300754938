"""Why a control must not be pressed where it stands, and what a press at a point would meet. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.model import Channel, Observation, ShapeKind
from harness.safety.controls import PAGE_RATIO, Control, ControlKind, beside, controls, labels_of, lies_in
from harness.safety.lexicon import SIGN_LOOK, UNREAD, compact, danger, danger_in_id, is_telling
from harness.wording import normalise

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
_ACTING = (ControlKind.TAP, ControlKind.TAB, ControlKind.TOGGLE)


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
    """Return whether a control stands in another one, in the tree or on a page as a whole.

    What comes before a large one in the tree lies under it.
    """
    if outer.element is None:
        return False
    at = inner.element
    while at is not None:
        at = observation.elements[at].parent
        if at == outer.element:
            return True
    whole = observation.elements[outer.element]
    on_a_page = outer.box.area_px > PAGE_RATIO * observation.size_px[0] * observation.size_px[1]
    over = inner.element > outer.element if inner.element is not None else not (whole.text or whole.desc)
    return on_a_page and over and inner.box.area_px < outer.box.area_px


def danger_of(control: Control, observation: Observation) -> str | None:
    """Return the danger class of a control as it stands on its screen, ``None`` where it may be pressed.

    Looks at what is under and inside the control in every channel, at the words beside a silent icon, and at the
    question that a plain 确定 answers. Swiping and seeking press nothing. Whether a press at its middle would meet
    something else, ``judged`` tells.
    """
    if control.kind in (ControlKind.SCROLL, ControlKind.SEEK, ControlKind.BACK):
        return None
    element = None if control.element is None else observation.elements[control.element]
    labels = [control.label, *labels_of(control, observation)]
    found = danger(labels, element=element)
    if found is None and element is not None and not any(lies_in(word, control) for word in observation.words):
        found = danger_in_id(element.resource_id)  # the words it has lie across it, and may be another's
    if found is not None:
        return found
    if not any(compact(label) for label in labels):
        icons = (shape for shape in observation.shapes if shape.kind is ShapeKind.ICON)
        known = (danger_in_id(icon.name) for icon in icons if control.box.holds(*icon.box.centre_px))
        found = next((name for name in known if name is not None), None)
        if found is not None:
            return found
        near = beside(control.box, observation.words)
        found = danger([word.norm for word in near])
        if found is None and not near and control.kind is not ControlKind.INPUT and _is_unread(control, observation):
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
