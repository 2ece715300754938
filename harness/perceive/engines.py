"""Who reads pixels: a choice, as the engines that make it up. An engine is one file and one line here."""

from __future__ import annotations

import logging

from harness.errors import BadInput
from harness.model import OcrEngine
from harness.perceive.ppocr import PpocrEngine
from harness.perceive.tesseract import TesseractEngine

OCR = ("ppocr", "tesseract", "both")  # the first is the default

_log = logging.getLogger(__name__)


def ocr_engines(ocr: str = OCR[0]) -> tuple[OcrEngine, ...]:
    """Return the engines of a choice, one of ``OCR``; one that cannot read becomes a gap wherever it would have had to.

    PP-OCR reads by default, warmed up, and Tesseract where PP-OCR is missing or does not run. ``both`` has Tesseract
    read the lines that PP-OCR finds, as a second opinion: what they agree on is surer, what they differ in is marked.
    """
    if ocr not in OCR:
        raise BadInput(source="ocr", place=ocr, problem="no such choice", mend=f"choose from {', '.join(OCR)}")
    if ocr == "tesseract":
        return (TesseractEngine(),)
    reader = PpocrEngine()
    reader.warm_up()
    if ocr == "both":
        return (reader, TesseractEngine(find_lines=reader.find_lines if reader.problem is None else None))
    if reader.problem is None:
        return (reader,)
    _log.warning("PP-OCR cannot read, Tesseract does instead", extra={"problem": str(reader.problem)})
    return (TesseractEngine(),)
