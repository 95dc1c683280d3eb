"""What may be relied on from a Signer: on one token, and on two that hold the same keys."""

import asyncio
import base64
import hashlib
import math
import queue
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature

from hsm.client import SignerClient
from hsm.errors import SignerUnavailableError
from hsm.replicas.replicas import ReplicatedSigner
from hsm.signer import SignerService, _Requests
from hsm.tree_heads import TreeHeadBook
from hsm.wire import MAX_MESSAGE_BYTES, Failure, FromSigner, SignCheckpoint, SignDigest
from policies.errors import GrantRefusedError
from tests.contracts.test_key_store import DIGEST_KEYS, verify
from tests.hsm_fixtures import PIN, SoftToken, copy_soft_token
from tests.replica_tokens import signing_with, with_replicas
from tests.signer_fixtures import (
    ORIGIN,
    Source,
    checkpoint,
    description,
    grant,
    new_grant,
    running,
    source,
)

__all__ = ["source"]

shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["one token", "replicas"])
async def signer(
    request: pytest.FixtureRequest,
    soft_token_original: SoftToken,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[SignerClient | ReplicatedSigner]:
    """One that the harmless tests share."""
    token = copy_soft_token(soft_token_original, tmp_path_factory.mktemp("signer"))
    if request.param == "replicas":
        replica = copy_soft_token(soft_token_original, tmp_path_factory.mktemp("replica"))
        async with signing_with(with_replicas(token, replica)) as replicated:
            yield replicated
        return
    source = Source(token.config)
    async with running(source) as client:
        yield client
    source.own.stop()


# Signing


@shared_loop
@pytest.mark.parametrize("key", DIGEST_KEYS)
async def test_a_redeemed_grant_gives_a_signature_that_verifies(
    signer: SignerClient | ReplicatedSigner, key: str
) -> None:
    signature = await signer.sign(grant(signer, key=key))
    verify(description(signer, key), signature, b"a receipt")


@shared_loop
async def test_a_thousand_grants_at_once_are_each_redeemed_rightly(
    signer: SignerClient | ReplicatedSigner,
) -> None:
    jobs = [(DIGEST_KEYS[n % 4], b"document %d" % n) for n in range(1000)]
    signatures = await asyncio.gather(
        *(signer.sign(grant(signer, message, key=key)) for key, message in jobs)
    )
    for (key, message), signature in zip(jobs, signatures, strict=True):
        verify(description(signer, key), signature, message)
    assert len(set(signatures)) == len(jobs)
    assert signer.in_hand == 0


@shared_loop
async def test_a_checkpoint_is_signed_with_the_key_that_is_for_it(
    signer: SignerClient | ReplicatedSigner,
) -> None:
    text = checkpoint(1_000)
    signature = await signer.sign_checkpoint(text)
    verify(description(signer, "log"), signature, text)
    for key in DIGEST_KEYS:
        with pytest.raises(InvalidSignature):
            verify(description(signer, key), signature, text)


# Grants


@shared_loop
async def test_a_grant_is_redeemed_once(
    signer: SignerClient | ReplicatedSigner,
) -> None:
    once = grant(signer)
    await signer.sign(once)
    with pytest.raises(GrantRefusedError, match="redeemed before"):
        await signer.sign(once)


@shared_loop
async def test_of_a_grant_that_is_sent_many_times_at_once_one_is_redeemed(
    signer: SignerClient | ReplicatedSigner,
) -> None:
    once = grant(signer)
    results = await asyncio.gather(*(signer.sign(once) for _ in range(50)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["GrantRefusedError"] * 49 + [
        "bytes"
    ]


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "late": ({"expires_at": 1.0}, "late"),
    "never late": ({"expires_at": math.inf}, "not one of ours"),
    "neither late nor early": ({"expires_at": math.nan}, "not one of ours"),
    "of another run": ({"epoch": bytes(16)}, "earlier run"),
    "for no key": ({"key": "nobodys", "digest": bytes(32)}, "no seal key is called 'nobodys'"),
    "for the log's key": (
        {"key": "log", "mechanism": "ed25519"},
        "no seal key is called 'log'",
    ),
    "for another mechanism": (
        {"key": "rsa", "mechanism": "rsa-pss-sha256"},
        "signs rsa-pkcs1-sha256, not rsa-pss",
    ),
    "by no policies": ({"bundle": ""}, "by which policies"),
    "by policies of another form": ({"bundle": f"sha256:{'0' * 64} "}, "by which policies"),
    "for a short digest": ({"digest": bytes(31)}, "digests of 32 bytes, not 31"),
    "for no digest": ({"digest": b""}, "digests of 32 bytes, not 0"),
    "for another digest": ({"key": "p384", "digest": bytes(32)}, "digests of 48 bytes, not 32"),
    "for a document": ({"digest": bytes(MAX_MESSAGE_BYTES)}, "longer than anything"),
}


@shared_loop
@pytest.mark.parametrize("misfit", MISFITS)
async def test_a_grant_that_does_not_fit_is_refused(
    signer: SignerClient | ReplicatedSigner, misfit: str
) -> None:
    changes, why = MISFITS[misfit]
    # Where there are several tokens, an earlier run may have been another one's.
    with pytest.raises((GrantRefusedError, SignerUnavailableError), match=why):
        await signer.sign(grant(signer, **changes))


def test_a_clock_that_is_put_back_revives_no_grant(soft_token: SoftToken) -> None:
    class Store:
        def sign(self, _key: str, _digest: bytes) -> bytes:
            return b"a signature"

    times = iter([1000.0, 1100.0, 1000.0])
    service = SignerService(
        store=Store(),  # type: ignore[arg-type]
        config=soft_token.config,
        now=lambda: next(times),
    )
    old = new_grant(service.epoch, expires_at=1030.0)
    new = new_grant(service.epoch, expires_at=1130.0)
    said = [service.answer(SignDigest(number=1, grant=each)) for each in (old, new, old)]
    assert [type(each).__name__ for each in said] == ["Signature", "Signature", "Failure"]


# Checkpoints


GOOD = checkpoint(7)
NOT_CHECKPOINTS = {
    "nothing": b"",
    "a sentence": b"a receipt",
    "a digest": hashlib.sha256(b"a receipt").digest(),
    "no last newline": GOOD[:-1],
    "an empty line more": GOOD + b"\n",
    "an extension": GOOD + b"an extension\n",
    "a leading zero": GOOD.replace(b"\n7\n", b"\n07\n"),
    "a negative size": GOOD.replace(b"\n7\n", b"\n-7\n"),
    "a fraction": GOOD.replace(b"\n7\n", b"\n7.0\n"),
    "a giant": GOOD.replace(b"\n7\n", b"\n" + b"7" * 20 + b"\n"),
    "no origin": GOOD.removeprefix(ORIGIN.encode()),
    "a plus in the origin": GOOD.replace(b"/", b"+", 1),
    "a blank in the origin": GOOD.replace(b"/", b" ", 1),
    "spare bits in the root": f"{ORIGIN}\n7\n{'A' * 42}B=\n".encode(),
    "a short root": f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n".encode(),
    "a long root": f"{ORIGIN}\n7\n{base64.b64encode(bytes(33)).decode()}\n".encode(),
}


@pytest.mark.parametrize("text", NOT_CHECKPOINTS)
def test_what_is_not_the_text_of_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(GrantRefusedError, match="not the text of a checkpoint"):
        TreeHeadBook().enter(NOT_CHECKPOINTS[text])


async def test_a_log_gets_no_second_history_signed(source: Source) -> None:
    async with running(source) as signer:
        await signer.sign_checkpoint(checkpoint(7))
        await signer.sign_checkpoint(checkpoint(7))  # the same one may come again
        await signer.sign_checkpoint(checkpoint(9))
        for text, why in (
            (b"not a checkpoint", "not the text"),
            (checkpoint(8), "the tree shrank from 9 to 8"),
            (checkpoint(9, root=b"another"), "a second root over the same 9 leaves"),
            (checkpoint(10, origin="other.example/log"), "a log has one origin"),
        ):
            with pytest.raises(GrantRefusedError, match=why):
                await signer.sign_checkpoint(text)
        await asyncio.gather(*(signer.sign_checkpoint(checkpoint(n)) for n in range(10, 300)))


def test_however_many_sessions_there_are_no_checkpoint_overtakes_another() -> None:
    # The smaller tree would come second, and look like one that shrank.
    class Service:
        def __init__(self) -> None:
            self.taken: list[int] = []
            self.first_may_end = threading.Event()

        def answer(self, message: SignDigest | SignCheckpoint) -> Failure:
            self.taken.append(message.number)
            if message.number == 1:
                self.first_may_end.wait()
            return Failure(number=message.number, kind="internal", message="")

    service, said = Service(), queue.SimpleQueue[FromSigner]()
    requests = _Requests(lanes=4, service=service, say=said.put)  # type: ignore[arg-type]
    for message in (
        SignCheckpoint(number=1, text=b""),
        SignCheckpoint(number=2, text=b""),
        SignDigest(number=3, grant=new_grant(b"")),
    ):
        requests.put(message)

    answers = [said.get()]  # whoever took 2, took it before 3
    assert 2 not in service.taken
    service.first_may_end.set()
    answers += [said.get(), said.get()]
    assert [answer.number for answer in answers if isinstance(answer, Failure)] == [3, 1, 2]


# Defects


def test_a_defect_costs_one_answer_and_no_thread_and_tells_no_secret(
    soft_token: SoftToken, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def sign(self, _key: str, _digest: bytes) -> bytes:
            raise RuntimeError(PIN)

    service = SignerService(
        store=Broken(),  # type: ignore[arg-type]
        config=soft_token.config,
        now=lambda: 1000.0,
    )
    one = new_grant(service.epoch, expires_at=1030.0)
    answer = service.answer(SignDigest(number=5, grant=one))
    assert answer == Failure(
        number=5,
        kind="internal",
        message="a defect of the signer (RuntimeError); its log says where",
    )
    logged = "".join(capfd.readouterr())
    assert "RuntimeError" in logged
    assert PIN not in logged
