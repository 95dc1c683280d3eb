"""A group with every kind of document, in folders, as officers write it: file → text."""

import base64

import pytest

from policies.loader import load_bundle
from strictyaml import Mistake, MistakesError

ED25519 = [base64.b64encode(bytes([number]) * 32).decode() for number in range(1, 9)]
LOW_ORDER = base64.b64encode(b"\x01" + bytes(31)).decode()
"""The neutral point, which verifies what nobody has signed."""
P256 = base64.b64encode(
    bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + bytes(64)
).decode()

FRAME = "apiVersion: sealgate/v1\n"
DOC = "{attributes: {amount_cents: 1, consignee: 甲}}"

GROUP = f"""\
{FRAME}kind: Governance
metadata: {{name: group, managedBy: group}}
spec:
  root: group
  officers: [li-na, wang-qiang]
  signatures: {{bundle: 2}}
  automaticSealing: granted
  furtherSealTypes: [复印件章]
---
{FRAME}kind: Company
metadata: {{name: group}}
spec: {{title: 示例集团有限公司}}
---
{FRAME}kind: Company
metadata: {{name: east}}
spec: {{title: 示例物流（华东）有限公司, parent: group, folder: companies/east}}
---
{FRAME}kind: Company
metadata: {{name: harbour}}
spec: {{title: 示例港务有限公司, parent: east, folder: companies/east/harbour}}
---
{FRAME}kind: Company
metadata: {{name: south}}
spec: {{title: 示例物流（华南）有限公司, parent: group, folder: companies/south}}
---
{FRAME}kind: BusinessLine
metadata: {{name: logistics}}
spec: {{title: 物流}}
"""

PEOPLE = f"""\
{FRAME}kind: Role
metadata: {{name: officer}}
spec: {{title: 印章管理员, power: seal-manager}}
---
{FRAME}kind: Role
metadata: {{name: head}}
---
{FRAME}kind: Role
metadata: {{name: auditor}}
spec: {{power: auditor}}
---
{FRAME}kind: Post
metadata: {{name: seal-office}}
spec: {{company: group, title: 印章管理岗, roles: [officer]}}
---
{FRAME}kind: Post
metadata: {{name: audit}}
spec: {{company: group, title: 审计岗, roles: [auditor]}}
---
{FRAME}kind: Post
metadata: {{name: east-head}}
spec: {{company: east, title: 华东负责人, roles: [head]}}
---
{FRAME}kind: Person
metadata: {{name: li-na}}
spec:
  title: 李娜
  company: group
  posts: [{{post: seal-office, from: 2026-01-01}}]
  keys: [{{id: li-na-2026, algorithm: ed25519, publicKey: {ED25519[0]}}}]
---
{FRAME}kind: Person
metadata: {{name: wang-qiang}}
spec:
  title: 王强
  company: group
  posts:
    - {{post: audit, from: 2024-01-01, until: 2025-01-01}}
    - {{post: seal-office, from: 2025-01-01}}
  keys: [{{id: wang-qiang-2026, algorithm: ecdsa-p256-sha256, publicKey: {P256}}}]
"""

THINGS = f"""\
{FRAME}kind: DocumentType
metadata: {{name: receipt}}
spec:
  counterparty: consignee
  attributes:
    amount_cents: {{type: integer, required: true, minimum: 0}}
    consignee: {{type: string, required: true, party: true}}
---
{FRAME}kind: Template
metadata: {{name: receipt-v1}}
spec:
  documentType: receipt
  version: 1
  page: {{widthMillimetres: 210, heightMillimetres: 297}}
  marks: [{{text: 运单号, leftMillimetres: 20, topMillimetres: 31}}]
  fields:
    amount: {{leftMillimetres: 40, topMillimetres: 60, widthMillimetres: 60, heightMillimetres: 8}}
---
{FRAME}kind: SealGrant
metadata: {{name: east-receipts}}
spec:
  grantor: east
  grantee: {{company: group}}
  seals: [receipt-east]
  documentTypes: [receipt]
  amount: {{attribute: amount_cents, maximum: 5000000}}
  validFrom: 2026-01-01
  validUntil: 2028-12-31
  subDelegation: 1
---
{FRAME}kind: SealGrant
metadata: {{name: tms-receipts}}
spec:
  grantor: group
  grantee: {{system: tms}}
  seals: [receipt-east]
  documentTypes: [receipt]
  amount: {{attribute: amount_cents, maximum: 100}}
  validFrom: 2026-02-01
  validUntil: 2026-12-31
  under: east-receipts
  document: {{file: grants/tms.pdf, sha256: {"ab" * 32}}}
  revoked: {{at: "2026-11-20T09:00:00+08:00", reason: 系统下线}}
---
{FRAME}kind: ApprovalSource
metadata: {{name: oa}}
spec: {{company: group, role: head, algorithm: ed25519, publicKey: {ED25519[1]}, maxAgeHours: 72}}
"""

