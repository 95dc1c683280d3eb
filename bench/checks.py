"""Whether what was counted is what was promised. A figure whose check fails is not told."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from bench.errors import BenchError


def check_sealed(samples: Iterable[Path], document: bytes, *, root: Path) -> int:
    """Validate sealed documents with pyHanko; gives how many.

    Intact, valid, trusted up to the demo CA, and beginning with the very bytes that came in.

    Raises:
        BenchError: one of them is not, or there is none.
    """
    _, _, der = pem.unarmor(root.read_bytes())
    context = ValidationContext(trust_roots=[x509.Certificate.load(der)], allow_fetching=False)
    samples = list(samples)
    if not samples:
        raise BenchError("there is no sealed document to verify: measure longer")
    for sample in samples:
        with sample.open("rb") as file:
            if file.read(len(document)) != document:
                raise BenchError(f"{sample.name} does not begin with the document that came in")
            (signature,) = PdfFileReader(file).embedded_signatures
            status = validate_pdf_signature(signature, signer_validation_context=context)
            if not (status.intact and status.valid and status.trusted and status.bottom_line):
                raise BenchError(f"{sample.name} does not verify: {status.summary()}")
    return len(samples)


def check_audit(kinds: Counter[str], *, documents: int) -> None:
    """Every document has its intent and its outcome, and nothing else was recorded of any.

    Raises:
        BenchError: the log grew by something else.
    """
    found = {kind: count for kind, count in kinds.items() if kind not in {"start", "stop"}}
    if found != {"intent": documents, "outcome": documents}:
        raise BenchError(f"{documents} documents came back, but the audit log grew by {found}")
