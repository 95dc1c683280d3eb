"""What the benchmark of two companies sends."""

from io import BytesIO

import pikepdf

from bench.envelopes.pairs import contract_of_its_own


def test_each_contract_is_another_file_with_the_same_words() -> None:
    one, other = contract_of_its_own("PO-00000000000a"), contract_of_its_own("PO-00000000000b")
    assert one != other
    assert len(one) == len(other)
    with pikepdf.open(BytesIO(one)) as first, pikepdf.open(BytesIO(other)) as second:
        assert first.docinfo["/CreationDate"] != second.docinfo["/CreationDate"]
        pages = [[page.Contents.read_bytes() for page in pdf.pages] for pdf in (first, second)]
        assert pages[0] == pages[1]
