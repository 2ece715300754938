"""The catalogue page says of every rule what the rule itself says, in both languages, and escapes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markupsafe import escape

from harness.messages import LANGUAGES
from harness.model import AcrossRule, Rule
from harness.report.catalogue_page import catalogue_page
from harness.report.phrases import Phrases
from harness.rules import ACROSS_RULES, ALL_RULES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_on_the_page_with_clause_signs_and_limits(language: str) -> None:
    words = Phrases(language=language)
    page = catalogue_page(ALL_RULES, ACROSS_RULES, "r1", words).decode()
    assert "{" not in page.split("</style>")[1]
    every: tuple[Rule | AcrossRule, ...] = (*ALL_RULES, *ACROSS_RULES)
    for rule in every:
        assert f'id="{rule.id}"' in page
        assert all(clause.quote in page for clause in (rule.clause, *rule.also))
        assert all(str(escape(words.say(limit))) in page for limit in rule.known_limits)
    assert all(str(escape("、".join(law.lexicon.must))) in page for law in ALL_RULES)


def test_what_a_rule_says_is_text_and_never_markup() -> None:
    hostile = replace(ALL_RULES[0], name_zh="<script>alert(1)</script>")
    assert "<script>" not in catalogue_page([hostile], [], "r1").decode()
