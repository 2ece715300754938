"""Remembers the latest answers, so that nothing is worked out twice and memory stays bounded."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

_Value = TypeVar("_Value")


class Memory(Generic[_Value]):
    """Keeps the latest ``size`` answers by key; what was not asked for longest goes first. Shared by the workers."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Value] = OrderedDict()

    def get(self, key: bytes) -> _Value | None:
        with self._lock:
            value = self._kept.get(key)
            if value is not None:
                self._kept.move_to_end(key)
            return value

    def put(self, key: bytes, value: _Value) -> None:
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def key_of(*parts: bytes | NDArray[np.uint8]) -> bytes:
    """Return a key of bytes and pixels; of pixels that lie in one piece no copy is made."""
    digest = hashlib.sha256(usedforsecurity=False)  # processors have instructions for it: half the time of blake2b
    for part in parts:
        whole = part if isinstance(part, bytes) else np.ascontiguousarray(part).data
        digest.update(memoryview(whole).nbytes.to_bytes(8, "big"))
        digest.update(whole)
    return digest.digest()
