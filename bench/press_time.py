"""What the work at one document costs, in one process: preparing it, and one SHA-256 over it.

`python -m bench.press_time` is the measuring process; it has the document worker's code and no
other part of the product.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.installation import Installation
from bench.measuring import answer, measure
from bench.rows import STAMP_LEFT_MM, STAMP_TOP_MM, Row
from bench.token import hsm_of, key_of
from gateway.documents.model import Preparation
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.documents.worker import MOST_KEPT_BYTES
from gateway.seals.in_force import read_sources
from gateway.seals.registry import files_below, material_of
from hsm.interfaces import KeyDescription
from policies.loader import load_bundle
from policies.model import Fact, OnPage
from processes.confinement import keep_freed_memory

_SIGNED_AT = datetime(2026, 11, 22, tzinfo=UTC)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is prepared, for how long."""

    config_file: str
    policies: str
    certificates: str
    seal: str
    document: str
    page: int
    ask: frozenset[Fact]
    consignee: str
    seconds: float


class PressTime(msgspec.Struct, frozen=True):
    """CPU milliseconds a document: `prepare`, and one SHA-256 over its bytes."""

    prepare_ms: float
    sha256_ms: float


def press_time(installation: Installation, row: Row, document: Path) -> PressTime:
    """Measure a row's document."""
    task = Task(
        config_file=str(installation.config_file),
        policies=str(installation.trial.policies),
        certificates=str(installation.certificates_of(row.seal)),
        seal=row.seal,
        document=str(document),
        page=row.page,
        ask=row.ask,
        consignee=row.consignee,
        seconds=1.0,
    )
    (found,) = measure("bench.press_time", [task], PressTime)
    return found


def _prepare(task: Task) -> Callable[[float], PressTime]:
    keep_freed_memory(MOST_KEPT_BYTES)  # as a worker does
    document = Path(task.document).read_bytes()
    press = _press(task)

    def prepare() -> None:
        place = OnPage(page=task.page, left_mm=STAMP_LEFT_MM, top_mm=STAMP_TOP_MM)
        press.prepare(
            document,
            Preparation(
                document_id="bench",
                signed_at=_SIGNED_AT,
                placement=place,
                ask=task.ask,
                parties=(task.consignee,),
            ),
        )

    def run(_begin: float) -> PressTime:
        return PressTime(
            _milliseconds(prepare, task.seconds),
            _milliseconds(lambda: hashlib.sha256(document), task.seconds),
        )

    return run


def _press(task: Task) -> TwoWayPress:
    policies = Path(task.policies)
    seal = load_bundle(read_sources(policies)).seals[task.seal]
    key = key_of(hsm_of(Path(task.config_file)), seal.key)
    _, _, der = next(pem.unarmor(Path(task.certificates).read_bytes(), multiple=True))
    public_key = x509.load_der_x509_certificate(der).public_key()
    described = KeyDescription(
        id=key.id,
        label=key.label,
        mechanism=key.mechanism,
        public_key=public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        local=True,
        sensitive=True,
        never_extractable=True,
    )
    material = material_of(seal, files=files_below(policies), keys={key.id: described})
    artwork = None if material.stamp is None else artwork_for(material.stamp, font=StampFont())
    return TwoWayPress(material, artwork)


def _milliseconds(call: Callable[[], object], seconds: float) -> float:
    call()  # the first one fills caches
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        call()
        count += 1
    return 1000 * spent / count


if __name__ == "__main__":
    answer(Task, _prepare)
