"""A log-in wall is passed with an account that no record holds, or told as blocked."""

from __future__ import annotations

import html
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from harness import session
from harness.accounts import Account, account_of
from harness.discretion import WITHHELD_FORM, WITHHELD_PASSWORD, Discretion, SecretTyping, Withholding
from harness.errors import ActionRefused, BadInput, DeviceTimeout, FlowLost
from harness.evidence.bundle import read_bundle
from harness.evidence.verify import Soundness, verify
from harness.login import field, load_flow, login_page, press
from harness.model import (
    Action,
    Actor,
    Channel,
    FiledApp,
    Gap,
    Observation,
    PackageName,
    Reach,
    Refusal,
    RuleId,
    Step,
    Tap,
    Type,
    TypeSecret,
    Verdict,
)
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.screen_drawing import AT, button, frame, node, seen, tree, window
from tests.test_walk import Kept, ScriptedDevice, TickingClock
from tests.virtual_fixtures import adb_binaries, adb_server

ROOT = Path(__file__).resolve().parent.parent
HALL = PackageName("cn.gov.demo.hall")
USER, PASSWORD = "13800000001", "Mi-Ma#2026!"
ACCOUNT = Account(user=USER, password=PASSWORD)
EDIT = "android.widget.EditText"
CHECK_IN, RANKING = RuleId("mandatory-check-in"), RuleId("points-ranking")


# --- accounts


def test_an_account_is_read_where_the_list_says_and_a_note_is_none() -> None:
    environ = {"HARNESS_ACCOUNT_HALL_USER": USER, "HARNESS_ACCOUNT_HALL_PASSWORD": PASSWORD}
    assert account_of("env:hall", environ) == ACCOUNT
    assert account_of("已登录", environ) is None
    assert account_of("", environ) is None
    assert PASSWORD not in repr(ACCOUNT)
    assert USER not in repr(ACCOUNT)


@pytest.mark.parametrize("reference", ["env:NOBODY", "env:", "keyring:service", "env:a b"])
def test_a_reference_that_leads_nowhere_is_told_before_anything_is_walked(reference: str) -> None:
    with pytest.raises(BadInput, match="测试账号"):
        account_of(reference, {"HARNESS_ACCOUNT_NOBODY_USER": USER})


