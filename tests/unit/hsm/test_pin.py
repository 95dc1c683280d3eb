"""The PIN is read from a private place, and does not show itself."""

import copy
import os
import pickle  # noqa: TID251 - to see it refused
import traceback
from pathlib import Path

import pytest

from hsm.config import PinSource
from hsm.pin import LONGEST_PIN_BYTES, Pin, PinUnreadableError, read_pin

SECRET = "correct horse 49152"  # noqa: S105 - it opens nothing


def nobody(question: str) -> str:
    pytest.fail(f"asked: {question}")


def pin_file(directory: Path, content: bytes, mode: int = 0o600) -> PinSource:
    path = directory / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    return PinSource(file=path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    source = pin_file(tmp_path, SECRET.encode(), mode)
    assert read_pin(source, ask=nobody, question="").reveal() == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o777])
def test_a_file_that_others_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    source = pin_file(tmp_path, SECRET.encode(), mode)
    with pytest.raises(PinUnreadableError, match=f"mode {mode:04o}.*chmod 400"):
        read_pin(source, ask=nobody, question="")


@pytest.mark.parametrize(
    ("content", "pin"),
    [
        (b"1234\n", "1234"),
        (b"1234\r\n", "1234"),
        (b" 1234 \n", " 1234 "),
        ("密码1234\n".encode(), "密码1234"),
        (b"x" * LONGEST_PIN_BYTES, "x" * LONGEST_PIN_BYTES),
    ],
    ids=["newline", "windows-newline", "spaces-are-part-of-it", "utf-8", "longest"],
)
def test_one_trailing_newline_is_not_part_of_the_pin(
    tmp_path: Path, content: bytes, pin: str
) -> None:
    assert read_pin(pin_file(tmp_path, content), ask=nobody, question="").reveal() == pin


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"1234\n\n", "more than a PIN"),
        (b"1234\n5678", "more than a PIN"),
        (b"1234\x00", "more than a PIN"),
        (b"x" * (LONGEST_PIN_BYTES + 1), "more than a PIN"),
        (b"12\xff34", "not UTF-8"),
    ],
)
def test_what_is_no_pin_is_refused_and_not_shown(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(PinUnreadableError, match=sentence) as caught:
        read_pin(pin_file(tmp_path, content), ask=nobody, question="")
    assert caught.value.__cause__ is None
    assert not any(word in str(caught.value) for word in ("1234", "5678", "12\\xff", "xx"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PinUnreadableError, match=r"nothing.*No such file"):
        read_pin(PinSource(file=tmp_path / "nothing"), ask=nobody, question="")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", mode=0o600)
    with pytest.raises(PinUnreadableError, match="not a regular file"):
        read_pin(PinSource(file=tmp_path / "pipe"), ask=nobody, question="")


def test_a_systemd_credential_may_show_the_mask_of_its_acl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "hsm-pin").write_text(SECRET, encoding="utf-8")
    (tmp_path / "hsm-pin").chmod(0o440)
    source = PinSource(credential="hsm-pin")
    assert read_pin(source, ask=nobody, question="").reveal() == SECRET


def test_without_systemd_a_credential_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(PinUnreadableError, match="LoadCredentialEncrypted=NAME"):
        read_pin(PinSource(credential="hsm-pin"), ask=nobody, question="")


def test_a_person_is_asked_the_question_once() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return SECRET

    pin = read_pin(PinSource(ask=True), ask=answer, question="PIN of token 'east': ")
    assert (pin.reveal(), asked) == (SECRET, ["PIN of token 'east': "])


def test_an_empty_answer_is_no_pin() -> None:
    with pytest.raises(PinUnreadableError, match="the answer is empty"):
        read_pin(PinSource(ask=True), ask=lambda _question: "", question="")


def test_a_pin_does_not_show_itself() -> None:
    pin = Pin(SECRET)
    shown = [repr(pin), str(pin), f"{pin}", f"{pin!r:>20}", f"{[pin]}", "%s" % pin]  # noqa: UP031
    assert not any(SECRET in text for text in shown)
    assert repr(pin) == "<PIN>"


def test_a_pin_is_not_in_a_traceback_with_locals() -> None:
    def fails(pin: Pin) -> None:
        raise ValueError(pin)

    with pytest.raises(ValueError, match="<PIN>") as caught:
        fails(Pin(SECRET))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    # This function's own lines show where the PIN was made; its frame is the first.
    assert not any(SECRET in str(frame.locals) for frame in told.stack)


def test_a_pin_is_neither_pickled_nor_copied() -> None:
    pin = Pin(SECRET)
    with pytest.raises(TypeError, match="never leaves the signer"):
        pickle.dumps(pin)
    with pytest.raises(TypeError, match="never leaves the signer"):
        copy.copy(pin)
