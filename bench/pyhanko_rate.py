"""pyHanko's own `PdfSigner` in as many processes as asked: what a library that only signs gives.

It is set up to do as little as it can for the same result: PAdES B-B, a certification, the same
stamp in the same place, certificates at hand, room reserved ahead (which spares pyHanko a trial
run for every document), one event loop for all documents, input and output in memory. It uses
pyHanko's own `PKCS11Signer`, for ECDSA with the raw mechanism, as SoftHSM has no CKM_ECDSA_SHA256.
`python -m bench.pyhanko_rate` is the measuring process.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import msgspec
import uvloop
from asn1crypto import pem, x509
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.stamp import StaticStampStyle

from bench.installation import Installation
from bench.measuring import answer, measure, wait_until
from bench.rows import STAMP_LEFT_MM, STAMP_TOP_MM, Row
from bench.token import hsm_of, key_of, open_token
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.documents.stamp.model import POINTS_PER_MM, Artwork
from gateway.seals.in_force import read_sources
from policies.loader import load_bundle
from policies.objects.seals import RoundStamp

_A4_HEIGHT_MM = 297
# Twice the bytes of the longest container of the trial's seals; pyHanko's own estimate is larger.
_RESERVED_DIGITS = 8192


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What one process does; `sample` is where its last document goes."""

    config_file: str
    policies: str
    certificates: str
    seal: str
    document: str
    page: int
    seconds: float
    sample: str


def pyhanko_rate(
    installation: Installation, row: Row, document: Path, *, processes: int, seconds: float
) -> tuple[float, list[Path]]:
    """Documents a second, and one sealed document of each process."""
    samples = [installation.samples / f"pyhanko-{number}.pdf" for number in range(processes)]
    tasks = [
        Task(
            config_file=str(installation.config_file),
            policies=str(installation.trial.policies),
            certificates=str(installation.certificates_of(row.seal)),
            seal=row.seal,
            document=str(document),
            page=row.page,
            seconds=seconds,
            sample=str(sample),
        )
        for sample in samples
    ]
    counts = measure("bench.pyhanko_rate", tasks, int)
    return sum(counts) / seconds, samples


def _prepare(task: Task) -> Callable[[float], int]:
    document = Path(task.document).read_bytes()
    stack = ExitStack()
    signer = _signer(task, stack)

    def run(begin: float) -> int:
        with stack:
            count, sealed = uvloop.run(_seal_until(task, signer, document, begin))
        Path(task.sample).write_bytes(sealed)
        return count

    return run


async def _seal_until(
    task: Task, signer: PdfSigner, document: bytes, begin: float
) -> tuple[int, bytes]:
    sealed = await _seal(signer, document)  # the first one loads fonts, modules and the key
    wait_until(begin)
    end = begin + task.seconds
    count = 0
    while time.monotonic() < end:
        sealed = await _seal(signer, document)
        count += 1
    return count, sealed


async def _seal(signer: PdfSigner, document: bytes) -> bytes:
    output = BytesIO()
    await signer.async_sign_pdf(
        IncrementalPdfFileWriter(BytesIO(document)),
        bytes_reserved=_RESERVED_DIGITS,
        output=output,
    )
    return output.getvalue()


def _signer(task: Task, stack: ExitStack) -> PdfSigner:
    hsm = hsm_of(Path(task.config_file))
    seal = load_bundle(read_sources(Path(task.policies))).seals[task.seal]
    key = key_of(hsm, seal.key)
    if not isinstance(seal.stamp, RoundStamp):
        raise TypeError("the trial's seals have round stamps")
    chain = [
        x509.Certificate.load(der)
        for _, _, der in pem.unarmor(Path(task.certificates).read_bytes(), multiple=True)
    ]
    pkcs11_signer = PKCS11Signer(
        stack.enter_context(open_token(hsm)).open(),
        signing_cert=chain[0],
        key_label=key.label,
        use_raw_mechanism=key.mechanism.startswith("ecdsa"),
    )
    artwork = artwork_for(seal.stamp, font=StampFont())
    return PdfSigner(
        PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            reason="Sealed by pyHanko",
        ),
        signer=pkcs11_signer,
        stamp_style=_stamp_style(artwork),
        new_field_spec=SigFieldSpec("Seal", on_page=task.page - 1, box=_box(artwork)),
    )


def _stamp_style(artwork: Artwork) -> StaticStampStyle:
    width, height = artwork.width_mm * POINTS_PER_MM, artwork.height_mm * POINTS_PER_MM
    return StaticStampStyle(
        border_width=0,
        background=RawContent(artwork.content, box=BoxConstraints(width, height)),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN, y_align=AxisAlignment.ALIGN_MIN
        ),
        background_opacity=1.0,
    )


def _box(artwork: Artwork) -> tuple[int, int, int, int]:
    left, bottom = STAMP_LEFT_MM, _A4_HEIGHT_MM - STAMP_TOP_MM - artwork.height_mm
    corners = (left, bottom, left + artwork.width_mm, bottom + artwork.height_mm)
    x0, y0, x1, y1 = (round(value * POINTS_PER_MM) for value in corners)
    return x0, y0, x1, y1


if __name__ == "__main__":
    answer(Task, _prepare)
