"""The commands about a bundle's seal: keys are made, bundles signed and verified."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from harness.cli.output import json_option, print_json
from harness.errors import BadInput
from harness.messages import text
from harness.report.terminal import RESULT_MARKS, plain

if TYPE_CHECKING:
    from harness.evidence.inspection import VerifyReport

PLACES = "a PEM file, keyring:NAME, or command:FILE.toml for a token"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("keys", short_help="签名密钥 the keys that bundles are signed with")
def keys_group() -> None:
    """签名密钥。 The keys that bundles are signed with."""


@keys_group.command("new", short_help="生成一对签名密钥 make a key pair")
@click.argument("place", metavar="FILE_OR_KEYRING:NAME")
@click.option("--sm2", is_flag=True, help="A key for the second signature (SM2).")
def keys_new(*, place: str, sm2: bool) -> None:
    """生成一对签名密钥（ECDSA P-256，或 SM2），打印公钥指纹。

    Make a key pair: FILE holds the private key and can be read by you alone, FILE.pub.pem the public one. With
    keyring:NAME the private key goes into the operating system's keyring, the public one to NAME.pub.pem here.
    Nothing is written over, and nothing inside a folder of evidence.
    """
    from harness.evidence.keyring_signer import SCHEME, new_keyring_key
    from harness.evidence.keys import grouped, new_key, public_path
    from harness.evidence.sm2 import new_sm2_key

    if place.startswith(SCHEME):
        name = place.removeprefix(SCHEME)
        public = public_path(Path(f"{name}.pem").absolute())
        if sm2 or not name or Path(name).name != name or public.exists():
            raise click.UsageError(f"{place}: a plain name is wanted, {public.name} not there yet, and no --sm2")
        public_pem, fingerprint = new_keyring_key(name)
        public.write_bytes(public_pem)
    else:
        made = new_sm2_key if sm2 else new_key
        public, fingerprint = made(Path(place), outside=_evidence_folders())
        place = str(Path(place).absolute())
    print(f"私钥 private key: {place}")
    print(f"公钥 public key: {public}")
    print(f"公钥指纹 fingerprint (SHA-256): {grouped(fingerprint)}")
    print("私钥不要外传。公钥和指纹请另行交给核查人员，不要随证据包一起交。")
    print("Keep the private key. Hand the public key and its fingerprint to the reviewers apart from any bundle.")


@click.command("seal", short_help="为已完成的证据包签名 sign a finished bundle")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--key", envvar="HARNESS_SIGN_KEY", required=True, metavar="KEY", help=f"Signing key: {PLACES}.")
@click.option("--sm2-key", type=_FILE, envvar="HARNESS_SM2_KEY", help="Key of a second signature (SM2), PEM.")
@click.option("--tsa", default="", metavar="URL", envvar="HARNESS_TSA", help="Time-stamping authority, RFC 3161.")
@click.option("--ledger", type=_FILE, help="Ledger of roots that the bundle is entered into.")
def seal_bundle(*, bundle: Path, key: str, sm2_key: Path | None, tsa: str, ledger: Path | None) -> None:
    """为已完成、核验通过的证据包签名，可加盖可信时间戳。

    Sign a finished bundle that verifies; with --tsa the signature is time-stamped. A bundle is sealed once.
    """
    from harness.clock import SystemClock
    from harness.evidence import layout
    from harness.evidence.keys import fingerprint, grouped
    from harness.evidence.seal import seal, sealing
    from harness.evidence.verify import Soundness, verify

    by = sealing(key, tsa, ledger, sm2_key)
    if not bundle.is_dir():
        raise _cannot_seal(bundle, "is not a folder", "seal the folder, then pack it")
    soundness = verify(bundle).soundness
    if soundness is not Soundness.SOUND:
        raise _cannot_seal(bundle, f"is not sound: {text(f'soundness-{soundness}')}", f"harness verify {bundle}")
    facts = seal(bundle, by, SystemClock())
    print(f"已签名 sealed: {bundle}")
    print(f"公钥指纹 fingerprint (SHA-256): {grouped(fingerprint(by.signer.public_pem))}")
    print(f"清单哈希值 manifest-sha256.txt SHA-256: {facts.payload_sha256}")
    if (bundle / layout.TIME_GAP).exists():
        print(f"未取得时间戳 no time-stamp: see {bundle / layout.TIME_GAP}", file=sys.stderr)


@click.command("verify", short_help="核验证据包 is a bundle as it was written (0 yes, 1 no, 2 unknown)")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--key", type=_FILE, help="The signer's public key, PEM, from elsewhere than the bundle.")
@click.option("--sm2-key", type=_FILE, help="The public key of the second signature (SM2), PEM.")
@click.option("--tsa-ca", type=_FILE, help="Root certificates of the time-stamping authority, PEM.")
@click.option("--ledger", type=_FILE, help="Ledger of roots, as it was handed over.")
@click.option("--page", type=_FILE, metavar="OUT.html", help="Write the offline verifier, a page for any browser.")
@json_option
def verify_bundle(
    *,
    bundle: Path | None,
    key: Path | None,
    sm2_key: Path | None,
    tsa_ca: Path | None,
    ledger: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """核验证据包是否与写成时一致，按真实性、完整性、可用性、安全性分项给出结果。

    Tell whether a bundle, folder or zip, is as it was written; exit 0 sound, 1 not sound, 2 could not tell. A key, a
    root or a ledger that is given must be met; what is not given cannot be said, and the answer says that.

    With --page nothing is verified: the page that can, in a browser without a network, is written to OUT.html.
    """
    if page is not None:
        _write_page(page)
        return
    if bundle is None:
        raise click.UsageError("name a BUNDLE, or --page OUT.html")
    from harness.evidence.keys import read_certificates, read_public
    from harness.evidence.sm2 import read_sm2_public
    from harness.evidence.verify import Trust, verify

    trust = Trust(
        key_pem=read_public(key) if key else None,
        tsa_roots=read_certificates(tsa_ca) if tsa_ca else (),
        ledger=ledger,
        sm2_pem=read_sm2_public(sm2_key) if sm2_key else None,
    )
    if not (bundle / "bagit.txt").exists() and any(bundle.glob("EB-*")):  # a run's folder, not a bundle tampered with
        bundle = one_bundle(bundle)
    report = verify(bundle, trust=trust)
    if as_json:
        print_json(report)
    else:
        _print_verified(report)
    sys.exit(report.exit_code)


@click.command("share", short_help="生成遮盖个人信息的共享副本 a copy with persons masked")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def share_bundle(*, bundle: Path, out: Path) -> None:
    """生成共享副本：姓名、电话、证件号码、照片在衍生件上遮盖，原件不随附。

    Write a copy of a sound bundle that may be shared, to the folder OUT or to OUT.zip: masked derivatives instead of
    originals, and lists of what was masked and withheld. `harness verify` says withheld of it, not missing. Look
    through it before it leaves: no machine finds every name.
    """
    from harness import session

    shared = session.share(one_bundle(bundle), out)
    kinds: dict[str, int] = {}
    for picture in shared.masks.pictures:
        for mask in picture.masks:
            kinds[mask.kind] = kinds.get(mask.kind, 0) + 1
    for kind, number in sorted(kinds.items()):
        print(f"图片中遮盖 masked in pictures: {text(f'mask-{kind}')} {number}")
    for kind, number in shared.masks.texts:
        print(f"文字中遮盖 masked in texts: {text(f'mask-{kind}')} {number}")
    unreadable = sum(picture.member is None for picture in shared.masks.pictures)
    if unreadable:
        print(f"未能遮盖、未附 could not be masked, left out: {unreadable}", file=sys.stderr)
    print(f"原件暂扣 withheld: {len(shared.withheld.members)}")
    print(f"共享副本 shared copy: {shared.path}")
    print("转发前请人工复核，遮盖可能有遗漏。 Look through it before it leaves.")


@click.command("promote", short_help="把一次观察转为规则用例 an observation becomes a case of a rule")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.argument("observation")
@click.argument("rule")
@click.argument("name")
@click.option("--why", required=True, help="Why this is a case, in a few words.")
@click.option("--verdict", help="What the rule has to say; default: what it says today.")
@click.option("--lookalike", is_flag=True, help="The screen must not be accused.")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), help="Folder of cases; default: the rules' own."
)
def promote_observation(
    *,
    bundle: Path,
    observation: str,
    rule: str,
    name: str,
    why: str,
    verdict: str | None,
    lookalike: bool,
    to: Path | None,
) -> None:
    """把证据包中的一次观察去除个人信息，写成一条规则的用例。

    Write a stored observation as a case of a rule's corpus, with persons under other names. Look at the case before it
    is committed: no machine finds every name.
    """
    from harness.evidence.bundle import read_bundle
    from harness.evidence.promote import Telling, promote
    from harness.model import Verdict
    from harness.rules import ALL_RULES
    from harness.rules.corpus import CASES

    found = [seen for seen in read_bundle(one_bundle(bundle)).observations if seen.id == observation]
    rules = [one for one in ALL_RULES if one.id == rule]
    if not found or not rules or (verdict is not None and verdict not in set(Verdict)):
        wrong = observation if not found else rule if not rules else verdict
        raise click.UsageError(f"{wrong!r} is no observation of this bundle, no rule, or no verdict")
    telling = Telling(name=name, why=why, verdict=Verdict(verdict) if verdict else None, lookalike=lookalike)
    promoted = promote(found[0], rules[0], telling, to or CASES)
    for kind, number in promoted.masked:
        print(f"已替换 under another name: {text(f'mask-{kind}')} {number}")
    print(f"用例 case: {promoted.path} ({promoted.verdict})")


def _write_page(page: Path) -> None:
    from harness.evidence import durable
    from harness.evidence.keys import grouped
    from harness.evidence.layout import sha256
    from harness.report.verify_page import verify_page

    content = verify_page()
    durable.write(page, content)
    print(f"离线核验页 page: {page.absolute()}")
    print(f"SHA-256: {grouped(sha256(content))}")
    print("请把本页和它的哈希值另行交给核查人员，不要随证据包一起交。")
    print("Hand the page and its digest to the reviewers apart from any bundle.")


def one_bundle(path: Path) -> Path:
    """Return the bundle at a path, or the only one of a run's folder."""
    from harness import session

    (bundle, *others) = session.bundles_at(path)
    if others:
        raise click.UsageError(f"{path} holds {1 + len(others)} bundles; name one")
    return bundle


