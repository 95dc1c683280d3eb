"""What a token says of how its keys were used: a line a use, or only a number a key."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from pydantic import ConfigDict, Field

from strictyaml import StrictModel

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


class UsesUnreadableError(Exception):
    """The file is not what it should be; the message names line and cure."""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a key.

    Attributes:
        label: CKA_LABEL of the key.
        data: what the token was given: with most mechanisms a digest, perhaps as a DigestInfo.
        where: file and line that say so.
    """

    label: str
    data: bytes
    where: str


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """As the file has it; what else stands in the line is the HSM's business."""

    call: str = "C_Sign"
    key: str | None = None
    data: str | None = None
    answer: int | None = None


class CountFile(StrictModel):
    """Numbers of uses, as an HSM without a log of each use counts them."""

    model_config = ConfigDict(alias_generator=None)

    first_record: int = Field(
        default=0, ge=0, description="The audit record from which on uses were counted."
    )
    counts: dict[str, Annotated[int, Field(ge=0)]] = Field(
        min_length=1, description="Uses by CKA_LABEL."
    )
    tests: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Of these, those in tests of ours, which the audit log does not have.",
    )


_decoder = msgspec.json.Decoder(_Line)

# What uses no private key (PKCS#11 2.40 §5). All else is a use, or a word that nobody here knows:
# a vendor's own name for signing must not pass for nothing.
_CALLS = """
Initialize Finalize GetInfo GetFunctionList GetInterface GetInterfaceList GetSlotList
GetSlotInfo GetTokenInfo GetMechanismList GetMechanismInfo WaitForSlotEvent InitToken
InitPIN SetPIN OpenSession CloseSession CloseAllSessions GetSessionInfo SessionCancel
GetOperationState SetOperationState Login LoginUser Logout CreateObject CopyObject
DestroyObject GetObjectSize GetAttributeValue SetAttributeValue FindObjectsInit
FindObjects FindObjectsFinal EncryptInit Encrypt EncryptUpdate EncryptFinal DigestInit
Digest DigestUpdate DigestKey DigestFinal SignInit SignRecoverInit DecryptInit
VerifyInit Verify VerifyUpdate VerifyFinal VerifyRecoverInit VerifyRecover GenerateKey
GenerateKeyPair SeedRandom GenerateRandom
"""
_NO_USES = frozenset(f"C_{name}" for name in _CALLS.split())


def uses_in(files: Iterable[Path]) -> Iterator[Use]:
    """Read files of JSON lines; lines of calls that use no key, and answers, are passed over.

    Raises:
        UsesUnreadableError: a line is no JSON object, or names a key and no whole data.
        OSError: a file cannot be read.
    """
    for path in files:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                use = _use(line, f"{path}:{number}")
                if use is not None:
                    yield use


def _use(line: bytes, where: str) -> Use | None:
    if not line.strip():
        return None
    try:
        read = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # A line that is passed over could be the use that is looked for.
        raise _unreadable(where, str(error)) from error
    if read.answer is not None or read.call in _NO_USES:
        return None
    if read.call != "C_Sign":
        told = (
            f"`call` is {read.call[:64]!r}, which is another use of a key, or no call that is known"
        )
        raise _unreadable(where, told)
    if read.key is None or read.data is None or _HEX.fullmatch(read.data) is None:
        raise _unreadable(where, "a use without `key`, or whose `data` is not hexadecimal")
    return Use(label=read.key, data=bytes.fromhex(read.data), where=where)


def _unreadable(where: str, why: str) -> UsesUnreadableError:
    return UsesUnreadableError(
        f"{where}: {why}. Give one JSON object a line, with `key` (CKA_LABEL) and `data` (what was "
        "signed, hex) for each use"
    )
