"""Tesseract through pytesseract: our own line crops, read one line at a time in few processes. Starts processes."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytesseract

from harness.errors import EngineUnavailable
from harness.model import Box, Span
from harness.perceive.pictures import (
    Grey,
    UnreadablePicture,
    decode,
    line_crop,
    saved_bmp,
    text_lines,
)
from harness.wording import normalise

_PROCESSES = 2
_FEWEST_LINES_PER_PROCESS = 6  # below, a second process costs more than it saves
_BLANK_GAP_PX = 22  # between two glyphs of a 40 px line: more is a blank that people see
_LEAST_CONFIDENCE = 0.3  # below, it is texture
_LINES = "--psm 7"
_DIGITS = "--psm 7 -c tessedit_char_whitelist=0123456789"
_DIGITS_LANGUAGE = "eng"
_FOLDER = re.compile(r'available languages in "(.+)"')
_SURE = 0.94  # a short line below is read again as digits: the Chinese model sees 了 in 7 and 工 in 1
_SURE_DIGITS = 0.88  # what is no number reads as nothing, or far below


LineFinder = Callable[[bytes, Sequence[Box] | None], tuple[Box, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one crop reads as; empty text where nothing was legible."""

    text: str
    confidence: float


class LineCache:
    """Remembers what a crop of these very pixels read as, so that a scrolled list reads only what came in."""

    def __init__(self, *, size: int = 4000) -> None:
        self._size = size
        self._lines: OrderedDict[bytes, Line] = OrderedDict()

    def get(self, key: bytes) -> Line | None:
        line = self._lines.get(key)
        if line is not None:
            self._lines.move_to_end(key)
        return line

    def put(self, key: bytes, line: Line) -> None:
        self._lines[key] = line
        if len(self._lines) > self._size:
            self._lines.popitem(last=False)


class TesseractEngine:
    """Reads Chinese lines with the installed ``tesseract``.

    Making one never fails: where the binary or the language is missing, ``read`` raises ``EngineUnavailable`` and
    ``name`` says so. ``find_lines`` says where lines are; without, edges do. Not for use from several threads at once.
    """

    name: str

    def __init__(
        self,
        *,
        language: str = "chi_sim",
        timeout_s: float = 30.0,
        cache: LineCache | None = None,
        find_lines: LineFinder | None = None,
    ) -> None:
        self._find_lines = find_lines
        self._language = language
        self._timeout_s = timeout_s
        self._cache = cache if cache is not None else LineCache()
        # One thread per process is twice as fast as Tesseract's own threading; its only switch is the environment.
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")
        version, languages, self._problem = _installed(language)
        self._reads_digits = _DIGITS_LANGUAGE in languages and language != _DIGITS_LANGUAGE
        models = f"{language}+{_DIGITS_LANGUAGE} digits" if self._reads_digits else language
        digests = _digests(languages, [language, *[_DIGITS_LANGUAGE] * self._reads_digits])
        self.name = f"tesseract {version} {models} [{digests}] (psm 7 lines)"

    def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return the lines read inside ``regions`` (the whole picture where ``None``), top to bottom.

        Raises ``EngineUnavailable`` where Tesseract is missing, fails, or passes its deadline.
        """
        if self._problem is not None:
            raise self._problem
        try:
            picture = decode(png)
        except UnreadablePicture as error:
            raise EngineUnavailable(engine=self.name, problem=str(error), mend="capture the screen again") from error
        width, height = picture.size_px
        if self._find_lines is not None:
            boxes = self._find_lines(png, regions)
        else:
            areas = [Box(left=0, top=0, right=width, bottom=height)] if regions is None else regions
            boxes = text_lines(picture, areas)
        lines = self._read_lines([line_crop(picture, box) for box in boxes])
        return tuple(
            Span(text=line.text, box=box, confidence=line.confidence, engine=self.name)
            for box, line in zip(boxes, lines, strict=True)
            if line.confidence >= _LEAST_CONFIDENCE and any(c.isalnum() for c in line.text)
        )

    def _read_lines(self, crops: Sequence[Grey]) -> list[Line]:
        keys = [_key(crop) for crop in crops]
        known = {key: line for key in keys if (line := self._cache.get(key)) is not None}
        wanted = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in known}
        for key, line in zip(wanted, self._read_new(list(wanted.values())), strict=True):
            known[key] = line
            self._cache.put(key, line)
        return [known[key] for key in keys]

    def _read_new(self, crops: Sequence[Grey]) -> list[Line]:
        lines = self._read_parallel(crops, language=self._language, config=_LINES)
        doubtful = [i for i, line in enumerate(lines) if _may_be_number(crops[i], line)]
        if not doubtful or not self._reads_digits:
            return lines
        again = self._read_parallel([crops[i] for i in doubtful], language=_DIGITS_LANGUAGE, config=_DIGITS)
        for index, line in zip(doubtful, again, strict=True):
            if line.text and line.confidence >= _SURE_DIGITS:
                lines[index] = line
        return lines

    def _read_parallel(self, crops: Sequence[Grey], *, language: str, config: str) -> list[Line]:
        if not crops:
            return []
        shares = max(1, min(_PROCESSES, os.cpu_count() or 1, len(crops) // _FEWEST_LINES_PER_PROCESS))
        batches = [crops[i::shares] for i in range(shares)]
        with ThreadPoolExecutor(max_workers=shares) as pool:
            read = list(pool.map(lambda batch: self._read_batch(batch, language=language, config=config), batches))
        lines = [Line(text="", confidence=0.0)] * len(crops)
        for share, batch in enumerate(read):
            lines[share::shares] = batch
        return lines

    def _read_batch(self, crops: Sequence[Grey], *, language: str, config: str) -> list[Line]:
        """Read the crops as pages of one process: Tesseract takes a list of files as one input."""
        with tempfile.TemporaryDirectory(prefix="harness-ocr-") as folder:
            paths = [Path(folder) / f"{number:04}.bmp" for number in range(len(crops))]
            for path, crop in zip(paths, crops, strict=True):
                path.write_bytes(saved_bmp(crop))
            listing = Path(folder) / "lines.txt"
            listing.write_text("\n".join(str(path) for path in paths), encoding="utf-8", newline="\n")
            try:
                table = pytesseract.image_to_data(str(listing), lang=language, config=config, timeout=self._timeout_s)
            except pytesseract.TesseractNotFoundError as error:
                raise _missing(self.name, "the program is gone") from error
            except (pytesseract.TesseractError, RuntimeError, OSError) as error:
                problem = f"{type(error).__name__}: {error}"[:300]
                raise EngineUnavailable(engine=self.name, problem=problem, mend="run: harness doctor") from error
        return _lines_of(table, pages=len(crops))


def _key(crop: Grey) -> bytes:
    width = int(crop.shape[1]).to_bytes(4, "big")
    return hashlib.blake2b(crop.tobytes(), digest_size=16, salt=width).digest()


def _lines_of(table: str, *, pages: int) -> list[Line]:
    """Return one line per page of Tesseract's TSV; a page without words is an empty line."""
    words: list[list[tuple[str, float, int, int]]] = [[] for _ in range(pages)]
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text, page = row.get("text") or "", int(row["page_num"])
        if row["level"] == "5" and text.strip() and 1 <= page <= pages:
            words[page - 1].append((text, float(row["conf"]) / 100, int(row["left"]), int(row["width"])))
    return [_line_of(page) for page in words]


