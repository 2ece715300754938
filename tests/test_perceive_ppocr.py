"""Screens read with the installed PP-OCR models, and the promise that what is remembered equals a full read."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from harness import cli
from harness.errors import BadInput, EngineUnavailable
from harness.model import Box, Channel, ObservationId, Span
from harness.perceive import frame_from_image, observe, ppocr_models
from harness.perceive.engines import OCR, ocr_engines
from harness.perceive.memory import Memory
from harness.perceive.pictures import Colour, decode_colour
from harness.perceive.ppocr import PpocrEngine
from harness.perceive.ppocr_finding import screen_of
from harness.perceive.ppocr_models import Floats, ModelSet, Network, find_models
from harness.perceive.ppocr_pixels import parted
from harness.perceive.tesseract import TesseractEngine
from harness.pytest_plugin import options
from harness.wording import normalise
from tests.screen_drawing import AT, Written, drawn, frame

BOARD = (
    Written(text="积分排行榜", x_px=400, y_px=60, size_px=56, ink="#ffffff", ground="#c8161d"),
    *(
        Written(text=text, x_px=x, y_px=260 + 150 * line, size_px=48)
        for line, cells in enumerate((("1", "何志远", "86"), ("第2名", "林秀兰", "84"), ("NO.3", "王建国", "82")))
        for text, x in zip(cells, (60, 300, 900), strict=True)
    ),
    Written(text="立即签到", x_px=420, y_px=800, size_px=60, ink="#ffffff", ground="#1a5fd0"),
    Written(text="已连续签到12天", x_px=330, y_px=1000, size_px=34, ink="#999999"),
    Written(text="不可拖动进度条", x_px=330, y_px=1100, size_px=33, ink="#dddddd", ground="#101216"),
)
WANTED = [
    "积分排行榜",
    "1",
    "何志远",
    "86",
    "第2名",
    "林秀兰",
    "84",
    "NO.3",
    "王建国",
    "82",
    "立即签到",
    "已连续签到12天",
]
SIZE_PX = (1080, 1300)


@pytest.fixture(scope="module")
def engine() -> PpocrEngine:
    return PpocrEngine()


@pytest.fixture(scope="module")
def fresh() -> PpocrEngine:
    """An engine that is made to forget before each read, and so reads everything."""
    return PpocrEngine()


@pytest.fixture(scope="module")
def board() -> bytes:
    return drawn(BOARD, size_px=SIZE_PX)


def texts(spans: tuple[Span, ...]) -> list[str]:
    return [normalise(span.text) for span in spans]


def full_read(fresh: PpocrEngine, png: bytes) -> tuple[Span, ...]:
    fresh.forget()
    return fresh.read(png, None)


def saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def photo(width_px: int, height_px: int) -> Image.Image:
    """A ground as restless as a photo's."""
    chance = np.random.default_rng(7)
    coarse = chance.integers(20, 150, (height_px // 40 + 1, width_px // 40 + 1, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width_px, height_px), Image.Resampling.BICUBIC)
    noise = chance.integers(-14, 15, (height_px, width_px, 3))
    return Image.fromarray(np.clip(np.asarray(smooth).astype(int) + noise, 0, 255).astype(np.uint8))


# --- what is read ---------------------------------------------------------------------------------------------------


def test_a_leaderboard_with_ranks_of_every_kind_and_light_on_dark_buttons_is_read(
    engine: PpocrEngine, board: bytes
) -> None:
    assert sorted(texts(engine.read(board, None))) == sorted([*WANTED, "不可拖动进度条"])


def test_boxes_are_in_device_pixels_tight_around_the_text_and_the_engine_names_its_models(
    engine: PpocrEngine, board: bytes
) -> None:
    span = next(span for span in engine.read(board, None) if span.text == "立即签到")
    assert abs(span.box.centre_px[0] - 540) <= 8
    assert 55 <= span.box.height_px <= 90
    assert span.confidence > 0.9
    assert span.engine == engine.name
    models = find_models()
    assert engine.name.startswith(f"ppocr {models.label} [")
    assert "onnxruntime" in engine.name


def test_text_over_a_photo_is_read(engine: PpocrEngine) -> None:
    picture = photo(1080, 600)
    text = drawn(
        [Written(text="看完视频方可获得学分", x_px=60, y_px=260, size_px=44, ink="#ffffff")],
        size_px=(1080, 600),
        ground="#000000",
    )
    with Image.open(io.BytesIO(text)) as letters:
        picture.paste(letters, mask=letters.convert("L"))
    assert texts(engine.read(saved(picture), None)) == ["看完视频方可获得学分"]


def test_vertical_text_is_read_from_top_to_bottom(engine: PpocrEngine) -> None:
    column = [Written(text=c, x_px=500, y_px=100 + 66 * n, size_px=56) for n, c in enumerate("每日签到打卡")]
    assert texts(engine.read(drawn(column, size_px=(1080, 700)), None)) == ["每日签到打卡"]


@pytest.mark.parametrize("number", ["25", "1268", "09"])
def test_digits_in_seven_segments_are_read(engine: PpocrEngine, number: str) -> None:
    image = Image.new("RGB", (1080, 400), "#101010")
    pen = ImageDraw.Draw(image)
    for place, digit in enumerate(number):
        _draw_segments(pen, digit, 200 + 90 * place, 140)
    (span,) = engine.read(saved(image), None)
    assert normalise(span.text) == number


def _draw_segments(pen: ImageDraw.ImageDraw, digit: str, x: int, y: int) -> None:
    wide, high, thick = 54, 50, 10
    places = {
        "a": (x, y, x + wide, y + thick),
        "b": (x + wide - thick, y, x + wide, y + high),
        "c": (x + wide - thick, y + high, x + wide, y + 2 * high),
        "d": (x, y + 2 * high - thick, x + wide, y + 2 * high),
        "e": (x, y + high, x + thick, y + 2 * high),
        "f": (x, y, x + thick, y + high),
        "g": (x, y + high - thick // 2, x + wide, y + high + thick // 2),
    }
    lit = {"0": "abcdef", "1": "bc", "2": "abged", "5": "afgcd", "6": "afgedc", "8": "abcdefg", "9": "abcdfg"}
    for segment in lit[digit]:
        pen.rectangle(places[segment], fill="#ff5030")


def line_of(texts: tuple[str, ...], *, every_px: int = 164) -> tuple[Colour, Box]:
    """Return a screen with texts in a row, and one box around them as a detector that does not part them gives."""
    row = [Written(text=text, x_px=300 + every_px * n, y_px=60, size_px=48) for n, text in enumerate(texts)]
    bgr = decode_colour(drawn(row, size_px=(1080, 300)))
    ink = np.argwhere(bgr.min(axis=2) < 128)
    (top, left), (bottom, right) = ink.min(axis=0).tolist(), ink.max(axis=0).tolist()
    return bgr, Box(left=left - 6, top=top - 6, right=right + 7, bottom=bottom + 7)


def test_tabs_that_the_detector_takes_for_one_line_are_words_of_their_own_with_their_own_boxes(
    engine: PpocrEngine,
) -> None:
    bgr, line = line_of(("儿童", "会员", "金币"))
    parts = parted(bgr, line)
    assert [round((box.centre_px[0] - 348) / 164, 1) for box in parts] == [0, 1, 2]
    spans = engine.read_lines(saved(Image.fromarray(bgr[:, :, ::-1])), parts)
    assert [span.text for span in spans] == ["儿童", "会员", "金币"]


@pytest.mark.parametrize(
    "texts", [("签", "到", "有", "礼"), ("第一章　总则",), ("截止：2026-03-02 08:30",), ("得分  86",), ("签到",)]
)
def test_spaced_letters_and_spaces_do_not_part_a_line(texts: tuple[str, ...]) -> None:
    bgr, line = line_of(texts)
    assert parted(bgr, line) == [line]


def test_lone_digits_of_a_calendar_and_its_weekdays_are_read(engine: PpocrEngine) -> None:
    cells = [
        Written(text=c, x_px=60 + 140 * n, y_px=60, size_px=40, ink="#777777") for n, c in enumerate("日一二三四五六")
    ]
    cells += [
        Written(text=str(day), x_px=60 + 140 * ((day - 1) % 7), y_px=180 + 130 * ((day - 1) // 7), size_px=44)
        for day in range(1, 29)
    ]
    read = texts(engine.read(drawn(cells, size_px=(1080, 760)), None))
    assert set(map(str, range(1, 29))) - set(read) == set()
    assert set("日一二三四五六") - set(read) == set()


@pytest.mark.parametrize("lengths", [(60, 60), (60, 60, 60), (60, 30), (40, 60, 50)])
def test_level_lines_of_a_menu_or_an_icon_are_no_number(engine: PpocrEngine, lengths: tuple[int, ...]) -> None:
    image = Image.new("RGB", (1080, 300), "#ffffff")
    pen = ImageDraw.Draw(image)
    for number, length in enumerate(lengths):
        pen.rectangle((200, 100 + 24 * number, 200 + length, 105 + 24 * number), fill="#404040")
    assert "二" not in texts(engine.read(saved(image), None))


def test_icons_are_no_letters(engine: PpocrEngine) -> None:
    image = Image.new("RGB", (1080, 400), "#ffffff")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 100, 120, 160), outline="#333333", width=6)
    pen.line((200, 130, 225, 155, 265, 105), fill="#333333", width=7)
    pen.rounded_rectangle((340, 120, 400, 160), radius=8, outline="#333333", width=6)
    pen.arc((350, 90, 390, 150), 180, 360, fill="#333333", width=6)
    pen.line((500, 100, 530, 130, 500, 160), fill="#333333", width=6)
    assert texts(engine.read(saved(image), None)) == []


@pytest.mark.parametrize("size_px", [(1, 1), (40, 40), (1080, 400)])
def test_nothing_is_read_where_nothing_is_written(engine: PpocrEngine, size_px: tuple[int, int]) -> None:
    assert engine.read(drawn((), size_px=size_px), None) == ()


@pytest.mark.parametrize(("width_px", "text_px"), [(720, 22), (720, 30), (1440, 44), (1440, 60)])
def test_lines_are_read_at_other_densities_captions_too(engine: PpocrEngine, width_px: int, text_px: int) -> None:
    lines = ("签到日历", "积分排行", "学习时长不足3小时")
    rows = [
        Written(text=text, x_px=40, y_px=60 + 4 * text_px * n, size_px=text_px, ink="#8a8f99")
        for n, text in enumerate(lines)
    ]
    png = drawn(rows, size_px=(width_px, 14 * text_px + 100))
    assert texts(engine.read(png, None)) == list(lines)


@pytest.mark.slow
def test_a_screen_twenty_thousand_pixels_high_is_read_whole_within_bounded_memory(engine: PpocrEngine) -> None:
    rows = [Written(text=f"第{n}名", x_px=60, y_px=40 + 1990 * (n - 1), size_px=48) for n in range(1, 11)]
    png = drawn(rows, size_px=(1080, 20_000))
    tracemalloc.start()
    read = texts(engine.read(png, None))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == [f"第{n}名" for n in range(1, 11)]
    assert peak < 300_000_000


# --- regions and known boxes ----------------------------------------------------------------------------------------


def test_only_what_lies_in_the_regions_is_read_and_a_line_is_cut_where_they_end(
    engine: PpocrEngine, board: bytes
) -> None:
    button = Box(left=300, top=760, right=800, bottom=920)
    names = Box(left=280, top=240, right=480, bottom=640)
    assert texts(engine.read(board, [button, names])) == ["何志远", "林秀兰", "王建国", "立即签到"]


def test_known_boxes_are_read_without_looking_for_lines(engine: PpocrEngine, board: bytes) -> None:
    spans = engine.read(board, None)
    assert engine.read_lines(board, [span.box for span in spans]) == spans


def test_a_line_read_alone_on_two_threads_is_to_the_bit_what_a_full_read_has(fresh: PpocrEngine, board: bytes) -> None:
    fresh.forget()
    spans = fresh.read(board, None)
    assert len(spans) > 10
    for span in spans:
        fresh.forget()
        assert fresh.read_lines(board, [span.box]) == (span,)


def test_pixels_under_a_silent_region_become_words_of_an_observation(engine: PpocrEngine, tmp_path: Path) -> None:
    with Image.open(io.BytesIO(drawn(BOARD, size_px=SIZE_PX))) as image:
        image.save(tmp_path / "a.jpg", quality=80)
    seen = observe(frame_from_image(tmp_path / "a.jpg", at=AT), id=ObservationId("o0001"), engines=[engine])
    assert {"立即签到", "第2名", "积分排行榜"} <= {word.norm for word in seen.words}
    assert seen.engines == (engine.name,)


# --- no work twice ----------------------------------------------------------------------------------------------------


def test_the_same_pixels_are_answered_from_memory(engine: PpocrEngine, board: bytes) -> None:
    class Refusing:
        characters = ()

        def __call__(self, batch: object, *, threads: int = 1) -> None:
            raise AssertionError("a model was run")

    first = engine.read(board, None)
    with Image.open(io.BytesIO(board)) as image:
        other_bytes = io.BytesIO()
        image.save(other_bytes, format="PNG", compress_level=9)
    kept = engine._finder.detector, engine._quick, engine._careful
    engine._finder.detector = engine._quick = engine._careful = Refusing()  # type: ignore[assignment]
    try:
        assert engine.read(board, None) == first
        assert engine.read(other_bytes.getvalue(), None) == first
    finally:
        engine._finder.detector, engine._quick, engine._careful = kept


def test_a_lone_shape_is_read_once_by_each_model_however_it_is_looked_at(fresh: PpocrEngine) -> None:
    class Counting:
        def __init__(self, network: Network) -> None:
            self.network, self.characters, self.seen = network, network.characters, list[bytes]()

        def __call__(self, batch: Floats, *, threads: int = 1) -> Floats:
            self.seen.append(batch.tobytes())
            return self.network(batch, threads=threads)

    png = drawn([Written(text="评", x_px=300, y_px=100), Written(text="7", x_px=700, y_px=100)], size_px=(1080, 300))
    fresh.forget()
    kept = fresh._quick, fresh._careful
    quick, careful = Counting(kept[0]), Counting(kept[1])
    fresh._quick, fresh._careful = quick, careful  # type: ignore[assignment]
    try:
        assert texts(fresh.read(png, None)) == ["评", "7"]
    finally:
        fresh._quick, fresh._careful = kept
    assert len(quick.seen) == len(set(quick.seen)) == 2
    assert len(careful.seen) == len(set(careful.seen))


def test_dividers_and_edges_of_cards_are_not_looked_at_but_a_level_stroke_is() -> None:
    image = Image.new("RGB", (1080, 900), "#ffffff")
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 100, 1040, 102), fill="#dddddd")  # between two rows of a list
    pen.rectangle((0, 300, 1080, 600), fill="#f0f2f5")  # another ground
    pen.rectangle((500, 450, 548, 454), fill="#222222")  # 一
    screen = screen_of(np.asarray(image)[:, :, ::-1].copy())
    assert [top < 450 < bottom for top, bottom in screen.bands] == [True]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.integers(0, 59))