class Remembering(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_an_account_is_read_from_the_keyring_and_a_locked_one_is_no_missing_password() -> None:
    before, ring = keyring.get_keyring(), Remembering()
    ring.set_password("harness", USER, PASSWORD)
    keyring.set_keyring(ring)
    try:
        assert account_of(f"keyring:harness/{USER}", {}) == ACCOUNT
        with pytest.raises(BadInput, match="no such entry"):
            account_of("keyring:harness/somebody", {})
        ring.locked = True
        with pytest.raises(BadInput, match="does not answer"):
            account_of(f"keyring:harness/{USER}", {})
    finally:
        keyring.set_keyring(before)


# --- the page and the flow


def form(*more: str, password: str = "") -> Observation:
    return seen(
        window(
            node("", (60, 400, 1000, 500), kind=EDIT, hint="请输入手机号", clickable="true"),
            node(password, (60, 600, 1000, 700), kind=EDIT, hint="请输入密码", password="true", clickable="true"),
            button("登录", (60, 800, 1000, 900)),
            *more,
        )
    )


@pytest.mark.parametrize(
    ("screen", "is_one"),
    [
        (form(), True),
        (
            seen(window(button("本机号码一键登录", (60, 800, 1000, 900)), node("138****0001", (60, 600, 500, 660)))),
            True,
        ),
        (seen(window(node("手机号", (60, 400, 300, 460)), button("登录", (60, 800, 1000, 900)))), True),
        (seen(window(node("今日登录", (60, 400, 300, 460)), button("登录", (60, 800, 1000, 900)))), False),
        (
            seen(window(node("请输入验证码", (60, 400, 500, 460), kind=EDIT), button("提交", (60, 800, 1000, 900)))),
            False,
        ),
        (seen(window(node("修改登录密码", (60, 400, 500, 460)), button("退出登录", (60, 800, 1000, 900)))), False),
        (seen(window(node("登录", (60, 400, 300, 460)), node("1分/每日首次登录", (60, 500, 500, 560)))), False),
    ],
)
def test_a_log_in_page_is_a_button_that_logs_in_and_something_to_log_in_with(screen: Observation, is_one: bool) -> None:  # noqa: FBT001
    assert login_page(screen) is is_one


def test_a_flow_finds_fields_and_buttons_or_says_what_it_looked_for() -> None:
    assert (field(form(), "手机号").y_px, field(form(), "密码").y_px, press(form(), "登录").y_px) == (450, 650, 850)
    with pytest.raises(FlowLost, match="验证码"):
        field(form(), "验证码")
    with pytest.raises(FlowLost, match="下一步"):
        press(form(), "下一步")


def test_a_flow_is_a_file_named_for_its_package(tmp_path: Path) -> None:
    assert load_flow(ROOT / "scenarios" / "flows", HALL) is not None
    assert load_flow(tmp_path, HALL) is None
    assert load_flow(None, HALL) is None
    for wrong, said in (
        ("log_on = 1", "has no log_in"),
        ("raise ValueError('no')", "ValueError: no"),
        ("def", "Syntax"),
    ):
        (tmp_path / f"{HALL}.py").write_text(wrong, encoding="utf-8")
        with pytest.raises(BadInput, match=said):
            load_flow(tmp_path, HALL)


# --- what is not recorded


def test_while_a_form_is_filled_in_nothing_of_the_screen_is_kept_and_the_gap_says_why() -> None:
    kept, discretion = Kept(), Discretion(ACCOUNT)
    recorder = Withholding(kept, discretion)
    shown, picture = form(), frame(tree(window()))
    recorder.observation(shown, picture)
    with discretion.filling():
        recorder.observation(shown, picture)
    recorder.observation(shown, picture)
    assert kept.observations[0] == kept.observations[2] == shown
    withheld = kept.observations[1]
    assert (withheld.words, withheld.elements, withheld.png_sha256, withheld.xml_sha256) == ((), (), None, None)
    assert {gap.reason for gap in withheld.gaps} == {WITHHELD_FORM}
    assert (withheld.id, withheld.screen, withheld.page) == (shown.id, shown.screen, shown.page)


@pytest.mark.parametrize(
    "shown",
    [
        seen(window(node(f"您输入的是 {PASSWORD}", (60, 400, 900, 460)))),
        seen(window(node("Mi-Ma#2O26!", (60, 400, 900, 460)))),  # one letter misread
        replace(seen(window(node("我的", (60, 400, 900, 460)))), toasts=(f"{PASSWORD} 错误",)),
    ],
)
def test_a_screen_that_shows_the_password_is_not_kept_at_any_time(shown: Observation) -> None:
    assert Discretion(ACCOUNT).reason(shown, frame(tree(window()))) == WITHHELD_PASSWORD


def test_a_hierarchy_that_holds_the_password_where_no_word_does_is_not_kept_and_a_users_name_is() -> None:
    hidden = frame(tree(window(node(PASSWORD, (0, 0, 0, 0)))))
    assert Discretion(ACCOUNT).reason(seen(window()), hidden) == WITHHELD_PASSWORD
    assert Discretion(ACCOUNT).reason(seen(window(node(USER, (60, 400, 900, 460)))), frame(tree(window()))) == ""


def test_steps_refusals_and_what_went_wrong_are_recorded_without_the_account() -> None:
    kept = Kept()
    recorder = Withholding(kept, Discretion(ACCOUNT))
    tap = Tap(x_px=1, y_px=2, label=f"{PASSWORD} 复制")
    gap = Gap(channel=Channel.PAGE, reason="action-failed", detail=f"click {PASSWORD}")
    step = Step(seq=1, actor=Actor.FLOW, action=tap, why="log-in", before=None, after=None, began=AT, ended=AT, gap=gap)
    recorder.step(step)
    recorder.step(replace(step, seq=2, action=Type(text=USER)))
    recorder.step(replace(step, seq=3, action=TypeSecret(what="password")))
    box = form().elements[0].box
    recorder.refusal(Refusal(seq=1, observation=form().id, label=USER, box=box, danger="danger-post"))
    assert [s.action for s in kept.steps] == [
        Tap(x_px=1, y_px=2, label="＊＊＊"),
        Type(text="＊＊＊"),
        TypeSecret(what="password"),
    ]
    assert {s.gap.detail for s in kept.steps if s.gap is not None} == {"＊＊＊"}
    assert kept.refusals[0].label == "＊＊＊"


def test_a_secret_is_typed_as_itself_and_its_failure_is_told_without_it() -> None:
    typed: list[Action] = []
    device = ScriptedDevice(screens={}, ways={}, clock=TickingClock())
    device.before_action = lambda _, action: typed.append(action)
    hands = SecretTyping(device, Discretion(ACCOUNT))
    hands.perform(TypeSecret(what="user"))
    hands.perform(TypeSecret(what="password"))
    assert typed == [Type(text=USER), Type(text=PASSWORD)]

    def fails(_: ScriptedDevice, action: Action) -> None:
        raise error

    device.before_action = fails
    for error in (
        ActionRefused(f"set_text({PASSWORD})", serial="s"),
        DeviceTimeout(f"set_text({PASSWORD})", serial="s", timeout_s=3.0),
    ):
        with pytest.raises(type(error)) as caught:
            hands.perform(TypeSecret(what="password"))
        assert PASSWORD not in str(caught.value)


# --- on the device


@pytest.fixture(scope="module")
def virtual() -> Iterator[DeviceHandle]:
    with VirtualDevices(apps=[ROOT / "scenarios" / "demo" / "entries" / "apps" / HALL]) as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module")
def settings(virtual: DeviceHandle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[session.Settings]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        server.connect(virtual.serial)
        yield session.Settings(
            evidence_dir=tmp_path_factory.mktemp("evidence"),
            adb=("127.0.0.1", server.port),
            flows=ROOT / "scenarios" / "flows",
        )


def whole(bundle: Path) -> bytes:
    """Return every byte of a bundle, names of files included."""
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file()]
    assert files
    return b"\n".join(str(path.relative_to(bundle)).encode() + b"\n" + path.read_bytes() for path in files)


def disguises(secret: str) -> set[bytes]:
    """Return the ways in which a text could be written somewhere."""
    forms = {secret, html.escape(secret), urllib.parse.quote(secret), secret.encode("unicode_escape").decode()}
    return {form.encode() for form in forms} | {secret.encode("utf-16-le")}


def test_without_an_account_the_wall_is_told_and_what_lies_before_it_is_judged(
    settings: session.Settings, virtual: DeviceHandle
) -> None:
    inspection = session.inspect(FiledApp(package=HALL, name="掌上办公厅"), virtual.serial, settings)
    findings = {finding.rule: finding for finding in inspection.judgement.findings}
    assert inspection.stopped_by == "blocked-login"
    assert findings[RANKING].verdict is Verdict.FOUND  # on a page before the wall
    assert findings[CHECK_IN].verdict is Verdict.INCONCLUSIVE
    reaches = dict(inspection.judgement.coverage)[CHECK_IN].reaches
    assert any((reach.reach, reach.reason) == (Reach.BLOCKED, "blocked-login") for reach in reaches)


def test_a_wrong_password_is_no_way_in_and_is_not_kept_where_the_app_repeats_it(
    settings: session.Settings, virtual: DeviceHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_ACCOUNT_WRONG_USER", USER)
    monkeypatch.setenv("HARNESS_ACCOUNT_WRONG_PASSWORD", "Falsch-4711")
    app = FiledApp(package=HALL, name="掌上办公厅", account="env:WRONG")
    inspection = session.inspect(app, virtual.serial, settings)
    walk = read_bundle(inspection.bundle)
    assert inspection.stopped_by == "blocked-login-failed"
    assert WITHHELD_PASSWORD in {gap.reason for o in walk.observations for gap in o.gaps}
    everything = whole(inspection.bundle)
    assert not [form for form in disguises("Falsch-4711") if form in everything]


def test_with_an_account_what_lies_behind_the_wall_is_judged_and_no_byte_of_the_bundle_is_the_secret(
    settings: session.Settings, virtual: DeviceHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_ACCOUNT_HALL_USER", USER)
    monkeypatch.setenv("HARNESS_ACCOUNT_HALL_PASSWORD", PASSWORD)
    app = FiledApp(package=HALL, name="掌上办公厅", account="env:HALL")
    inspection = session.inspect(app, virtual.serial, settings)
    walk = read_bundle(inspection.bundle)
    findings = {finding.rule: finding for finding in inspection.judgement.findings}

    assert inspection.stopped_by == ""
    assert findings[CHECK_IN].verdict is Verdict.FOUND
    assert [step.action for step in walk.steps if isinstance(step.action, TypeSecret)] == [
        TypeSecret(what="user"),
        TypeSecret(what="password"),
    ]
    assert any(gap.reason == WITHHELD_FORM for o in walk.observations for gap in o.gaps)
    clear = [finding.rule for finding in inspection.judgement.findings if finding.verdict is Verdict.CLEAR]
    assert clear, "what was withheld of the form keeps nothing from being clear"
    everything = whole(inspection.bundle)
    assert not [form for form in disguises(PASSWORD) | disguises(USER) if form in everything]
    assert verify(inspection.bundle).soundness is Soundness.SOUND
