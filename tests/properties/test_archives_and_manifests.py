"""Whatever bytes come as an archive or a manifest: an end, and one result for everything in it."""

import io
from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.batches.model import NewItem, ReadItem
from gateway.batches.reading import Defaults, joined, read_manifest, read_zip
from gateway.batches.reading.errors import ReadingProblem
from gateway.batches.reading.names import folded
from tests.hostile.archives import Entry, archive, deflated

DEFAULTS = Defaults(seal="s", document_type="t")
WHOLE = archive(*(Entry(name=name) for name in (b"a.pdf", b"b.pdf", b"manifest.csv")))

names = st.one_of(
    st.text(max_size=12).map(str.encode),
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"a.pdf", b"A.pdf", b"../a", b"x/", b"/a", b"a\0", "回单.pdf".encode("gbk")]),
)
entries = st.builds(
    Entry,
    name=names,
    content=st.binary(max_size=40),
    flags=st.sampled_from([0, 0, 1 << 11, 1]),
    method=st.sampled_from([0, 8, 8, 12]),
    mode=st.sampled_from([0, 0o100644, 0o120777]),
    extra=st.one_of(st.just(b""), st.binary(max_size=8)),
    packed=st.one_of(st.none(), st.binary(max_size=20), st.just(deflated(bytes(1000)))),
    size=st.one_of(st.none(), st.integers(0, 2000), st.just(0xFFFFFFFF)),
    at=st.one_of(st.none(), st.none(), st.integers(0, 300)),
)


@settings(max_examples=150)
@given(st.lists(entries, max_size=6))
def test_every_member_of_an_archive_has_one_result(members: list[Entry]) -> None:
    items = list(read_zip(io.BytesIO(archive(*members)), defaults=DEFAULTS))
    folders = sum(
        member.name.endswith(b"/")
        and (len(member.content) if member.size is None else member.size) == 0
        for member in members
    )
    assert len(members) - folders <= len(items) <= len(members)
    taken = [item.request.name for item in items if isinstance(item, NewItem)]
    assert max(Counter(map(folded, taken)).values(), default=1) == 1
    assert all(".." not in name.split("/") and not name.startswith("/") for name in taken)


@settings(max_examples=200)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=0, max_size=4), st.integers(0, 8))
def test_an_archive_that_is_damaged_anywhere_is_told(place: int, other: bytes, gone: int) -> None:
    damaged = WHOLE[:place] + other + WHOLE[place + gone :]
    try:
        items = list(read_zip(io.BytesIO(damaged), defaults=DEFAULTS))
    except ReadingProblem:
        return
    for item in items:
        assert not isinstance(item, NewItem) or item.document == Entry(name=b"").content


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(str.encode),
        st.text("file,;\t\"\r\n=a.pd{}[]:'", max_size=80).map(
            lambda text: b"file,seal\n" + text.encode()
        ),
    ),
    st.sampled_from(["csv", "jsonl"]),
)
@example(b'file,seal\n"a', "csv")
def test_whatever_a_manifest_is_every_file_has_a_result(data: bytes, form: str) -> None:
    files = {"a.pdf": lambda: b"%PDF", "b.pdf": lambda: b"%PDF"}
    try:
        rows = read_manifest(data, "csv" if form == "csv" else "jsonl", defaults=DEFAULTS)
    except ReadingProblem:
        return
    items: list[ReadItem] = list(joined(rows, files))
    told = {item.request.name if isinstance(item, NewItem) else item.name for item in items}
    assert files.keys() <= told
    assert sum(isinstance(item, NewItem) for item in items) <= len(files)
    assert len(items) >= len(rows)
