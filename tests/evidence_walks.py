"""A made-up walk through a made-up study app: drawn screens, steps, a probe and what was judged of it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageDraw, ImageFont

from harness.evidence.bundle import BundleWriter, StoredBundle, WalkStart, open_bundle
from harness.evidence.layout import WalkEnd
from harness.model import (
    Action,
    Actor,
    AppIdentity,
    Audience,
    Back,
    Box,
    Channel,
    CheckpointId,
    CheckpointReach,
    Coverage,
    DeviceInfo,
    Element,
    EvidenceRef,
    FiledApp,
    Finding,
    Frame,
    Gap,
    Home,
    Judgement,
    Launch,
    Marker,
    Measure,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    Page,
    ProbeRun,
    Reach,
    Refusal,
    Role,
    RuleId,
    ScreenKey,
    Severity,
    Step,
    Swipe,
    Tap,
    Verdict,
    Wait,
    Walk,
    Word,
)

PACKAGE = PackageName("cn.gov.example.study")
SIZE = (1080, 2400)
START = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
GATE, RANKING, CHECK_IN = RuleId("video-watch-gate"), RuleId("points-ranking"), RuleId("mandatory-check-in")
_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")

Row = tuple[str, Box]


class TickingClock:
    """A clock that goes on by a quarter of a second whenever it is read."""

    def __init__(self) -> None:
        self._elapsed_s = 0.0

    def wall(self) -> datetime:
        return START + timedelta(seconds=self._elapsed_s)

    def monotonic_s(self) -> float:
        self._elapsed_s += 0.25
        return 1000 + self._elapsed_s

    def sleep(self, seconds: float) -> None:
        self._elapsed_s += max(0.0, seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A screen as it is drawn: a title, rows of text, and a bar of colour for the place of a picture."""

    title: str
    rows: tuple[Row, ...]
    activity: str
    player_s: float | None = None  # position of a video of 90 seconds


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(str(_FONT), size_px) if _FONT.exists() else ImageFont.load_default(size_px)


@cache
def png_of(drawn: Drawn) -> bytes:
    image = Image.new("RGB", SIZE, "#f2f4f7")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 220), fill="#b8232f")
    draw.text((60, 110), drawn.title, fill="white", font=_font(60))
    if drawn.player_s is not None:
        draw.rectangle((0, 220, 1080, 828), fill="#1d2733")
        draw.rectangle((60, 760, 1020, 772), fill="#5d6b7a")
        draw.rectangle((60, 760, 60 + int(960 * drawn.player_s / 90), 772), fill="#e5484d")
    for text, box in drawn.rows:
        light = drawn.player_s is not None and box.bottom < 828
        if not light:
            draw.rounded_rectangle((40, box.top - 24, 1040, box.bottom + 24), 18, fill="white")
        draw.text((box.left, box.top), text, fill="white" if light else "#20262e", font=_font(48))
    for place, label in enumerate(("首页", "课程", "我的")):
        draw.text((120 + place * 360, 2300), label, fill="#5d6b7a", font=_font(42))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def xml_of(drawn: Drawn) -> bytes:
    nodes = "".join(
        f'<node index="{i}" text={quoteattr(text)} class="android.widget.TextView" package="{PACKAGE}" '
        f'bounds="[{box.left},{box.top}][{box.right},{box.bottom}]" />'
        for i, (text, box) in enumerate(drawn.rows)
    )
    return f"<?xml version='1.0' encoding='UTF-8'?><hierarchy rotation=\"0\">{nodes}</hierarchy>".encode()


def row(text: str, top_px: int, left_px: int = 80) -> Row:
    return text, Box(left=left_px, top=top_px, right=min(1060, left_px + 50 * len(text)), bottom=top_px + 64)


def frame_of(drawn: Drawn, at: Moment, gaps: tuple[Gap, ...] = ()) -> Frame:
    return Frame(
        size_px=SIZE,
        png=png_of(drawn),
        xml=xml_of(drawn),
        page=Page(package=PACKAGE, activity=f"{PACKAGE}.{drawn.activity}"),
        began=at,
        ended=dataclasses.replace(at, mono_s=at.mono_s + 0.2),
        gaps=gaps,
    )


