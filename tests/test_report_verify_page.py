"""The offline verifier in a real browser: takes the sound zip, names what was done to others, asks nobody."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from harness import machine, session
from harness.evidence import layout
from harness.evidence.bundle import BundleWriter
from harness.evidence.keys import grouped
from harness.messages import catalogue
from harness.report.verify_page import verify_page
from tests.evidence_attacks import add, entries, first_shot, flip, pack, remove
from tests.evidence_walks import HOME, Hands, TickingClock, app, start_of, write_study, zipped
from tests.seal_fixtures import Scene, first_scene, new_signer
from tests.test_evidence_attacks import BAG_ATTACKS, SEAL_ATTACKS, ZIP_ATTACKS

# What the page says that it cannot tell: it reads no findings, knows no ledger, and decodes nothing. All of these were
# done by whoever has the signing key.
FOR_THE_COMMAND = re.compile("real key|2 000 million pixels|hierarchy")
LOST_BY_PACKING = {"symlink"}  # a zip holds what a link leads to
ATTACKS = {**BAG_ATTACKS, **ZIP_ATTACKS, **SEAL_ATTACKS}


@dataclass
class Verifier:
    """The page in a tab, as a reviewer uses it."""

    tab: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ask(self, file: Path, *, key: bytes = b"", paper: str = "") -> str:
        """Return what kind of answer the page gives: right, noted, wrong or unknown."""
        self.tab.fill("#key", key.decode("ascii"))
        self.tab.fill("#paper", paper)
        self.tab.set_input_files("#zip", file)
        self.tab.click("#go")
        self.tab.wait_for_selector("#result:not([hidden])")
        return str(self.tab.get_attribute("#answer", "class")).removeprefix("answer ")

    def said(self, place: str) -> str:
        return " ".join(self.tab.inner_text(place).split())


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verifier]:
    browser_path = machine.find_browser(os.environ)
    assert browser_path is not None, "no browser on this machine: `harness doctor` says how to get one"
    page = tmp_path_factory.mktemp("page") / "verify.html"
    page.write_bytes(verify_page())
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        try:
            tab = browser.new_page()
            one = Verifier(tab=tab)
            tab.on("console", lambda message: one.complaints.append(message.text))
            tab.on("pageerror", lambda error: one.complaints.append(str(error)))
            tab.on("request", lambda request: one.requests.append(request.url))
            tab.goto(page.as_uri())
            yield one
            assert one.complaints == []
            assert one.requests == [page.as_uri()]
        finally:
            browser.close()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return first_scene(tmp_path_factory.mktemp("sealed"), None)


@pytest.fixture
def scene(first: Scene, tmp_path: Path) -> Scene:
    return first.copy_to(tmp_path)


def key_of(scene: Scene) -> bytes:
    assert scene.trust.key_pem is not None
    return scene.trust.key_pem


# --- what it accepts -------------------------------------------------------------------------------------------


def test_it_accepts_the_sound_zip_by_the_given_key_and_the_printed_digest(
    verifier: Verifier, scene: Scene, tmp_path: Path
) -> None:
    packed = zipped(scene.bundle, tmp_path / "a.zip")
    digest = layout.sha256((scene.bundle / layout.MANIFEST).read_bytes())
    assert verifier.ask(packed, key=key_of(scene), paper=grouped(digest).upper()) == "right"
    assert "由指定的密钥签名" in verifier.said("#answer")
    assert scene.bundle.name in verifier.said("#facts")
    assert digest in verifier.said("#facts").replace(" ", "")
    assert "不通过" not in verifier.said("#items")
    assert verifier.complaints == []


def test_without_a_key_it_says_that_nobody_is_known_to_have_signed(
    verifier: Verifier, scene: Scene, tmp_path: Path
) -> None:
    assert verifier.ask(zipped(scene.bundle, tmp_path / "a.zip")) == "noted"
    assert "不能证明由谁" in verifier.said("#answer")
    unsealed = write_study(tmp_path)
    assert verifier.ask(zipped(unsealed, tmp_path / "b.zip")) == "noted"
    assert "未签名" in verifier.said("#items")


def test_files_at_the_top_of_the_zip_are_a_bundle_too(verifier: Verifier, scene: Scene, tmp_path: Path) -> None:
    content = [(name.split("/", 1)[1], raw) for name, raw in entries(scene.bundle)]
    assert verifier.ask(pack(tmp_path / "flat.zip", content), key=key_of(scene)) == "right"


# --- what it names ---------------------------------------------------------------------------------------------


def test_it_names_the_tampered_the_missing_and_the_added_file(verifier: Verifier, scene: Scene, tmp_path: Path) -> None:
    changed = first_shot(scene.bundle).name
    gone = max((scene.bundle / layout.UI).iterdir()).name
    flip(scene.bundle)
    remove(f"{layout.UI}/{gone}")(scene.bundle)
    add("data/derived/more.jpg")(scene.bundle)
    assert verifier.ask(zipped(scene.bundle, tmp_path / "a.zip"), key=key_of(scene)) == "wrong"
    said = verifier.said("#problems")
    assert re.search(
        rf"内容被改动的文件（1） data/shots/{changed} 缺失的文件（1） data/ui/{gone} 多出的文件（1） ", said
    )
    assert "data/derived/more.jpg" in said
    assert "不通过" in verifier.said("#answer")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in LOST_BY_PACKING])
def test_an_attack_is_caught_or_is_one_that_the_page_leaves_to_the_command(
    name: str, verifier: Verifier, scene: Scene, tmp_path: Path
) -> None:
    attacked = ATTACKS[name][0](scene)
    packed = attacked if attacked.is_file() else zipped(attacked, tmp_path / "attacked.zip")
    answer = verifier.ask(packed, key=key_of(scene))
    assert answer in ({"wrong", "right"} if FOR_THE_COMMAND.search(name) else {"wrong", "unknown"}), name


def test_another_digest_on_paper_is_wrong(verifier: Verifier, scene: Scene, tmp_path: Path) -> None:
    packed = zipped(scene.bundle, tmp_path / "a.zip")
    assert verifier.ask(packed, key=key_of(scene), paper="ab" * 32) == "wrong"
    assert "与打印件上的哈希值不同" in verifier.said("#items")


def test_another_key_is_named(verifier: Verifier, scene: Scene, tmp_path: Path) -> None:
    other, _ = new_signer(tmp_path / "keys")
    assert verifier.ask(zipped(scene.bundle, tmp_path / "a.zip"), key=other.public_pem) == "wrong"
    assert "由另一个密钥签名" in verifier.said("#items")


# --- a copy that may be shared ---------------------------------------------------------------------------------


def withhold(bundle: Path, gone: str, *, digest: str = "") -> None:
    """Withhold one member of a bundle by hand."""
    raw = (bundle / gone).read_bytes()
    (bundle / gone).unlink()
    shared = bundle / "shared"
    shared.mkdir(exist_ok=True)
    member = {"member": gone, "sha256": digest or layout.sha256(raw), "size_bytes": len(raw)}
    (shared / "withheld.json").write_text(json.dumps({"format": 2, "members": [member]}), encoding="utf-8")
    lines = [f"{layout.sha256(path.read_bytes())}  shared/{path.name}\n" for path in sorted(shared.iterdir())]
    (shared / layout.MANIFEST).write_text("".join(lines), encoding="utf-8")


def test_what_a_shared_copy_withholds_is_withheld_and_not_missing(
    verifier: Verifier, scene: Scene, tmp_path: Path
) -> None:
    shared = session.share(scene.bundle, tmp_path / "copy.zip")
    assert verifier.ask(shared.path, key=key_of(scene)) == "noted"
    assert "原件暂扣未附" in verifier.said("#answer")
    said = verifier.said("#problems")
    assert said.startswith(f"原件暂扣未附的文件（{len(shared.withheld.members)}） ")
    assert first_shot(scene.bundle).name in said
    assert "缺失" not in said


@pytest.mark.parametrize("harm", ["another digest", "what tells of no person", "own part changed", "own part added to"])
def test_a_shared_copy_hides_nothing_that_is_wrong(harm: str, verifier: Verifier, scene: Scene, tmp_path: Path) -> None:
    gone = layout.DEVICE if harm == "what tells of no person" else f"{layout.SHOTS}/{first_shot(scene.bundle).name}"
    withhold(scene.bundle, gone, digest="ab" * 32 if harm == "another digest" else "")
    if harm == "own part changed":
        with (scene.bundle / "shared" / "withheld.json").open("a") as file:
            file.write(" ")
    if harm == "own part added to":
        add("shared/index.html")(scene.bundle)
    assert verifier.ask(zipped(scene.bundle, tmp_path / "a.zip"), key=key_of(scene)) == "wrong"


# --- what it cannot tell ---------------------------------------------------------------------------------------


def test_what_is_no_key_or_was_packed_anew_is_neither_right_nor_wrong(
    verifier: Verifier, scene: Scene, tmp_path: Path
) -> None:
    assert verifier.ask(zipped(scene.bundle, tmp_path / "a.zip"), key=b"not a key") == "unknown"
    deflated = pack(tmp_path / "d.zip", entries(scene.bundle), 8)
    assert verifier.ask(deflated, key=key_of(scene)) == "unknown"
    assert "被重新压缩过" in verifier.said("#items")


def test_an_unfinished_bundle_is_told_as_such(verifier: Verifier, tmp_path: Path) -> None:
    with BundleWriter(tmp_path, start_of(app()), clock=TickingClock()) as writer:
        Hands(writer).see(HOME)
    assert verifier.ask(zipped(writer.path, tmp_path / "a.zip")) == "unknown"
    assert "未完成" in verifier.said("#answer")


def test_the_page_is_one_file_and_has_words_for_every_key() -> None:
    for language in ("zh_CN", "en"):
        page = verify_page(language).decode("utf-8")
        assert page == verify_page(language).decode("utf-8")
        assert not re.search(r"(?:src|href)\s*=|@import|url\(", page)
        script = page[page.rindex("<script>") :]
        keys = set(re.findall(r'"((?:offline|evidence)-[a-z0-9-]+[a-z0-9])"', script))
        assert len(keys) > 40
        assert sorted(keys - catalogue(language).keys()) == []
