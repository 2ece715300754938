"""The PP-OCR models inside the installed RapidOCR packages, and onnxruntime sessions over them. Reads files.

Only model files are used: neither package is imported, so what they would pull in (a second cv2) is never needed.
The only importer of onnxruntime.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import EngineUnavailable
from harness.perceive.ppocr_graph import folded

MEND = "run: python -m pip install --no-deps --require-hashes -r constraints/ocr-models.txt"
_RUNTIME_MEND = "run: python -m pip install --require-hashes --no-build-isolation -r constraints/all.txt"
_DETECTOR_V4 = ("rapidocr_onnxruntime", "ch_PP-OCRv4_det_infer.onnx")
_RECOGNISER_V4 = ("rapidocr_onnxruntime", "ch_PP-OCRv4_rec_infer.onnx")
_DETECTOR_V6 = ("rapidocr", "PP-OCRv6_det_small.onnx")
_RECOGNISER_V6 = ("rapidocr", "PP-OCRv6_rec_small.onnx")
_ARENA_SETTINGS = {"arena_extend_strategy": "kSameAsRequested"}

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSet:
    """Which files read: a detector, a quick recogniser with its line height, and a careful one for doubtful lines."""

    label: str
    detector: Path
    quick: Path
    quick_height_px: int
    careful: Path
    careful_height_px: int = 48

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((self.detector, self.quick, self.careful)))


def find_models() -> ModelSet:
    """Return the best set of the installed models: v4 with v6 for doubtful lines, else v6 alone.

    PP-OCRv4 is half the work, but its package ends at Python 3.12; v6 is maintained and reads everywhere. Raises
    ``EngineUnavailable`` where there is neither.
    """
    detector, quick = _file(*_DETECTOR_V4), _file(*_RECOGNISER_V4)
    if (careful := _file(*_RECOGNISER_V6)) is None:
        raise EngineUnavailable(engine="ppocr", problem="no PP-OCR models are installed", mend=MEND)
    if detector is not None and quick is not None:
        return ModelSet(label="v4+v6", detector=detector, quick=quick, quick_height_px=32, careful=careful)
    if (newer := _file(*_DETECTOR_V6)) is None:
        raise EngineUnavailable(engine="ppocr", problem="the PP-OCRv6 detector is not installed", mend=MEND)
    return ModelSet(label="v6", detector=newer, quick=careful, quick_height_px=48, careful=careful)


def _file(package: str, name: str) -> Path | None:
    spec = importlib.util.find_spec(package)  # of a top-level package: nothing of it runs
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    return None


def runtime_version() -> str:
    """Return the version of the installed onnxruntime. Raises ``EngineUnavailable``."""
    try:
        return metadata.version("onnxruntime")
    except metadata.PackageNotFoundError as error:
        raise EngineUnavailable(engine="ppocr", problem="onnxruntime is not installed", mend=_RUNTIME_MEND) from error


def describe(models: ModelSet) -> str:
    """Return the name of an engine over these models, with versions and the first letters of each file's SHA-256.

    Raises ``EngineUnavailable``.
    """
    runtime = runtime_version()
    digests = " ".join(hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in models.files)
    return f"ppocr {models.label} [{digests}] (onnxruntime {runtime})"


class Network:
    """One model, loaded when first run; runs on the calling thread, so that callers decide how many cores it takes.

    What has no other work beside it may be run on two threads: the same numbers, sooner.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._runs: dict[int, Callable[[Floats], Floats]] = {}  # by threads
        self._characters: tuple[str, ...] = ()

    @property
    def characters(self) -> tuple[str, ...]:
        """What a recogniser's outputs stand for: the blank, the model's own list, the space."""
        self._loaded()
        return self._characters

    def __call__(self, batch: Floats, *, threads: int = 1) -> Floats:
        """Return the model's output for a batch. Raises ``EngineUnavailable``."""
        run = self._loaded(threads)
        try:
            return run(batch)
        except Exception as error:  # its own exceptions share no other base
            raise _failed(self._path, error) from error

    def _loaded(self, threads: int = 1) -> Callable[[Floats], Floats]:
        with self._lock:
            if threads not in self._runs:
                self._runs[threads], self._characters = _load(self._path, threads)
            return self._runs[threads]


def _load(path: Path, threads: int) -> tuple[Callable[[Floats], Floats], tuple[str, ...]]:
    try:
        import onnxruntime
    except ImportError as error:
        problem = f"onnxruntime: {error}"[:300]
        raise EngineUnavailable(engine="ppocr", problem=problem, mend=_RUNTIME_MEND) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised; its own lines would stand among ours
    # A waiting thread that spins takes the core from the other device: it does within a run only.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 1 else "0")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        session = onnxruntime.InferenceSession(
            folded(path.read_bytes()), options, providers=["CPUExecutionProvider"], provider_options=[_ARENA_SETTINGS]
        )
    except Exception as error:
        raise _failed(path, error) from error
    name = session.get_inputs()[0].name
    listing = session.get_modelmeta().custom_metadata_map.get("character", "")
    characters = ("", *listing.split("\n"), " ") if listing else ()

    def run(batch: Floats) -> Floats:
        result: Any = session.run(None, {name: batch})[0]
        return np.asarray(result, dtype=np.float32)

    return run, characters


def _failed(path: Path, error: Exception) -> EngineUnavailable:
    problem = f"{path.name}: {type(error).__name__}: {error}"[:300]
    return EngineUnavailable(engine="ppocr", problem=problem, mend=MEND)
