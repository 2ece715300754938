"""Tells which sentences of a screen speak to the user of this app, and which tell of somebody else. Pure.

A duty in a headline, in news, in a question or in a rule of another platform binds nobody here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import title_words
from harness.rules.wording import read_from_pixels_only, wholes

_HEADLINE_CHARS: Final = 14
_MIN_CHARS: Final = 3
_MIN_TIE_CHARS: Final = 6
_NOTICE_TITLE: Final = re.compile(
    r"\S{0,10}(?:通知|公告|规则|须知|制度|说明|依据|办法|规定|要求|帮助中心|常见问题)\S{0,4}"
)
_NEWS_TITLE: Final = re.compile(
    r"资讯|新闻|要闻|动态|文章|法规|政策|文件|案例|曝光|问卷|调查|征求意见|留言|评论|信箱|反馈|热点|头条"
)
_ARTICLE_TITLE: Final = re.compile(r"资讯|新闻|要闻|头条|文章|案例|曝光|征求意见|问卷|调查|留言|评论|信箱")
_ABOUT_OTHERS: Final = re.compile(
    r"某[^天日次]|纪委|监委|典型|造假|流于形式|整治|印发|出台|解读|征求意见|被(?:约谈|通报|处分|查)|(?<!依据)(?<!根据)(?<!按照)(?<!按)《"
    r"|记者|新华社|据悉|日讯|网友|群众反映|建议|反映|投诉|呼吁|希望|外省|外地|企业|商户|学生|考生|居民|市民(?!政)"
)
_ELSEWHERE: Final = re.compile(r"学习强国|网络学院|学习通|雨课堂|智慧树|慕课|钉钉|抖音|微信")
_QUESTION: Final = re.compile(r"[?]|是否|如何|怎么|为什么|什么|吗$|哪些")
_TIE: Final = re.compile(
    r"纳入|计入|作为|列为|列入|影响|挂钩|不得|不予|评优|评先|取消|扣|通报|约谈|不合格|依据|绩效|问责|处理|检讨|督办|提醒谈话"
)
_END: Final = re.compile(r"[。;?!\n]")


def binding(observation: Observation, words: Sequence[Word], *, own: bool, dedicated: bool = False) -> tuple[Word, ...]:
    """Return the sentences that can bind the user of this app, each as a word at the place of its paragraph.

    ``own`` says that the screen shows the function itself, ``dedicated`` that it is about nothing else. Of other
    screens only notices and rules count. Text in pixels may be a headline: it counts where the page is about this.
    """
    titles = title_words(observation)
    news = any(_NEWS_TITLE.search(w.norm) for w in titles if len(w.norm) <= _HEADLINE_CHARS)
    notice = not news and any(_NOTICE_TITLE.fullmatch(w.norm) for w in titles)
    article = any(_ARTICLE_TITLE.search(w.norm) for w in titles if len(w.norm) <= _HEADLINE_CHARS)
    if article or not (own or dedicated or notice):
        return ()
    found: dict[str, Word] = {}
    for word in wholes(words):
        if word.clickable and len(word.norm) > _HEADLINE_CHARS:
            continue
        if read_from_pixels_only(word) and len(word.norm) > _HEADLINE_CHARS and not (dedicated or notice):
            continue
        for sentence in sentences(word):
            if _ABOUT_OTHERS.search(sentence.norm) or _ELSEWHERE.search(sentence.norm):
                continue
            if not _QUESTION.search(sentence.norm):
                found.setdefault(sentence.norm, sentence)
    return tuple(found.values())


def sentences(word: Word) -> tuple[Word, ...]:
    """Return the sentences of one word, each with its place and provenance; the end marks are dropped."""
    ends = [m.end() for m in _END.finditer(word.norm)]
    bounds = [0, *ends, len(word.norm)]
    parts = (word.norm[a:b] for a, b in pairwise(bounds))
    return tuple(
        replace(word, text=part.rstrip("。;"), norm=part.rstrip("。;")) for part in parts if len(part) >= _MIN_CHARS
    )


def ties(sentence: Word) -> bool:
    """Return whether a sentence with a consequence says that it follows; 考核 as a label or 考核合格 does not."""
    return len(sentence.norm) >= _MIN_TIE_CHARS and bool(_TIE.search(sentence.norm))