def observed(frame: Frame, drawn: Drawn, number: int) -> Observation:
    elements = [
        Element(parent=None, depth=0, class_name="android.widget.TextView", package=PACKAGE, box=box, text=text)
        for text, box in drawn.rows
    ]
    words = [
        Word(text=text, norm=text, box=box, channels=frozenset({Channel.HIERARCHY}), elements=(i,))
        for i, (text, box) in enumerate(drawn.rows)
    ]
    assert frame.png is not None
    assert frame.xml is not None
    return Observation(
        id=ObservationId(f"o{number:04d}"),
        size_px=SIZE,
        page=frame.page,
        screen=ScreenKey(f"{drawn.activity}-{number:02x}"),
        at=frame.began,
        elements=tuple(elements),
        spans=(),
        words=tuple(words),
        gaps=frame.gaps,
        png_sha256=hashlib.sha256(frame.png).hexdigest(),
        xml_sha256=hashlib.sha256(frame.xml).hexdigest(),
    )


HOME = Drawn(
    title="干部学习在线",
    activity="MainActivity",
    rows=(
        row("要闻：全市基层减负工作推进会召开", 320),
        row("通知公告", 480),
        row("专题学习", 640),
        row("在线课程", 800),
    ),
)
MINE = Drawn(
    title="我的",
    activity="MainActivity",
    rows=(row("张某某", 320), row("我的积分", 480), row("学习时长 12 小时", 640), row("退出登录", 1960)),
)
BOARD = Drawn(
    title="单位积分排行",
    activity="RankActivity",
    rows=(
        row("我的排名 第 17 名", 320),
        row("1  市农业农村局    2860 分", 520),
        row("2  市水利局        2715 分", 660),
        row("3  市文化和旅游局  2440 分", 800),
        row("每月底通报后三名单位", 1000),
    ),
)


def player(position_s: float, note: str = "", *, done: bool = False) -> Drawn:
    time = f"00:{int(position_s):02d} / 01:30" if position_s < 60 else f"01:{int(position_s) - 60:02d} / 01:30"
    rows = [row(time, 690), row("第二讲 基层治理", 900), row("学完本节方可进入下一节", 1060)]
    rows.append(row("下一节" if done else "下一节（未解锁）", 1220))
    if note:
        rows.append(row(note, 1700))
    return Drawn(title="课程学习", activity="VideoActivity", rows=tuple(rows), player_s=position_s)


def app(name: str = "干部学习在线") -> FiledApp:
    return FiledApp(
        package=PACKAGE,
        name=name,
        sponsor_unit="某市干部教育中心",
        user_unit="某市各区县",
        level="市级",
        audience=Audience.INTERNAL_STAFF,
        filing_number="政移备2026-00017",
        account="test-01",
        filed_on="2026-05-11",
        row=2,
    )


DEVICE = DeviceInfo(
    serial="127.0.0.1:16001",
    model="Virtual Phone",
    android_release="13",
    sdk=33,
    abi="x86_64",
    size_px=SIZE,
    density_dpi=420,
    build_fingerprint="virtual/phone/phone:13/V1/1:user/release-keys",
    is_virtual=True,
    facts=(("locale", "zh-CN"), ("network", "none")),
)


def start_of(walk_app: FiledApp, *, run: str = "r1") -> WalkStart:
    identity = AppIdentity(
        package=walk_app.package,
        version_name="3.2.1",
        version_code="30201",
        apk_sha256="ab" * 32,
        signer_sha256="cd" * 32,
        launcher_activity=".MainActivity",
    )
    began = Moment(wall=START, mono_s=1000.0, device_wall=START + timedelta(seconds=2))
    return WalkStart(
        app=walk_app,
        identity=identity,
        device=DEVICE,
        engines=("tesseract 5.3.0 chi_sim",),
        began=began,
        run=run,
        seed=7,
    )


