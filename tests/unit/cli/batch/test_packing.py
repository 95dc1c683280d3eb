"""What `sealgate batch submit` sends: the same files make the same batch."""

import io
import os
from pathlib import Path

import pytest

from gateway.batches.model import NewItem
from gateway.batches.reading import Defaults, read_zip
from gateway.cli.batch.packing import PackingError, found_files, given_archive, pack
from gateway.cli.batch.sending import Order

DEFAULTS = Defaults(seal="receipt-east", document_type="logistics-receipt")


def packed(files: dict[str, Path]) -> io.BytesIO:
    archive = io.BytesIO()
    pack(files, archive)
    return archive


def folder(place: Path, *names: str) -> Path:
    for name in names:
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"%PDF {name}".encode())
    return place


def test_a_folder_is_sent_with_all_below_it(tmp_path: Path) -> None:
    folder(tmp_path, "b.pdf", "华东/回单.pdf", ".hidden/c.pdf", ".b.pdf.partial")
    archive = packed(found_files([tmp_path], None))
    items = list(read_zip(archive, defaults=DEFAULTS))
    assert [item.request.name for item in items if isinstance(item, NewItem)] == [
        "b.pdf",
        "华东/回单.pdf",
    ]


def test_the_same_files_and_wishes_have_the_same_key(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", "a.pdf", "b.pdf")
    other = folder(tmp_path / "other", "b.pdf", "a.pdf")
    os.utime(other / "a.pdf", (0, 0))
    (other / "a.pdf").chmod(0o600)
    wishes = {"seal": "receipt-east"}
    keys = {
        Order(packed(found_files([each], None)), wishes).idempotency_key() for each in (one, other)
    }
    assert len(keys) == 1
    keys.add(Order(packed(found_files([one], None)), {"seal": "other"}).idempotency_key())
    (one / "a.pdf").write_bytes(b"%PDF changed")
    keys.add(Order(packed(found_files([one], None)), wishes).idempotency_key())
    assert len(keys) == 3


def test_files_go_with_the_manifest_that_is_named(tmp_path: Path) -> None:
    folder(tmp_path, "east/a.pdf", "west/b.pdf")
    manifest = tmp_path / "list of today.CSV"
    manifest.write_bytes(b"file,businessNumber\na.pdf,WB-1\nb.pdf,WB-2\n")
    named = [tmp_path / "east" / "a.pdf", tmp_path / "west" / "b.pdf"]
    items = list(read_zip(packed(found_files(named, manifest)), defaults=DEFAULTS))
    assert [item.request.business_number for item in items if isinstance(item, NewItem)] == [
        "WB-1",
        "WB-2",
    ]


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    folder(tmp_path, "one/a.pdf", "other/a.pdf", "batch.zip", "empty/.x", "mine/manifest.csv")
    folder(tmp_path, "manifest.csv", "list.xlsx")
    with pytest.raises(PackingError, match="one name"):
        found_files([tmp_path / "one" / "a.pdf", tmp_path / "other" / "a.pdf"], None)
    with pytest.raises(PackingError, match="goes alone"):
        given_archive([tmp_path / "batch.zip", tmp_path / "one" / "a.pdf"], None)
    with pytest.raises(PackingError, match="name a folder"):
        found_files([tmp_path / "empty"], None)
    with pytest.raises(PackingError, match="leave out --manifest"):
        found_files([tmp_path / "mine"], tmp_path / "manifest.csv")
    with pytest.raises(PackingError, match=r"neither \.csv nor \.jsonl"):
        found_files([tmp_path / "one"], tmp_path / "list.xlsx")
    with pytest.raises(PackingError, match="cannot be read"):
        packed({"gone.pdf": tmp_path / "gone.pdf"})
    assert given_archive([tmp_path / "batch.zip"], None) == tmp_path / "batch.zip"
    assert given_archive([tmp_path / "one"], None) is None