def _print_verified(report: VerifyReport) -> None:
    """Print a verification under the four headings of electronic-archive inspection."""
    from harness.evidence.inspection import Quality
    from harness.evidence.keys import grouped

    console = Console(highlight=False, soft_wrap=True)
    for quality in Quality:
        console.print(f"[bold]{text('quality-' + quality)}[/]")
        for item in report.items:
            if item.quality is not quality:
                continue
            console.print(f"  {RESULT_MARKS[item.result]} ", end="")
            console.print(Text(text(item.key)))
            for problem in item.problems:
                console.print(plain(f"      {text(problem.key)} {problem.member} {problem.detail}".rstrip()))
    console.print(f"[bold]{text('limit-title')}[/]")
    for key in report.cannot_prove:
        console.print(Text(f"  · {text(key)}"))
    console.print(f"[bold]{text('soundness-' + report.soundness)}[/]")
    if report.payload_sha256:
        console.print(f"manifest-sha256.txt SHA-256: {report.payload_sha256}")
    if report.signed:
        console.print(f"公钥指纹 fingerprint (SHA-256): {grouped(report.signed.key_sha256)}")
    if report.stamped:
        ends = (report.stamped.after, report.stamped.before)
        after, before = (end.isoformat(timespec="seconds") if end else "?" for end in ends)
        console.print(f"时间戳区间 between the time-stamps: {after} – {before}")


def _cannot_seal(bundle: Path, problem: str, mend: str) -> BadInput:
    return BadInput(source=str(bundle), place="bundle", problem=problem, mend=mend)


def _evidence_folders() -> tuple[Path, ...]:
    """Return where bundles go by default and by environment: no place for a key, bundles there or not."""
    given = os.environ.get("HARNESS_EVIDENCE_DIR", "").strip()
    return (Path("screenshots"), *([Path(given)] if given else []))
