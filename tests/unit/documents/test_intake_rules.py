"""Every intake rule finds its samples, and none keeps out what business systems produce."""

import pytest

from gateway.documents.errors import DamagedDocumentProblem, NotAPDFProblem
from gateway.documents.inspection.inspecting import inspect
from policies.intake import RULES, Intake, refusals
from policies.model import BesideKeyword, Invisible, OnPage
from tests.document_fixtures import RECEIPTS, preparation, receipt, soft_seal
from tests.hostile.samples import SAMPLES, SHADOW, TEXT, all_samples, layers, picture_over_text
from tests.unit.documents.drafts import (
    A4,
    draft,
    hybrid_as_office_programs_write_it,
    one_page,
    stream,
    updated,
)

DEFAULT = Intake()
EXAMPLES = sorted(RECEIPTS.parent.glob("re*/*.pdf"))
_NAMED = [(rule, name) for rule, makers in SAMPLES.items() for name in makers]


def rules(document: bytes) -> set[str]:
    return {finding.rule for finding in inspect(document)}


def test_every_rule_has_a_sample() -> None:
    assert SAMPLES.keys() == RULES.keys()


@pytest.mark.parametrize(("rule", "name"), _NAMED, ids=[": ".join(each) for each in _NAMED])
def test_a_rule_finds_its_sample_and_refuses_it(rule: str, name: str) -> None:
    findings = inspect(SAMPLES[rule][name]())
    assert rule in {finding.rule for finding in findings}
    strict = Intake(refuse=frozenset({rule}))
    refused = [reason.rule for reason in refusals(strict, findings)]
    assert f"intake/{rule}" in refused
    if RULES[rule].default == "refuse":
        assert f"intake/{rule}" in [reason.rule for reason in refusals(DEFAULT, findings)]


@pytest.mark.parametrize("name", SHADOW)
def test_shadow_attacks_are_found_before_signing(name: str) -> None:
    make, expected = SHADOW[name]
    assert expected <= rules(make())


def test_a_font_that_an_update_will_overwrite_is_found_by_nothing() -> None:
    """Only a certification without changes, or a verifier, stops this attack."""
    make, _ = SHADOW["replace a font"]
    assert inspect(make()) == ()


def test_there_are_enough_examples() -> None:
    assert len(EXAMPLES) >= 87


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_example_is_refused_by_default(path: object) -> None:
    findings = inspect(path.read_bytes())  # type: ignore[attr-defined]
    assert refusals(DEFAULT, findings) == ()


def test_a_plain_document_has_no_findings() -> None:
    assert inspect(one_page(TEXT)) == ()


def test_findings_are_one_a_rule_sorted_and_short() -> None:
    for make in all_samples().values():
        findings = inspect(make())
        found = [finding.rule for finding in findings]
        assert found == sorted(set(found))
        for finding in findings:
            assert len(finding.detail) < 600
            assert finding.detail.isprintable()
            assert finding.detail.isascii()


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("office hybrid", hybrid_as_office_programs_write_it()),
        ("link", one_page(page=f"{A4}/Annots[6 0 R]", more={6: (
            "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://a.example)>>>>"
        )})),
        ("jump", one_page(catalog="<</Type/Catalog/Pages 2 0 R/OpenAction[3 0 R/Fit]>>")),
        ("jump as action", one_page(
            catalog="<</Type/Catalog/Pages 2 0 R/OpenAction<</S/GoTo/D[3 0 R/Fit]>>>>"
        )),
        ("fonts with odd names", draft({
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: "<</Type/Page/Parent 2 0 R/Resources<</Font<</JS 4 0 R/AA 4 0 R/XFA 4 0 R>>>>"
            f"{A4}>>",
            4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        })),
        ("layers that are on", layers("/ON[6 0 R]/Order[6 0 R]")),
        ("crop box as large as the page", one_page(TEXT, page=f"{A4}/CropBox[0 0 595 842]")),
        ("crop box beyond the page", one_page(TEXT, page=f"{A4}/CropBox[-9 -9 604 851]")),
        ("empty signature field, invisible and hidden", one_page(
            catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
            page=f"{A4}/Annots[6 0 R]",
            more={
                6: "<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/F 2/Rect[0 0 0 0]/AP<</N 7 0 R>>>>",
                7: stream(b"", "/Type/XObject/Subtype/Form/BBox[0 0 0 0]"),
            },
        )),
        ("uncompressed file within", one_page(
            catalog="<</Type/Catalog/Pages 2 0 R/Keep 6 0 R>>",
            more={6: stream(one_page(TEXT))},
        )),
    ],
)  # fmt: skip
def test_what_legitimate_producers_do_is_not_refused(name: str, document: bytes) -> None:
    assert refusals(DEFAULT, inspect(document)) == (), name


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("picture behind", picture_over_text(f"q 500 0 0 60 80 680 cm /P Do Q {TEXT}")),
        ("picture elsewhere", picture_over_text(f"{TEXT} q 500 0 0 60 80 80 cm /P Do Q")),
        (
            "invisible text of a scan",
            picture_over_text(f"{TEXT.replace('BT', 'BT 3 Tr')} q 595 0 0 842 0 0 cm /P Do Q"),
        ),
        ("picture over a corner", picture_over_text(f"{TEXT} q 20 0 0 60 80 680 cm /P Do Q")),
    ],
)
def test_pictures_that_hide_no_text_are_fine(name: str, document: bytes) -> None:
    assert "covered-content" not in rules(document), name


