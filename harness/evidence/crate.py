"""The bundle told in the words of RO-Crate 1.1: who did what with which tools, and what came of it. Pure.

Nothing is told here that the bundle's own values do not tell; archives that know RO-Crate read it without knowing us.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from harness.evidence import layout
from harness.evidence.layout import RunFacts, SubjectFacts, WalkEnd
from harness.model import DeviceInfo

_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_JSON, _LINES = "application/json", "application/x-ndjson"
# Names for people, in the order of reading.
_FILES = (
    (layout.RUN, "本次运行 the run", _JSON),
    (layout.SUBJECT, "核查对象 the app", _JSON),
    (layout.DEVICE, "设备 the device", _JSON),
    (layout.CASE, "案件 the review case", _JSON),
    (layout.EVENTS, "操作与观察记录，前后相连 hash-chained log", _LINES),
    (layout.OBSERVATIONS, "识别结果 what was perceived", _LINES),
    (layout.COVERAGE, "检查范围 coverage", _JSON),
    (layout.FINDINGS, "疑似线索 findings", _JSON),
)
_FOLDERS = (
    (layout.SHOTS, "设备原始截图 the device's own screenshots"),
    (layout.UI, "设备界面结构 the device's own hierarchies"),
    (layout.RECORDINGS, "探测过程录像 film of probes"),
    (layout.DERIVED, "衍生图片 pictures drawn or scaled from the originals"),
    (layout.SCHEMA, "JSON Schema"),
)


def crate(run: RunFacts, subject: SubjectFacts, device: DeviceInfo, end: WalkEnd) -> bytes:
    """Return ``ro-crate-metadata.json``: the same values give the same bytes."""
    parts: list[dict[str, Any]] = [
        {"@id": _below(member), "@type": "File", "name": name, "encodingFormat": kind} for member, name, kind in _FILES
    ]
    parts += [{"@id": f"{_below(member)}/", "@type": "Dataset", "name": name} for member, name in _FOLDERS]
    app, identity = subject.app, subject.identity
    ended = end.ended.wall.astimezone(UTC).isoformat()
    engines = [{"@id": f"#engine-{n}", "@type": "SoftwareApplication", "name": e} for n, e in enumerate(run.engines, 1)]
    tools = [
        {
            "@id": "#harness",
            "@type": "SoftwareApplication",
            "name": "android-compliance-harness",
            "softwareVersion": f"{run.harness_version}, rules {run.rules}" if run.rules else run.harness_version,
        },
        {"@id": "#device", "@type": "IndividualProduct", "name": device.model, "serialNumber": device.serial},
        *engines,
    ]
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _PROFILE},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "identifier": run.bundle,
            "name": f"核查记录 {app.name or app.package}",
            "description": "机器所见，结论一律为疑似线索，是否认定由核查人员决定。Leads; a person decides.",
            "datePublished": ended,
            "license": "仅供核查使用，内含真实界面。For review only; shows real screens.",
            "creator": {"@id": "#operator"},
            "hasPart": [{"@id": part["@id"]} for part in parts],
            "mentions": {"@id": "#walk"},
        },
        {
            "@id": "#walk",
            "@type": "CreateAction",
            "name": run.run,
            "agent": {"@id": "#operator"},
            "instrument": [{"@id": tool["@id"]} for tool in tools],
            "object": {"@id": "#app"},
            "result": {"@id": "./"},
            "startTime": run.began.wall.astimezone(UTC).isoformat(),
            "endTime": ended,
        },
        {"@id": "#operator", "@type": "Person", "name": run.operator},
        {
            "@id": "#app",
            "@type": "MobileApplication",
            "identifier": str(app.package),
            "name": app.name,
            "softwareVersion": f"{identity.version_name} ({identity.version_code})",
            "operatingSystem": f"Android {device.android_release}",
        },
        *tools,
        *parts,
    ]
    value = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def _below(member: str) -> str:
    return member.removeprefix("data/")