def _line_of(words: Sequence[tuple[str, float, int, int]]) -> Line:
    text, end_px, weight, total = "", None, 0, 0.0
    for part, confidence, left, width in words:
        if end_px is not None and left - end_px > _BLANK_GAP_PX:
            text += " "
        text, end_px = text + part, left + width
        weight, total = weight + len(part), total + max(0.0, confidence) * len(part)
    return Line(text=text if normalise(text) else "", confidence=total / weight if weight else 0.0)


def _may_be_number(crop: Grey, line: Line) -> bool:
    """Return whether a narrow crop that did not read well is worth reading as digits."""
    return crop.shape[1] <= 3 * crop.shape[0] and len(line.text) <= 4 and line.confidence < _SURE


def _installed(language: str) -> tuple[str, tuple[str, ...], EngineUnavailable | None]:
    """Return the version, the installed languages, and what is missing."""
    try:
        version = str(pytesseract.get_tesseract_version()).split()[0]
        languages = tuple(pytesseract.get_languages(config=""))
    except (pytesseract.TesseractNotFoundError, pytesseract.TesseractError, SystemExit, OSError) as error:
        return "missing", (), _missing("tesseract", f"not installed ({type(error).__name__})")
    if language not in languages:
        return version, languages, _missing(f"tesseract {version}", f"language {language} is not installed")
    return version, languages, None


def _digests(installed: Sequence[str], languages: Sequence[str]) -> str:
    """Return the first letters of each model file's SHA-256: models of one name read differently; ``?`` where no file
    is found, as version 4 does not tell where its models lie."""
    if not installed:
        return "?"
    command = [pytesseract.pytesseract.tesseract_cmd, "--list-langs"]
    try:
        told = subprocess.run(command, capture_output=True, timeout=30, check=False)
        folder = _FOLDER.search((told.stdout + told.stderr).decode(errors="replace"))
        files = [Path(folder[1]) / f"{language}.traineddata" for language in languages] if folder else []
        return " ".join(hashlib.sha256(file.read_bytes()).hexdigest()[:8] for file in files) or "?"
    except (OSError, subprocess.SubprocessError):
        return "?"


def _missing(engine: str, problem: str) -> EngineUnavailable:
    mend = "run: apt-get install tesseract-ocr tesseract-ocr-chi-sim (Windows, macOS: see harness doctor)"
    return EngineUnavailable(engine=engine, problem=problem, mend=mend)
