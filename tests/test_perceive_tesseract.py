"""Lines found and read with the installed Tesseract, on drawn screens."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadInput, EngineUnavailable
from harness.model import Box, ObservationId, Span
from harness.perceive import frame_from_image, observe
from harness.perceive.pictures import (
    Picture,
    UnreadablePicture,
    decode,
    is_black,
    is_blank,
    line_crop,
    png_of,
    text_lines,
)
from harness.perceive.tesseract import LineCache, TesseractEngine
from harness.wording import normalise
from tests.screen_drawing import AT, Written, drawn

BOARD = [
    Written(text="签到排行榜", x_px=400, y_px=100, size_px=56, ink="#ffffff"),
    Written(text="名次", x_px=60, y_px=300, size_px=46),
    Written(text="姓名", x_px=260, y_px=300, size_px=46),
    Written(text="积分", x_px=900, y_px=300, size_px=46),
    *(
        Written(text=text, x_px=x, y_px=420 + 170 * line, size_px=52)
        for line, cells in enumerate((("1", "何志远", "86"), ("2", "林秀兰", "84"), ("3", "王建国", "82")))
        for text, x in zip(cells, (80, 260, 920), strict=True)
    ),
    Written(text="我的排名 第23名", x_px=120, y_px=1000, size_px=50),
    Written(text="立即签到", x_px=420, y_px=1300, size_px=60, ink="#ffffff", ground="#1a5fd0"),
    Written(text="已连续签到12天", x_px=330, y_px=1550, size_px=40, ink="#999999"),
    Written(text="0分/5分", x_px=800, y_px=1700, size_px=44, ink="#e05a00"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The drawn board and what was read of it."""

    png: bytes
    engine: TesseractEngine
    spans: tuple[Span, ...]

    def texts(self) -> list[str]:
        return [normalise(span.text) for span in self.spans]


@pytest.fixture(scope="module")
def board() -> Read:

    png = drawn(BOARD[1:])
    engine = TesseractEngine()
    return Read(png=png, engine=engine, spans=engine.read(png, None))


def test_every_line_of_a_leaderboard_on_a_canvas_is_read(board: Read) -> None:
    wanted = {"名次", "姓名", "积分", "1", "何志远", "86", "2", "林秀兰", "84", "3", "王建国", "82"}
    assert wanted <= set(board.texts())


def test_white_on_blue_pale_and_coloured_text_is_read(board: Read) -> None:
    assert {"立即签到", "已连续签到12天", "0分/5分"} <= set(board.texts())


def test_boxes_are_in_device_pixels_and_the_engine_names_itself(board: Read) -> None:
    pressed = next(span for span in board.spans if normalise(span.text) == "立即签到")
    assert Box(left=400, top=1290, right=690, bottom=1400).overlap(pressed.box) == pressed.box
    assert pressed.box.height_px >= 45
    assert pressed.confidence > 0.8
    assert pressed.engine == board.engine.name
    assert board.engine.name.startswith("tesseract 5") or board.engine.name.startswith("tesseract 4")
    assert "chi_sim" in board.engine.name


