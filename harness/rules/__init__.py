"""Every rule, in the order of the clauses. A rule is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.model import AcrossRule, Outcome, Rule, RuleId
from harness.rules import (
    anti_idle_proof,
    check_in_streak,
    commercial_activity,
    duplicate_form_cross_app,
    duplicate_function_one_sponsor,
    forced_follow,
    forced_install,
    forced_periodic_login,
    forced_update,
    group_chain_reply,
    install_usage_rate_report,
    mandatory_check_in,
    missing_complaint_channel,
    missing_sponsor_filing_number,
    online_duration_stat,
    online_inspection_carrier,
    photo_step_lock,
    points_quota,
    points_ranking,
    quiz_pass_mark,
    ranking_notice,
    repeat_form,
    single_session_lock,
    social_metric_appraisal,
    study_duration_appraisal,
    sub_county_developer,
    trace_location,
    trace_photo_video,
    unfiled_required_use,
    video_quiz_interrupt,
    video_watch_gate,
    zombie_app,
)
from harness.rules.concluding import ONE_DAY, PROBE_WANTED, TWO_DEVICES
from harness.rules.edition import rules_edition

ALL_RULES: Final[tuple[Rule, ...]] = (
    mandatory_check_in.RULE,
    check_in_streak.RULE,
    points_ranking.RULE,
    points_quota.RULE,
    online_duration_stat.RULE,
    study_duration_appraisal.RULE,
    video_watch_gate.RULE,
    video_quiz_interrupt.RULE,
    anti_idle_proof.RULE,
    single_session_lock.RULE,
    quiz_pass_mark.RULE,
    forced_install.RULE,
    install_usage_rate_report.RULE,
    forced_periodic_login.RULE,
    social_metric_appraisal.RULE,
    ranking_notice.RULE,
    online_inspection_carrier.RULE,
    trace_photo_video.RULE,
    photo_step_lock.RULE,
    trace_location.RULE,
    repeat_form.RULE,
    commercial_activity.RULE,
    missing_complaint_channel.RULE,
    missing_sponsor_filing_number.RULE,
    unfiled_required_use.RULE,
    zombie_app.RULE,
    forced_follow.RULE,
    group_chain_reply.RULE,
    sub_county_developer.RULE,
    forced_update.RULE,
)

# What only several apps together can show; findings of their own, never among those of an app.
ACROSS_RULES: Final[tuple[AcrossRule, ...]] = (duplicate_form_cross_app.RULE, duplicate_function_one_sponsor.RULE)

# An id that a rule had in older nights, and the one that it has now: what is known of it goes on under the new one.
RENAMED_RULES: Final[Mapping[RuleId, RuleId]] = {}

# Icon templates, one folder per rule.
PICTURES: Final = Path(__file__).parent / "pictures"


def rule_by_id(rule_id: str) -> Rule:
    """Return the rule with this id; raises ``KeyError`` that names the known ones."""
    known = {str(rule.id): rule for rule in ALL_RULES}
    if rule_id not in known:
        raise KeyError(f"no rule {rule_id!r}; known: {', '.join(known)}")
    return known[RuleId(rule_id)]


def wants_probe(outcome: Outcome) -> bool:
    """Return whether a static outcome leaves a question that only the rule's probe can settle on that screen."""
    return not outcome.from_probe and any(name == PROBE_WANTED for name, _ in outcome.data)


def once_in_an_app(outcome: Outcome) -> bool:
    """Return whether the probe is wanted for nothing but what once in an app is enough for."""
    return any((PROBE_WANTED, what) in outcome.data for what in (ONE_DAY, TWO_DEVICES))


__all__ = ["ACROSS_RULES", "ALL_RULES", "PICTURES", "once_in_an_app", "rule_by_id", "rules_edition", "wants_probe"]
