"""Forbids of the group that ask for an attribute which a company's own document type lacks."""

from collections.abc import Iterator

from policies.bundle import Bundle
from policies.conditions.expressions import HAS_ATTRIBUTE, masked
from policies.foresight.notes import Note, listed
from policies.objects.rules import ANY


def attribute_notes(bundle: Bundle) -> Iterator[Note]:
    """One a forbid: of the group, for every document type, that steps aside for a company's own."""
    own = [each for each in bundle.document_types.values() if each.managed_by == "self"]
    for policy in bundle.policies.values():
        if policy.managed_by != "group" or ANY not in policy.document_types:
            continue
        for position, forbid in enumerate(policy.forbid):
            asked = {found[1] for found in HAS_ATTRIBUTE.finditer(masked(forbid.when or ""))}
            lacking = {each.name for each in own if asked - each.attributes.keys()}
            if lacking:
                yield Note(
                    level="note",
                    code="forbid-steps-aside",
                    kind="SealPolicy",
                    name=policy.name,
                    path=("spec", "forbid", position, "when"),
                    message=f"the forbid asks has(…), and companies' own document types lack "
                    f"{listed(asked)}: {listed(lacking)}",
                    cure="leave has(…) out, so that what is missing is forbidden, or see to it "
                    "that nothing of these types needs the forbid",
                )
