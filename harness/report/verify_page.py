"""The offline verifier: one page, handed out apart from any bundle, that checks a dropped zip in a browser.

Needs no network and no programs. It looks at less than ``harness verify`` and says which. Names and words come from
the same values that the verifier uses, so that both speak of the same bundle.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources

import jinja2
from markupsafe import Markup

from harness.evidence import layout
from harness.evidence.container import Limits
from harness.evidence.inspection import CANNOT_PROVE
from harness.evidence.seal import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE
from harness.messages import catalogue


def verify_page(language: str = "zh_CN") -> bytes:
    """Return the page. The same version of the harness gives the same bytes, whose digest can be made known."""
    texts = catalogue(language)
    limits = Limits()
    facts = {
        "texts": {key: text for key, text in sorted(texts.items()) if key.startswith(("offline-", "evidence-"))},
        "members": {
            "manifest": layout.MANIFEST,
            "tagManifest": layout.TAG_MANIFEST,
            "bagInfo": layout.BAG_INFO,
            "bagit": layout.BAGIT,
            "bagitText": layout.BAGIT_TEXT.decode("ascii"),
            "tagFiles": list(layout.TAG_FILES),
            "sealFiles": list(layout.SEAL_FILES),
            "statement": layout.STATEMENT,
            "signer": layout.SIGNER,
            "events": layout.EVENTS,
            "unfinished": layout.UNFINISHED,
            "shared": f"{layout.SHARED}/",
            "withheld": layout.WITHHELD,
            "sharedManifest": layout.SHARED_MANIFEST,
            "neverWithheld": sorted(layout.SHAREABLE),
            "neverWithheldFolders": list(layout.SHAREABLE_FOLDERS),
        },
        "types": {"payload": PAYLOAD_TYPE, "statement": STATEMENT_TYPE, "predicate": PREDICATE_TYPE},
        "limits": {
            "members": limits.members,
            "nameChars": limits.name_chars,
            "memberBytes": limits.member_bytes,
            "totalBytes": limits.total_bytes,
            "textBytes": limits.text_bytes,
        },
    }
    templates = resources.files("harness.report") / "templates"
    script = (templates / "verify.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("verify.html").render(
        t=lambda key: texts[key],
        limits=CANNOT_PROVE,
        # In a script element nothing is escaped, and only its end tag ends it.
        facts=Markup(json.dumps(facts, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")),
        script=Markup(script),
        script_sha256=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        language="zh-CN" if language == "zh_CN" else "en",
    )
    return page.encode("utf-8")
