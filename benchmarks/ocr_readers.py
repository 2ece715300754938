"""One reader of screens in a process of its own, asked on standard input: so that its memory is its own.

``PYTHON benchmarks/ocr_readers.py NAME``: a line of JSON names a picture and perhaps its hierarchy; the answer holds
texts with boxes, seconds, processor seconds and the process's peak memory. It has to run in an environment that
holds nothing but a peer, so it imports a reader only when that one is asked for.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Texts = list[tuple[str, list[int]]]
Reader = Callable[[str, str | None], Texts]


def ours(_name: str) -> Reader:
    """Return our default reader over whole screens; nothing is remembered from one screen to the next."""
    from harness.perceive.ppocr import PpocrEngine

    engine = PpocrEngine()
    engine.warm_up()

    def read(png: str, _xml: str | None) -> Texts:
        engine.forget()
        return [(span.text, _sides(span.box)) for span in engine.read(Path(png).read_bytes(), None)]

    return read


def with_hierarchy(_name: str) -> Reader:
    """Return our fast path: what the hierarchy says, and pixels read only where it is silent."""
    from datetime import UTC, datetime

    from harness.model import Frame, Moment, ObservationId, PackageName, Page
    from harness.perceive import observe
    from harness.perceive.pictures import png_size_px
    from harness.perceive.ppocr import PpocrEngine

    engine = PpocrEngine()
    engine.warm_up()
    at = Moment(wall=datetime(2026, 3, 2, tzinfo=UTC), mono_s=0.0)
    page = Page(package=PackageName("cn.gov.truth.app"), activity="Main")

    def read(png: str, xml: str | None) -> Texts:
        engine.forget()
        data, tree = Path(png).read_bytes(), Path(str(xml)).read_bytes()
        frame = Frame(size_px=png_size_px(data), png=data, xml=tree, page=page, began=at, ended=at)
        seen = observe(frame, id=ObservationId("o0001"), engines=[engine])
        joined = {w for w in seen.words if len(w.elements) + len(w.spans) > 1 and not _is_one_place(w)}
        return [(word.text, _sides(word.box)) for word in seen.words if word not in joined]

    def _is_one_place(word: Any) -> bool:
        return len(word.channels) > 1 or len(word.spans) == 0 == len(word.elements)

    return read


def rapidocr_3(_name: str) -> Reader:
    """Return RapidOCR 3.x as shipped."""
    import logging

    from rapidocr import RapidOCR

    logging.disable(logging.WARNING)
    engine = RapidOCR()

    def read(png: str, _xml: str | None) -> Texts:
        found: Any = engine(png)
        if found.txts is None:
            return []
        return [(text, _around(points.tolist())) for text, points in zip(found.txts, found.boxes, strict=True)]

    return read


def rapidocr_1(_name: str) -> Reader:
    """Return rapidocr-onnxruntime 1.4.4 as shipped."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR()

    def read(png: str, _xml: str | None) -> Texts:
        found, _seconds = engine(png)
        return [(text, _around(points)) for points, text, _confidence in found or ()]

    return read


def tesseract_whole(_name: str) -> Reader:
    """Return Tesseract over the whole screen, psm 11, words of a line joined."""
    import pytesseract
    from PIL import Image

    def read(png: str, _xml: str | None) -> Texts:
        with Image.open(png) as image:
            table = pytesseract.image_to_data(
                image, lang="chi_sim", config="--psm 11", output_type=pytesseract.Output.DICT
            )
        lines: dict[tuple[int, ...], list[int]] = {}
        for n, text in enumerate(table["text"]):
            if text.strip():
                place = tuple(table[key][n] for key in ("block_num", "par_num", "line_num"))
                lines.setdefault(place, []).append(n)
        return [("".join(table["text"][n] for n in words), _spanned(table, words)) for words in lines.values()]

    return read


def _spanned(table: dict[str, list[int]], words: list[int]) -> list[int]:
    right = max(table["left"][n] + table["width"][n] for n in words)
    bottom = max(table["top"][n] + table["height"][n] for n in words)
    return [min(table["left"][n] for n in words), min(table["top"][n] for n in words), right, bottom]


def _around(points: list[list[float]]) -> list[int]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return [round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))]


def _sides(box: Any) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]


READERS: dict[str, Callable[[str], Reader]] = {
    "ours": ours,
    "ours with hierarchy": with_hierarchy,
    "RapidOCR 3": rapidocr_3,
    "rapidocr-onnxruntime": rapidocr_1,
    "Tesseract psm 11": tesseract_whole,
}


def peak_mb() -> float:
    """Return the most memory this process has held, in 10^6 bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    kilo = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * kilo / 1e6


def main(name: str) -> None:
    """Answer requests until there are no more; the first line says whether the reader is there."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a package prints must not stand among the answers
    try:
        reader = READERS[name](name)
    except Exception as error:  # noqa: BLE001 - whatever a peer's import raises: it is not there
        print(json.dumps({"problem": f"{type(error).__name__}: {error}"[:300]}), file=answers, flush=True)
        return
    print(json.dumps({"problem": ""}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began_s, cpu_s = time.perf_counter(), time.process_time()
        texts = reader(asked["png"], asked.get("xml"))
        answer = {
            "texts": texts,
            "seconds": time.perf_counter() - began_s,
            "cpu_s": time.process_time() - cpu_s,
            "peak_mb": peak_mb(),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
