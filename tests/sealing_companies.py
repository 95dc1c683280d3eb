"""Two companies that seal one real PDF, each with its own certificate, by the gateway's press."""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.pdf_utils.reader import PdfFileReader

from cloud_bridge.cards import card_bytes
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import NETWORK, Acknowledged, Completed, Opened, Revision
from cloud_bridge.envelopes.transcript import write
from cloud_bridge.model import Card, DocumentTerms, NetworkIdentity, SignedCard
from gateway.documents.container import ContainerPress
from gateway.documents.model import Preparation
from gateway.documents.press import TwoWayPress
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.seals.model import Picture, SealMaterial
from hsm.interfaces import Mechanism
from policies.model import OnPage
from tests.envelope_parties import START, Envelope, terms_of
from tests.seals_of_companies import Certified, authority, certify
from tests.vectors.papers import contract, saved

DOCUMENT = "采购合同.pdf"
_MECHANISM: Mechanism = "ecdsa-p256-sha256"
_SQUARE = Picture(
    kind="svg",
    data=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    b'<rect width="10" height="10" fill="#d22"/></svg>',
    width_mm=20,
)


def seal_card(card: Card, seal: Certified, *, mechanism: Mechanism = _MECHANISM) -> SignedCard:
    """The card with the proof that the signing cycle makes."""
    press = ContainerPress(certificates=(seal.der,), mechanism=mechanism)
    told = card_bytes(card)
    attributes = press.to_be_signed(press.digest(told))
    return SignedCard(
        card=told,
        proof=press.container(
            to_be_signed=attributes, signature=_sign(seal, attributes, mechanism)
        ),
    )


def seal_document(document: bytes, seal: Certified, *, number: int) -> tuple[bytes, Revision]:
    """The document with one seal more, and what the record says of it."""
    press = TwoWayPress(_material(seal, number), artwork_for(_SQUARE, font=StampFont()))
    prepared = press.prepare(
        document,
        Preparation(
            document_id=f"SEAL-{number}",
            signed_at=START,
            placement=OnPage(page=1, left_mm=30 + 60 * number, top_mm=200),
        ),
    )
    start, end = prepared.gap
    around = document + prepared.update[:start] + prepared.update[end:]
    attributes = press.containers.to_be_signed(sha256(around).digest())
    signature = _sign(seal, attributes)
    update = press.containers.complete(prepared, to_be_signed=attributes, signature=signature)
    sealed = document + update
    last = PdfFileReader(BytesIO(sealed)).embedded_signatures[-1]
    container: cms.ContentInfo = cms.ContentInfo.load(last.pkcs7_content)
    return sealed, Revision(
        document=DOCUMENT,
        base=sha256(document).hexdigest(),
        digest=sha256(sealed).hexdigest(),
        size=len(sealed),
        container=container.dump(),
        field=str(last.field_name),
    )


def _sign(seal: Certified, data: bytes, mechanism: Mechanism = _MECHANISM) -> bytes:
    if isinstance(seal.key, ec.EllipticCurvePrivateKey):
        digest = hashes.SHA384() if mechanism == "ecdsa-p384-sha384" else hashes.SHA256()
        return seal.key.sign(data, ec.ECDSA(digest))
    scheme: padding.PSS | padding.PKCS1v15 = padding.PKCS1v15()
    if mechanism == "rsa-pss-sha256":
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return seal.key.sign(data, scheme, hashes.SHA256())


def _material(seal: Certified, number: int) -> SealMaterial:
    return SealMaterial(
        fingerprint=sha256(seal.der).hexdigest(),
        id=f"seal-{number}",
        company=f"company-{number}",
        key=f"key-{number}",
        mechanism=_MECHANISM,
        certificates=(seal.der,),
        not_before=seal.certificate.not_valid_before_utc,
        not_after=seal.certificate.not_valid_after_utc,
        kind="approval",
        permission="form-filling",
        stamp=_SQUARE,
        placement=None,
    )


@dataclass
class SealedTranscript:
    """An envelope that both companies have sealed and acknowledged."""

    envelope: Envelope
    root: Certified
    cards: tuple[SignedCard, ...]
    document: bytes

    @property
    def identity(self) -> NetworkIdentity:
        return NetworkIdentity(name="签约网络", signing_key=self.envelope.network.public)

    def file(
        self, *, entries: list[Entry] | None = None, cards: tuple[SignedCard, ...] | None = None
    ) -> bytes:
        kept = self.envelope.entries
        self.envelope.entries = kept if entries is None else entries
        record = self.envelope.record(*(self.cards if cards is None else cards))
        self.envelope.entries = kept
        return write(self.identity, record)


def make_sealed_transcript(*, buyers_seal: Certified | None = None) -> SealedTranscript:
    """Both seal one contract; `buyers_seal`: with another than the buyer's card was signed with."""
    root = authority()
    document = saved(contract(1))
    terms = DocumentTerms(
        name=DOCUMENT,
        digest=sha256(document).hexdigest(),
        size=len(document),
        type="purchase-contract",
    )
    envelope = Envelope(terms_of(documents=(terms,))).send()
    cards = []
    for number, party in enumerate(("buyer", "seller"), 1):
        company = envelope.companies[f"org-{party}"]
        seal = certify(company.name, by=root)
        cards.append(seal_card(company.card, seal))
        if buyers_seal is not None and party == "buyer":
            seal = buyers_seal
        envelope.say(Opened(), by=company.id, party=party)
        document, revision = seal_document(document, seal, number=number)
        envelope.sign(party, revisions=(revision,))
    envelope.say(Completed(final=dict(envelope.state.current)), by=NETWORK)
    for company_id in ("org-buyer", "org-seller"):
        head = Acknowledged(sequence=envelope.state.sequence, head=envelope.state.head)
        envelope.say(head, by=company_id)
    return SealedTranscript(envelope=envelope, root=root, cards=tuple(cards), document=document)
