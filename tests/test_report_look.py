"""What the annotated picture of one screen says beside its marks."""

from __future__ import annotations

import pytest

from harness.model import Box, Mark, ObservationId, Outcome, RuleId, Verdict
from harness.report.look import RuleOutcome, mark_text
from harness.rules import ALL_RULES


@pytest.mark.parametrize("name", ["points-ranking", "commercial-activity", "trace-photo-video"])
def test_a_reason_that_quotes_the_marked_words_quotes_them(name: str) -> None:
    assert name in {str(one.id) for one in ALL_RULES}
    box = Box(left=0, top=0, right=10, bottom=10)
    mark = Mark(observation=ObservationId("o0001"), box=box, text="会员", why=f"{name}-look-alike")
    outcome = Outcome(verdict=Verdict.CLEAR, reason="nothing-seen", marks=(mark,))
    said = mark_text(RuleOutcome(rule=RuleId(name), statement="", outcome=outcome), mark)
    assert said.startswith(f"{name}：会员（")
    assert "“会员”" in said
    assert "{" not in said