class Hands:
    """Walks without a device: records drawn screens as if they had been seen."""

    def __init__(self, writer: BundleWriter) -> None:
        self.writer = writer
        self.clock = TickingClock()
        self.observations: list[Observation] = []
        self.steps = 0

    def moment(self) -> Moment:
        return Moment(wall=self.clock.wall(), mono_s=self.clock.monotonic_s(), device_wall=self.clock.wall())

    def see(self, drawn: Drawn, gaps: tuple[Gap, ...] = ()) -> Observation:
        frame = frame_of(drawn, self.moment(), gaps)
        observation = observed(frame, drawn, len(self.observations) + 1)
        self.writer.observation(observation, frame)
        self.observations.append(observation)
        return observation

    def do(self, action: Action, drawn: Drawn, actor: Actor = Actor.EXPLORE, why: str = "try") -> Observation:
        before = self.observations[-1].id if self.observations else None
        began = self.moment()
        after = self.see(drawn)
        self.steps += 1
        self.writer.step(
            Step(
                seq=self.steps,
                actor=actor,
                action=action,
                why=why,
                before=before,
                after=after.id,
                began=began,
                ended=self.moment(),
            )
        )
        return after

    def end(self) -> WalkEnd:
        return WalkEnd(ended=self.moment(), finished=False, untried=3, stopped_by="steps-spent")


def tap(label: str, box: Box) -> Tap:
    x_px, y_px = box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=label)


def walk_study(writer: BundleWriter) -> tuple[Hands, ProbeRun]:
    """Record the whole walk, up to its end; return its hands and the probe of the video."""
    hands = Hands(writer)
    hands.do(Launch(package=PACKAGE), HOME, Actor.START, "start")
    mine = hands.do(tap("我的", Box(left=840, top=2280, right=960, bottom=2360)), MINE)
    writer.refusal(Refusal(seq=1, observation=mine.id, label="退出登录", box=MINE.rows[3][1], danger="danger-logout"))
    hands.do(tap("我的积分", MINE.rows[1][1]), BOARD)
    hands.do(Back(), HOME)
    first = hands.do(tap("在线课程", HOME.rows[3][1]), player(12))
    drag = Swipe(x1_px=200, y1_px=766, x2_px=924, y2_px=766, label="90 %")
    next_box = player(12).rows[3][1]
    plan: list[tuple[Action, Drawn]] = [
        (Wait(seconds=4), player(16)),
        (drag, player(17, "请勿拖动进度条")),
        (tap("下一节", next_box), player(19, "请先学完本节")),
        (Home(), player(19)),
        (Launch(package=PACKAGE), player(20)),
        (Wait(seconds=30), player(50)),
        (Wait(seconds=40), player(90, "本节已学完，积分 +2", done=True)),
        (Swipe(x1_px=1000, y1_px=766, x2_px=200, y2_px=766, label="10 %"), player(11, done=True)),
        (Swipe(x1_px=200, y1_px=766, x2_px=924, y2_px=766, label="90 %"), player(81, done=True)),
    ]
    exchanges = []
    for action, drawn in plan:
        if isinstance(action, Wait):
            hands.clock.sleep(action.seconds)
        seen = hands.do(action, drawn, Actor.PROBE, f"probe:{GATE}")
        exchanges.append((action, seen.id))
    run = ProbeRun(rule=GATE, start=first.id, exchanges=tuple(exchanges))
    writer.probe_run(run)
    return hands, run


def judge_study(walk: Walk) -> Judgement:
    """Return what a judge could have said of the study walk: each verdict is there for the report to show."""
    gaps = (Gap(channel=Channel.OCR, reason="engine-unavailable", detail="chi_sim"),)
    coverages = {
        GATE: _coverage(walk, ("home", "o0001"), ("player", "o0005")),
        RANKING: _coverage(walk, ("home", "o0001"), ("points-page", "o0003")),
        CHECK_IN: _coverage(walk, ("home", "o0001"), ("check-in-page", None), gaps=gaps),
    }
    findings = (
        _finding(
            walk,
            CHECK_IN,
            Verdict.INCONCLUSIVE,
            "coverage-checkpoint-open",
            (("checkpoint", "check-in-page"), ("why", "steps-spent")),
        ),
        _finding(
            walk,
            RANKING,
            Verdict.FOUND,
            "points-ranking-board-units",
            (("rows", 3),),
            evidence=(_ref(walk, "o0003", Role.TRIGGER, range(5), 3),),
            entry=("我的", "我的积分"),
            markers=(Marker.COMPARISON, Marker.CONSEQUENCE),
        ),
        _finding(
            walk,
            GATE,
            Verdict.FOUND,
            "video-watch-gate-seek-and-next",
            (("control_run", "free"), ("seek_after", "0:17"), ("seek_from", "0:16"), ("seek_target", "1:21")),
            evidence=(
                _ref(walk, "o0006", Role.BEFORE, range(1), 6),
                _ref(walk, "o0007", Role.AFTER, range(5), 7),
                _ref(walk, "o0008", Role.AFTER, range(3, 5), 8),
            ),
            entry=("在线课程",),
            markers=(Marker.NO_OPT_OUT, Marker.CREDIT_CONDITION),
            measures=_measures(walk),
        ),
    )
    return Judgement(findings=findings, coverage=tuple(coverages.items()))


