"""Every way in which the documents of a whole group can be wrong."""

import pytest

from policies.loader import load_bundle
from strictyaml import MistakesError
from tests.unit.policies.group_world import (
    ED25519,
    LOW_ORDER,
    P256,
    SOURCES,
    changed,
    mistakes_of,
    with_text,
)

ALL = "companies/east/all.yaml"
MISTAKES = [
    # ---- how the group rules itself ----
    ("group.yaml", "root: group", "root: grup", "spec.root", "did you mean group"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na, li-no]", "officers[1]", "mean li-na"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na, li-na]", "officers", "stands here twice"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na]", "spec", "2 officers must sign"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na, zhao-min]", "officers[1]", "has no key"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na, zhao-min]", "officers[1]", "no post with"),
    ("group.yaml", "[li-na, wang-qiang]", "[li-na, zhao-min]", "officers[1]", "could exchange"),
    ("group.yaml", "{bundle: 2}", "{bundle: 2, unfreeze: 1}", "unfreeze", "greater than or eq"),
    ("group.yaml", "{bundle: 2}", "{bundle: 3}", "spec", "3 officers must sign, and there are 2"),
    ("group.yaml", "granted", "always", "automaticSealing", "'granted' or 'free'"),
    ("group.yaml", "signatures:", "retiredNames: {seals: [receipt-east]}\n  signatures:",
     "retiredNames.seals[0]", "receipt-east is gone for good"),
    ("group.yaml", "signatures:", "retiredNames: {grants: [gone, tms-receipts]}\n  signatures:",
     "retiredNames.grants[1]", "tms-receipts is gone for good"),
    ("group.yaml", "managedBy: group", "managedBy: self", "managedBy", "in no company's folder"),
    ("group.yaml", "parent: east, ", "", "spec", "not below the group's root"),
    ("group.yaml", "集团有限公司}", "集团, parent: harbour}", "parent", "is the group's root"),
    ("group.yaml", "集团有限公司}", "集团, parent: harbour}", "parent", "its own parent"),
    ("group.yaml", "folder: companies/south", "folder: companies/east", "folder", "that of"),
    ("group.yaml", "folder: companies/south", "folder: companies/east/x", "folder", "of east"),
    ("group.yaml", "folder: companies/south", "folder: ../south", "folder", "relative path"),
    # ---- who is who ----
    ("people.yaml", "power: seal-manager", "power: king", "spec.power", "'seal-manager', 'se"),
    ("people.yaml", "roles: [head]", "roles: [hat]", "spec.roles[0]", "no Role is called"),
    ("people.yaml", "roles: [head]", "roles: [head, officer]", "spec.roles", "two powers"),
    ("people.yaml", "company: east", "company: easy", "spec.company", "no Company"),
    ("people.yaml", "post: audit,", "post: audits,", "posts[0].post", "did you mean audit"),
    ("people.yaml", "until: 2025-01-01", "until: 2025-01-02", "posts[1]", "two powers at the same"),
    ("people.yaml", "until: 2025-01-01", "until: 2024-01-01", "posts[0]", "is left on 2024-01-01"),
    ("people.yaml", "from: 2024-01-01", "from: 2024-02-30", "posts[0].from", "day value"),
    ("people.yaml", "post: audit, from: 2024-01-01, until: 2025-01-01", ("post: seal-office, "
     "from: 2024-01-01"), "spec", "is held twice on the same days"),
    ("people.yaml", ED25519[0], "AQID", "keys[0]", "32 raw bytes"),
    ("people.yaml", P256, ED25519[3], "keys[0]", "SubjectPublicKeyInfo of 91 bytes"),
    ("people.yaml", ED25519[0], ED25519[0][:-2] + "F=", "keys[0]", f"write {ED25519[0]}"),
    ("people.yaml", ED25519[0], LOW_ORDER, "keys[0]", "anybody can sign for this Ed25519 key"),
    (ALL, ED25519[2], LOW_ORDER, "publicKey", "anybody can sign for this"),
    ("things.yaml", ED25519[1], LOW_ORDER, "spec", "anybody can sign for this Ed25519 key"),
    ("people.yaml", P256, P256[:-3] + "B==", "keys[0]", f"write {P256}"),
    ("people.yaml", "wang-qiang-2026", "tms-2026", "keys[0].id", "the system tms has the key id"),
    ("people.yaml", ED25519[0], ED25519[2], "keys[0].publicKey", "the system tms has the public"),
    ("things.yaml", ED25519[1], ED25519[0], "spec.publicKey", "the person li-na has the public"),
    # ---- what rules speak of ----
    ("things.yaml", "counterparty: consignee", "counterparty: carrier", "spec", "of: consignee"),
    ("things.yaml", "counterparty: consignee", "counterparty: amount_cents", "spec", "is text"),
    ("things.yaml", "{type: integer, ", "{type: integer, party: true, ", "amount", "no party"),
    ("things.yaml", "documentType: receipt", "documentType: bill", "documentType", "no DocumentT"),
    ("things.yaml", "leftMillimetres: 20", "leftMillimetres: 220", "spec", "lies beside the page"),
    ("things.yaml", "topMillimetres: 60", "topMillimetres: 290", "spec", "beyond the page"),
    ("things.yaml", "marks: [", "marks: []\n  mark: [", "marks", "at least 1"),
    ("things.yaml", "version: 1", "version: 0", "spec.version", "greater than"),
    (ALL, "type: 回单章", "type: 回单张", "spec.type", "did you mean 回单章"),
    (ALL, "state: active", "state: lost", "spec.state", "'draft', 'active'"),
    (ALL, "state: active", "state: retired\n  frozenReason: x", "spec", "has no frozenReason"),
    (ALL, "line: logistics\n  type", "line: logistic\n  type", "spec.line", "mean logistics"),
    (ALL, "line: logistics\n  keys", "line: rail\n  keys", "spec.line", "no BusinessLine"),
    # ---- grants ----
    ("things.yaml", "grantor: east", "grantor: easy", "spec.grantor", "no Company"),
    ("things.yaml", "grantor: east", "grantor: south", "spec.seals[0]", "south cannot grant"),
    ("things.yaml", "{system: tms}", "{system: tms, post: audit}", "spec.grantee", "exactly one"),
    ("things.yaml", "{system: tms}", "{}", "spec.grantee", "exactly one"),
    ("things.yaml", "{system: tms}", "{system: tsm}", "grantee.system", "did you mean tms"),
    ("things.yaml", "{system: tms}", "{post: east}", "grantee.post", "no Post"),
    ("things.yaml", "validUntil: 2028-12-31", "validUntil: 2029-01-01", "spec", "more than 3 y"),
    ("things.yaml", "validUntil: 2028-12-31", "validUntil: 2025-12-31", "spec", "before it begins"),
    ("things.yaml", "validUntil: 2026-12-31", "validUntil: 2029-01-31", "validUntil", "until 2028"),
    ("things.yaml", "validFrom: 2026-02-01", "validFrom: 2025-12-31", "validFrom", "valid from 20"),
    ("things.yaml", "maximum: 100}", "maximum: 5000001}", "spec.amount", "and this grant further"),
    ("things.yaml", "amount_cents, maximum: 5", "consignee, maximum: 5",
     "amount.attribute", "that is an integer"),
    ("things.yaml", ", minimum: 0}", "}", "amount.attribute", "may be negative, and then is below"),
    ("things.yaml", "minimum: 0}", "minimum: -1}", "amount.attribute", "may be negative, and"),
    ("things.yaml", "subDelegation: 1", "subDelegation: 0", "spec.under", "less with every step"),
    ("things.yaml", "under: east-receipts", "under: east-receipt", "spec.under", "mean east-rece"),
    ("things.yaml", "under: east-receipts", "under: tms-receipts", "spec.under", "below itself"),
    ("things.yaml", "grantor: group", "grantor: harbour", "spec.grantor", "cannot hand it on"),
    ("things.yaml", "  under: east-receipts\n", "  under: east-receipts\n  subDelegation: 1\n",
     "spec", "only a company can hand"),
    ("things.yaml", "T09:00:00+08:00", "T09:00:00", "revoked.at", "has no offset"),
    ("things.yaml", "maxAgeHours: 72", "maxAgeHours: 0", "maxAgeHours", "greater than"),
    # ---- rules ----
    (ALL, "seals: [receipt-east]", "seals: {}", "spec.seals", "these are no seals"),
    (ALL, "seals: [receipt-east]", "seals: {types: [回单章], below: true}", "seals", "below whom"),
    (ALL, "seals: [receipt-east]", "seals: {types: [回章]}", "types[0]", "did you mean 回单章"),
    (ALL, "seals: [receipt-east]", "seals: {companies: [x]}", "companies[0]", "no Company"),
    (ALL, "seals: [receipt-east]", "seals: {lines: [x]}", "lines[0]", "no BusinessLine"),
    (ALL, "posts: [east-dispatch]\n", "posts: [x]\n", "permit[1].posts[0]", "no Post"),
    (ALL, "posts: [east-dispatch]\n", "posts: [audit]\n", "posts[0]", "uses no seal"),
    (ALL, "posts: [east-dispatch]\n", "roles: [auditor]\n", "roles[0]", "uses no seal"),
    (ALL, "companies: [south]", "companies: [north]", "companies[0]", "no Company"),
    (ALL, "roles: [clerk]}]", "roles: [x]}]", "approvals.stages[1].roles[0]", "no Role"),
    (ALL, "roles: [clerk]}]", "roles: [officer]}]", "stages[1].roles[0]", "approves nothing"),
    (ALL, "{count: 1, roles: [clerk]}", "{count: 2, roles: [clerk]}", "stages[1]", "1 could e"),
    (ALL, "order: sequence\n", "count: 1\n", "approvals", "or `stages:`"),
    (ALL, "{person: zhao-min, at: 2026-06", "{person: zao-min, at: 2026-06", "person", "zhao-min"),
    (ALL, "{person: zhao-min, at", "{person: zhao-min, system: tms, at", "request", "no system"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message"),
    MISTAKES,
    ids=[f"{number}: {row[4]}" for number, row in enumerate(MISTAKES)],
)
def test_a_wrong_object_of_a_group_is_a_mistake_at_its_place(
    file: str, old: str, new: str, path: str, message: str
) -> None:
    mistakes = mistakes_of(changed(file, old, new))
    found = [each for each in mistakes if path in each.path and message in str(each)]
    assert found, MistakesError(mistakes)
    assert all(each.cure and each.line > 1 for each in found)


