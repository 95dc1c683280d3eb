"""Whatever stands in the files, there is a bundle or a list of mistakes, and nothing else."""

import contextlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.loader import load_bundle
from strictyaml import MistakesError

GOOD = """\
apiVersion: sealgate/v1
kind: Company
metadata: {name: east}
spec: {title: 示例}
---
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: receipt}
spec: {attributes: {amount: {type: integer, required: true}}}
---
apiVersion: sealgate/v1
kind: Role
metadata: {name: dispatcher}
---
apiVersion: sealgate/v1
kind: Seal
metadata: {name: seal}
spec: {company: east, type: 回单章, state: active, key: k, certificate: c.pem}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: receipts}
spec:
  seals: [seal]
  documentTypes: [receipt]
  permit: [{id: a, roles: [dispatcher], when: 'doc.attributes.amount < 100 && doc.pages < 3'}]
  forbid: [{id: b, when: 'now.getHours("Asia/Shanghai") < 6'}]
tests:
  - {name: t, request: {roles: [dispatcher], doc: {attributes: {amount: 1}}}, expect: allowed}
"""
DOCUMENTS = GOOD.split("---\n")
SPLICES = ("", "*x", "&x ", "!t ", "{", "]", "- ", ": ", "\t", "yes", "'*'", "1", "null", "\ud800",
           "doc", "&&", '"', "'", "(", "\n", "---\n", "\x00", "9" * 30, "kind", "spec")  # fmt: skip


def loaded(sources: dict[str, str]) -> Bundle | None:
    with contextlib.suppress(MistakesError):
        return load_bundle(sources)
    return None


@given(st.text())
def test_any_text_is_a_bundle_or_mistakes(text: str) -> None:
    loaded({"a.yaml": text})


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.sampled_from(SPLICES)), max_size=3),
       st.integers(0, 12))  # fmt: skip
def test_any_slip_of_the_hand_is_a_bundle_or_mistakes(
    slips: list[tuple[int, str]], cut: int
) -> None:
    edges = [0, *sorted(position for position, _ in slips), len(GOOD)]
    parts = [GOOD[begin:end] for begin, end in pairwise(edges)]
    text = parts[0]
    for part, (_, splice) in zip(parts[1:], slips, strict=True):
        text += splice + part[cut:]
    loaded({"a.yaml": text})


@given(st.permutations(DOCUMENTS), st.lists(st.booleans(), min_size=5, max_size=5))
def test_the_order_of_files_and_documents_never_matters(
    documents: list[str], own_file: list[bool]
) -> None:
    sources: dict[str, str] = {}
    for number, document in enumerate(documents):
        name = f"{number}.yaml" if own_file[number] else "shared.yaml"
        sources[name] = sources.get(name, "") + "---\n" + document
    bundle = load_bundle(sources)
    first = load_bundle({"a.yaml": GOOD})
    assert bundle.policies == first.policies
    assert bundle.seals == first.seals
    assert bundle.digest == load_bundle(dict(reversed(sources.items()))).digest