def test_after_a_scroll_and_a_tick_the_text_is_exactly_that_of_a_full_read(
    engine: PpocrEngine, fresh: PpocrEngine, by_px: int, minute: int
) -> None:
    moved = [
        Written(text=w.text, x_px=w.x_px, y_px=w.y_px - by_px, size_px=w.size_px, ink=w.ink, ground=w.ground)
        for w in BOARD
    ]
    clock = Written(text=f"12:{minute:02}", x_px=900, y_px=10, size_px=36)
    png = drawn([*moved, clock], size_px=SIZE_PX)
    assert engine.read(png, None) == full_read(fresh, png)


def test_what_is_read_does_not_depend_on_what_was_read_before(fresh: PpocrEngine, board: bytes) -> None:
    other = drawn([Written(text="会议签到二维码", x_px=60, y_px=60)], size_px=SIZE_PX)
    once = full_read(fresh, board)
    fresh.forget()
    fresh.read(other, None)
    assert fresh.read(board, None) == once


def test_a_memory_forgets_what_was_not_asked_for_longest() -> None:
    memory: Memory[int] = Memory(2)
    for number, key in enumerate((b"a", b"b")):
        memory.put(key, number)
    assert memory.get(b"a") == 0
    memory.put(b"c", 2)
    assert (memory.get(b"a"), memory.get(b"b"), memory.get(b"c")) == (0, None, 2)