# ---- files ----


FILES = {"companies/east/receipt.pem": "00" * 32, "grants/tms.pdf": "ab" * 32, "other": "11" * 32}


def test_the_bundle_knows_the_files_that_its_objects_name() -> None:
    bundle = load_bundle(SOURCES, files=FILES)
    assert bundle.files == {name: FILES[name] for name in sorted(FILES) if name != "other"}


def test_a_file_that_is_not_there_is_a_mistake_where_it_is_known_what_is_there() -> None:
    with pytest.raises(MistakesError) as caught:
        load_bundle(SOURCES, files={"companies/east/receipts.pem": "00" * 32})
    first, second = caught.value.mistakes
    assert first.path == "spec.certificate"
    assert "did you mean companies/east/receipts.pem" in first.cure
    assert (second.path, second.message) == (
        "spec.document.file",
        "there is no file grants/tms.pdf",
    )


def test_another_document_than_the_grant_names_is_a_mistake() -> None:
    with pytest.raises(MistakesError, match="has another SHA-256"):
        load_bundle(SOURCES, files={**FILES, "grants/tms.pdf": "cd" * 32})


# ---- who must approve ----


def test_approvers_are_counted_only_where_they_are_known_by_name() -> None:
    many = changed(
        "companies/east/all.yaml", "{count: 1, roles: [clerk]}", "{count: 9, roles: [head]}"
    )
    # Whoever has the role in the OA system may be many.
    assert load_bundle(many)
    without = {name: text.replace("role: head", "role: clerk") for name, text in many.items()}
    (mistake,) = mistakes_of(without)
    assert "9 must approve, and 1 could ever hold head: zhao-min" in mistake.message


def test_nobody_approves_in_two_stages() -> None:
    sources = changed("companies/east/all.yaml", "[clerk]}]", "[head]}]")
    sources["things.yaml"] = sources["things.yaml"].replace("role: head", "role: clerk")
    (mistake,) = mistakes_of(sources)
    assert mistake.path == "spec.permit[1].approvals"
    assert "2 must approve, and 1 could ever hold head" in mistake.message


def test_of_thousands_of_slips_the_first_are_told_with_what_was_meant() -> None:
    holders = ", ".join(f"east-head-{number}" for number in range(300))
    text = (
        "kind: SealPolicy\nmetadata: {name: many}\nspec:\n  seals: [receipt-east]\n"
        f"  documentTypes: [receipt]\n  permit: [{{id: a, posts: [{holders}]}}]\n"
        "tests: [{name: t, expect: denied, rule: default}]\n"
    )
    mistakes = mistakes_of(with_text("many.yaml", text))
    guessed = [mistake for mistake in mistakes if "did you mean east-head" in mistake.cure]
    assert (len(mistakes), len(guessed)) == (300, 200)
