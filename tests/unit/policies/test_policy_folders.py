"""What a company may hand in by itself, and what is the group's."""

import pytest

from policies.loader import load_bundle
from policies.reading.folders import owner_of
from strictyaml import Mistake, MistakesError
from tests.unit.policies.group_world import (
    ED25519,
    FRAME,
    SOURCES,
    changed,
    mistakes_of,
    with_text,
)


def test_a_file_is_that_of_the_innermost_company_around_it() -> None:
    companies = {"companies/east": "east", "companies/east/harbour": "harbour"}
    assert owner_of("companies/east/a/b.yaml", companies) == "east"
    assert owner_of("companies/east/harbour/b.yaml", companies) == "harbour"
    assert owner_of("companies/east.yaml", companies) is None
    assert owner_of("companies/eastern/b.yaml", companies) is None
    assert owner_of("b.yaml", companies) is None


OWN = [
    (
        "kind: BusinessLine\nmetadata: {name: rail}\nspec: {title: 铁路}\n",
        "kind",
        "are the group's",
    ),
    (
        "kind: Company\nmetadata: {name: x}\nspec: {title: 甲, parent: east}\n",
        "kind",
        "the group's",
    ),
    (
        (
            f"kind: ApprovalSource\nmetadata: {{name: own}}\nspec: {{company: east, role: clerk, "
            f"algorithm: ed25519, publicKey: {ED25519[5]}, maxAgeHours: 1}}\n"
        ),
        "kind",
        "are the group's",
    ),
    (
        "kind: Role\nmetadata: {name: king}\nspec: {power: seal-manager}\n",
        "spec.power",
        "only the group gives the power seal-manager",
    ),
    (
        "kind: Post\nmetadata: {name: p}\nspec: {company: east, title: 岗, roles: [clerk, head]}\n",
        "spec.roles[1]",
        "the Role head is not east's own",
    ),
    (
        "kind: Post\nmetadata: {name: p}\nspec: {company: south, title: 岗}\n",
        "spec.company",
        "south is not east, in whose folder",
    ),
    (
        (
            "kind: Person\nmetadata: {name: p}\n"
            "spec: {title: 甲, company: east, posts: [{post: seal-office, from: 2026-01-01}]}\n"
        ),
        "spec.posts",
        "only the group gives the power seal-manager",
    ),
    (
        (
            "kind: Seal\nmetadata: {name: s}\nspec: {company: south, type: 公章, state: active, "
            "key: e-2, certificate: companies/east/s.pem}\n"
        ),
        "spec.company",
        "south is not east",
    ),
    (
        (
            "kind: Seal\nmetadata: {name: s}\nspec: {company: east, type: 公章, state: active, "
            "key: e-2, certificate: companies/south/s.pem}\n"
        ),
        "spec.certificate",
        "does not lie in the folder of east",
    ),
    (
        (
            "kind: Seal\nmetadata: {name: s}\nspec: {company: east, type: 公章, state: active, "
            "key: east-1, sharesKeyWith: receipt-east, certificate: companies/east/s.pem}\n"
        ),
        "spec.sharesKeyWith",
        "only the group lets two seals share a key",
    ),
    (
        "kind: DocumentType\nmetadata: {name: d}\nspec: {intake: {accept: [active-content]}}\n",
        "spec.intake.accept[0]",
        "only the group accepts what `active-content` finds",
    ),
    (
        (
            "kind: Template\nmetadata: {name: t}\nspec: {documentType: receipt, version: 1, "
            "page: {widthMillimetres: 9, heightMillimetres: 9}, "
            "marks: [{text: x, leftMillimetres: 1, topMillimetres: 1}]}\n"
        ),
        "spec.documentType",
        "the DocumentType receipt is not east's own",
    ),
    (
        (
            "kind: SealGrant\nmetadata: {name: g}\nspec: {grantor: south, grantee: {system: tms}, "
            "seals: [receipt-east], documentTypes: [receipt], validFrom: 2026-01-01, "
            "validUntil: 2026-12-31}\n"
        ),
        "spec.grantor",
        "south is not east",
    ),
]


@pytest.mark.parametrize(
    ("text", "path", "message"), OWN, ids=[f"{number}: {row[2]}" for number, row in enumerate(OWN)]
)
def test_a_company_cannot_reach_beyond_its_folder(text: str, path: str, message: str) -> None:
    mistakes = mistakes_of(with_text("companies/east/more.yaml", text))
    found = [each for each in mistakes if path in each.path and message in str(each)]
    assert found, MistakesError(mistakes)
    assert {each.file for each in found} == {"companies/east/more.yaml"}
    # What the group writes itself it may.
    assert not [
        each
        for each in all_mistakes(with_text("more.yaml", text))
        if each.path == path and message in str(each)
    ]


