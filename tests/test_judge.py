"""Judging a walk: the same walk gives the same findings, probes are replayed, and nothing unseen becomes clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.coverage import coverage_of
from harness.discretion import WITHHELD_FORM
from harness.judge import entry_path, fingerprint, judge, outcomes_for, replay
from harness.model import (
    Action,
    Actor,
    AppIdentity,
    Audience,
    Back,
    Channel,
    CheckpointId,
    DeviceInfo,
    FiledApp,
    Finding,
    Gap,
    Launch,
    Moment,
    NextDay,
    Observation,
    ObservationId,
    PackageName,
    ProbeRun,
    Reach,
    Refusal,
    RuleId,
    Severity,
    Step,
    Stop,
    Tap,
    Verdict,
    Wait,
    Walk,
)
from harness.model import Page as AppPage
from harness.rules import ALL_RULES, mandatory_check_in, missing_complaint_channel, points_ranking, video_watch_gate
from harness.rules.corpus import screen
from tests.simulated_player import PACKAGE, Page, Phone, drive

APP = FiledApp(package=PackageName(PACKAGE), name="学习在线", audience=Audience.INTERNAL_STAFF)
BEGAN = Moment(wall=datetime(2026, 1, 25, 8, 0, tzinfo=UTC), mono_s=0.0)
HOME = ("首页", "学习积分", "学习排行", "我的")
MINE = ("退出登录", "个人资料", "设置")
POINTS = ("积分规则", "我的积分：268")
BOARD = ("积分排行榜", "我的排名 第12名")


def _at(seconds: float) -> Moment:
    return Moment(wall=BEGAN.wall + timedelta(seconds=seconds), mono_s=seconds)


def _screen(name: str, texts: Sequence[str], *, index: int, package: str = PACKAGE, **more: Any) -> Observation:
    boxes = [[100, 300 + 150 * n, 100 + 44 * len(t), 360 + 150 * n] for n, t in enumerate(texts)]
    nodes = [{"text": t, "box": box, "clickable": True} for t, box in zip(texts, boxes, strict=True)]
    raw = {"package": package, "screen": name, "nodes": nodes, "png_sha256": f"png-{index}", **more}
    return screen(raw, index=index)


def _step(seq: int, action: Action, before: Observation | None, after: Observation | None) -> Step:
    gap = None if after is not None else Gap(channel=Channel.PAGE, reason="look-failed")
    return Step(
        seq=seq,
        actor=Actor.EXPLORE,
        action=action,
        why="test",
        before=before.id if before else None,
        after=after.id if after else None,
        began=_at(seq),
        ended=_at(seq + 0.5),
        gap=gap,
    )


def _tap(label: str) -> Tap:
    return Tap(x_px=1, y_px=1, label=label)


def _walk(observations: Sequence[Observation], steps: Sequence[Step] = (), **more: Any) -> Walk:
    plain = Walk(
        app=APP,
        identity=AppIdentity(package=APP.package),
        device=DeviceInfo(serial="test"),
        engines=(),
        observations=tuple(observations),
        steps=tuple(steps),
        refusals=(),
        probe_runs=(),
        began=BEGAN,
        ended=_at(99),
        finished=True,
        untried=0,
    )
    return replace(plain, **more)


def _ranking_walk() -> Walk:
    home = _screen("home", HOME, index=1)
    mine = _screen("mine", MINE, index=2)
    points = _screen("points", POINTS, index=3)
    board = _screen("board", BOARD, index=4)
    steps = [
        _step(1, Launch(package=APP.package), None, home),
        _step(2, _tap("我的"), home, mine),
        _step(3, Back(), mine, home),
        _step(4, _tap("学习积分"), home, points),
        _step(5, _tap("学习排行"), points, board),
    ]
    return _walk([home, mine, points, board], steps)


def _of(walk: Walk, rule: RuleId) -> Finding:
    return next(f for f in judge(walk, ALL_RULES).findings if f.rule == rule)


def test_the_same_walk_gives_the_same_judgement_twice() -> None:
    assert repr(judge(_ranking_walk(), ALL_RULES)) == repr(judge(_ranking_walk(), ALL_RULES))


def test_there_is_one_finding_per_rule_in_the_order_of_the_rules() -> None:
    judgement = judge(_ranking_walk(), ALL_RULES)
    assert [f.rule for f in judgement.findings] == [r.id for r in ALL_RULES]
    assert [rule for rule, _ in judgement.coverage] == [r.id for r in ALL_RULES]


def test_points_and_own_rank_on_two_screens_are_one_finding_with_both_as_evidence() -> None:
    finding = _of(_ranking_walk(), points_ranking.RULE.id)
    assert (finding.verdict, finding.reason) == (Verdict.FOUND, "points-ranking-joined")
    assert {ref.observation for ref in finding.evidence} == {"o0003", "o0004"}
    assert {ref.png_sha256 for ref in finding.evidence} == {"png-3", "png-4"}
    assert {ref.step for ref in finding.evidence} == {4, 5}


def test_the_way_to_a_screen_is_an_entry_not_a_pop_up_a_probe_or_a_detour_through_another_app() -> None:
    asked = _screen("asked", ("用户协议", "不同意", "同意"), index=1)
    outside = _screen("desktop", ("浏览器",), index=2, package="com.android.launcher3")
    home, course = _screen("home", HOME, index=3), _screen("course", ("第1节", "第2节"), index=4)
    video = _screen("video", ("播放", "00:05 / 01:30"), index=5)
    walk = _walk(
        [asked, outside, home, course, video],
        [
            replace(_step(1, _tap("不同意"), asked, outside), actor=Actor.POPUP),
            replace(_step(2, _tap("同意"), asked, home), actor=Actor.POPUP),
            _step(3, _tap("课程"), home, course),
            _step(4, _tap("第1节"), course, video),
            replace(_step(5, Launch(package=APP.package), outside, video), actor=Actor.PROBE),
        ],
    )
    assert entry_path(walk, video.id) == ("课程", "第1节")


def test_the_way_to_the_screen_is_the_shortest_chain_of_labels() -> None:
    walk = _ranking_walk()
    assert entry_path(walk, ObservationId("o0004")) == ("学习积分", "学习排行")
    assert entry_path(walk, ObservationId("o0001")) == ()
    assert _of(walk, points_ranking.RULE.id).entry == ("学习积分", "学习排行")


def test_a_finding_keeps_its_identity_when_content_and_place_change() -> None:
    walk = _ranking_walk()
    other = replace(
        walk,
        observations=(
            *walk.observations[:3],
            _screen("board", ("广告", "积分排行榜", "我的排名 第7名"), index=4),
        ),
        identity=AppIdentity(package=APP.package, version_name="9.9"),
        device=DeviceInfo(serial="another"),
    )
    mine, theirs = _of(walk, points_ranking.RULE.id), _of(other, points_ranking.RULE.id)
    assert (mine.fingerprint, mine.id) == (theirs.fingerprint, theirs.id)
    assert mine.fingerprint.startswith("fp1:")
    assert fingerprint(mine.rule, replace(APP, package=PackageName("cn.other")), mine.signs) != mine.fingerprint


def test_nothing_is_clear_while_a_seen_entry_was_not_followed() -> None:
    home = _screen("home", ("首页", "考勤"), index=1)
    finding = _of(_walk([home]), mandatory_check_in.RULE.id)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert (finding.reason, dict(finding.data)["checkpoint"]) == ("coverage-checkpoint-open", "check-in-page")


def test_the_name_of_a_place_on_the_way_to_it_is_not_the_place() -> None:
    rule, page = points_ranking.RULE, CheckpointId("ranking-page")
    home = _screen("home", ("首页", "排行榜"), index=1)
    assert not coverage_of(_walk([home]), rule).reached(page)
    assert _of(_walk([home]), rule.id).verdict is Verdict.INCONCLUSIVE
    titled = screen({"package": PACKAGE, "screen": "r", "nodes": [{"text": "排行榜", "box": [440, 150, 640, 210]}]})
    assert coverage_of(_walk([titled]), rule).reached(page)
    tab = {"text": "排行榜", "box": [40, 2280, 300, 2340], "clickable": True, "selected": True}
    assert coverage_of(_walk([screen({"package": PACKAGE, "screen": "t", "nodes": [tab]})]), rule).reached(page)


def test_a_pop_up_or_a_log_in_page_behind_an_entry_is_not_what_it_leads_to() -> None:
    rule, page = points_ranking.RULE, CheckpointId("ranking-page")
    home = _screen("home", ("首页", "排行榜"), index=1)
    asks = _screen("asks", ("为了推荐附近的网点，需要开启定位服务", "取消", "去设置"), index=2)
    board = _screen("board", ("暂无数据",), index=3)
    press = _step(1, _tap("排行榜"), home, asks)

    def declined(after: Observation) -> Step:
        return replace(_step(2, _tap("取消"), asks, after), actor=Actor.POPUP)

    second = replace(asks, id=ObservationId("o0005"))
    look = _step(2, Wait(seconds=0.0), asks, second)
    late = replace(_step(3, _tap("取消"), second, board), actor=Actor.POPUP)
    assert coverage_of(_walk([home, asks, second, board], [press, look, late]), rule).reached(page)
    again = replace(home, id=ObservationId("o0004"))
    assert coverage_of(_walk([home, asks, board], [press, declined(board)]), rule).reached(page)
    for walk in (_walk([home, asks], [press]), _walk([home, asks, again], [press, declined(again)])):
        (reach,) = (each for each in coverage_of(walk, rule).reaches if each.checkpoint == page)
        assert (reach.reach, reach.reason) == (Reach.NOT_REACHED, "reach-entry-not-followed")
    wall = _screen("wall", ("手机号登录", "请输入手机号", "请输入密码", "登录"), index=2)
    walled = _walk([home, wall], [_step(1, _tap("排行榜"), home, wall)], finished=False, stopped_by="blocked-login")
    (reach,) = (each for each in coverage_of(walled, rule).reaches if each.checkpoint == page)
    assert reach.reach is Reach.BLOCKED


def test_a_place_without_any_way_to_it_is_out_of_scope_only_after_a_finished_walk() -> None:
    home = _screen("home", ("首页", "通知"), index=1)
    rule = points_ranking.RULE
    done, cut = (coverage_of(_walk([home], finished=flag), rule) for flag in (True, False))
    assert [r.reach for r in done.reaches] == [Reach.REACHED] + [Reach.OUT_OF_SCOPE] * 3
    assert [r.reach for r in cut.reaches] == [Reach.REACHED] + [Reach.NOT_REACHED] * 3
    assert _of(_walk([home]), rule.id).verdict is Verdict.CLEAR
    assert _of(_walk([home], finished=False, stopped_by="budget"), rule.id).verdict is Verdict.INCONCLUSIVE


def test_following_an_entry_reaches_its_checkpoint_whatever_the_page_says() -> None:
    home, other = _screen("home", ("首页", "排行榜"), index=1), _screen("other", ("暂无数据",), index=2)
    walk = _walk([home, other], [_step(1, _tap("排行榜"), home, other)])
    reached = coverage_of(walk, points_ranking.RULE)
    assert reached.reached(CheckpointId("ranking-page"))


def test_a_page_titled_as_another_way_was_opened_by_a_press_that_landed_elsewhere() -> None:
    home = _screen("home", ("首页", "值班表", "我的"), index=1)
    title = {"text": "值班表", "box": [440, 150, 640, 210]}
    duty = screen(
        {"package": PACKAGE, "screen": "duty", "nodes": [title, {"text": "周一", "box": [60, 900, 160, 960]}]}
    )
    duty = replace(duty, id=ObservationId("o0002"))
    rule = missing_complaint_channel.RULE
    mine = next(c.id for c in rule.checkpoints if "我的" in c.entries)
    led_astray = coverage_of(_walk([home, duty], [_step(1, _tap("我的"), home, duty)]), rule)
    assert not led_astray.reached(mine)
    title["text"] = "张三"
    own = replace(screen({"package": PACKAGE, "screen": "mine", "nodes": [title]}), id=ObservationId("o0002"))
    assert coverage_of(_walk([home, own], [_step(1, _tap("我的"), home, own)]), rule).reached(mine)


def test_a_heading_with_the_words_of_an_entry_is_none_and_an_entry_that_opens_nothing_neither() -> None:
    heading = screen({"package": PACKAGE, "screen": "air", "nodes": [{"text": "排名", "box": [60, 300, 160, 360]}]})
    rule = points_ranking.RULE
    assert coverage_of(_walk([heading]), rule).reaches[-1].reach is Reach.OUT_OF_SCOPE
    first, again = _screen("home", ("首页", "排名"), index=1), _screen("home", ("首页", "排名"), index=2)
    pressed = _walk([first, again], [_step(1, _tap("排名"), first, again)])
    assert coverage_of(_walk([first]), rule).reaches[-1].reach is Reach.NOT_REACHED
    assert coverage_of(pressed, rule).reaches[-1].reach is Reach.OUT_OF_SCOPE


def test_an_app_of_which_no_word_was_read_is_never_clear() -> None:
    walk = _walk([_screen("splash", [], index=1)])
    assert walk.finished
    assert {f.verdict for f in judge(walk, ALL_RULES).findings} == {Verdict.INCONCLUSIVE}
    assert coverage_of(walk, ALL_RULES[0]).reaches[0].reason == "reach-no-words"


def test_a_refused_entry_and_a_login_wall_are_blocked_and_never_clear() -> None:
    home = _screen("home", ("首页", "考勤"), index=1)
    refusal = Refusal(seq=1, observation=home.id, label="考勤", box=home.words[1].box, danger="danger-check-in")
    refused = coverage_of(_walk([home], refusals=(refusal,)), mandatory_check_in.RULE)
    assert refused.reaches[-1].reach is Reach.BLOCKED
    assert refused.reaches[-1].reason == "danger-check-in"
    walled = _walk([home], finished=False, stopped_by="blocked-login")
    assert coverage_of(walled, mandatory_check_in.RULE).reaches[1].reach is Reach.BLOCKED
    assert {f.verdict for f in judge(walled, ALL_RULES).findings} == {Verdict.INCONCLUSIVE}


def test_other_apps_screens_are_not_judged() -> None:
    home = _screen("home", ("首页",), index=1)
    other = _screen("settings", BOARD + POINTS, index=2, package="com.android.settings")
    assert _of(_walk([home, other]), points_ranking.RULE.id).verdict is Verdict.CLEAR


def test_a_walk_that_saw_nothing_is_inconclusive_for_every_rule() -> None:
    walk = _walk([], finished=False, stopped_by="device-unreachable")
    assert {f.verdict for f in judge(walk, ALL_RULES).findings} == {Verdict.INCONCLUSIVE}


def test_a_screen_that_could_not_be_read_keeps_the_rest_from_being_clear() -> None:
    home = _screen("home", ("首页",), index=1)
    blind = _screen("blind", (), index=2, gaps=[{"channel": "hierarchy", "reason": "dump-failed"}])
    findings = judge(_walk([home, blind]), ALL_RULES).findings
    assert {f.verdict for f in findings} == {Verdict.INCONCLUSIVE}


def test_a_form_that_was_withheld_is_no_look_lost_only_where_its_page_was_kept_too() -> None:
    login, home = AppPage(package=APP.package, activity="Login"), AppPage(package=APP.package, activity="Home")
    seen = replace(_screen("home", HOME, index=1), page=home)
    gap = Gap(channel=Channel.HIERARCHY, reason=WITHHELD_FORM)
    empty = replace(_screen("login", (), index=3), page=login, gaps=(gap,))
    form = replace(_screen("login", ("请输入密码",), index=2), page=login)
    for walk, gaps in ((_walk([seen, form, empty]), ()), (_walk([seen, empty]), (gap,))):
        assert {rule.id: coverage_of(walk, rule).gaps for rule in ALL_RULES} == {rule.id: gaps for rule in ALL_RULES}


def test_clear_shows_the_places_that_were_looked_at() -> None:
    home = _screen("home", ("首页",), index=1)
    finding = _of(_walk([home]), points_ranking.RULE.id)
    assert finding.verdict is Verdict.CLEAR
    assert [(ref.observation, ref.why) for ref in finding.evidence] == [("o0001", "checkpoint-reached")]


def test_apps_for_the_public_weigh_one_step_less() -> None:
    walk = _ranking_walk()
    public = replace(walk, app=replace(APP, audience=Audience.PUBLIC))
    severities = (_of(walk, points_ranking.RULE.id).severity, _of(public, points_ranking.RULE.id).severity)
    assert severities == (Severity.S1, Severity.S2)


def test_a_filed_exemption_without_a_claim_on_screen_is_noted_and_grants_nothing() -> None:
    walk = replace(_ranking_walk(), app=replace(APP, exemption_claimed="应急"))
    finding = _of(walk, points_ranking.RULE.id)
    assert finding.verdict is Verdict.FOUND
    assert dict(finding.data)["exemption_filed"] == "应急"


# --- probes ----------------------------------------------------------------------------------------------------


def _probed(page: Page) -> tuple[Walk, ProbeRun]:
    phone = Phone(page)
    start = phone.look()
    _, run = drive(video_watch_gate.probe(start), phone, start)
    return _walk(phone.seen, probe_runs=(run,)), run


GATED = Page(clamps=True, next_locked=True, rules=("须看完本节视频方可计入学时。不可拖动进度条",))


def test_a_recorded_probe_is_judged_by_replaying_it() -> None:
    walk, _ = _probed(GATED)
    finding = _of(walk, video_watch_gate.RULE.id)
    assert finding.verdict is Verdict.FOUND
    assert finding.measures
    assert {m.observation for m in finding.measures} <= {o.id for o in walk.observations}


def test_the_screens_of_an_answered_probe_are_not_judged_once_more() -> None:
    walk, _ = _probed(Page())
    assert _of(walk, video_watch_gate.RULE.id).reason == "video-watch-gate-free-seek"


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_a_probe_that_was_cut_is_never_clear_and_never_found(kept: int) -> None:
    walk, run = _probed(Page())
    cut = replace(run, exchanges=run.exchanges[: min(kept, 3)], cut=Gap(channel=Channel.PAGE, reason="device-timeout"))
    outcome = replay(video_watch_gate.RULE, cut, {o.id: o for o in walk.observations})
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "probe-cut")
    assert _of(replace(walk, probe_runs=(cut,)), video_watch_gate.RULE.id).verdict is Verdict.INCONCLUSIVE


def test_a_probe_that_would_act_otherwise_today_has_diverged() -> None:
    walk, run = _probed(GATED)
    changed = replace(run, exchanges=((Wait(seconds=1.0), run.exchanges[0][1]), *run.exchanges[1:]))
    longer = replace(run, exchanges=(*run.exchanges, run.exchanges[-1]))
    observations = {o.id: o for o in walk.observations}
    reasons = [replay(video_watch_gate.RULE, r, observations).reason for r in (changed, longer)]
    assert reasons == ["probe-diverged", "probe-diverged"]


def test_one_screen_is_judged_by_every_rule_without_coverage() -> None:
    outcomes = dict(outcomes_for(_screen("board", BOARD + POINTS, index=1), ALL_RULES))
    assert set(outcomes) == {rule.id for rule in ALL_RULES}
    assert outcomes[points_ranking.RULE.id].verdict is Verdict.FOUND


def test_what_stands_behind_a_check_in_wall_is_not_clear_for_any_rule() -> None:
    wall = ("今日未签到", "请先签到，签到后方可使用其他功能", "立即签到")
    seen = [_screen("wall", wall, index=n) for n in (1, 2, 3, 4, 5)]
    package = APP.package
    acted = (Back(), Stop(package=package), Launch(package=package), NextDay())
    run = ProbeRun(
        rule=mandatory_check_in.RULE.id,
        start=seen[0].id,
        exchanges=tuple(zip(acted, [o.id for o in seen[1:]], strict=True)),
    )
    verdicts = {f.rule: f.verdict for f in judge(_walk(seen, probe_runs=(run,)), ALL_RULES).findings}
    assert verdicts.pop(mandatory_check_in.RULE.id) is Verdict.FOUND
    assert set(verdicts.values()) == {Verdict.INCONCLUSIVE}


# --- probes that were cut, and devices that refuse


def test_what_was_measured_before_the_cut_stands_as_present_and_never_as_found() -> None:
    walk, run = _probed(GATED)
    observations = {o.id: o for o in walk.observations}
    lost = Gap(channel=Channel.PAGE, reason="device-timeout")
    verdicts = []
    for kept in range(len(run.exchanges)):
        cut = replace(run, exchanges=run.exchanges[:kept], cut=lost)
        outcome = replay(video_watch_gate.RULE, cut, observations)
        assert outcome.verdict in {Verdict.PRESENT, Verdict.INCONCLUSIVE}
        assert outcome.reason == ("probe-cut-short" if outcome.verdict is Verdict.PRESENT else "probe-cut")
        verdicts.append(outcome.verdict)
        finding = _of(replace(walk, probe_runs=(cut,)), video_watch_gate.RULE.id)
        assert finding.verdict not in {Verdict.FOUND, Verdict.CLEAR}
    assert verdicts[0] is Verdict.INCONCLUSIVE
    assert verdicts[-1] is Verdict.PRESENT


def test_a_wall_that_swallowed_back_before_the_cut_is_present() -> None:
    walk, run = _wall_run(cut_after=1)
    finding = _of(replace(walk, probe_runs=(run,)), mandatory_check_in.RULE.id)
    assert (finding.verdict, finding.reason) == (Verdict.PRESENT, "probe-cut-short")
    assert finding.measures


def test_a_refused_step_is_an_answer_and_a_lost_one_keeps_from_clear() -> None:
    home = _screen("home", ("首页",), index=1)
    again = _screen("home", ("首页",), index=2)
    refused = Gap(channel=Channel.PAGE, reason="action-refused")
    lost = replace(refused, reason="look-failed")
    verdicts = []
    for gap in (refused, lost):
        step = replace(_step(1, NextDay(), home, again), gap=gap)
        verdicts.append(_of(_walk([home, again], [step]), points_ranking.RULE.id).verdict)
    assert verdicts == [Verdict.CLEAR, Verdict.INCONCLUSIVE]


def test_points_and_a_ranking_without_a_way_between_them_are_left_to_a_person() -> None:
    walk = _ranking_walk()
    apart = replace(walk, steps=walk.steps[:4])
    joined, loose = (_of(w, points_ranking.RULE.id) for w in (walk, apart))
    assert (joined.verdict, joined.reason) == (Verdict.FOUND, "points-ranking-joined")
    assert (loose.verdict, loose.reason) == (Verdict.PRESENT, "points-ranking-apart")
    assert "one-tap" not in dict(joined.data)


def _wall_run(*, cut_after: int) -> tuple[Walk, ProbeRun]:
    wall = ("今日未签到", "请先签到，签到后方可使用其他功能", "立即签到")
    seen = [_screen("wall", wall, index=n) for n in (1, 2, 3, 4, 5)]
    acted: tuple[Action, ...] = (Back(), Stop(package=APP.package), Launch(package=APP.package), NextDay())
    exchanges = tuple(zip(acted, [o.id for o in seen[1:]], strict=True))[:cut_after]
    lost = Gap(channel=Channel.PAGE, reason="device-timeout")
    rule = mandatory_check_in.RULE.id
    return _walk(seen[: cut_after + 1]), ProbeRun(rule=rule, start=seen[0].id, exchanges=exchanges, cut=lost)


def test_what_is_held_against_an_app_as_missing_is_shown_by_the_places_looked_at() -> None:
    home = _screen("home", ["首页", "办事"], index=1)
    about = _screen("about", ["当前版本", "V1.0"], index=2)
    finding = _of(_walk([home, about], [_step(1, _tap("关于"), home, about)]), RuleId("missing-complaint-channel"))

    assert (finding.verdict, {ref.observation for ref in finding.evidence}) == (Verdict.FOUND, {home.id, about.id})
    assert {ref.why for ref in finding.evidence} == {"checkpoint-reached"}
