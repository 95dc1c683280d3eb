"""A short run of what `make fuzz` does with partners' updates, and that it would find a lie."""

from dataclasses import replace
from pathlib import Path

from gateway.verification.model import RevisionJudgement
from tests.hostile.updates.looking import Hit, Tally, look
from tests.hostile.updates.readers import Pdfium, Poppler, differing, pdf_js
from tests.unit.documents.drafts import one_page

_READERS = (Poppler(), Pdfium())


def _lies(hits: list[Hit]) -> list[str]:
    return [each.found for each in hits if not each.refused]


def test_what_is_taken_shows_what_was_there_before() -> None:
    tally = Tally()
    assert not _lies(list(look(1, _READERS, tally, most=90)))
    assert tally.drawn >= 90
    assert tally.shown >= 5, tally


def test_the_same_seed_draws_the_same_and_a_lie_is_found_and_kept(tmp_path: Path) -> None:
    """A judge that says yes to everything."""
    runs = [_of_a_judge_who_believes(), _of_a_judge_who_believes()]
    assert runs[0]
    assert _lies(runs[0]) == _lies(runs[1])
    assert [each.bodies for each in runs[0]] == [each.bodies for each in runs[1]]
    kept = runs[0][0].keep(tmp_path, seed=2)
    assert kept.read_bytes().startswith(kept.with_suffix(".contract.pdf").read_bytes())
    assert "pdfium" in kept.with_suffix(".txt").read_text()


def _of_a_judge_who_believes() -> list[Hit]:
    hits = look(2, (Pdfium(),), Tally(), judge=lambda *_: RevisionJudgement(), most=120)
    return [each for each in hits if not each.refused]


def test_pdf_js_shows_pages_and_tells_their_words() -> None:
    one, other = (one_page(f"BT /F 24 Tf 72 700 Td ({each}) Tj ET") for each in ("100", "999"))
    with pdf_js() as reader:
        assert reader is not None
        before, after = reader.show(one), reader.show(other)
        again = reader.show(one)
    assert differing(before, again, ()) == ""
    assert "999" in differing(before, after, ())
    assert before is not None
    assert after is not None
    pictures = replace(before, words=""), replace(after, words="")
    assert "pixels" in differing(*pictures, ())
    assert differing(*pictures, ((72, 690, 200, 730),)) == ""
