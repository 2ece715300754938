"""What a reviewer prints and signs: every page names the evidence, the same bundle prints the same bytes."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from harness import machine
from harness.errors import BadInput
from harness.evidence import layout
from harness.evidence.keys import FileSigner, Signer, fingerprint, new_key
from harness.report.exporting import Means
from harness.report.gather import gather
from harness.report.glyphs import Glyphs
from harness.report.html import bundle_pages
from harness.report.pdf import write_pdf
from harness.report.pdf_signature import certificate_of
from harness.report.views import RunResult
from harness.rules import ALL_RULES
from tests.evidence_walks import START, write_study
from tests.test_report_html import HOSTILE, hostile

PDFTOTEXT = shutil.which("pdftotext")
FONT = machine.find_cjk_font_file(os.environ)

needs_font = pytest.mark.skipif(FONT is None, reason="needs a font with Chinese glyphs: `harness doctor` says how")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"), pages=lambda b, j: bundle_pages(b, j, ALL_RULES))


def gathered(bundle: Path, out: Path) -> RunResult:
    return gather([bundle], out, ALL_RULES, made=START)


def printed(bundle: Path, out: Path) -> bytes:
    (path,) = write_pdf(gathered(bundle, out), Means(out=out, font=FONT))
    return path.read_bytes()


def pages_of(path: Path) -> list[str]:
    """Return the words of each page, without the spaces that a line's layout brings."""
    assert PDFTOTEXT is not None
    said = subprocess.run([PDFTOTEXT, "-layout", str(path), "-"], capture_output=True, check=True, timeout=60).stdout
    return ["".join(page.split()) for page in said.decode("utf-8").split("\f")[:-1]]


def signature_of(pdf: bytes, signer: Signer) -> PdfSignatureStatus:
    trust = ValidationContext(trust_roots=[certificate_of(signer)])
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return validate_pdf_signature(signature, trust)


@needs_font
def test_the_same_bundle_prints_the_same_bytes_wherever_and_whenever(study: Path, tmp_path: Path) -> None:
    one = printed(study, tmp_path / "a")
    run = dataclasses.replace(gathered(study, tmp_path / "b"), made=START.replace(year=2030))
    (other,) = write_pdf(run, Means(out=tmp_path / "b", font=FONT))
    assert one == other.read_bytes()


@needs_font
def test_it_says_that_it_is_pdf_a_2b_and_its_fonts_are_inside(study: Path, tmp_path: Path) -> None:
    raw = printed(study, tmp_path)
    assert b"<pdfaid:part>2</pdfaid:part>" in raw
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in raw
    assert b"/OutputIntents" in raw


@needs_font
@pytest.mark.skipif(PDFTOTEXT is None, reason="needs pdftotext, of poppler-utils")
def test_every_page_bears_its_number_and_the_payload_digest(study: Path, tmp_path: Path) -> None:
    printed(study, tmp_path)
    pages = pages_of(tmp_path / study.name / "report.pdf")
    digest = layout.sha256((study / layout.MANIFEST).read_bytes())
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert digest in page
        assert f"第{number}/{len(pages)}页" in page
        assert study.name in page


@needs_font
@pytest.mark.skipif(PDFTOTEXT is None, reason="needs pdftotext, of poppler-utils")
def test_it_tells_coverage_first_then_findings_with_clause_marks_and_empty_decision(
    study: Path, tmp_path: Path
) -> None:
    printed(study, tmp_path)
    text = "".join(pages_of(tmp_path / study.name / "report.pdf"))
    order = ["检查范围", "逐条说明", "未点击的按钮", "检查条件", "证据核验（四性）", "操作记录", "截图清单"]
    places = [text.index(heading, text.index("没有看清的地方") if heading != "检查范围" else 0) for heading in order]
    assert places == sorted(places)
    assert "签到页面未看到步数用完" in text
    assert "国办函〔2026〕12号" in text
    assert "从0:16拖动进度条到1:21" in text
    assert text.count("人工认定认定不认定待核理由：") == 3
    assert "疑似违规线索" in text
    for quality in ("真实性", "完整性", "可用性", "安全性", "任何格式都不能证明的"):
        assert quality in text
    for shot in (study / layout.SHOTS).iterdir():
        if shot.stem in text:
            break
    else:
        pytest.fail("no digest of an original is printed")


@needs_font
@pytest.mark.skipif(PDFTOTEXT is None, reason="needs pdftotext, of poppler-utils")
def test_text_from_an_app_is_printed_as_text(tmp_path: Path) -> None:
    name = f'#panic("x") $x$ *b* `c` @ref <label> 😀 {HOSTILE}'
    path = write_study(
        tmp_path,
        name=name,
        pages=lambda bundle, judgement: bundle_pages(bundle, hostile(judgement), ALL_RULES),
    )
    printed(path, tmp_path / "r")
    text = pages_of(tmp_path / "r" / path.name / "report.pdf")[0]
    assert '#panic("x")$x$*b*`c`@ref<label>[U+1F600]' in text
    assert "[U+202E]gnp.exe[U+0007]" in text


@needs_font
def test_a_key_signs_it_and_a_reader_can_tell(study: Path, tmp_path: Path) -> None:
    new_key(tmp_path / "keys" / "k.pem")
    signer = FileSigner(tmp_path / "keys" / "k.pem")
    run = gathered(study, tmp_path / "r")
    (plain,) = write_pdf(run, Means(out=tmp_path / "r", font=FONT))
    unsigned = plain.read_bytes()
    (path,) = write_pdf(run, Means(out=tmp_path / "r", font=FONT, signer=signer))
    signed = path.read_bytes()
    status = signature_of(signed, signer)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert fingerprint(signer.public_pem) in status.signing_cert.subject.human_friendly
    assert unsigned not in signed  # the signed one names the key on its first page
    place = signed.index(b"/Type/Catalog") + 1
    assert not signature_of(signed[:place] + b"t" + signed[place + 1 :], signer).intact


def test_the_certificate_is_the_same_for_the_same_key_and_vouches_for_no_time(tmp_path: Path) -> None:
    new_key(tmp_path / "k.pem")
    signer = FileSigner(tmp_path / "k.pem")
    one, other = (certificate_of(signer) for _ in range(2))
    assert isinstance(one, x509.Certificate)
    assert one["tbs_certificate"].dump() == other["tbs_certificate"].dump()
    assert one.not_valid_after.year == 9999


def test_without_a_chinese_font_one_error_names_the_mend(study: Path, tmp_path: Path) -> None:
    run = gathered(study, tmp_path)
    with pytest.raises(BadInput, match="no font with Chinese glyphs") as raised:
        write_pdf(run, Means(out=tmp_path, font=None))
    assert raised.value.mend == machine.mend(machine.Part.FONT, machine.system())
    assert raised.value.mend


@needs_font
def test_a_character_that_the_font_lacks_is_its_code() -> None:
    assert FONT is not None
    glyphs = Glyphs(FONT)
    assert glyphs.printable("签到 12:30、①〔A〕") == "签到 12:30、①〔A〕"
    assert glyphs.printable("\u0301") == "[U+0301]"
    assert re.fullmatch(r"a\[U\+1F600\]b", glyphs.printable("a😀b"))