# --- pictures that are none ----------------------------------------------------------------------------------------


def _png_that_claims(width_px: int, height_px: int) -> bytes:
    header = width_px.to_bytes(4, "big") + height_px.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    png = bytearray(drawn((), size_px=(8, 8)))
    png[16:29] = header
    png[29:33] = zlib.crc32(b"IHDR" + header).to_bytes(4, "big")
    return bytes(png)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="only the magic"),
        pytest.param(drawn(BOARD, size_px=SIZE_PX)[:-3000], id="truncated"),
        pytest.param(_png_that_claims(60_000, 60_000), id="claims to be huge"),
        pytest.param(_png_that_claims(5_000, 9_000), id="claims what it does not hold"),
        pytest.param(_png_that_claims(0, 5), id="claims to be nothing"),
    ],
)
def test_what_is_no_picture_raises_one_clear_error(engine: PpocrEngine, data: bytes) -> None:
    with pytest.raises(EngineUnavailable, match="capture the screen again") as caught:
        engine.read(data, None)
    assert caught.value.engine == engine.name


def test_sixteen_bit_grey_and_transparent_pictures_are_read(engine: PpocrEngine, board: bytes) -> None:
    with Image.open(io.BytesIO(board)) as image:
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
        deep = saved(Image.fromarray(grey))
        clear = saved(image.convert("RGBA"))
    assert set(WANTED) <= set(texts(engine.read(deep, None)))
    assert set(WANTED) <= set(texts(engine.read(clear, None)))


