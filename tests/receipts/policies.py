"""Policies that judge a receipt by what it says, for the receipts of `drawn`."""

from typing import Final

from tests.receipts.drawn import template

GROUP: Final = """
apiVersion: sealgate/v1
kind: Company
metadata: {name: east}
spec: {title: 示例物流}
---
apiVersion: sealgate/v1
kind: System
metadata: {name: tms}
spec:
  company: east
  certificates: [{sha256: "abababababababababababababababababababababababababababababababab"}]
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: receipt-east}
spec: {company: east, type: 回单章, state: active, key: receipt-east, certificate: seal.pem}
"""
"""Who there is, for tests without an installation; a trial installation has them all."""

RULES: Final = """
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: receipt}
spec:
  attributes:
    amount_cents: {type: integer, required: true}
    consignee: {type: string, required: true, party: true}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: by-content}
spec:
  seals: [receipt-east]
  documentTypes: [receipt]
  permit:
    - {id: automatic, systems: [tms], when: 'doc.template == "" || doc.fields.amount != ""'}
  forbid:
    - {id: amount, when: "doc.amounts != [doc.attributes.amount_cents]"}
    - {id: payee, when: "!(doc.attributes.consignee in doc.parties)"}
    - {id: template, when: 'doc.template != "receipt-v1@1"'}
    - {id: pages, when: doc.pages != 1}
    - {id: pictures, when: doc.pictures > 0}
tests:
  - name: what nobody has read is not sealed
    request: {system: tms, doc: {attributes: {amount_cents: 1, consignee: a}}}
    expect: denied
    rule: by-content/amount
"""

REFUSED_BY: Final = {
    "amount": "by-content/amount",
    "payee": "by-content/payee",
    "template": "by-content/template",
    "pages": "by-content/pages",
    "hidden-layers": "intake/hidden-layers",
}
"""What a receipt is wrong in, and the one rule that must refuse it."""


def template_yaml() -> str:
    """The template that every good receipt follows, as officers write it."""
    form = template()
    marks = "\n".join(
        f"    - {{text: {mark.text}, leftMillimetres: {mark.left_mm:.2f}, "
        f"topMillimetres: {mark.top_mm:.2f}}}"
        for mark in form.marks
    )
    fields = "\n".join(
        f"    {name}: {{leftMillimetres: {box.left_mm}, topMillimetres: {box.top_mm}, "
        f"widthMillimetres: {box.width_mm}, heightMillimetres: {box.height_mm}}}"
        for name, box in form.fields.items()
    )
    return (
        "apiVersion: sealgate/v1\nkind: Template\n"
        f"metadata: {{name: {form.name}}}\n"
        f"spec:\n  documentType: {form.document_type}\n  version: {form.version}\n"
        f"  page: {{widthMillimetres: {form.width_mm}, heightMillimetres: {form.height_mm}}}\n"
        f"  marks:\n{marks}\n  fields:\n{fields}\n"
    )
