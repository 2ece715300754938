"""Before and after: small pictures out of the bundles of two nights, put into the page itself."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from harness.baseline import Change, Look, Sight
from harness.errors import BundleError
from harness.evidence.bundle import StoredBundle, open_bundle
from harness.evidence.layout import REPORT, shot_member
from harness.model import ObservationId, RuleId
from harness.report.thumbs import thumb

WIDE_PX: Final = 240
MOST: Final = 120  # pictures in one page; a night with more changes links to the bundles

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallShot:
    """A picture as part of the page, and where its evidence is; ``missing`` is a message key where there is none."""

    picture: str = ""
    href: str = ""
    missing: str = ""


class NightPictures:
    """Pictures of the changes of a night. ``evidence`` is the folder that holds the nights' bundles."""

    def __init__(self, evidence: Path, page: Path) -> None:
        self._evidence = evidence
        self._page = page
        self._left = MOST

    def page_of(self, look: Look | None, rule: RuleId) -> str:
        """Return the link to what the bundle that a look rests on says of the rule, empty where there is none."""
        page = self.bundle_page(look.bundle) if look is not None else ""
        return f"{page}#r-{quote(rule)}" if page else ""

    def bundle_page(self, bundle: str) -> str:
        """Return the link to a bundle's own report, empty where it is not there."""
        if not bundle or not (self._evidence / bundle / REPORT).is_file():
            return ""
        up = "../" * len(self._page.relative_to(self._evidence).parts)
        return quote(f"{up}{bundle}/{REPORT}")

    def seen_before(self, change: Change) -> SmallShot:
        """Return the screen on which the last night that saw the finding saw it."""
        return self._shot(change.before, change.subject.rule, None)

    def tonight(self, change: Change) -> SmallShot:
        """Return tonight's screen: where it was seen, else the one that showed it when it was last seen."""
        seen = change.sight is Sight.SEEN or change.before is None
        return self._shot(change.tonight, change.subject.rule, None if seen else change.before)

    def _shot(self, look: Look | None, rule: RuleId, then: Look | None) -> SmallShot:
        if look is None or not look.bundle:
            return SmallShot(missing="night-picture-no-walk")
        href = self.page_of(look, rule)
        if self._left <= 0:
            return SmallShot(href=href, missing="night-picture-in-bundle")
        try:
            with open_bundle(self._evidence / look.bundle) as bundle:
                digest = _digest(bundle, look, then)
                if digest is None:
                    return SmallShot(href=href, missing="night-picture-no-screen")
                jpeg = thumb(bundle.shot(digest), WIDE_PX) if shot_member(digest) in bundle.container.sizes else None
        except (BundleError, OSError) as error:
            _log.warning("no picture from a bundle", extra={"bundle": look.bundle, "why": str(error)})
            return SmallShot(missing="night-picture-no-bundle")
        if jpeg is None:
            return SmallShot(href=href, missing="night-picture-unreadable")
        self._left -= 1
        return SmallShot(picture=f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}", href=href)


def _digest(bundle: StoredBundle, look: Look, then: Look | None) -> str | None:
    """Return the picture to show: of the finding's evidence, or of the screen that showed it ``then``."""
    walk = bundle.walk
    shots = {o.id: o.png_sha256 for o in walk.observations if o.png_sha256}
    if then is not None:
        same = [o.id for o in walk.observations if o.screen == then.screen and o.id in shots]
        return shots[same[-1]] if same else None
    found = next((f for f in (bundle.judgement.findings if bundle.judgement else ()) if f.id == look.finding), None)
    wanted: list[ObservationId] = [ref.observation for ref in found.evidence if ref.box] if found else []
    wanted += [ref.observation for ref in found.evidence] if found else []
    wanted += [o.id for o in walk.observations if o.screen == look.screen]
    return next((shots[name] for name in wanted if name in shots), None)