def all_mistakes(sources: dict[str, str]) -> tuple[Mistake, ...]:
    try:
        load_bundle(sources, run_tests=False)
    except MistakesError as error:
        return error.mistakes
    return ()


GROUPS_SEAL = (
    "kind: Seal\nmetadata: {name: of-the-group}\nspec: {company: east, type: 公章, state: active, "
    "key: KEY, certificate: hq.pem}\n"
)
OWN_POLICY = (
    "kind: SealPolicy\nmetadata: {name: own}\n"
    "spec: {seals: SEALS, documentTypes: [receipt], forbid: [{id: never}]}\n"
    "tests: [{name: t, expect: denied, rule: never, "
    "request: {doc: {attributes: {amount_cents: 1, consignee: 甲}}}}]\n"
)


@pytest.mark.parametrize(
    "seals", ["[of-the-group]", "['*']", "{types: [公章]}", "{companies: [east]}"]
)
def test_a_companys_policy_cannot_speak_of_seals_that_the_group_manages(seals: str) -> None:
    sources = with_text("group.yaml", GROUPS_SEAL.replace("KEY", "e-9"))
    sources["companies/east/own.yaml"] = FRAME + OWN_POLICY.replace("SEALS", seals)
    (mistake,) = mistakes_of(sources)
    assert (mistake.file, mistake.path) == ("companies/east/own.yaml", "spec.seals")
    assert "of-the-group, which is not east's own" in mistake.message


def test_a_company_above_may_speak_of_the_seals_of_one_below() -> None:
    seal = GROUPS_SEAL.replace("company: east", "company: harbour").replace("KEY", "h-1")
    seal = seal.replace("hq.pem", "companies/east/harbour/c.pem").replace("of-the-group", "quay")
    own = OWN_POLICY.replace("SEALS", "[quay]")
    sources = with_text("companies/east/harbour/seals.yaml", seal)
    assert load_bundle({**sources, "companies/east/own.yaml": FRAME + own}).policies["own"]
    (mistake,) = mistakes_of({**sources, "companies/south/own.yaml": FRAME + own})
    assert "quay, which is not south's own" in mistake.message


def test_a_company_cannot_sign_with_the_key_of_a_seal_of_the_group() -> None:
    (mistake,) = mistakes_of(with_text("group.yaml", GROUPS_SEAL.replace("KEY", "east-1")))
    assert (mistake.file, mistake.path) == ("companies/east/all.yaml", "spec.key")
    assert "the key east-1 is that of the seal of-the-group" in mistake.message


def test_there_is_one_governance() -> None:
    second = SOURCES["group.yaml"].split("---")[0].replace("name: group,", "name: other,")
    (mistake,) = mistakes_of({**SOURCES, "z.yaml": second})
    assert mistake.file == "z.yaml"
    assert "there is a Governance already, in group.yaml:1" in mistake.message


def test_a_folder_in_which_nothing_lies_is_a_slip_of_the_hand() -> None:
    mistakes = mistakes_of(changed("group.yaml", "companies/south}", "companies/sout}"))
    empty, astray = sorted(mistakes, key=lambda each: each.file, reverse=True)
    assert (empty.file, empty.path) == ("group.yaml", "spec.folder")
    assert empty.message.startswith("no file lies below companies/sout")
    assert empty.cure.startswith("did you mean companies/south?")
    assert (astray.file, astray.line) == ("companies/south/own.yaml", 1)
    assert "lies among the companies' folders and in none of them" in astray.message


def test_one_slip_does_not_make_a_companys_files_the_groups() -> None:
    sources = changed("group.yaml", "companies/south}", "companies/sout}")
    sources |= {"companies/sout/readme.yaml": "# somebody thought that this mends it\n"}
    assert [each.file for each in mistakes_of(sources)] == ["companies/south/own.yaml"]


@pytest.mark.parametrize("file", ["companies/East/x.yaml", "Companies/east/deep/x.yaml"])
def test_a_folder_that_is_spelled_otherwise_is_not_the_groups(file: str) -> None:
    (mistake,) = mistakes_of({**SOURCES, file: "# mine\n"})
    assert mistake.file == file
    assert mistake.message == "the file lies beside companies/east, whose name is spelled otherwise"


def test_composed_and_decomposed_letters_are_one_folder() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    sources = changed("group.yaml", "companies/south}", f"companies/{composed}}}")
    del sources["companies/south/own.yaml"]
    sources[f"companies/{composed}/own.yaml"] = "# mine\n"
    assert load_bundle(sources)
    (mistake,) = mistakes_of({**sources, f"companies/{decomposed}/own.yaml": "# mine\n"})
    assert "whose name is spelled otherwise" in mistake.message
