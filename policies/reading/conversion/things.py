"""What rules speak of: systems, document types, templates, seals."""

import base64
from types import MappingProxyType

from policies.intake import Intake
from policies.kinds.templates import TemplateKind
from policies.kinds.things import DocumentTypeKind, SealKind, StampSpec, SystemKind
from policies.objects.documents import Attribute, DocumentType, Field, Mark, Retention, Template
from policies.objects.seals import PictureStamp, RoundStamp, Seal, SealSignature, Stamp
from policies.objects.systems import System, SystemKey
from policies.reading.conversion.placements import written_placement


def system(name: str, kind: SystemKind) -> System:
    """Of `kind: System`."""
    spec = kind.spec
    keys = tuple(
        SystemKey(
            id=key.id,
            algorithm=key.algorithm,
            public_key=None if key.public_key is None else base64.b64decode(key.public_key),
            secret_file=key.secret_file,
        )
        for key in spec.keys
    )
    return System(
        name=name,
        company=spec.company,
        line=spec.line,
        roles=frozenset(spec.roles),
        keys=keys,
        certificates=tuple(certificate.sha256 for certificate in spec.certificates),
        connectors=frozenset(spec.connectors),
    )


def document_type(name: str, kind: DocumentTypeKind) -> DocumentType:
    """Of `kind: DocumentType`."""
    attributes = {
        attribute: Attribute(
            type=spec.type,
            required=spec.required,
            minimum=spec.minimum,
            maximum=spec.maximum,
            max_length=spec.max_length,
            pattern=spec.pattern,
            party=spec.party,
        )
        for attribute, spec in kind.spec.attributes.items()
    }
    spec = kind.spec
    return DocumentType(
        name=name,
        title=spec.title,
        attributes=MappingProxyType(attributes),
        intake=Intake(accept=frozenset(spec.intake.accept), refuse=frozenset(spec.intake.refuse)),
        normalize=spec.normalize,
        counterparty=spec.counterparty,
        retention=Retention(
            keep=spec.retention.keep,
            years=spec.retention.years,
            collect_days=spec.retention.collect_days,
        ),
    )


def template(name: str, kind: TemplateKind) -> Template:
    """Of `kind: Template`."""
    spec = kind.spec
    return Template(
        name=name,
        document_type=spec.document_type,
        version=spec.version,
        width_mm=spec.page.width_millimetres,
        height_mm=spec.page.height_millimetres,
        marks=tuple(
            Mark(text=mark.text, left_mm=mark.left_millimetres, top_mm=mark.top_millimetres)
            for mark in spec.marks
        ),
        fields=MappingProxyType(
            {
                field: Field(
                    left_mm=box.left_millimetres,
                    top_mm=box.top_millimetres,
                    width_mm=box.width_millimetres,
                    height_mm=box.height_millimetres,
                )
                for field, box in sorted(spec.fields.items())
            }
        ),
    )


def seal(name: str, kind: SealKind) -> Seal:
    """Of `kind: Seal`."""
    spec = kind.spec
    return Seal(
        name=name,
        company=spec.company,
        line=spec.line,
        type=spec.type,
        state=spec.state,
        key=spec.key,
        shares_key_with=spec.shares_key_with,
        certificate=spec.certificate,
        frozen_reason=spec.frozen_reason,
        signature=SealSignature(kind=spec.signature.kind, permission=spec.signature.permission),
        stamp=None if spec.stamp is None else _stamp(spec.stamp),
        placement=written_placement(spec.placement),
    )


def _stamp(spec: StampSpec) -> Stamp | None:
    if spec.round is not None:
        return RoundStamp(
            name=spec.round.name,
            purpose=spec.round.purpose,
            serial=spec.round.serial,
            diameter_mm=spec.round.diameter_millimetres,
            color=spec.round.color,
        )
    if spec.picture is not None:
        return PictureStamp(file=spec.picture.file, width_mm=spec.picture.width_millimetres)
    return None
