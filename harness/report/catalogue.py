"""One rule as text and as JSON, from the same values that judge with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.messages import text
from harness.model import AcrossRule, Clause, Rule

FORMAT = 1


def rule_lines(rule: Rule) -> Iterator[str]:
    """Yield the lines that tell a person what a rule enforces, by which signs, and where it is blind."""
    yield f"{rule.id}  {rule.name_zh} / {rule.name_en}"
    yield f"等级 severity: {rule.severity}   成熟度 stage: {rule.stage}   通道 needs: {', '.join(sorted(rule.needs))}"
    for name, clause in (("依据", rule.clause), *(("另据", clause) for clause in rule.also)):
        yield ""
        yield f"{name}: {_cited(clause)}"
        yield f"  {clause.quote}"
        if clause.url:
            yield f"  {clause.url}"
    lexicon = rule.lexicon
    for name, words in (
        ("特征词 must", lexicon.must),
        ("佐证词 supporting", lexicon.support),
        ("强制词 compulsion", lexicon.compulsion),
        ("自愿词 voluntary", lexicon.voluntary),
        ("形似词 look-alike", lexicon.lookalike),
    ):
        if words:
            yield ""
            yield f"{name}: {'、'.join(words)}"
    yield ""
    yield f"探测 probe: {'有' if rule.probe else '无'}" + (
        f"；可点击 may press: {'、'.join(rule.may_press)}" if rule.may_press else ""
    )
    if rule.may_press_demo:
        yield f"仅在演示应用中可点击 in made-up apps only: {'、'.join(rule.may_press_demo)}"
    yield "判“未见”前须到达 checkpoints: " + "、".join(
        checkpoint.id + (f"（{'/'.join(checkpoint.words)}）" if checkpoint.words else "")
        for checkpoint in rule.checkpoints
    )
    yield ""
    yield "已知局限 known limits:"
    for limit in rule.known_limits:
        yield f"  - {text(limit)}"


def across_lines(rule: AcrossRule) -> Iterator[str]:
    """Yield the lines that tell a person what a rule across apps enforces, and where it is blind."""
    yield f"{rule.id}  {rule.name_zh} / {rule.name_en}"
    yield f"等级 severity: {rule.severity}   成熟度 stage: {rule.stage}   跨应用 across apps"
    for name, clause in (("依据", rule.clause), *(("另据", clause) for clause in rule.also)):
        yield ""
        yield f"{name}: {_cited(clause)}"
        yield f"  {clause.quote}"
    yield ""
    yield "已知局限 known limits:"
    for limit in rule.known_limits:
        yield f"  - {text(limit)}"


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain JSON values."""
    return {
        "id": rule.id,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "severity": rule.severity.value,
        "stage": rule.stage.value,
        "needs": sorted(channel.value for channel in rule.needs),
        "clauses": [_clause_json(clause) for clause in (rule.clause, *rule.also)],
        "lexicon": {
            "must": list(rule.lexicon.must),
            "support": list(rule.lexicon.support),
            "compulsion": list(rule.lexicon.compulsion),
            "voluntary": list(rule.lexicon.voluntary),
            "lookalike": list(rule.lexicon.lookalike),
        },
        "probe": rule.probe is not None,
        "may_press": list(rule.may_press),
        "checkpoints": [
            {"id": checkpoint.id, "words": list(checkpoint.words), "entries": list(checkpoint.entries)}
            for checkpoint in rule.checkpoints
        ],
        "known_limits": list(rule.known_limits),
    }


def across_json(rule: AcrossRule) -> dict[str, Any]:
    """Return a rule across apps as plain JSON values."""
    return {
        "id": rule.id,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "severity": rule.severity.value,
        "stage": rule.stage.value,
        "clauses": [_clause_json(clause) for clause in (rule.clause, *rule.also)],
        "known_limits": list(rule.known_limits),
    }


def short_citation(clause: Clause) -> str:
    """Return the document and item as people call them; only the 办法 has a number here, the 意见 has none."""
    return f"{'办法' if clause.number else '意见'}{clause.item}"


def _cited(clause: Clause) -> str:
    article = f"第{clause.article_no}条" if clause.article_no else "（条号未经核对）"
    number = f"（{clause.number}）" if clause.number else ""
    return f"{clause.document}{number}{clause.date} {article}{clause.item} [可信度 {clause.confidence}]"


def _clause_json(clause: Clause) -> dict[str, str]:
    return {
        "document": clause.document,
        "number": clause.number,
        "date": clause.date,
        "article_no": clause.article_no,
        "item": clause.item,
        "quote": clause.quote,
        "confidence": clause.confidence,
        "url": clause.url,
    }
