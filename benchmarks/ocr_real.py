"""Reads real screens and tells which of the lexicon's words are missed or invented, as far as an index says."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks.ocr_scoring import KEY_WORDS, spelling
from harness.perceive.pictures import UnreadablePicture, png_of
from harness.perceive.ppocr import PpocrEngine


def print_real(folder: Path) -> None:
    """Print, per screen of ``index.json``, the key words read, and those of its description that were not.

    The index describes a screen in a sentence or two; it is no transcript. A word that is read and not described is
    listed for a person to look at, and only one that no person can see there is invented.
    """
    engine = PpocrEngine()
    engine.warm_up()
    missed = extra = 0
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        try:
            png, _size = png_of((folder / entry["file"]).read_bytes(), name=entry["file"])
        except (OSError, UnreadablePicture) as error:
            print(f"{entry['file']}: could not look: {error}")
            continue
        began_s = time.perf_counter()
        spans = engine.read(png, None)
        seconds = time.perf_counter() - began_s
        told = spelling(entry.get("shows_zh", ""))
        read = "\n".join(spelling(span.text) for span in spans)
        described = {word for word in KEY_WORDS if word in told}
        found = {word for word in KEY_WORDS if word in read}
        missed += len(described - found)
        extra += len(found - described)
        print(
            f"{entry['file']}: {len(spans)} lines in {seconds:.2f} s; described and read {sorted(described & found)}; "
            f"described, not read {sorted(described - found)}; read, not described {sorted(found - described)}"
        )
    print(f"described words not read: {missed}; words read beyond the description, for a person to look at: {extra}")