EAST = f"""\
{FRAME}kind: System
metadata: {{name: tms, managedBy: self}}
spec:
  company: east
  line: logistics
  keys: [{{id: tms-2026, algorithm: ed25519, publicKey: {ED25519[2]}}}]
---
{FRAME}kind: Role
metadata: {{name: clerk}}
---
{FRAME}kind: Post
metadata: {{name: east-dispatch}}
spec: {{company: east, title: 华东调度岗, roles: [clerk]}}
---
{FRAME}kind: Person
metadata: {{name: zhao-min}}
spec:
  title: 赵敏
  company: east
  posts:
    - {{post: east-dispatch, from: 2026-01-01, until: 2026-07-01}}
    - {{post: east-head, from: 2026-07-01}}
---
{FRAME}kind: Seal
metadata: {{name: receipt-east}}
spec:
  company: east
  line: logistics
  type: 回单章
  state: active
  key: east-1
  certificate: companies/east/receipt.pem
---
{FRAME}kind: SealPolicy
metadata: {{name: receipts-east}}
spec:
  seals: [receipt-east]
  documentTypes: [receipt]
  permit:
    - id: automatic
      systems: [tms]
      limits: {{perMonth: 400000}}
    - id: by-hand
      posts: [east-dispatch]
      approvals:
        order: sequence
        stages: [{{count: 1, roles: [head]}}, {{count: 1, roles: [clerk]}}]
        expiresHours: 24
  forbid:
    - id: not-for-the-south
      companies: [south]
tests:
  - name: a receipt
    request: {{system: tms, doc: {DOC}, at: 2026-06-30T12:00:00}}
    expect: allowed
    rule: automatic
  - name: a dispatcher asks in the first half of the year
    request: {{person: zhao-min, at: 2026-06-30T23:59:59, doc: {DOC}}}
    expect: needs-approval
    rule: by-hand
  - name: not any more in the second
    request: {{person: zhao-min, at: 2026-07-01T00:00:00, doc: {DOC}}}
    expect: denied
  - name: the south never
    request: {{system: tms, company: south, doc: {DOC}}}
    expect: denied
    rule: not-for-the-south
"""

SOURCES = {
    "group.yaml": GROUP,
    "people.yaml": PEOPLE,
    "things.yaml": THINGS,
    "companies/east/all.yaml": EAST,
    "companies/east/harbour/own.yaml": f"{FRAME}kind: Role\nmetadata: {{name: docker}}\n",
    "companies/south/own.yaml": f"{FRAME}kind: Role\nmetadata: {{name: packer}}\n",
}


def mistakes_of(sources: dict[str, str]) -> tuple[Mistake, ...]:
    """What is wrong with them; something must be."""
    with pytest.raises(MistakesError) as caught:
        load_bundle(sources)
    return caught.value.mistakes


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """The group with one slip of the hand."""
    assert old in SOURCES[file]
    return {**SOURCES, file: SOURCES[file].replace(old, new, 1)}


def with_text(file: str, text: str) -> dict[str, str]:
    """The group with one more document."""
    return {**SOURCES, file: SOURCES.get(file, "") + f"---\n{FRAME}{text}"}