def test_a_cmyk_jpeg_is_read_like_any_other(engine: PpocrEngine, board: bytes, tmp_path: Path) -> None:
    with Image.open(io.BytesIO(board)) as image:
        image.convert("CMYK").save(tmp_path / "a.jpg", quality=90)
    taken = frame_from_image(tmp_path / "a.jpg", at=AT)
    assert taken.png is not None
    assert set(WANTED) <= set(texts(engine.read(taken.png, None)))


def test_a_jpeg_whose_header_lies_is_bad_input(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "#808080").save(buffer, format="JPEG")
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = (60_000).to_bytes(2, "big") * 2
    (tmp_path / "liar.jpg").write_bytes(data)
    with pytest.raises(BadInput, match=r"liar\.jpg"):
        frame_from_image(tmp_path / "liar.jpg", at=AT)


# --- what is missing --------------------------------------------------------------------------------------------------


def test_missing_models_are_a_gap_with_the_command_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppocr_models, "_RECOGNISER_V6", ("rapidocr", "nowhere.onnx"))
    engine = PpocrEngine()
    seen = observe(frame(None, png=drawn(BOARD)), id=ObservationId("o0001"), engines=[engine])
    (gap,) = (gap for gap in seen.gaps if gap.channel is Channel.OCR)
    assert gap.reason == "engine-unavailable"
    assert "--no-deps --require-hashes -r constraints/ocr-models.txt" in gap.detail
    assert seen.words == ()
    assert isinstance(ocr_engines()[0], TesseractEngine)


