"""Signs a PDF as PAdES with the key that signs bundles. The only importer of ``pyhanko`` and ``asn1crypto``.

PDF readers want a certificate. The key has none, so one is made that the key itself signs: it says nothing but the
key's fingerprint, which the reviewer compares with the one that was handed over.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime

from asn1crypto import algos, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from harness.evidence.keys import Signer, fingerprint

FIELD = "Harness"
_ALGORITHM = "sha256"
# The certificate vouches for no time: it begins before this project did, and RFC 5280's last moment is "no end".
_FROM, _TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def signed_pdf(content: bytes, signer: Signer) -> bytes:
    """Return the PDF with a signature appended; the bytes before it stay as they are."""
    out = io.BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(content)),
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm=_ALGORITHM,
            subfilter=fields.SigSeedSubFilter.PADES,
            embed_validation_info=False,
        ),
        signer=_Keyed(signer),
        output=out,
    )
    return out.getvalue()


class _Keyed(signers.Signer):
    """A signer of PDFs that asks one of ours for the signature and never sees a private key."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        super().__init__(signing_cert=certificate_of(signer), signature_mechanism=_mechanism())

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - theirs
        if digest_algorithm != _ALGORITHM:
            raise ValueError(f"signs with {_ALGORITHM}, not {digest_algorithm}")
        return b"\0" * 72 if dry_run else self._signer.sign(data)


def certificate_of(signer: Signer) -> x509.Certificate:
    """Return a certificate for a key, signed by itself, with the key's fingerprint as its name."""
    key_sha256 = fingerprint(signer.public_pem)
    name = x509.Name.build({"common_name": f"harness {key_sha256[:32]}", "serial_number": key_sha256})
    _, _, public = pem.unarmor(signer.public_pem)
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int(key_sha256[:30], 16),
            "signature": _mechanism(),
            "issuer": name,
            "validity": {
                "not_before": x509.Time({"utc_time": _FROM}),
                "not_after": x509.Time({"general_time": _TO}),
            },
            "subject": name,
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
            "extensions": [
                {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": False}},
                {"extn_id": "key_usage", "critical": True, "extn_value": {"digital_signature", "non_repudiation"}},
            ],
        }
    )
    return x509.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": _mechanism(),
            "signature_value": signer.sign(tbs.dump()),
        }
    )


def _mechanism() -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": f"{_ALGORITHM}_ecdsa"})