def _coverage(walk: Walk, *places: tuple[str, str | None], gaps: tuple[Gap, ...] = ()) -> Coverage:
    reaches = tuple(
        CheckpointReach(
            checkpoint=CheckpointId(name),
            reach=Reach.NOT_REACHED if proof is None else Reach.REACHED,
            reason="steps-spent" if proof is None else "",
            observation=None if proof is None else ObservationId(proof),
        )
        for name, proof in places
    )
    return Coverage(
        reaches=reaches,
        screens=5,
        steps=len(walk.steps),
        untried=walk.untried,
        finished=walk.finished,
        stopped_by=walk.stopped_by,
        gaps=gaps,
    )


def _ref(walk: Walk, name: str, role: Role, rows: Sequence[int], step: int) -> tuple[EvidenceRef, ...]:
    observation = next(o for o in walk.observations if o.id == name)
    return tuple(
        EvidenceRef(
            role=role,
            observation=observation.id,
            png_sha256=observation.png_sha256,
            xml_sha256=observation.xml_sha256,
            step=step,
            box=observation.words[index].box,
            text=observation.words[index].text,
            why="points-ranking-mark-row",
        )
        for index in rows
        if index < len(observation.words)
    )


def _finding(
    walk: Walk,
    rule: RuleId,
    verdict: Verdict,
    reason: str,
    data: tuple[tuple[str, str | int], ...],
    *,
    evidence: tuple[tuple[EvidenceRef, ...], ...] = (),
    entry: tuple[str, ...] = (),
    markers: tuple[Marker, ...] = (),
    measures: tuple[Measure, ...] = (),
) -> Finding:
    fingerprint = "fp1:" + hashlib.sha256(f"{rule}{walk.app.package}".encode()).hexdigest()[:16]
    return Finding(
        id=f"f-{fingerprint[4:12]}",
        rule=rule,
        package=walk.app.package,
        verdict=verdict,
        reason=reason,
        data=data,
        severity=Severity.S1,
        markers=markers,
        signs=(rule,),
        screen=None,
        entry=entry,
        evidence=tuple(ref for refs in evidence for ref in refs),
        measures=measures,
        fingerprint=fingerprint,
    )


def _measures(walk: Walk) -> tuple[Measure, ...]:
    read = [
        ("o0005", 12.0, ""),
        ("o0006", 16.0, "play"),
        ("o0007", 17.0, "seek-forward"),
        ("o0008", 19.0, "press-next"),
        ("o0010", 20.0, "after-home"),
        ("o0011", 50.0, "play"),
        ("o0012", 90.0, "play"),
        ("o0014", 81.0, "control-seek"),
    ]
    times = {o.id: o.at.mono_s for o in walk.observations}
    zero = times[ObservationId("o0005")]
    return tuple(
        Measure(
            at_s=times[ObservationId(name)] - zero,
            name="video-watch-gate-position",
            value=value,
            unit="s",
            observation=ObservationId(name),
            note=note,
        )
        for name, value, note in read
    )


Pages = Callable[[StoredBundle, Judgement], Mapping[str, bytes]]


def no_pages(bundle: StoredBundle, judgement: Judgement) -> Mapping[str, bytes]:
    return {"index.html": b"<!doctype html>"}


def write_study(root: Path, *, run: str = "r1", name: str = "干部学习在线", pages: Pages = no_pages) -> Path:
    """Write a whole study bundle and return its folder."""
    clock = TickingClock()
    with BundleWriter(root, start_of(app(name), run=run), clock=clock) as writer:
        hands, _ = walk_study(writer)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as bundle:
            judgement = judge_study(bundle.walk)
            made = pages(bundle, judgement)
        return writer.finish(judgement, made)


def zipped(folder: Path, to: Path) -> Path:
    """Pack a bundle as an exporter would: stored, with its folder as the only top."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return to