def test_a_broken_model_file_is_told_with_its_name(tmp_path: Path, board: bytes) -> None:
    models = find_models()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    engine = PpocrEngine(
        ModelSet(label="t", detector=broken, quick=models.quick, quick_height_px=32, careful=models.careful)
    )
    with pytest.raises(EngineUnavailable, match=r"broken\.onnx"):
        engine.read(board, None)
    assert engine.problem is None
    engine.warm_up()
    assert engine.problem is not None


def test_where_a_model_does_not_run_tesseract_reads_from_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken_package" / "models").mkdir(parents=True)
    (tmp_path / "broken_package" / "models" / "broken.onnx").write_bytes(b"no model")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ppocr_models, "_RECOGNISER_V6", ("broken_package", "broken.onnx"))
    assert isinstance(ocr_engines()[0], TesseractEngine)


def test_version_6_reads_alone_where_version_4_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, board: bytes
) -> None:
    monkeypatch.setattr(ppocr_models, "_DETECTOR_V4", ("rapidocr_onnxruntime", "nowhere.onnx"))
    engine = PpocrEngine()
    assert engine.name.startswith("ppocr v6 [")
    assert set(WANTED) <= set(texts(engine.read(board, None)))


# --- two readers ----------------------------------------------------------------------------------------------------


def test_with_both_each_word_comes_once_and_agreement_is_surer_than_either(board: bytes) -> None:
    engines = ocr_engines("both")
    seen = observe(frame(None, png=_padded(board)), id=ObservationId("o0001"), engines=engines)
    assert seen.engines == tuple(engine.name for engine in engines)
    agreed = [word for word in seen.words if len(word.spans) == 2 and word.contradiction is None]
    assert {"何志远", "林秀兰", "王建国"} <= {word.norm for word in agreed}
    for word in agreed:
        by_engine = {seen.spans[number].engine: seen.spans[number].confidence for number in word.spans}
        assert set(by_engine) == set(seen.engines)
        assert word.confidence >= max(by_engine.values())
    plain = [word.norm for word in seen.words if word.contradiction is None and len(word.spans) <= 2]
    assert len(plain) == len(set(plain))


def _padded(board: bytes) -> bytes:
    with Image.open(io.BytesIO(board)) as image:
        whole = Image.new("RGB", (1080, 2400), "#ffffff")
        whole.paste(image)
        return saved(whole)


def test_an_unknown_choice_of_readers_is_refused() -> None:
    with pytest.raises(BadInput, match="choose from ppocr, tesseract, both"):
        ocr_engines("paddle")


def test_every_surface_offers_the_same_choice_of_readers() -> None:
    assert cli._OCR == options.OCR == OCR
