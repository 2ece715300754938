"""A stored observation becomes a case that says the same of nobody in particular."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.evidence.masking import Pseudonyms, TextMask
from harness.evidence.personal import Kind, names_on
from harness.evidence.promote import Telling, promote, redacted, stored_screen
from harness.model import Box, Rule, Shape, ShapeKind, Verdict
from harness.rules import ALL_RULES, rule_by_id
from harness.rules.corpus import CASES, cases_of, read_case, screen

PEOPLE = read_case(CASES / "points-ranking" / "people-table.json").screens[0]
RULE: Rule = rule_by_id("points-ranking")
TELLING = Telling(name="people-of-an-office", why="people in order of points, seen in a filed app")


def test_a_ranking_of_people_becomes_a_case_with_other_names_and_the_same_verdict(tmp_path: Path) -> None:
    promoted = promote(PEOPLE, RULE, TELLING, tmp_path)
    (case,) = cases_of("points-ranking", tmp_path)
    assert (case.name, case.verdict, case.lookalike) == (TELLING.name, Verdict.FOUND, False)
    names = [word.text for word in PEOPLE.words if word.text in ("刘建设", "赵文静", "孙立新", "吴晓梅")]
    assert names
    assert dict(promoted.masked)["name"] >= len(names)
    stored = promoted.path.read_text(encoding="utf-8")
    assert not any(name in stored for name in names)
    values = [word.text for word in PEOPLE.words if word.text.isdigit()]
    assert values
    assert all(value in stored for value in values)  # rank and value stay


def test_the_same_name_gets_the_same_other_name_of_its_shape() -> None:
    other = Pseudonyms()
    assert other("张三", Kind.NAME) == other("张三", Kind.NAME) != other("李四", Kind.NAME)
    assert len(other("欧阳锋", Kind.NAME)) == 3
    assert other("王*明", Kind.NAME)[1] == "*"
    assert other("13812345678", Kind.PHONE) == "00000000000"
    assert other("a.b@c.cn", Kind.ACCOUNT) == "x.x@x.xx"


@pytest.mark.parametrize("law", ALL_RULES, ids=lambda law: str(law.id))
def test_every_screen_of_the_corpus_comes_back_from_its_stored_form_as_it_was(law: Rule) -> None:
    screens = [seen for case in cases_of(law.id) for seen in case.screens]
    assert screens
    for seen in screens:
        again = screen(stored_screen(seen))
        assert (again.words, again.spans, again.opaque, again.gaps) == (seen.words, seen.spans, seen.opaque, seen.gaps)
        assert again.elements == seen.elements


# The rules that speak of people; of any other `promote` itself refuses a case that redaction would change.
OF_PEOPLE = ("points-ranking", "online-duration-stat", "study-duration-appraisal", "ranking-notice")


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_redaction_changes_no_verdict_about_people(name: str) -> None:
    law = rule_by_id(name)
    for case in cases_of(law.id):
        for seen in case.screens:
            after = redacted(seen, TextMask(sorted(names_on(seen)), Pseudonyms()))
            assert law.detect(after).verdict == law.detect(seen).verdict, case.name


def test_a_name_that_is_none_or_taken_is_refused(tmp_path: Path) -> None:
    for name in ("../x", "Name", "a b", ""):
        with pytest.raises(BadInput, match="is not a case's name"):
            promote(PEOPLE, RULE, replace(TELLING, name=name), tmp_path)
    promote(PEOPLE, RULE, TELLING, tmp_path)
    with pytest.raises(BadInput, match="is there already"):
        promote(PEOPLE, RULE, TELLING, tmp_path)


def test_a_case_that_would_say_something_else_than_the_screen_is_not_written(tmp_path: Path) -> None:
    """The rule sees what the corpus' form cannot hold: a word that is nowhere in the hierarchy and was not read."""
    ghost = replace(PEOPLE, elements=PEOPLE.elements[:1])
    with pytest.raises(BadInput, match="write this case by hand"):
        promote(ghost, RULE, TELLING, tmp_path)
    assert list(tmp_path.rglob("*.json")) == []


def test_a_person_can_say_that_the_rule_is_wrong_today(tmp_path: Path) -> None:
    telling = replace(TELLING, verdict=Verdict.CLEAR, lookalike=True)
    promoted = promote(PEOPLE, RULE, telling, tmp_path)
    (case,) = cases_of("points-ranking", tmp_path)
    assert (promoted.verdict, case.verdict, case.lookalike, case.markers) == (Verdict.CLEAR, "clear", True, frozenset())


def test_shapes_are_stored_with_their_place_and_kind() -> None:
    medal = Shape(
        kind=ShapeKind.MEDAL, box=Box(left=1, top=2, right=3, bottom=4), match_ratio=0.9, method="x", name="gold"
    )
    assert stored_screen(replace(PEOPLE, shapes=(medal,)))["shapes"] == [
        {"kind": "medal", "box": [1, 2, 3, 4], "match_ratio": 0.9, "method": "x", "name": "gold"}
    ]


def test_a_ranking_under_nicknames_is_one_of_people_too() -> None:
    seen = read_case(CASES / "points-ranking" / "medals-and-nicknames.json").screens[0]
    assert {"晨光", "小草"} <= {word.text for word in seen.words}
    after = redacted(seen, TextMask(sorted(names_on(seen)), Pseudonyms()))
    assert not {"晨光", "小草"} & {word.text for word in after.words}
    assert [w.text for w in after.words if w.text.isdigit()] == [w.text for w in seen.words if w.text.isdigit()]
