"""The form of text that is compared: one spelling for what people read as the same words."""

from __future__ import annotations

import re
import unicodedata

_CJK = r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_CJK_MARK = r"\u3001-\u3003\u3008-\u3020\uff01-\uff65\u2014\u2018-\u201d\u2026"
_INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]")
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffc\ufffd]")  # icon fonts
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # controls, format marks, halves of pairs
# Signs that look like another and are read, or written to go unread, in its place. Only where the other is meant:
# 曰 and 囗 stand in no app, 巳 before no deed, a dash in no ordinal, and letters in no number that counts something.
_ALWAYS_MEANT = str.maketrans("曰囗", "日口")
_DASH_AS_ONE = re.compile(r"(?<=[第统唯])[\u2014\u2015\u2500\u30fc](?=[\u4e00-\u9fff])")
_SI_AS_YI = re.compile("巳(?=[签打完读学看领报阅提参达])")
_LETTERS_IN_NUMBER = re.compile(r"(?<![0-9A-Za-z])[OoIl]*\d[\dOoIl]*(?=[分名次天秒题])")
_AS_DIGITS = str.maketrans("OoIl", "0011")
_BLANK = re.compile(r"\s+")
_BLANK_AT_CJK = re.compile(rf"(?<=[{_CJK}{_CJK_MARK}]) | (?=[{_CJK}{_CJK_MARK}])")


def visible(text: str) -> str:
    """Return ``text`` with every character that cannot be seen, or turns others around, as its code in brackets.

    What an app wrote can then be printed: it cannot hide, reorder, or steer a terminal. Line ends stay.
    """
    return "".join(
        f"[U+{ord(char):04X}]" if char != "\n" and unicodedata.category(char) in _UNSEEN else char for char in text
    )


def normalise(text: str) -> str:
    """Return ``text`` for matching: NFKC, invisible and icon-font characters dropped, blanks at CJK removed.

    Full-width digits and letters become plain ones, and signs that look like another that is meant become that one
    (每曰签到, 第—名, 1O分); other runs of blanks become one. Idempotent.
    """
    before = None
    while text != before:
        before = text
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
        text = _BLANK.sub(" ", _PRIVATE.sub(" ", text)).strip()
        text = _as_meant(_BLANK_AT_CJK.sub("", text))
    return text


def _as_meant(text: str) -> str:
    text = _SI_AS_YI.sub("已", _DASH_AS_ONE.sub("一", text.translate(_ALWAYS_MEANT)))
    return _LETTERS_IN_NUMBER.sub(lambda number: number.group().translate(_AS_DIGITS), text)
