"""A made-up run for ``benchmarks.evidence``: screens of 1080x2400, recorded as a walk, judged so that all are cited.

Half of a screen is text on cards, a third of it looks like a photo; a screen has about 0.6 MB.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harness import machine
from harness.clock import Clock, SystemClock
from harness.evidence.bundle import BundleWriter, StoredBundle, WalkStart
from harness.model import (
    Actor,
    AppIdentity,
    Audience,
    Box,
    Channel,
    CheckpointReach,
    Coverage,
    DeviceInfo,
    Element,
    EvidenceRef,
    FiledApp,
    Finding,
    Frame,
    Judgement,
    Launch,
    Marker,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    Page,
    Reach,
    Role,
    Rule,
    ScreenKey,
    Step,
    Tap,
    Verdict,
    Walk,
    Word,
)
from harness.rules import ALL_RULES

SIZE = (1080, 2400)
PACKAGE = PackageName("cn.gov.example.bench")
_PHOTO = (1000, 400)
_ROWS = 14
_CITED_RULES = 10
_LINES = (
    "全市基层减负工作推进会召开",
    "通知公告：请及时完成学习任务",
    "我的积分 2860 分",
    "单位排行第 17 名",
    "今日已签到",
    "第二讲 基层治理的经验与启示",
    "学完本节方可进入下一节",
    "每月底通报后三名单位",
    "我的学习时长 12 小时",
    "答题须达 80 分",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen as the device would hand it over, with the rows that are written on it."""

    png: bytes
    xml: bytes
    rows: tuple[tuple[str, Box], ...]


def screens(count: int) -> Iterator[Screen]:
    """Yield drawn screens, every one different; the same ones every time."""
    path = machine.find_cjk_font_file(os.environ)
    font = ImageFont.truetype(str(path), 44) if path else ImageFont.load_default(44)
    chance = np.random.default_rng(20261120)
    photos = [_photo(chance) for _ in range(8)]
    for number in range(count):
        image = Image.new("RGB", SIZE, "#f2f4f7")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, SIZE[0], 200), fill=("#b8232f", "#1f4f8f", "#1f6b45")[number % 3])
        draw.text((60, 90), f"第 {number + 1} 页", fill="white", font=font)
        image.paste(photos[number % len(photos)], (40 + number % 37, 230))
        rows = []
        for place, text in enumerate(itertools.islice(itertools.cycle(_LINES), number, number + _ROWS)):
            top = 1280 + place * 78
            draw.rounded_rectangle((40, top - 10, 1040, top + 60), 16, fill="white")
            said = f"{text} {number * _ROWS + place}"
            draw.text((80, top), said, fill="#20262e", font=font)
            rows.append((said, Box(left=80, top=top, right=80 + 40 * len(text), bottom=top + 54)))
        out = io.BytesIO()
        image.save(out, "PNG", compress_level=1)
        nodes = "".join(
            f'<node index="{i}" text="{text}" class="android.widget.TextView" package="{PACKAGE}" '
            f'bounds="[{box.left},{box.top}][{box.right},{box.bottom}]" />'
            for i, (text, box) in enumerate(rows)
        )
        xml = f"<?xml version='1.0' encoding='UTF-8'?><hierarchy rotation=\"0\">{nodes}</hierarchy>".encode()
        yield Screen(png=out.getvalue(), xml=xml, rows=tuple(rows))


