"""What the device backend answers to each fault: the table that the fault matrix holds it to, and its page in docs/.

``python -m tests.fault_answers`` writes the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.device.link import Limits
from harness.model import Channel

PAGE = Path(__file__).resolve().parent.parent / "docs" / "faults.md"
READ_AGAIN = f"at most {Limits().read_tries} times a look"
ONCE = "never"
LOST = "a lost step: no rule says `clear`"
UNREAD = {
    Channel.HIERARCHY: "an unread screen: no rule says `clear`",
    Channel.PICTURE: "`clear` by a whole hierarchy, never of what pixels alone show",
    Channel.PAGE: "read all the same: what is in front counts as the app",
}
WHOLE = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One fault, spelled as for ``--fault``; what may be recorded of a look and of a step, and what is told of both.

    ``look`` holds the reasons of gaps that a look may have, ``step`` those of a step; empty: it must be whole.
    ``unread`` is the channel that such a look lacks, and with it what ``clear`` may still rest on, which
    ``test_clear_is_earned`` holds the rules to. ``times`` is how often the fault shows, ``within_s`` how long after its
    end the next whole look comes at most.
    """

    fault: str
    what: str
    reads: str
    actions: str
    deadline: str
    look: frozenset[str] = frozenset()
    step: frozenset[str] = frozenset()
    unread: Channel = Channel.HIERARCHY
    times: int = 1
    within_s: float = 30.0

    @property
    def reach(self) -> str:
        parts = ((LOST,) if self.step else ()) + ((UNREAD[self.unread],) if self.look else ())
        return "; ".join(parts) or WHOLE


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LIMITS = Limits()
_CALL = f"dump {_LIMITS.dump_s:g} s, input {_LIMITS.input_s:g} s"
_SHELL = f"shell {_LIMITS.shell_s:g} s"
_PICTURE = f"screenshot {_LIMITS.screenshot_s:g} s"
_RETURN = f"return {_LIMITS.return_s:g} s"
_START = f"server start {_LIMITS.server_start_s:g} s"
_DOUBT = "asked once; whether it took effect is not known"