def test_leftovers_that_show_nothing_are_fine() -> None:
    assert inspect(one_page(TEXT, more={6: "22", 7: "<<>>", 8: "[]", 9: "/Name", 10: "null"})) == ()


def test_what_an_update_replaced_is_no_unreachable_object() -> None:
    changed = updated(
        one_page(TEXT),
        {
            3: f"<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 9 0 R{A4}>>",
            9: stream(b"0 0 9 9 re f"),
        },
    )
    assert rules(changed) == {"several-revisions"}


def test_revisions_under_a_signature_are_no_finding() -> None:
    sealed = soft_seal().seal(receipt("handset-a4"), OnPage(page=1, left_mm=5, top_mm=5))
    assert "several-revisions" in rules(receipt("handset-a4"))
    assert rules(sealed) == set()


def test_a_stamp_where_nothing_stands_is_no_finding_and_one_over_text_is_told() -> None:
    beside = soft_seal().seal(one_page(TEXT), OnPage(page=1, left_mm=40, top_mm=150))
    assert rules(beside) == set()
    (finding,) = inspect(SAMPLES["stamp-over-text"]["a partner's stamp"]())
    assert finding.rule == "stamp-over-text"
    assert finding.detail == "page 1 has a text under the stamp of an earlier signature"
    assert refusals(DEFAULT, [finding]) == ()


def test_a_signature_that_is_not_seen_lies_over_nothing() -> None:
    assert rules(soft_seal(stamp=None).seal(one_page(TEXT), Invisible())) == set()


def test_an_update_after_a_signature_is_one() -> None:
    sealed = soft_seal().seal(one_page(TEXT), OnPage(page=1, left_mm=5, top_mm=5))
    changed = updated(sealed, {5: stream(b"0 0 9 9 re f")})
    (finding,) = inspect(changed)
    assert finding.rule == "several-revisions"
    assert finding.detail == "3 revisions, 1 of them covered by no signature"


def test_bytes_before_the_header_make_it_no_pdf() -> None:
    with pytest.raises(NotAPDFProblem):
        inspect(b"MZ" + one_page(TEXT))


def test_two_entries_with_one_name_where_we_read_are_damage() -> None:
    with pytest.raises(DamagedDocumentProblem):
        inspect(one_page(page=f"{A4}/Type/Pages"))


def test_a_preparation_carries_the_findings() -> None:
    make = SAMPLES["active-content"]["launch"]
    where = preparation(OnPage(page=1, left_mm=5, top_mm=5))
    prepared = soft_seal().press().prepare(make(), where)
    (finding,) = prepared.facts.findings
    assert finding.rule == "active-content"
    assert finding.detail == "object 6 has an action (/Launch)"


@pytest.mark.parametrize("rule", ["ambiguous-structure", "duplicate-keys"])
def test_no_keyword_is_looked_for_where_readers_may_differ(rule: str) -> None:
    (_, make), *_ = SAMPLES[rule].items()
    asked = preparation(BesideKeyword(keyword="Payment"))
    with pytest.raises(DamagedDocumentProblem, match=rf"readers may differ.*{rule}"):
        soft_seal().press().prepare(make(), asked)
