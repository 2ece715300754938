"""The commands that judge stored evidence again and tell which rules there are."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from harness.cli.evidence import one_bundle
from harness.cli.output import json_option, print_json
from harness.report.terminal import columns, verdicts


@click.command("judge", short_help="用现行规则重新判断证据包 judge bundles again with today's rules")
@click.argument("bundles", metavar="BUNDLE...", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@json_option
def judge_again(*, bundles: tuple[Path, ...], as_json: bool) -> None:
    """用现行规则重新判断已保存的证据包，无需设备；给出多个应用时另作跨应用比对。

    Judge bundles again with today's rules; needs no device, changes nothing, gives the same bytes every time. Several
    are also compared with each other: what only several apps together show stands apart.
    """
    from harness import session
    from harness.across import judge_across
    from harness.evidence.bundle import judgement_json, read_bundle
    from harness.evidence.layout import JudgedApp, JudgedFacts
    from harness.judge import judge
    from harness.rules import ACROSS_RULES, ALL_RULES

    found = tuple(dict.fromkeys(one_bundle(path) for path in bundles))
    walks = [read_bundle(path) for path in found]
    judged = [JudgedApp(package=walk.app.package, judgement=judge(walk, ALL_RULES)) for walk in walks]
    across = judge_across(walks, ACROSS_RULES) if len(found) > 1 else ()
    if as_json and len(found) > 1:
        print_json(JudgedFacts(apps=tuple(judged), across=across))
        return
    if as_json:
        sys.stdout.buffer.write(judgement_json(judged[0].judgement))
        return
    console = Console(highlight=False)
    for walk, one in zip(walks, judged, strict=True):
        if len(found) > 1:
            console.print(Text(f"{walk.app.name} {one.package}", style="bold"))
        rows = ((finding.verdict, finding.rule, session.statement(finding)) for finding in one.judgement.findings)
        console.print(verdicts(rows))
    if across:
        console.print(Text("跨应用 across apps", style="bold"))
        console.print(verdicts((one.verdict, one.rule, session.statement(one)) for one in across))


@click.command("rules", short_help="查看规则 the catalogue, or one rule: clause, lexicon, probe")
@click.argument("rule_id", metavar="[ID]", required=False)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write all rules as one HTML page.")
@json_option
def rules(*, rule_id: str | None, page: Path | None, as_json: bool) -> None:
    """查看规则目录，或一条规则的依据、词表、探测与局限。

    Print the catalogue, or one rule's clause, lexicon, markers, probe and known limits.
    """
    from harness.report.catalogue import across_lines, rule_json, rule_lines, short_citation
    from harness.report.catalogue_page import catalogue_page
    from harness.rules import ACROSS_RULES, ALL_RULES, rules_edition

    across = [rule for rule in ACROSS_RULES if rule_id is None or rule.id == rule_id]
    chosen = [rule for rule in ALL_RULES if rule_id is None or rule.id == rule_id]
    if not chosen and across and page is None and not as_json:
        print("\n".join(across_lines(across[0])))
        return
    if not chosen:
        known = ", ".join((*(rule.id for rule in ALL_RULES), *(rule.id for rule in ACROSS_RULES)))
        raise click.UsageError(f"no rule {rule_id!r}; rules: {known}")
    if page is not None:
        page.write_bytes(catalogue_page(chosen, across, rules_edition()))
        print(page.absolute())
    elif as_json:
        print_json({"format": 1, "rules": [rule_json(rule) for rule in chosen]})
    elif rule_id is None:
        table = columns("ID", "等级", "探测", "依据", "名称")
        for rule in chosen:
            probed = "有" if rule.probe else "无"
            table.add_row(rule.id, rule.severity, probed, short_citation(rule.clause), rule.name_zh)
        for one in across:
            table.add_row(one.id, one.severity, "跨应用", short_citation(one.clause), one.name_zh)
        Console(highlight=False).print(table)
        print("harness rules ID：一条规则的全部内容 everything about one rule")
    else:
        for line in rule_lines(chosen[0]):
            print(line)