ANSWERS: tuple[Answer, ...] = (
    Answer(
        fault="refuse_service",
        what="the uiautomator2 server's port is closed",
        reads=READ_AGAIN,
        actions="the client starts the server, then asks: nothing had reached the device",
        deadline=_START,
    ),
    Answer(
        fault="drop_service",
        what="the server takes a request and hangs up",
        reads=READ_AGAIN,
        actions=_DOUBT,
        deadline=_CALL,
        step=_set("action-failed"),
    ),
    Answer(
        fault="drop_mid_request",
        what="the server dies while it answers",
        reads=READ_AGAIN,
        actions=_DOUBT,
        deadline=_CALL,
        step=_set("action-failed"),
    ),
    Answer(
        fault="hang_service=60",
        what="the server takes a request and says nothing",
        reads="never: the deadline is spent; the server is ended, the next look starts another",
        actions=_DOUBT,
        deadline=_CALL,
        look=_set("device-timeout"),
        step=_set("device-timeout"),
    ),
    Answer(
        fault="garbage",
        what="the server answers bytes that are no HTTP",
        reads=READ_AGAIN,
        actions=_DOUBT,
        deadline=_CALL,
        step=_set("action-failed"),
    ),
    Answer(
        fault="drop_connection",
        what="the adb connection breaks and stands again",
        reads=f"{READ_AGAIN}, after the device is back",
        actions=_DOUBT,
        deadline=_RETURN,
        step=_set("device-unreachable action-failed"),
    ),
    Answer(
        fault="refuse_exec",
        what="`exec:` is closed, as before Android 5",
        reads="the picture goes by a file on the device and a pull",
        actions="not concerned",
        deadline=_PICTURE,
    ),
    Answer(
        fault="refuse_shell",
        what="`shell:` is closed once",
        reads=READ_AGAIN,
        actions=ONCE,
        deadline=_SHELL,
        step=_set("device-unreachable"),
    ),
    Answer(
        fault="hang_shell=60",
        what="a command says nothing",
        reads="never: the deadline is spent",
        actions=_DOUBT,
        deadline=_SHELL,
        look=_set("device-timeout"),
        unread=Channel.PAGE,
        step=_set("device-timeout"),
    ),
    Answer(
        fault="half_png",
        what="the picture ends in its middle",
        reads=READ_AGAIN,
        actions="not concerned",
        deadline=_PICTURE,
    ),
    Answer(
        fault="half_png",
        what="and goes on doing so",
        times=99,
        reads=READ_AGAIN,
        actions="not concerned",
        deadline=_PICTURE,
        look=_set("capture-failed"),
        unread=Channel.PICTURE,
    ),
    Answer(
        fault="empty_png",
        what="the picture is empty",
        reads=READ_AGAIN,
        actions="not concerned",
        deadline=_PICTURE,
    ),
    Answer(
        fault="black_png",
        what="the picture is black and the window is not secure",
        times=99,
        reads=f"the look is taken again, {_LIMITS.capture_tries} times in all",
        actions="not concerned",
        deadline=_PICTURE,
        look=_set("black-frame"),
        unread=Channel.PICTURE,
    ),
    Answer(
        fault="half_xml",
        what="the hierarchy ends in its middle",
        reads=f"{READ_AGAIN}, the third time of a new server",
        actions="not concerned",
        deadline=_CALL,
    ),
    Answer(
        fault="half_xml",
        what="and goes on doing so",
        times=99,
        reads=f"{READ_AGAIN}, the third time of a new server",
        actions="not concerned",
        deadline=_CALL,
        look=_set("server-died"),
    ),
    Answer(
        fault="empty_xml",
        what="the hierarchy has no nodes",
        times=99,
        reads=f"the look is taken again, {_LIMITS.capture_tries} times in all",
        actions="not concerned",
        deadline=_CALL,
        look=_set("hierarchy-empty"),
    ),
    Answer(
        fault="null_xml",
        what="the hierarchy is null",
        reads=READ_AGAIN,
        actions="not concerned",
        deadline=_CALL,
    ),
    Answer(
        fault="slow_dump=60",
        what="a dump takes longer than its deadline",
        reads="never: the deadline is spent; the server is ended, the next look starts another",
        actions="not concerned",
        deadline=_CALL,
        look=_set("device-timeout"),
        step=_set("device-timeout"),
    ),
    Answer(
        fault="not_connected",
        what="“UiAutomation not connected”",
        reads="the client restarts the server and asks again",
        actions="the client restarts the server and asks again: the server had refused",
        deadline=_START,
        step=_set("action-failed"),
    ),
    Answer(
        fault="already_registered",
        what="the server cannot start: another one holds UiAutomation",
        reads=READ_AGAIN,
        actions=ONCE,
        deadline=_START,
        look=_set("server-died"),
        step=_set("action-failed look-failed"),
    ),
    Answer(
        fault="no_start",
        what="the server quits as it starts",
        reads=READ_AGAIN,
        actions=ONCE,
        deadline=_START,
        look=_set("server-died"),
        step=_set("action-failed look-failed"),
    ),
    Answer(
        fault="sync_fail",
        what="a push or pull fails in its middle",
        reads=READ_AGAIN,
        actions="an installation is refused by name",
        deadline=f"transfer {_LIMITS.pull_s:g} s",
    ),
    Answer(
        fault="server_killed",
        what="Android kills the uiautomator2 server",
        reads=READ_AGAIN,
        actions="the client starts the server, then asks; killed over the request: " + _DOUBT,
        deadline=_START,
        step=_set("action-failed"),
    ),
    Answer(
        fault="offline=1",
        what="the device is gone and comes back",
        reads=f"{READ_AGAIN}, after the device is back",
        actions=_DOUBT,
        deadline=_RETURN,
        look=_set("device-unreachable"),
        step=_set("device-unreachable action-failed"),
    ),
    Answer(
        fault="browser_crash",
        what="what draws all apps dies",
        reads=READ_AGAIN,
        actions=_DOUBT,
        deadline=_CALL,
        look=_set("server-died hierarchy-empty black-frame capture-failed device-timeout"),
        step=_set("app-died action-failed device-timeout"),
        within_s=60.0,
    ),
    Answer(
        fault="app_crash",
        what="the app in front crashes",
        reads="not concerned",
        actions="what was pressed may have met the launcher",
        deadline="none",
        step=_set("app-died"),
    ),
    Answer(
        fault="anr",
        what="“the app is not responding” lies over the app",
        reads="not concerned: the notice is what is seen",
        actions="what was pressed may have met the notice, which the walk then clears away",
        deadline="none",
    ),
    Answer(
        fault="popup",
        what="a notice of the system comes at the worst moment",
        reads="not concerned: the notice is what is seen",
        actions="what was pressed may have met the notice, which the walk then clears away",
        deadline="none",
    ),
    Answer(
        fault="storage_full",
        what="the device's storage is full",
        reads="not concerned; where the picture goes by a file, it is a gap",
        actions="an installation is refused by name",
        deadline="none",
    ),
    Answer(
        fault="clock_jump=86400",
        what="the device's clock jumps by a day",
        reads="not concerned: each look records the device's time beside the host's",
        actions="not concerned",
        deadline="none",
    ),
    Answer(
        fault="adb_restarted",
        what="somebody ends the adb server",
        reads=f"{READ_AGAIN}, after a server was started and the device connected",
        actions=_DOUBT,
        deadline=f"adb start {_START.rpartition(' start ')[2]}",
        step=_set("device-unreachable action-failed"),
    ),
    Answer(
        fault="adb_replaced",
        what="an adb server of another version takes its place",
        reads=f"{READ_AGAIN}, after the device was connected to the new one",
        actions=_DOUBT,
        deadline=_RETURN,
        step=_set("device-unreachable action-failed"),
    ),
)


_HEAD = """# 故障与应答 · Faults, and what the harness answers

本表由 `python -m tests.fault_answers` 生成，故障矩阵测试（`pytest -m matrix tests/test_fault_matrix.py`）逐项核对。
只有读取会重试，动作从不重试：结果不明的一步记为缺口，其上不作“未见”结论。只缺画面、而控件树完整的一屏，仍可作“未见”，
除非有内容只在画面里。

Written from the table that the fault matrix holds the backend to. Only reads are asked again; an action never is,
because whether it took effect is not known. *Within* is how long after the fault the next whole look comes at most.

| fault | what happens | reads are asked again | actions | deadline | look records | step records | within | reach |
|---|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page for docs/: one row per answer."""
    rows = []
    for one in ANSWERS:
        often = f" ×{one.times}" if one.times > 1 else ""
        look, step = (", ".join(f"`{reason}`" for reason in sorted(part)) or "—" for part in (one.look, one.step))
        cells = (one.what, one.reads, one.actions, one.deadline, look, step, f"{one.within_s:g} s", one.reach)
        rows.append(f"| `{one.fault}`{often} | {' | '.join(cells)} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
