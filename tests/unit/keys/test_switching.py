"""A seal gets another key in its YAML: nothing but the two words changes."""

import pytest

from gateway.keys.switching import NotSwitchedError, Switch, switched
from policies.bundle import sources_digest
from policies.reading.conversion import bundle_of
from policies.reading.library import read_library

_COMPANY = """
apiVersion: sealgate/v1
kind: Company
metadata: {name: east}
spec: {title: 东}
"""
_SEAL = """# the seals
apiVersion: sealgate/v1
kind: Seal
metadata: {name: receipt-east}
spec:
  company: east
  type: 回单章
  state: active
  key: receipt-east    # since 2024
  certificate: "certificates/east.pem"
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: other}
spec:
  company: east
  type: 回单章
  state: active
  key: other
  certificate: certificates/other.pem
"""


def _switched(text: str, key: str = "receipt-east-2") -> Switch:
    sources = {"group/companies.yaml": _COMPANY, "group/seals.yaml": text}
    library = read_library(sources)
    bundle = bundle_of(library, sources_digest(sources))
    return switched(sources, library, bundle, seal=bundle.seals["receipt-east"], key=key)


def test_two_words_change_and_comments_stay() -> None:
    change = _switched(_SEAL)
    assert change.file == "group/seals.yaml"
    assert change.certificate == "certificates/receipt-east.receipt-east-2.pem"
    wanted = _SEAL.replace("key: receipt-east ", "key: receipt-east-2 ").replace(
        '"certificates/east.pem"', "certificates/receipt-east.receipt-east-2.pem"
    )
    assert change.text == wanted
    assert change.bundle.seals["receipt-east"].key == "receipt-east-2"
    assert change.bundle.seals["other"].key == "other"


def test_a_form_that_a_machine_might_spoil_is_left_to_a_person() -> None:
    flow = _SEAL.partition("spec:")[0] + (
        "spec: {company: east, type: 回单章, state: active, key: receipt-east, "
        "certificate: certificates/east.pem}\n"
    )
    with pytest.raises(NotSwitchedError, match="by hand"):
        _switched(flow)


def test_a_key_that_another_seal_has_is_refused() -> None:
    with pytest.raises(NotSwitchedError, match="would be wrong with it"):
        _switched(_SEAL, key="other")