def test_the_name_tells_the_models_apart_by_their_files(
    board: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = re.findall(r"\[([0-9a-f]{8}) ([0-9a-f]{8})\]", board.engine.name)
    assert len(digests) == 1
    for language in ("chi_sim", "eng"):
        (tmp_path / f"{language}.traineddata").write_bytes(language.encode())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    expected = [hashlib.sha256(language).hexdigest()[:8] for language in (b"chi_sim", b"eng")]
    assert f"[{' '.join(expected)}]" in TesseractEngine().name


def test_only_the_regions_asked_for_are_read(board: Read) -> None:
    spans = board.engine.read(board.png, [Box(left=0, top=1250, right=1080, bottom=1450)])
    assert [normalise(span.text) for span in spans] == ["立即签到"]


def test_a_second_look_at_the_same_pixels_is_answered_from_memory(board: Read) -> None:
    # A deadline that no process can keep: an answer can only come from the cache.
    cache = LineCache()
    slow = TesseractEngine(cache=cache)
    region = [Box(left=0, top=1250, right=1080, bottom=1450)]
    first = slow.read(board.png, region)
    hurried = TesseractEngine(cache=cache, timeout_s=0.001)
    assert hurried.read(board.png, region) == first
    with pytest.raises(EngineUnavailable, match="timeout"):
        hurried.read(board.png, [Box(left=0, top=1500, right=1080, bottom=1650)])


def test_a_cache_forgets_the_oldest_first() -> None:
    from harness.perceive.tesseract import Line

    cache = LineCache(size=2)
    for name in (b"a", b"b", b"c"):
        cache.put(name, Line(text=name.decode(), confidence=1.0))
    assert (cache.get(b"a"), cache.get(b"c")) == (None, Line(text="c", confidence=1.0))


def test_a_missing_language_raises_with_the_command_that_mends_it(board: Read) -> None:
    engine = TesseractEngine(language="tlh")
    with pytest.raises(EngineUnavailable, match="tlh is not installed; run: apt-get install"):
        engine.read(board.png, None)


def test_nothing_is_read_where_nothing_is_written() -> None:
    assert TesseractEngine().read(drawn((), size_px=(400, 800)), None) == ()


@pytest.mark.parametrize(("width_px", "size_px"), [(720, 30), (1440, 60)])
def test_lines_are_found_at_other_densities(width_px: int, size_px: int) -> None:
    texts = [
        Written(text=text, x_px=40, y_px=60 + 3 * size_px * n, size_px=size_px)
        for n, text in enumerate(("签到日历", "积分排行", "学习时长"))
    ]
    spans = TesseractEngine().read(drawn(texts, size_px=(width_px, 10 * size_px + 60)), None)
    assert [normalise(span.text) for span in spans] == ["签到日历", "积分排行", "学习时长"]


def test_lines_in_a_card_with_a_border_and_separators_are_found_alone() -> None:
    picture = decode(drawn([Written(text="我的积分", x_px=200, y_px=200, size_px=50, ground="#eeeeee")]))
    lines = text_lines(picture, [Box(left=0, top=0, right=1080, bottom=2400)])
    wide = [
        line for line in lines if line.width_px > 100
    ]  # corners of the card may come with them, and read as nothing
    assert len(wide) == 1
    assert wide[0].height_px < 80


# --- pictures --------------------------------------------------------------------------------------------------


def test_pale_text_and_large_numerals_are_found_beside_clear_text() -> None:
    texts = [
        Written(text="学习时长", x_px=60, y_px=60, size_px=48),
        Written(text="明日可签到", x_px=60, y_px=260, size_px=48, ink="#ebebeb"),
        Written(text="1268", x_px=60, y_px=460, size_px=150),
    ]
    spans = TesseractEngine().read(drawn(texts, size_px=(1080, 800)), None)
    assert [normalise(span.text) for span in spans] == ["学习时长", "明日可签到", "1268"]


def test_a_number_behind_a_character_is_not_cut_off_like_a_label() -> None:
    png = drawn([Written(text="第23名", x_px=60, y_px=60, size_px=48)], size_px=(1080, 200))
    assert len(text_lines(decode(png), [Box(left=0, top=0, right=1080, bottom=200)])) == 1


@pytest.mark.parametrize(("ink", "ground"), [("#222222", "#ffffff"), ("#ffffff", "#1a5fd0"), ("#d8d8d8", "#ffffff")])
def test_a_line_is_handed_over_dark_on_white_whatever_its_colours(ink: str, ground: str) -> None:
    png = drawn([Written(text="签到", x_px=40, y_px=40, size_px=60, ink=ink)], size_px=(1080, 160), ground=ground)
    picture = decode(png)
    (box,) = text_lines(picture, [Box(left=0, top=0, right=1080, bottom=160)])
    crop = line_crop(picture, box)
    inner = crop[14:-14, 14:-14]
    assert (int(np.median(inner)), int(inner.min())) == (255, 0)


def test_a_label_beside_a_taller_icon_is_a_line_of_its_own() -> None:
    icon = Written(text="◎", x_px=60, y_px=60, size_px=90, ink="#1a9f5d")
    label = Written(text="签到历史", x_px=158, y_px=104, size_px=40)
    png = drawn([icon, label], size_px=(1080, 400))
    spans = TesseractEngine().read(png, None)
    assert [normalise(span.text) for span in spans] == ["签到历史"]


def test_pale_text_is_no_blank_ground() -> None:
    box = Box(left=0, top=0, right=600, bottom=300)
    assert not is_blank(
        decode(drawn([Written(text="未签到", x_px=100, y_px=100, ink="#eeeeee")], size_px=(600, 300))), box
    )


def test_black_and_blank_are_told_from_written() -> None:
    box = Box(left=0, top=0, right=1080, bottom=2400)
    assert is_black(decode(drawn((), ground="#000000")))
    assert not is_black(decode(drawn((), ground="#101010")))
    assert is_blank(decode(drawn(())), box)
    assert not is_blank(decode(drawn([Written(text="签到", x_px=500, y_px=900)])), box)


def _png_that_claims(width_px: int, height_px: int) -> bytes:
    png = bytearray(drawn((), size_px=(8, 8)))
    png[16:24] = width_px.to_bytes(4, "big") + height_px.to_bytes(4, "big")
    return bytes(png)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"not a picture",
        _png_that_claims(60_000, 60_000),
        _png_that_claims(0, 5),
        drawn(())[:-3000],
    ],
)
def test_what_is_no_picture_or_too_large_raises_one_clear_error(data: bytes) -> None:
    with pytest.raises(UnreadablePicture):
        decode(data)


def test_a_jpeg_becomes_png_and_a_png_keeps_its_bytes(tmp_path: Path) -> None:
    import io

    from PIL import Image

    png = drawn([Written(text="签到", x_px=40, y_px=40)], size_px=(300, 200))
    with Image.open(io.BytesIO(png)) as image:
        image.save(tmp_path / "a.jpg", quality=90)
    assert png_of(png, name="a.png") == (png, (300, 200))
    taken = frame_from_image(tmp_path / "a.jpg", at=AT)
    assert taken.size_px == (300, 200)
    assert taken.png is not None
    assert isinstance(decode(taken.png), Picture)
    observation = observe(taken, id=ObservationId("o0001"), engines=[TesseractEngine()])
    assert [word.norm for word in observation.words] == ["签到"]


@pytest.mark.parametrize(
    ("name", "data"), [("a.png", b"\x89PNG\r\n\x1a\nbroken"), ("b.jpg", b"\xff\xd8\xff\xe0broken"), ("c.txt", b"text")]
)
def test_a_file_that_is_no_picture_is_bad_input_that_names_it(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=name):
        frame_from_image(tmp_path / name, at=AT)


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere"):
        frame_from_image(tmp_path / "nowhere.png", at=AT)
