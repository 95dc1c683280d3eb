"""A small group of companies, and policies written as officers write them."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from policies.bundle import Bundle
from policies.engine import CELPolicyEngine
from policies.loader import load_bundle
from policies.model import Caller, DocumentFacts, Placement, SealRequest

WORLD = """\
apiVersion: sealgate/v1
kind: Company
metadata: {name: example-group}
spec: {title: 示例物流集团有限公司}
---
apiVersion: sealgate/v1
kind: Company
metadata: {name: example-east, description: the east}
spec: {title: 示例物流(华东)有限公司, parent: example-group}
---
apiVersion: sealgate/v1
kind: Role
metadata: {name: dispatcher}
spec: {title: 调度员}
---
apiVersion: sealgate/v1
kind: Role
metadata: {name: seal-approver}
---
apiVersion: sealgate/v1
kind: System
metadata: {name: tms}
spec:
  company: example-east
  keys:
    - {id: tms-2026, algorithm: ed25519, publicKey: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=}
---
apiVersion: sealgate/v1
kind: System
metadata: {name: wms}
spec:
  company: example-group
  roles: [dispatcher]
  keys:
    - {id: wms-2026, algorithm: hmac-sha256, secretFile: secrets/wms}
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: logistics-receipt}
spec:
  title: 物流回单
  attributes:
    amount_cents: {type: integer, required: true, minimum: 0, maximum: 100000000}
    waybill: {type: string, maxLength: 20, pattern: "[A-Z]{2}[0-9]+"}
    urgent: {type: boolean}
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: memo}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: receipt-east}
spec:
  company: example-east
  type: 回单章
  state: active
  key: east-1
  certificate: certificates/east.pem
  stamp: {round: {name: 示例物流(华东)有限公司, purpose: 回单专用章, serial: "3101150000001"}}
  placement: {page: last, leftMillimetres: 140, topMillimetres: 230}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: bare}
spec: {company: example-east, type: 电子签章, state: active, key: east-2, certificate: bare.pem}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: retired}
spec:
  company: example-east
  type: 旧章
  state: frozen
  frozenReason: lost on 2026-03-01
  key: east-3
  certificate: old.pem
"""

RECEIPTS = """\
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: receipts-east}
spec:
  seals: [receipt-east]
  documentTypes: [logistics-receipt]
  permit:
    - id: tms-automatic
      systems: [tms]
      when: >-
        doc.pages <= 3 && doc.attributes.amount_cents <= 5000000
        && now.getHours("Asia/Shanghai") >= 6
      limits: {perDay: 20000, perHour: 3000}
      placement: {keyword: 收货单位, occurrence: last}
    - id: dispatcher-with-two-approvals
      roles: [dispatcher]
      approvals: {count: 2, roles: [seal-approver], requester: excluded}
  forbid:
    - id: no-changes-after-signature
      when: doc.revisions > 1
tests:
  - name: an ordinary receipt
    request: {system: tms, doc: {attributes: {amount_cents: 100}}}
    expect: allowed
    rule: tms-automatic
  - name: a night receipt waits for morning
    request:
      system: tms
      at: "2026-11-22T03:00:00+08:00"
      doc: {pages: 1, attributes: {amount_cents: 100}}
    expect: denied
  - name: a dispatcher needs approvals
    request: {roles: [dispatcher], doc: {attributes: {amount_cents: 100}}}
    expect: needs-approval
  - name: a changed document
    request: {system: tms, doc: {revisions: 2, attributes: {amount_cents: 100}}}
    expect: denied
    rule: no-changes-after-signature
"""

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=8)))
FACTS = DocumentFacts(pages=1, size_bytes=20_000, revisions=1, signatures=0, pdf_version="1.7")
TMS = Caller(system="tms", company="example-east")
DISPATCHER = Caller(system="console", company="example-east", roles=frozenset({"dispatcher"}))

Ask = Callable[..., SealRequest]
Load = Callable[..., Bundle]
LoadEngine = Callable[..., CELPolicyEngine]


@pytest.fixture
def world() -> str:
    return WORLD


@pytest.fixture
def receipts() -> str:
    return RECEIPTS


@pytest.fixture
def noon() -> datetime:
    """A Sunday in Shanghai."""
    return NOON


@pytest.fixture
def facts() -> DocumentFacts:
    return FACTS


@pytest.fixture
def tms() -> Caller:
    return TMS


@pytest.fixture
def dispatcher() -> Caller:
    return DISPATCHER


@pytest.fixture
def engine() -> CELPolicyEngine:
    """The receipts policy alone."""
    return CELPolicyEngine(load_bundle({"world.yaml": WORLD, "receipts.yaml": RECEIPTS}))


@pytest.fixture
def ask() -> Ask:
    """A request for the receipt seal by the TMS; everything can be replaced."""

    def make(
        caller: Caller = TMS,
        seal: str = "receipt-east",
        document_type: str = "logistics-receipt",
        placement: Placement | None = None,
        **attributes: str | int | bool,
    ) -> SealRequest:
        return SealRequest(
            caller=caller,
            seal=seal,
            document_type=document_type,
            business_number="HD-1",
            attributes=attributes or {"amount_cents": 100},
            placement=placement,
        )

    return make


@pytest.fixture
def engine_with() -> LoadEngine:
    """An engine for a policy on `receipt-east` and `memo`, from its rules in YAML flow style."""

    def make(
        permit: str = "[]",
        forbid: str = "[]",
        seals: str = "[receipt-east]",
        types: str = "[memo]",
        extra: str = "",
    ) -> CELPolicyEngine:
        return CELPolicyEngine(
            load_bundle(
                {
                    "world.yaml": WORLD,
                    "p.yaml": policy_text(permit, forbid, seals, types, NEUTRAL_TEST) + extra,
                }
            )
        )

    return make


NEUTRAL_TEST = (
    "[{name: an unknown seal, request: {seal: receipt-east, documentType: logistics-receipt},"
    " expect: denied, rule: document-type}]"
)


def policy_text(permit: str, forbid: str, seals: str, types: str, tests: str) -> str:
    return f"""\
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {{name: p}}
spec:
  seals: {seals}
  documentTypes: {types}
  permit: {permit}
  forbid: {forbid}
tests: {tests}
"""
