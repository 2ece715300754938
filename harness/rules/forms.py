"""Reads a form off one screen: its title, its fields with labels, required marks and what is filled in. Pure.

A field is an input node with the label that belongs to it, or a label with words like 请选择 beside it where a page
draws its own widgets or only pixels can be read. Boxes for searching are no fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.grouping import in_status_bar
from harness.model import Box, Element, Observation, Word
from harness.rules.form_labels import ASK, ASKED_FOR, PERIODIC, Addressed, addressed_to, label_key
from harness.rules.layout import title_words
from harness.rules.once import once
from harness.rules.wording import app_words, atoms
from harness.wording import normalise

MIN_FIELDS: Final = 2  # fewer than these are a box on a page, not a form

_INPUTS: Final = ("EditText", "AutoCompleteTextView", "MultiAutoCompleteTextView", "Spinner", "AppCompatEditText")
_PLACEHOLDER: Final = re.compile(
    rf"{ASK}\S{{0,24}}|(?:必填|选填|未填写|待填写|未选择|待完善|去填写|去选择)(?:项)?|\({{0,1}}(?:必填|选填|非必填)\){{0,1}}|>"
)
_HINT: Final = re.compile(rf"(?P<label>.*?)(?P<asked>{ASK}.*|\(?(?:选填|必填|非必填)\)?|例如?[:：].*|如[:：].*)?")
_REQUIRED: Final = re.compile(r"\*|[\(\[](?:必填|必选|必传)[项]?[\)\]]|必填|必传|必选|为必填项|不能为空")
_OPTIONAL: Final = re.compile(r"选填|非必填|可不填|可选|如有")
_STAR: Final = re.compile(r"\*")
_SEARCH: Final = re.compile(r"搜索|搜一搜|关键[字词]|检索|查找|请输入(?:要|您要)?(?:查询|搜索)")
_NO_LABEL: Final = re.compile(
    r"[\d\W]+|返回|取消|确定|提交|保存|下一步|上一步|更多|编辑|全部|清空|拍照|相册|立即\S{0,4}|获取验证码"
)
_STARRED: Final = re.compile(r"\*\S{2,16}|\S{2,16}\*|\S{2,14}[\(\[](?:必填|必选|必传|选填)[\)\]]\S{0,2}")
_MOST_LABEL_CHARS: Final = 18
_ABOVE_RATIO: Final = 0.05

NEXT: Final = re.compile(r"下一[步项页环节个]{1,2}|进入下一\S{1,4}|继续(?:检查|巡查|填写|填报)?|下一(?:环节|检查项)")
HAND_IN: Final = re.compile(
    r"(?:立即|确认|一键|保存并)?(?:提交|上报|报送|填报|保存|完成|结束)"
    r"(?:审核|检查|巡查|走访|填报|记录|任务|上报|表单|数据|反馈|结果|检查结果|报修|申请|草稿)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. ``value`` is what is filled in: empty where nothing is, ``None`` where that cannot be told.

    ``key`` is the label for comparing, without marks and units. ``required`` is ``None`` where nothing says so or the
    opposite.
    """

    label: str
    key: str
    box: Box
    value: str | None
    required: bool | None
    word: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of one screen, or of several screens of one page: fields from top to bottom."""

    title: str
    addressed: Addressed
    fields: tuple[Field, ...]
    periodic: bool = False  # asked for again each day, week or month

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(f.key for f in self.fields)


@once
def read_form(observation: Observation) -> Form | None:
    """Return the form a screen shows, ``None`` where it shows none."""
    words = app_words(observation)
    if not _may_hold_fields(observation, words):
        return None
    fields = _fields(observation, words)
    if len(fields) < MIN_FIELDS:
        return None
    title = title_of(observation)
    return Form(
        title=title,
        addressed=addressed_to(title, [f.label for f in fields], words),
        fields=fields,
        periodic=bool(PERIODIC.search(title)),
    )


def title_of(observation: Observation) -> str:
    """Return the title of the page: the text nearest to the middle of the title zone, empty where there is none."""
    middle = observation.size_px[0] / 2
    found = [
        w
        for w in title_words(observation)
        if not w.clickable and 2 <= len(w.norm) <= 20 and not _PLACEHOLDER.fullmatch(w.norm)
        if not re.fullmatch(r"[\d\W]+|返回|首页|更多", w.norm)
    ]
    if not found:
        return ""
    highest = min(found, key=lambda w: w.box.top)
    # The highest line holds the title; what stands under it is content.
    line = [w for w in found if w.box.top < highest.box.bottom]
    return min(line, key=lambda w: (abs(w.box.centre_px[0] - middle), -len(w.norm))).norm


def merged(forms: Iterable[Form]) -> tuple[Form, ...]:
    """Return one form for each title: a long page is seen in several screens."""
    by_title: dict[str, Form] = {}
    for form in forms:
        known = by_title.get(form.title)
        by_title[form.title] = form if known is None else _joined(known, form)
    return tuple(by_title.values())


def _joined(known: Form, more: Form) -> Form:
    fields = {f.key: f for f in known.fields}
    for field in more.fields:
        held = fields.get(field.key)
        if held is None:
            fields[field.key] = field
        elif held.value is None and field.value is not None:
            # The first look counts: what is filled in later may be the walk's own doing.
            fields[field.key] = replace(held, value=field.value)
        elif field.required and held.required is None:
            fields[field.key] = replace(held, required=True)
    staff = Addressed.STAFF in (known.addressed, more.addressed) and Addressed.CITIZEN not in (
        known.addressed,
        more.addressed,
    )
    return replace(known, fields=tuple(fields.values()), addressed=Addressed.STAFF if staff else known.addressed)


# --- one screen ------------------------------------------------------------------------------------------------


def _may_hold_fields(observation: Observation, words: Sequence[Word]) -> bool:
    if any(e.class_name.endswith(_INPUTS) for e in observation.elements):
        return True
    return sum(1 for w in words if _PLACEHOLDER.fullmatch(w.norm) or _STARRED.fullmatch(w.norm)) >= MIN_FIELDS


def _fields(observation: Observation, words: Sequence[Word]) -> tuple[Field, ...]:
    parts = [w for w in atoms(words) if not in_status_bar(observation, w)]
    everything_required = any(re.search(r"(?:以下|所有|全部)\S{0,6}(?:均|都)?为?必填", w.norm) for w in parts)
    found: list[Field] = []
    for element in observation.elements:
        if element.class_name.endswith(_INPUTS) and element.box.area_px and not element.password:
            field = _of_input(element, parts, observation)
            if field is not None:
                found.append(field)
    inputs = [e.box for e in observation.elements if e.class_name.endswith(_INPUTS)]
    for word in parts:
        if any(box.holds(*word.box.centre_px) for box in inputs):
            continue
        field = _of_words(word, parts, observation)
        if field is not None and not any(f.key == field.key for f in found):
            found.append(field)
    fields: dict[str, Field] = {}
    for seen in sorted(found, key=lambda f: (f.box.top, f.box.left)):
        field = replace(seen, required=True) if everything_required and seen.required is None else seen
        if 2 <= len(field.key) <= _MOST_LABEL_CHARS and not _NO_LABEL.fullmatch(field.key):
            fields.setdefault(field.key, field)
    return tuple(fields.values())


def _of_input(element: Element, words: Sequence[Word], observation: Observation) -> Field | None:
    hint = normalise(element.hint)
    shown = normalise(element.text)
    if _SEARCH.search(hint) or _SEARCH.search(shown) or _SEARCH.search(normalise(element.desc)):
        return None
    beside = _label_beside(element.box, words, observation)
    told = _HINT.fullmatch(hint)
    label = normalise(element.desc) or (told["label"] if told else "")
    asked = hint if not label else (told["asked"] or "" if told else "")
    if not label:
        # The hint may hold the label alone (户主姓名), or only ask for it (请输入户主姓名).
        wanted = ASKED_FOR.fullmatch(hint) or ASKED_FOR.fullmatch(shown)
        label = beside.norm if beside is not None else (wanted["label"] if wanted else hint)
    if not label:
        return None
    empty = not shown or bool(_PLACEHOLDER.fullmatch(shown)) or shown in (label, hint)
    return Field(
        label=label,
        key=label_key(label),
        box=element.box,
        value="" if empty else shown,
        required=_required(label, asked, shown if empty else "", beside, words),
        word=beside,
    )


def _of_words(word: Word, words: Sequence[Word], observation: Observation) -> Field | None:
    """Return the field that a word of asking or a starred label stands for."""
    if _SEARCH.search(word.norm):
        return None
    if _PLACEHOLDER.fullmatch(word.norm) and word.norm != ">":
        label = _label_beside(word.box, words, observation)
        wanted = ASKED_FOR.fullmatch(word.norm)
        text = label.norm if label is not None else (wanted["label"] if wanted else "")
        if not text:
            return None
        box = word.box.around(label.box) if label is not None else word.box
        required = _required(text, word.norm, "", label, words)
        return Field(label=text, key=label_key(text), box=box, value="", required=required, word=label or word)
    if _STARRED.fullmatch(word.norm) and not word.norm.startswith("**"):
        return Field(
            label=word.norm,
            key=label_key(word.norm),
            box=word.box,
            value=_value_right_of(word, words),
            required=_required(word.norm, "", "", word, words),
            word=word,
        )
    return None


def _value_right_of(label: Word, words: Sequence[Word]) -> str | None:
    right = [w for w in words if w is not label and w.box.left >= label.box.right and _level(w.box, label.box)]
    if not right:
        return None
    nearest = min(right, key=lambda w: w.box.left)
    return "" if _PLACEHOLDER.fullmatch(nearest.norm) else nearest.norm


def _label_beside(box: Box, words: Sequence[Word], observation: Observation) -> Word | None:
    """Return the word that names what is at ``box``: left of it on its line, else right above it."""
    names = [w for w in words if not w.clickable or _STARRED.fullmatch(w.norm) or len(w.norm) <= 8]
    names = [w for w in names if not _PLACEHOLDER.fullmatch(w.norm) and not re.fullmatch(r"[\d\W]+", w.norm)]
    left = [w for w in names if w.box.right <= box.left + 12 and _level(w.box, box)]
    if left:
        return max(left, key=lambda w: w.box.right)
    limit_px = _ABOVE_RATIO * observation.size_px[1]
    above = [
        w
        for w in names
        if -12 <= box.top - w.box.bottom <= limit_px and w.box.left < box.right and w.box.right > box.left
        if len(w.norm) <= _MOST_LABEL_CHARS
    ]
    return max(above, key=lambda w: w.box.bottom, default=None)


def _required(label: str, asked: str, shown: str, word: Word | None, words: Sequence[Word]) -> bool | None:
    said = f"{label} {asked} {shown}"
    if _OPTIONAL.search(said):
        return False
    if _REQUIRED.search(said):
        return True
    if word is None:
        return None
    near = [w for w in words if w is not word and _level(w.box, word.box)]
    near = [w for w in near if abs(w.box.left - word.box.right) <= 60 or abs(word.box.left - w.box.right) <= 60]
    if any(_OPTIONAL.search(w.norm) and len(w.norm) <= 6 for w in near):
        return False
    if _OPTIONAL.search(word.norm):
        return False
    if _REQUIRED.search(word.norm):
        return True
    return True if any(_STAR.fullmatch(w.norm) or re.fullmatch(r"\(?必填\)?", w.norm) for w in near) else None


def _level(one: Box, other: Box) -> bool:
    """Return whether two boxes stand on one line; a tall box is on the line of what stands at its top."""
    low = min(one.height_px, other.height_px)
    return low > 0 and min(one.bottom, other.bottom) - max(one.top, other.top) >= 0.5 * low
