"""A shared copy shows nobody: persons are masked on derivatives, originals are withheld, and verify says so."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from PIL import Image, ImageDraw, ImageFont

from harness.clock import SystemClock
from harness.errors import BadInput, BundleError
from harness.evidence import bag, keys, layout
from harness.evidence.bundle import BundleWriter, StoredBundle, open_bundle, schema_files
from harness.evidence.masking import Mask, TextMask, black, mask_picture, photo_boxes
from harness.evidence.personal import Kind
from harness.evidence.redact import Shared, share
from harness.evidence.seal import Sealing, seal
from harness.evidence.verify import Result, Soundness, Trust, verify
from harness.machine import find_cjk_font_file
from harness.model import Box, Channel, Gap, Judgement, Observation, Span, Word
from harness.report.html import bundle_pages
from harness.rules import ALL_RULES
from tests.evidence_walks import Drawn, app, frame_of, judge_study, observed, row, start_of, walk_study
from tests.seal_fixtures import HostClock, new_signer, problems, write_sealed, wrong

NAMES = ("张三丰", "李四", "欧阳锋")
PHONE, IDENTITY = "13812345678", "330102199003071234"
PEOPLE = Drawn(
    title="个人积分排行",
    activity="RankActivity",
    rows=(
        row("1", 320),
        row("张三丰", 320, 240),
        row("2860 分", 320, 640),
        row("2", 480),
        row("李四", 480, 240),
        row("2715 分", 480, 640),
        row("3 王小二 2440 分", 640),
        row("每月底通报后三名", 900),
        row(f"联系电话：{PHONE}", 1060),
        row(f"证件号码 {IDENTITY}", 1220),
        row("负责人：欧阳锋", 1380),
        row("任务中心", 1540),
    ),
)


def people_png() -> bytes:
    """Draw the ranking with nothing over anything; boxes are wider than their ink, as nodes are."""
    image = Image.new("RGB", (1080, 2400), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(find_cjk_font_file(os.environ) or "", 48)
    draw.text((60, 110), PEOPLE.title, fill="black", font=font)
    for text, box in PEOPLE.rows:
        draw.text((box.left, box.top), text, fill="#20262e", font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("张三", "■■"),
        ("张某某", "■■■"),
        ("王*明", "■■■"),
        ("*小明", "■■■"),
        ("负责人：欧阳锋", "负责人：■■■"),
        ("张三，您好", "■■，您好"),
        ("欢迎张三", "欢迎■■"),
        ("联系人:李明 13812345678", "联系人:■■ ■■■■■■■■■■■"),
        ("1 张三 2860 分", "1 ■■ 2860 分"),
        ("赵主任已审核", "■主任已审核"),
        ("138****5678", "■■■■■■■■■■■"),
        ("电话0571-87654321", "电话■■■■■■■■■■■■■"),
        ("33010219900307123X", "■" * 18),
        ("3301**********1234", "■" * 18),
        ("6222020200112233445", "■" * 19),
        ("艾克拜尔·买买提", "■" * 8),
        ("诸葛孔明", "■■■■"),
        ("写给 zhang.san@example.cn", "写给 ■■■■■■■■■■■■■■■■■■■■"),
    ],
)
def test_what_tells_of_a_person_is_masked(text: str, left: str) -> None:
    assert TextMask((), black).text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "任务中心", "积分排行", "平安代驾", "安装率",
        "云岭县", "安全", "应急值守", "时间", "查看详情", "市农业农村局", "2860 分",
        "第 17 名", "2026-11-26 08:30:00", "连续签到 5 天", "学习时长 12 小时", "温馨提示", "公告",
        "平均分 86.5", "00:12 / 01:30", "通知公告", "版本 3.2.1", "政移备2026-00017", "", "每月底通报后三名单位",
    ],
)  # fmt: skip
def test_words_of_an_app_stay_readable(text: str) -> None:
    assert TextMask((), black).text(text) == text


def test_a_name_that_was_seen_once_is_masked_everywhere() -> None:
    mask = TextMask(("第五伦",), black)
    assert mask.text("由第五伦上报，第五伦审核") == "由■■■上报，■■■审核"
    assert mask.counts[Kind.NAME] == 2


# --- pictures ---------------------------------------------------------------------------------------------------------


def seen(drawn: Drawn) -> Observation:
    return observed(frame_of(drawn, start_of(app()).began), drawn, 1)


def pixels(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


def same(one: Image.Image, other: Image.Image, box: Box) -> bool:
    edges = (box.left, box.top, box.right, box.bottom)
    return one.crop(edges).tobytes() == other.crop(edges).tobytes()


def grey(image: Image.Image, box: Box) -> bool:
    colours = image.crop((box.left, box.top, box.right, box.bottom)).getcolors(1 << 20)
    return {colour for _, colour in colours or ()} == {(128, 128, 128)}


def test_a_ranking_keeps_rank_and_value_and_loses_its_names() -> None:
    png = people_png()
    masked = mask_picture(png, [seen(PEOPLE)])
    assert masked is not None
    before, after = pixels(png), pixels(masked.png)
    boxes = dict(PEOPLE.rows)
    for text in ("张三丰", "李四"):
        assert grey(after, boxes[text])
    for text in ("1", "2860 分", "2", "2715 分", "每月底通报后三名", "任务中心"):
        assert same(before, after, boxes[text]), text
    assert {mask.kind for mask in masked.masks} == {Kind.NAME, Kind.PHONE, Kind.ID_NUMBER}
    phone = next(mask.box for mask in masked.masks if mask.kind is Kind.PHONE)
    assert grey(after, phone)
    blank = Image.new("RGB", before.size, "white")
    right = Box(left=phone.right, top=phone.top, right=1080, bottom=phone.bottom)
    assert same(before, blank, right)  # the number ends within the mask
    assert phone.left > boxes[f"联系电话：{PHONE}"].left + 150  # the label stays
    merged = boxes["3 王小二 2440 分"]
    names = [mask.box for mask in masked.masks if mask.kind is Kind.NAME]
    (name,) = [box for box in names if box.top < merged.bottom and box.bottom > merged.top]
    assert merged.left < name.left
    assert name.right < merged.left + 190
    after_name = Box(left=merged.left + 190, top=merged.top, right=merged.right, bottom=merged.bottom)
    assert same(before, after, after_name)  # the value stays
    rank = Box(left=merged.left, top=merged.top, right=merged.left + 28, bottom=merged.bottom)
    assert same(before, after, rank)


def with_photo() -> tuple[bytes, Box]:
    """Return a drawn screen with a picture of many colours in it, as a camera makes them."""
    image = pixels(people_png())
    chance = random.Random(7)
    small = Image.new("RGB", (40, 40))
    small.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(1600)])
    box = Box(left=820, top=1700, right=1020, bottom=1900)
    image.paste(small.resize((box.width_px, box.height_px), Image.Resampling.BICUBIC), (box.left, box.top))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue(), box


def test_what_looks_like_a_photograph_is_masked_whole_and_drawn_things_are_not() -> None:
    png, box = with_photo()
    assert photo_boxes(pixels(people_png())) == ()
    (found,) = photo_boxes(pixels(png))
    assert found.overlap(box) == box
    masked = mask_picture(png, [seen(PEOPLE)])
    assert masked is not None
    assert Mask(box=found, kind=Kind.PHOTO) in masked.masks
    assert grey(pixels(masked.png), box)


def test_what_nobody_read_is_masked_and_words_that_were_read_stay() -> None:
    canvas = Box(left=0, top=300, right=1080, bottom=1000)
    silent = replace(seen(PEOPLE), opaque=(canvas,), words=(), elements=())
    masked = mask_picture(people_png(), [silent])
    assert masked is not None
    assert grey(pixels(masked.png), canvas)
    failed = replace(seen(PEOPLE), gaps=(Gap(channel=Channel.OCR, reason="engine-unavailable"),))
    masked = mask_picture(people_png(), [failed])
    assert masked is not None
    assert same(pixels(people_png()), pixels(masked.png), dict(PEOPLE.rows)["2860 分"])
    title = Box(left=60, top=110, right=500, bottom=170)  # drawn, and in no word
    assert grey(pixels(masked.png), title)


def test_a_picture_that_cannot_be_read_is_not_passed_on() -> None:
    for png in (b"", b"\x89PNG\r\n\x1a\n" + bytes(60), people_png()[:400]):
        assert mask_picture(png, []) is None


# --- the copy ---------------------------------------------------------------------------------------------------------


def pages(stored: StoredBundle, judgement: Judgement) -> Mapping[str, bytes]:
    return bundle_pages(stored, judgement, ALL_RULES)


def write_people(root: Path, by: Sealing | None) -> Path:
    """Write a study bundle that also saw a ranking of people."""
    with BundleWriter(root, start_of(app()), clock=HostClock(), sealing=by) as writer:
        hands, _ = walk_study(writer)
        hands.see(PEOPLE)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as bundle:
            judgement = judge_study(bundle.walk)
            made = pages(bundle, judgement)
        return writer.finish(judgement, made)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shared, Trust]:
    root = tmp_path_factory.mktemp("shared")
    signer, public = new_signer(root / "keys")
    bundle = write_people(root / "runs", Sealing(signer=signer))
    return bundle, share(bundle, root / "out", pages, SystemClock()), Trust(key_pem=keys.read_public(public))


@pytest.fixture
def copy(made: tuple[Path, Shared, Trust], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[1].path, tmp_path / made[1].path.name))


def test_verify_says_withheld_and_not_missing(made: tuple[Path, Shared, Trust]) -> None:
    _, shared, trust = made
    report = verify(shared.path, trust=trust)
    assert (report.soundness, report.exit_code, wrong(report)) == (Soundness.WITHHELD, 2, set())
    results = {item.key: item.result for item in report.items}
    assert results["verify-seal"] is Result.RIGHT
    assert results["verify-payload-manifest"] is Result.NOTED
    assert results["verify-chain"] is Result.NOT_LOOKED
    assert "evidence-missing" not in problems(report)
    assert verify(made[0], trust=trust).soundness is Soundness.SOUND  # the original is as it was


def test_no_file_of_the_copy_holds_anything_personal(made: tuple[Path, Shared, Trust]) -> None:
    bundle, shared, _ = made
    originals = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.suffix in (".jsonl", ".html", ".json"))
    for text in (*NAMES, PHONE, IDENTITY, "王小二", "张某某"):
        assert text.encode() in originals, text
        for path in shared.path.rglob("*"):
            assert not path.is_file() or text.encode() not in path.read_bytes(), (text, path)
    kept = {path.read_bytes() for path in shared.path.rglob("*.png")}
    assert kept
    assert not kept & {path.read_bytes() for path in (bundle / layout.SHOTS).iterdir()}


def test_what_was_masked_and_withheld_is_listed_with_the_sealed_digests(made: tuple[Path, Shared, Trust]) -> None:
    bundle, shared, _ = made
    listed = bag.parse_manifest((bundle / layout.MANIFEST).read_bytes(), member="m")
    assert (shared.path / layout.MANIFEST).read_bytes() == (bundle / layout.MANIFEST).read_bytes()
    for one in shared.withheld.members:
        assert not (shared.path / one.member).exists()
        assert one.member == layout.REPORT or listed[one.member] == one.sha256
    assert {picture.derived_from for picture in shared.masks.pictures} == {
        f"{layout.SHOTS}/{path.name}" for path in (bundle / layout.SHOTS).iterdir()
    }
    assert dict(shared.masks.texts).keys() >= {"name", "phone", "id-number"}
    for name in ("withheld", "masks"):
        schema = json.loads(schema_files()[f"{name}.schema.json"])
        jsonschema.Draft202012Validator(schema).validate(json.loads((shared.path / f"shared/{name}.json").read_bytes()))


def test_the_report_of_the_copy_opens_and_links_only_what_is_there(made: tuple[Path, Shared, Trust]) -> None:
    folder = made[1].path / layout.SHARED
    page = (folder / layout.REPORT).read_text(encoding="utf-8")
    links = [link for link in re.findall(r'(?:src|href)="([^"#:]+)"', page) if not link.startswith("data:")]
    assert links
    for link in links:
        assert (folder / link).is_file(), link
    assert "2860" in page or "第 17 名" in page


def test_a_copy_is_packed_too_and_is_no_bundle_to_judge(made: tuple[Path, Shared, Trust], tmp_path: Path) -> None:
    bundle, _, trust = made
    shared = share(bundle, tmp_path / "copy.zip", pages, SystemClock())
    assert verify(shared.path, trust=trust).soundness is Soundness.WITHHELD
    assert list(tmp_path.iterdir()) == [shared.path]
    with pytest.raises(BundleError, match="is a shared copy"), open_bundle(shared.path):
        pass
    with pytest.raises(BadInput, match="is there already"):
        share(bundle, tmp_path / "copy.zip", pages, SystemClock())


def test_a_bundle_that_does_not_verify_is_not_shared(tmp_path: Path) -> None:
    bundle = write_sealed(tmp_path / "runs", None)
    (bundle / layout.FINDINGS).write_bytes(b"{}")
    with pytest.raises(BadInput, match="is not sound"):
        share(bundle, tmp_path / "out", pages, SystemClock())
    assert not (tmp_path / "out").exists()


def edited(member: str, change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def attack(copy: Path) -> None:
        value = json.loads((copy / member).read_bytes())
        change(value)
        (copy / member).write_text(json.dumps(value), encoding="utf-8")
        own = [p for p in sorted((copy / layout.SHARED).rglob("*")) if p.is_file() and p.name != "manifest-sha256.txt"]
        digests = {path.relative_to(copy).as_posix(): layout.sha256(path.read_bytes()) for path in own}
        (copy / layout.SHARED_MANIFEST).write_bytes(bag.manifest(digests))

    return attack


def members_of(value: dict[str, object]) -> list[dict[str, object]]:
    members = value["members"]
    assert isinstance(members, list)
    return members


ATTACKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file taken that is not said to be withheld": (
        lambda copy: (copy / layout.SUBJECT).unlink(),
        "verify-payload-manifest",
    ),
    "the case said to be withheld": (
        edited(layout.WITHHELD, lambda v: members_of(v)[0].update(member=layout.CASE)),
        "verify-format",
    ),
    "a withheld original with another digest": (
        edited(layout.WITHHELD, lambda v: members_of(v)[0].update(sha256="0" * 64)),
        "verify-payload-manifest",
    ),
    "something withheld that never was": (
        edited(layout.WITHHELD, lambda v: members_of(v)[0].update(member="data/shots/new.png")),
        "verify-unlisted",
    ),
    "a withheld original forgotten in the list": (
        edited(layout.WITHHELD, lambda v: members_of(v).pop(0)),
        "verify-payload-manifest",
    ),
    "the masked findings changed": (
        lambda copy: (copy / "shared/data/findings.json").write_bytes(b"{}"),
        "verify-unlisted",
    ),
    "a page put beside the report": (
        lambda copy: (copy / "shared/evil.html").write_bytes(b"<script>"),
        "verify-unlisted",
    ),
    "the case of the sealed part changed": (
        lambda copy: (copy / layout.CASE).write_bytes((copy / layout.CASE).read_bytes().replace(b"cn.", b"xn.")),
        "verify-payload-manifest",
    ),
    "a picture of the copy that is none": (
        lambda copy: next((copy / "shared/data/shots").iterdir()).write_bytes(b"<html>"),
        "verify-content",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_a_copy_is_caught(name: str, copy: Path, made: tuple[Path, Shared, Trust]) -> None:
    attack, item = ATTACKS[name]
    attack(copy)
    report = verify(copy, trust=made[2])
    assert item in wrong(report), problems(report)
    assert report.soundness is Soundness.NOT_SOUND


def test_words_read_from_pixels_are_masked_as_well() -> None:
    box = dict(PEOPLE.rows)["李四"]
    read = Word(text="李四", norm="李四", box=box, channels=frozenset({Channel.OCR}), confidence=0.9, spans=(0,))
    span = Span(text="李四", box=box, confidence=0.9, engine="x")
    silent = replace(seen(PEOPLE), words=(read,), spans=(span,), elements=(), opaque=(box,), engines=("x",))
    masked = mask_picture(people_png(), [silent])
    assert masked is not None
    assert grey(pixels(masked.png), box)
    assert TextMask(("李四",), black).value(silent).spans[0].text == "■■"


def test_an_unsealed_bundle_can_be_shared_and_sealed_before(tmp_path: Path) -> None:
    bundle = write_sealed(tmp_path / "runs", None)
    signer, public = new_signer(tmp_path / "keys")
    seal(bundle, Sealing(signer=signer), SystemClock())
    shared = share(bundle, tmp_path / "out", pages, SystemClock())
    assert verify(shared.path, trust=Trust(key_pem=keys.read_public(public))).soundness is Soundness.WITHHELD


def test_a_copy_and_a_case_are_made_on_the_command_line(made: tuple[Path, Shared, Trust], tmp_path: Path) -> None:
    bundle = made[0]

    def harness(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", *arguments]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
        )

    shared = harness("share", str(bundle), str(tmp_path / "copy.zip"))
    assert shared.returncode == 0, shared.stderr
    assert not any(name in shared.stdout for name in NAMES)
    assert harness("verify", str(tmp_path / "copy.zip")).returncode == 2
    observation = json.loads((bundle / layout.OBSERVATIONS).read_bytes().splitlines()[-1])["id"]
    promoted = harness(
        *("promote", str(bundle), observation, "points-ranking", "people", "--why", "people in order"),
        *("--to", str(tmp_path / "cases")),
    )
    assert promoted.returncode == 0, promoted.stderr
    case = (tmp_path / "cases" / "points-ranking" / "people.json").read_text(encoding="utf-8")
    assert not any(text in case for text in (*NAMES, PHONE, IDENTITY))
    assert "2860" in case
