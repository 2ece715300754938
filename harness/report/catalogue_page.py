"""The rule catalogue as one page, from the same values that judge with it: what is looked for, by which clause."""

from __future__ import annotations

from collections.abc import Sequence

import jinja2

from harness.model import AcrossRule, Rule
from harness.report.catalogue import across_json, rule_json
from harness.report.phrases import Phrases


def catalogue_page(
    rules: Sequence[Rule], across: Sequence[AcrossRule], edition: str, phrases: Phrases | None = None
) -> bytes:
    """Return the page: a table of all rules in clause order, then each with clause, signs, probe and limits."""
    words = phrases or Phrases()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=words.say, language="zh-CN" if words.language == "zh_CN" else "en")
    told = [
        {**rule_json(rule), "limits": [words.say(limit) for limit in rule.known_limits], "number": number}
        for number, rule in enumerate(rules, 1)
    ]
    numbered = enumerate(across, len(rules) + 1)
    several = [
        {**across_json(rule), "limits": [words.say(limit) for limit in rule.known_limits], "number": number}
        for number, rule in numbered
    ]
    return (
        environment.get_template("catalogue.html").render(rules=told, across=several, edition=edition).encode("utf-8")
    )
