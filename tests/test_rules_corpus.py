"""Every stored case of every rule is judged as expected, and no rule goes without cases, look-alikes or texts."""

from __future__ import annotations

import importlib
import pkgutil
import re
from enum import StrEnum

import pytest

from harness import rules
from harness.messages import LANGUAGES, catalogue
from harness.model import Box, Channel, Coverage, Gap, Rule, ShapeKind, Verdict
from harness.rules import ALL_RULES, PICTURES, rule_by_id
from harness.rules.corpus import CASES, Case, cases_of, screen

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
# What a rule's classes of these names hold are keys of messages; other enums are its own business.
KEY_CLASSES = ("Reason", "WallReason", "Why", "Known", "Name", "Stopped")


def _keys() -> set[str]:
    """Return the message keys that the modules of the rules name."""
    modules = [importlib.import_module(f"{rules.__name__}.{m.name}") for m in pkgutil.iter_modules(rules.__path__)]
    named = [getattr(module, name, None) for module in modules for name in KEY_CLASSES]
    return {str(key) for group in named if isinstance(group, type) and issubclass(group, StrEnum) for key in group}


def _all_cases() -> list[tuple[Rule, Case]]:
    return [(rule, case) for rule in ALL_RULES for case in cases_of(rule.id)]


@pytest.mark.parametrize(("law", "case"), _all_cases(), ids=lambda v: v.name if isinstance(v, Case) else str(v.id))
def test_a_stored_case_is_judged_as_expected(law: Rule, case: Case) -> None:
    outcome = law.conclude([law.detect(s) for s in case.screens], case.coverage)
    assert (outcome.verdict, outcome.reason) == (case.verdict, outcome.reason), case.why
    assert case.markers <= set(outcome.markers)


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
def test_a_rule_has_at_least_six_cases_and_three_look_alikes(law: Rule) -> None:
    cases = cases_of(law.id)
    assert len(cases) >= 6
    assert sum(case.lookalike for case in cases) >= 3
    assert any(case.verdict != Verdict.CLEAR for case in cases)


@pytest.mark.parametrize(("law", "case"), _all_cases(), ids=lambda v: v.name if isinstance(v, Case) else str(v.id))
def test_a_look_alike_is_never_more_than_clear(law: Rule, case: Case) -> None:
    if case.lookalike:
        assert [law.detect(s).verdict for s in case.screens] == [Verdict.CLEAR] * len(case.screens)


def test_every_case_folder_belongs_to_a_rule_and_every_case_has_an_expectation() -> None:
    folders = {f.name for f in CASES.iterdir() if f.is_dir()}
    assert folders == {str(rule.id) for rule in ALL_RULES}
    cases = {f for f in CASES.glob("*/*.json") if not f.name.endswith(".expected.json")}
    assert {f.with_suffix(".expected.json") for f in cases} == set(CASES.glob("*/*.expected.json"))


def test_a_stored_screen_may_hold_shapes_and_its_icons_are_ones_that_are_looked_for() -> None:
    drawn = [{"kind": "icon", "name": "trophy", "box": [40, 300, 104, 364]}]
    bar = {"kind": "seek", "box": [0, 900, 1080, 912], "fill_ratio": 0.25, "match_ratio": 1.0}
    icon, seek = screen({"shapes": [*drawn, bar]}).shapes
    assert (icon.kind, icon.name, icon.fill_ratio) == (ShapeKind.ICON, "trophy", None)
    assert (seek.kind, seek.fill_ratio, seek.match_ratio) == (ShapeKind.SEEK, 0.25, 1.0)
    assert seek.box == Box(left=0, top=900, right=1080, bottom=912)
    assert screen({}).shapes == ()
    names = {path.stem for path in PICTURES.rglob("*.svg")}
    stored = [s for _, case in _all_cases() for seen in case.screens for s in seen.shapes]
    assert {shape.name for shape in stored if shape.kind is ShapeKind.ICON} <= names


def test_the_names_of_icons_are_told_to_those_who_write_rules() -> None:
    told = re.findall(r"`([a-z-]+)`", (PICTURES / "README.md").read_text(encoding="utf-8"))
    assert {path.stem for path in PICTURES.rglob("*.svg")} <= set(told)


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
def test_a_quoted_item_is_a_prohibition_by_itself(law: Rule) -> None:
    for clause in (law.clause, *law.also):
        if clause.item:
            assert "不得出现下列情况" in clause.quote
            assert clause.item in clause.quote


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
def test_a_rule_quotes_its_clause_and_says_what_it_cannot_tell(law: Rule) -> None:
    for clause in (law.clause, *law.also):
        assert all((clause.document, clause.quote, clause.date))
        assert clause.confidence in {"A", "B", "C", "D"}
        assert clause.article_no == ""
    assert law.lexicon.must
    assert law.lexicon.lookalike
    assert any("limit-article" in limit for limit in law.known_limits)
    assert law.checkpoints[0].words == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_a_rule_has_a_text(language: str) -> None:
    texts = catalogue(language)
    keys = _keys() | {limit for rule in ALL_RULES for limit in rule.known_limits}
    assert keys
    assert keys - set(texts) == set()


def test_texts_in_both_languages_ask_for_the_same_data() -> None:
    chinese, english = (catalogue(language) for language in LANGUAGES)
    mine = [k for k in chinese if k.startswith(tuple(f"{rule.id}-" for rule in ALL_RULES))]
    assert mine
    assert {k: _fields(chinese[k]) for k in mine} == {k: _fields(english[k]) for k in mine}


@pytest.mark.parametrize(("law", "case"), _all_cases(), ids=lambda v: v.name if isinstance(v, Case) else str(v.id))
def test_an_outcome_brings_the_data_its_text_asks_for(law: Rule, case: Case) -> None:
    outcome = law.conclude([law.detect(s) for s in case.screens], case.coverage)
    fields = _fields(catalogue("zh_CN")[str(outcome.reason)])
    assert fields <= {name for name, _ in outcome.data}


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
def test_a_screen_whose_hierarchy_was_not_read_is_never_clear(law: Rule) -> None:
    gap = Gap(channel=Channel.HIERARCHY, reason="dump-failed")
    blind = screen({"gaps": [{"channel": gap.channel, "reason": gap.reason}], "nodes": []})
    assert law.detect(blind).verdict is Verdict.INCONCLUSIVE
    moving = screen({"moving": True, "nodes": [{"text": "首页", "box": [0, 200, 200, 260]}]})
    assert law.detect(moving).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda r: str(r.id))
def test_nothing_seen_is_clear_only_after_a_finished_walk(law: Rule) -> None:
    plain = law.detect(screen({"nodes": [{"text": "首页", "box": [0, 200, 200, 260]}]}))
    unfinished = Coverage(reaches=(), screens=1, steps=1, untried=4, finished=False, stopped_by="budget")
    assert law.conclude([plain], WALKED).verdict is Verdict.CLEAR
    assert law.conclude([plain], unfinished).verdict is Verdict.INCONCLUSIVE
    assert law.conclude([], WALKED).verdict is Verdict.INCONCLUSIVE


def test_an_unknown_rule_is_named_together_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="mandatory-check-in"):
        rule_by_id("no-such-rule")


def _fields(template: str) -> set[str]:
    return {part.split("}")[0] for part in template.split("{")[1:]}
