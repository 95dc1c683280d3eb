"""Whatever happens to the tokens: a grant goes to one run only, only proved keys sign, none waits.

The tokens are in memory and speak the signer's language over real channels. They die, hang, answer
errors and nonsense, are swapped for one with other keys and come back, in any order that
Hypothesis thinks of.
"""

import asyncio
import contextlib
import hashlib
import os
import socket
from dataclasses import dataclass, field
from typing import Literal, get_args

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.config import HSMConfig
from hsm.errors import KeyStoreError, SignerUnavailableError
from hsm.interfaces import KeyDescription
from hsm.replicas.replicas import ReplicatedSigner
from hsm.sentences import signed_in_test
from hsm.wire import (
    PROTOCOL,
    Failure,
    FromSigner,
    Greeting,
    ProveKey,
    SetUp,
    Signature,
    SignCheckpoint,
    SignDigest,
    decode_to_signer,
    encode,
)
from policies.grant import Grant
from processes.channel import AsyncChannel
from processes.errors import ChannelClosedError, ChildNotStartedError

Mood = Literal["well", "absent", "failing", "hanging", "babbling", "not starting", "other keys"]

_ECDSA = ec.ECDSA(Prehashed(hashes.SHA256()))
_RIGHT, _OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
_NO_TEXT = b"\xa1\x80"  # MessagePack, and a text that is no UTF-8
_DIGEST = hashlib.sha256(b"a receipt").digest()


@dataclass
class MemoryToken:
    """A token with a signer that runs as a task; implements `SignerSource`."""

    mood: Mood = "well"
    received: list[tuple[bytes, Grant]] = field(default_factory=list)
    asked_wrongly: int = 0
    running: "asyncio.Task[None] | None" = None

    async def start_anew(self) -> socket.socket:
        self.die()
        if self.mood == "not starting":
            raise ChildNotStartedError("no room")
        ours, theirs = socket.socketpair()
        channel = await AsyncChannel.over(theirs)
        key = _OTHER if self.mood == "other keys" else _RIGHT
        self.running = asyncio.create_task(self._serve(channel, key))
        return ours

    def die(self) -> None:
        if self.running is not None:
            self.running.cancel()

    async def _serve(self, channel: AsyncChannel, key: ec.EllipticCurvePrivateKey) -> None:
        epoch = os.urandom(16)
        try:
            channel.send(encode(self._greeting(epoch, key)))
            with contextlib.suppress(ChannelClosedError):
                while True:
                    message = decode_to_signer(await channel.receive())
                    answer = self._answer(message, epoch, key)
                    if self.mood == "babbling":
                        channel.send(_NO_TEXT)
                    elif answer is not None:
                        channel.send(encode(answer))
        finally:
            channel.close()

    def _greeting(self, epoch: bytes, key: ec.EllipticCurvePrivateKey) -> Greeting | Failure:
        if self.mood == "absent":
            return Failure(number=0, kind="token-absent", message="no token")
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        description = KeyDescription(
            id="east",
            label="east",
            mechanism="ecdsa-p256-sha256",
            public_key=public,
            local=True,
            sensitive=True,
            never_extractable=True,
        )
        return Greeting(protocol=PROTOCOL, epoch=epoch, keys=(description,))

    def _answer(
        self,
        message: SetUp | SignDigest | SignCheckpoint | ProveKey,
        epoch: bytes,
        key: ec.EllipticCurvePrivateKey,
    ) -> FromSigner | None:
        assert isinstance(message, SignDigest | ProveKey)
        if isinstance(message, SignDigest):
            self.received.append((epoch, message.grant))
            self.asked_wrongly += key is not _RIGHT
        if self.mood == "hanging":
            return None
        if self.mood in ("absent", "failing"):
            kind: Literal["token-absent", "token-failed"] = (
                "token-absent" if self.mood == "absent" else "token-failed"
            )
            return Failure(number=message.number, kind=kind, message=self.mood)
        signed = (
            message.grant.digest
            if isinstance(message, SignDigest)
            else signed_in_test("ecdsa-p256-sha256", 0)
        )
        return Signature(number=message.number, value=key.sign(signed, _ECDSA))


