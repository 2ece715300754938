"""Every app of the filed list against every rule: one item per pair.

pytest scenarios --harness-serial 127.0.0.1:5555 --harness-filed-list list.csv
"""

from __future__ import annotations

from harness.model import FiledApp, Rule
from harness.pytest_plugin import Evidence


def test_filed_app(filed_app: FiledApp, rule: Rule, evidence: Evidence) -> None:
    assert evidence.finding(rule).package == filed_app.package
    evidence.decide(rule)
