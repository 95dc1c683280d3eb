"""An act on a key is a file before it happens, and a record after."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.keys.errors import KeyActError
from gateway.keys.journal import KeyJournal


def _journal(folder: Path) -> KeyJournal:
    return KeyJournal(folder, clock=SystemClock())


def test_an_act_is_whole_in_one_file_of_its_own(tmp_path: Path) -> None:
    journal = _journal(tmp_path / "key-acts")
    first = journal.note("made", key="east", public_key="ab")
    journal.note("request", key="east", public_key="ab", signed="00ff", subject="CN=东")
    files = sorted((tmp_path / "key-acts").iterdir())
    assert [json.loads(each.read_text(encoding="utf-8"))["what"] for each in files] == [
        "made",
        "request",
    ]
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in files)
    recorded = first.recorded()
    assert recorded["act"] == first.id
    assert recorded["noted"].endswith("Z")
    assert set(recorded) == {"act", "what", "noted", "by", "key", "public_key"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root does things for others")
def test_what_root_notes_belongs_to_whom_the_state_belongs_to() -> None:
    # Not below tmp_path, where no other user can come.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        state = Path(directory) / "state"
        state.mkdir(mode=0o700)
        os.chown(state, 65534, 65534)
        journal = _journal(state / "key-acts")
        journal.prove()
        journal.note("made", key="east", public_key="ab")
        (file,) = (state / "key-acts").iterdir()
        assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65534)
        assert os.geteuid() == 0


@pytest.mark.parametrize("in_the_way", ["no state", "a file"])
def test_without_a_note_there_is_no_act(tmp_path: Path, in_the_way: str) -> None:
    folder = tmp_path / "state" / "key-acts"
    if in_the_way == "a file":
        folder.parent.mkdir()
        folder.touch()
    with pytest.raises(KeyActError, match="nothing was done with key 'east'"):
        _journal(folder).note("made", key="east", public_key="ab")
    with pytest.raises(KeyActError, match="nothing was begun"):
        _journal(folder).prove()


def _switch(journal: KeyJournal, key: str = "east-2", seal: str = "receipt") -> None:
    journal.note_switch(seal, key=key, public_key="ab", certificate="cd", previous="east")


def test_a_switch_is_noted_once_however_often_it_is_begun(tmp_path: Path) -> None:
    journal = _journal(tmp_path / "key-acts")
    _switch(journal)
    first = journal.meant_switch("receipt")
    assert first is not None
    assert (first.what, first.key, first.previous) == ("switched", "east-2", "east")
    _switch(journal)
    assert journal.meant_switch("receipt") == first
    assert len(list((tmp_path / "key-acts").iterdir())) == 1
    assert journal.meant_switch("another") is None


def test_a_switch_to_another_key_withdraws_the_one_that_never_came(tmp_path: Path) -> None:
    journal = _journal(tmp_path / "key-acts")
    journal.note("made", key="east-2", public_key="ab")
    _switch(journal, seal="another")
    _switch(journal, "east-2")
    _switch(journal, "east-3")
    meant = journal.meant_switch("receipt")
    assert meant is not None
    assert meant.key == "east-3"
    assert len(list((tmp_path / "key-acts").iterdir())) == 3


def test_the_last_word_on_a_key_that_was_noted_is_known(tmp_path: Path) -> None:
    journal = _journal(tmp_path / "key-acts")
    assert journal.last_end("east") is None
    journal.note("retired", key="east", public_key="ab")
    journal.note("switched", key="south", public_key="cd", seal="s", previous="east")
    found = journal.last_end("east")
    assert found is not None
    assert (found.what, found.public_key) == ("retired", "ab")
    journal.note("switched", key="east", public_key="ab", seal="s", previous="south")
    found = journal.last_end("east")
    assert found is not None
    assert found.what == "switched"
