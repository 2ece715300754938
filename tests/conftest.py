"""What holds for every test here."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: how long something takes is measured in benchmarks, never judged by a test.
settings.register_profile("harness", deadline=None)
settings.load_profile("harness")