def _photo(chance: np.random.Generator) -> Image.Image:
    """Return what packs as badly as a photo: smooth shapes with the grain of a sensor."""
    coarse = Image.fromarray(chance.integers(0, 255, (5, 12, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(_PHOTO, Image.Resampling.BICUBIC), dtype=np.float64)
    grain = chance.normal(0, 0.5, (_PHOTO[1], _PHOTO[0], 1))
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


class Timed:
    """A recorder, or whatever is called like one, and how long its calls took, in seconds."""

    def __init__(self, recorder: BundleWriter, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self.taken_s = 0.0
        self.steps = 0

    def observation(self, observation: Observation, frame: Frame) -> None:
        self._timed(lambda: self._recorder.observation(observation, frame))

    def step(self, step: Step) -> None:
        self.steps += 1
        self._timed(lambda: self._recorder.step(step))

    def __getattr__(self, name: str) -> Callable[..., None]:
        call = getattr(self._recorder, name)
        return lambda *given: self._timed(lambda: call(*given))

    def _timed(self, call: Callable[[], object]) -> None:
        began_s = self._clock.monotonic_s()
        call()
        self.taken_s += self._clock.monotonic_s() - began_s


def start(run: str) -> WalkStart:
    """Return what is known of the made-up app and device before the first step."""
    clock = SystemClock()
    return WalkStart(
        app=FiledApp(
            package=PACKAGE,
            name="测量用应用",
            sponsor_unit="某市干部教育中心",
            user_unit="某市各区县",
            level="市级",
            audience=Audience.INTERNAL_STAFF,
            filing_number="政移备2026-00001",
            account="",
            filed_on="2026-05-11",
            row=2,
        ),
        identity=AppIdentity(
            package=PACKAGE,
            version_name="1.0",
            version_code="1",
            apk_sha256="ab" * 32,
            signer_sha256="cd" * 32,
            launcher_activity=".MainActivity",
        ),
        device=DeviceInfo(
            serial="bench",
            model="Bench",
            android_release="13",
            sdk=33,
            abi="x86_64",
            size_px=SIZE,
            density_dpi=420,
            build_fingerprint="bench",
            is_virtual=True,
            facts=(),
        ),
        engines=("none",),
        began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
        run=run,
    )


def record(writer: BundleWriter, drawn: Sequence[Screen]) -> None:
    """Record one look and one step for each screen, as a walker does."""
    clock = SystemClock()
    before: ObservationId | None = None
    for number, screen in enumerate(drawn, start=1):
        now = Moment(wall=clock.wall(), mono_s=clock.monotonic_s())
        frame = Frame(
            size_px=SIZE,
            png=screen.png,
            xml=screen.xml,
            page=Page(package=PACKAGE, activity=".MainActivity"),
            began=now,
            ended=now,
            gaps=(),
        )
        observation = _observed(screen, now, number)
        writer.observation(observation, frame)
        box = screen.rows[0][1]
        x_px, y_px = box.centre_px
        action = Launch(package=PACKAGE) if before is None else Tap(x_px=x_px, y_px=y_px, label=screen.rows[0][0])
        actor, why = (Actor.START, "start") if before is None else (Actor.EXPLORE, "try")
        writer.step(
            Step(
                seq=number,
                actor=actor,
                action=action,
                why=why,
                before=before,
                after=observation.id,
                began=now,
                ended=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
            )
        )
        before = observation.id


def _observed(screen: Screen, at: Moment, number: int) -> Observation:
    return Observation(
        id=ObservationId(f"o{number:04d}"),
        size_px=SIZE,
        page=Page(package=PACKAGE, activity=".MainActivity"),
        screen=ScreenKey(f"main-{number:04x}"),
        at=at,
        elements=tuple(
            Element(parent=None, depth=0, class_name="android.widget.TextView", package=PACKAGE, box=box, text=text)
            for text, box in screen.rows
        ),
        spans=(),
        words=tuple(
            Word(text=text, norm=text, box=box, channels=frozenset({Channel.HIERARCHY}), elements=(i,))
            for i, (text, box) in enumerate(screen.rows)
        ),
        gaps=(),
        png_sha256=hashlib.sha256(screen.png).hexdigest(),
        xml_sha256=hashlib.sha256(screen.xml).hexdigest(),
    )


def judged(bundle: StoredBundle) -> Judgement:
    """Return findings of ten rules that together cite every screen, two marks on each."""
    walk = bundle.walk
    rules = ALL_RULES[:_CITED_RULES]
    share = -(-len(walk.observations) // len(rules))
    findings = tuple(
        _finding(walk, rule, walk.observations[place * share : (place + 1) * share]) for place, rule in enumerate(rules)
    )
    coverage = tuple(
        (
            rule.id,
            Coverage(
                reaches=tuple(
                    CheckpointReach(
                        checkpoint=checkpoint.id, reach=Reach.REACHED, reason="", observation=walk.observations[0].id
                    )
                    for checkpoint in rule.checkpoints
                ),
                screens=len(walk.observations),
                steps=len(walk.steps),
                untried=0,
                finished=True,
                stopped_by="",
                gaps=(),
            ),
        )
        for rule in ALL_RULES
    )
    return Judgement(findings=findings, coverage=coverage)


def _finding(walk: Walk, rule: Rule, cited: Sequence[Observation]) -> Finding:
    steps = {step.after: step.seq for step in walk.steps}
    evidence = tuple(
        EvidenceRef(
            role=Role.TRIGGER,
            observation=seen.id,
            png_sha256=seen.png_sha256,
            xml_sha256=seen.xml_sha256,
            step=steps.get(seen.id),
            box=word.box,
            text=word.text,
            why="points-ranking-mark-row",
        )
        for seen in cited
        for word in seen.words[:2]
    )
    fingerprint = "fp1:" + hashlib.sha256(rule.id.encode()).hexdigest()[:16]
    return Finding(
        id=f"f-{fingerprint[4:12]}",
        rule=rule.id,
        package=PACKAGE,
        verdict=Verdict.FOUND,
        reason="points-ranking-board-units",
        data=(("rows", 3), ("by", "积分")),
        severity=rule.severity,
        markers=(Marker.COMPARISON,),
        signs=(rule.id,),
        screen=None,
        entry=("我的", "我的积分"),
        evidence=evidence,
        measures=(),
        fingerprint=fingerprint,
    )


def files_of(folder: Path) -> list[Path]:
    """Return the files below a folder."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def megabytes(path: Path) -> float:
    """Return the size of a file, or of a folder with all that is in it, in megabytes."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else files_of(path))) / 1e6