def _config(tokens: int) -> HSMConfig:
    token = {"module": "/lib/memory.so", "pin": {"credential": "pin"}}
    return HSMConfig.model_validate(
        {
            **token,
            "token_label": "token 0",
            "keys": [{"id": "east", "label": "east", "mechanism": "ecdsa-p256-sha256"}],
            "replicas": [{**token, "token_label": f"token {n}"} for n in range(1, tokens)],
            "restart": {"first_seconds": 0.002, "longest_seconds": 0.01},
            "deadline_seconds": 0.1,
            "failover_seconds": 0.03,
            "failback_seconds": 0.005,
        }
    )


def _grant(epoch: bytes) -> Grant:
    return Grant(
        number=os.urandom(16),
        epoch=epoch,
        seal="east",
        key="east",
        mechanism="ecdsa-p256-sha256",
        digest=_DIGEST,
        decision=bytes(32),
        bundle=f"sha256:{'0' * 64}",
        audit_index=1,
        expires_at=0.0,
    )


async def _signed(signer: ReplicatedSigner) -> bytes:
    """As the signing cycle asks: again, with a new grant, while a signer is away."""
    while True:
        try:
            return await signer.sign(_grant(signer.epoch))
        except SignerUnavailableError:
            await asyncio.sleep(0.001)


MOODS: tuple[Mood, ...] = get_args(Mood)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 5)),
        st.tuples(st.sampled_from(MOODS), st.integers(0, 2)),
        st.tuples(st.just("dies"), st.integers(0, 2)),
    ),
    max_size=14,
)


@settings(max_examples=60)
@given(tokens=st.integers(2, 3), events=EVENTS)
def test_tokens_come_and_go(tokens: int, events: list[tuple[str, int]]) -> None:
    asyncio.run(_come_and_go([MemoryToken() for _ in range(tokens)], events))


async def _come_and_go(tokens: list[MemoryToken], events: list[tuple[str, int]]) -> None:
    asked: list[asyncio.Task[bytes]] = []
    async with ReplicatedSigner(
        tokens, _config(len(tokens)), probe_seconds=0.01, start_deadline_seconds=0.2
    ) as signer:
        for event, number in events:
            if event == "ask":
                asked += [asyncio.create_task(_signed(signer)) for _ in range(number)]
                await asyncio.sleep(0)
            elif event == "dies":
                tokens[number % len(tokens)].die()
            else:
                token = tokens[number % len(tokens)]
                # Whoever swaps a token pulls the other one out first.
                if "other keys" in (event, token.mood):
                    token.die()
                token.mood = event  # type: ignore[assignment]
            await asyncio.sleep(0.002)

        # One that is well again is enough: nobody who asks waits for ever.
        well = tokens[len(events) % len(tokens)]
        if well.mood == "other keys":
            well.die()
        well.mood = "well"
        asked.append(asyncio.create_task(_signed(signer)))
        async with asyncio.timeout(30):  # a machine may be busy; for ever is longer
            results = await asyncio.gather(*asked, return_exceptions=True)

        for result in results:
            # While it was the last one, a token told its failure as it was.
            if isinstance(result, BaseException):
                assert isinstance(result, KeyStoreError), result
            else:
                _RIGHT.public_key().verify(result, _DIGEST, _ECDSA)
    for token in tokens:
        token.die()
        assert token.asked_wrongly == 0, "a token with other keys was asked to sign"
        for epoch, grant in token.received:
            assert grant.epoch == epoch, "a grant for another run"
    numbers = [grant.number for token in tokens for _, grant in token.received]
    assert len(numbers) == len(set(numbers)), "a grant was sent twice"
