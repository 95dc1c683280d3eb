"""Several tokens with the same keys: the next takes over, and each proves itself first."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hsm.config import HSMConfig, KeyConfig
from hsm.errors import (
    KeyStoreError,
    OtherKeysError,
    PinRefusedError,
    SignerUnavailableError,
    TokenAbsentError,
)
from hsm.interfaces import KeyDescription
from hsm.replicas.proving import check_proof, compare
from hsm.replicas.replicas import ReplicatedSigner
from processes.errors import ChildNotStartedError
from tests.contracts.test_key_store import verify
from tests.hsm_fixtures import MODULE, SoftToken
from tests.hsm_shim.shim import HSMShim
from tests.replica_tokens import (
    KEYS,
    PrivateKey,
    copied_token,
    new_keys,
    signing_with,
    sources_of,
    states,
    token_with,
    with_replicas,
)
from tests.running_gateway import until
from tests.signer_fixtures import Source, checkpoint, description, grant

DEVICE_ERROR = 0x30


@pytest.fixture(scope="module")
def keys() -> dict[str, PrivateKey]:
    return new_keys()


@dataclass
class Pair:
    """Two tokens with the same keys, the first behind a shim that fails on purpose."""

    first: SoftToken
    second: SoftToken
    shim: HSMShim
    sources: list[Source] = field(default_factory=list)

    def config(self, **changes: object) -> HSMConfig:
        return self._config(self.first, self.second, **changes)

    def turned(self, **changes: object) -> HSMConfig:
        """The other way round: the shim is in front of the replica."""
        return self._config(self.second, self.first, **changes)

    def started(self, config: HSMConfig) -> list[Source]:
        self.sources += sources_of(config)
        return self.sources

    def _config(self, first: SoftToken, second: SoftToken, **changes: object) -> HSMConfig:
        return with_replicas(first, second, **{"failover_seconds": 0.5, **changes})


def _behind(token: SoftToken, shim: HSMShim) -> SoftToken:
    config = token.reconfigured(
        module=shim.module,
        environment={**token.config.environment, **shim.environment},
        reload_seconds=0,
    )
    return SoftToken(config=config, directory=token.directory)


@pytest.fixture(scope="module")
def originals(
    keys: dict[str, PrivateKey], tmp_path_factory: pytest.TempPathFactory
) -> tuple[SoftToken, SoftToken]:
    """The two that each test gets copies of; nothing is tried on them."""
    place = tmp_path_factory.mktemp("originals")
    first = token_with(keys, place / "first", label="east")
    return first, token_with(keys, place / "second", label="west")


@pytest.fixture
def pair(originals: tuple[SoftToken, SoftToken], tmp_path: Path) -> Iterator[Pair]:
    shim = HSMShim(tmp_path / "shim", module=MODULE)
    first, second = (
        copied_token(original, tmp_path / name)
        for original, name in zip(originals, ("first", "second"), strict=True)
    )
    pair = Pair(_behind(first, shim), second, shim)
    yield pair
    for each in pair.sources:
        each.own.stop()


@pytest.fixture
async def signer(pair: Pair) -> AsyncIterator[ReplicatedSigner]:
    """One whose two tokens are proved."""
    config = pair.config()
    async with signing_with(config, pair.started(config)) as signer:
        await until(lambda: states(signer) == ("signs", "stands-by"))
        yield signer


async def _signs(signer: ReplicatedSigner) -> None:
    verify(description(signer, "p256"), await signer.sign(grant(signer)), b"a receipt")


async def test_the_first_token_signs_and_the_other_stands_by(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    await _signs(signer)
    assert [each.token for each in signer.standings] == ["east", "west"]
    assert states(signer) == ("signs", "stands-by")
    assert (signer.failovers, signer.restarts) == (0, 0)
    assert pair.shim.calls()[-1].key == "p256-key"


# Taking over


async def test_when_the_token_is_taken_out_the_next_signs_the_next_grant(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    pair.shim.remove_token()
    with pytest.raises(SignerUnavailableError, match="the next takes over"):
        await signer.sign(grant(signer))
    await _signs(signer)
    assert states(signer) == ("away", "signs")
    assert signer.failovers == 1


async def test_all_that_a_hanging_token_has_in_hand_is_given_back_in_time(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    pair.shim.hang()
    began = time.monotonic()
    many = [signer.sign(grant(signer, b"%d" % n)) for n in range(20)]
    results = await asyncio.gather(*many, return_exceptions=True)
    assert {type(each) for each in results} == {SignerUnavailableError}
    await _signs(signer)
    assert time.monotonic() - began < 5.0
    assert signer.in_hand == 0


async def test_when_the_signer_is_killed_the_next_token_does_not_wait_for_another(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    epoch = signer.epoch
    pair.sources[0].signal(signal.SIGKILL)
    await until(lambda: signer.epoch != epoch)
    assert states(signer)[1] == "signs"
    await _signs(signer)
    await until(lambda: states(signer) == ("stands-by", "signs"))


async def test_a_token_that_answers_errors_is_put_out_of_service(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    pair.shim.fail({DEVICE_ERROR: 1.0})
    with pytest.raises(SignerUnavailableError, match="DeviceError"):
        await signer.sign(grant(signer))
    await _signs(signer)
    assert states(signer)[1] == "signs"


async def test_a_checkpoint_goes_on_with_the_next_token_by_itself(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    await signer.sign_checkpoint(checkpoint(7))
    pair.shim.remove_token()
    text = checkpoint(9)
    verify(description(signer, "log"), await signer.sign_checkpoint(text), text)
    assert states(signer) == ("away", "signs")


async def test_a_grant_goes_to_no_other_token_than_it_is_for(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    once = grant(signer)
    pair.sources[0].signal(signal.SIGKILL)
    await until(lambda: signer.epoch != once.epoch)
    with pytest.raises(SignerUnavailableError, match="earlier run"):
        await signer.sign(once)


async def test_the_failure_of_the_last_token_is_told_as_it_is(pair: Pair) -> None:
    config = pair.config()
    first, second = pair.started(config)
    second.failures = [ChildNotStartedError("no room")] * 1000
    async with signing_with(config, [first, second]) as signer:
        pair.shim.remove_token()
        with pytest.raises(TokenAbsentError):
            await signer.sign(grant(signer))
        assert states(signer) == ("signs", "away")
        pair.shim.work()
        await _signs(signer)


async def test_the_last_token_gets_the_patience_of_a_single_one(pair: Pair) -> None:
    config = pair.config(failover_seconds=0.1)
    first, second = pair.started(config)
    second.failures = [ChildNotStartedError("no room")] * 1000
    async with signing_with(config, [first, second]) as signer:
        pair.shim.delay(400)
        await _signs(signer)
        assert (states(signer), signer.failovers) == (("signs", "away"), 0)


async def test_a_token_that_stands_by_and_is_lost_is_noticed_before_it_is_needed(
    pair: Pair,
) -> None:
    config = pair.turned()
    async with signing_with(config, pair.started(config), probe_seconds=0.05) as signer:
        await until(lambda: states(signer) == ("signs", "stands-by"))
        pair.shim.remove_token()
        await until(lambda: states(signer) == ("signs", "away"))
        assert signer.failovers == 0
        pair.shim.work()
        await until(lambda: states(signer) == ("signs", "stands-by"))


# Coming back


async def test_a_token_that_came_back_proves_itself_and_stands_by(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    with pair.shim.removed():
        with pytest.raises(SignerUnavailableError):
            await signer.sign(grant(signer))
        await _signs(signer)
    await until(lambda: states(signer) == ("stands-by", "signs"))
    await _signs(signer)
    assert states(signer) == ("stands-by", "signs")  # sixty seconds have not passed
    assert all(each.answer == 0 for each in pair.shim.calls() if each.name == "C_Login")


async def test_a_token_that_has_stood_long_enough_signs_again_before_those_after_it(
    pair: Pair,
) -> None:
    config = pair.config(failback_seconds=0.2)
    async with signing_with(config, pair.started(config)) as signer:
        await until(lambda: states(signer) == ("signs", "stands-by"))
        pair.sources[0].signal(signal.SIGKILL)
        await until(lambda: bool(signer.epoch) and signer.failovers == 1)
        await until(lambda: bool(signer.epoch) and states(signer) == ("signs", "stands-by"))
        await _signs(signer)
        assert signer.failovers == 2


# Proof


async def test_a_replica_with_another_key_is_refused_and_never_signs(
    pair: Pair, keys: dict[str, PrivateKey], tmp_path: Path
) -> None:
    other = token_with({**keys, "p256": new_keys()["p256"]}, tmp_path / "other", label="other")
    config = with_replicas(pair.first, other)
    async with signing_with(config, pair.started(config)) as signer:
        await until(lambda: states(signer) == ("signs", "other-keys"))
        assert "key 'p256' is not the first token's" in (signer.standings[1].why or "")
        pair.shim.remove_token()
        with pytest.raises(TokenAbsentError):
            await signer.sign(grant(signer))


async def test_a_replica_that_shows_the_right_public_key_but_signs_with_another_does_not_serve(
    pair: Pair, keys: dict[str, PrivateKey], tmp_path: Path
) -> None:
    private = {**keys, "p256": new_keys()["p256"]}
    other = token_with(private, tmp_path / "other", label="other", shown=keys)
    config = with_replicas(pair.first, other)
    async with signing_with(config, pair.started(config)) as signer:
        await until(lambda: "does not verify" in (signer.standings[1].why or ""))
        assert states(signer) == ("signs", "away")


async def test_a_signature_of_another_key_is_no_proof(signer: ReplicatedSigner) -> None:
    by_id = {each.id: each for each in signer.keys}
    token = signer._tokens[0]
    for key in ("rsa", "p256", "log"):
        check_proof(by_id[key], await token.client.prove(key))
    with pytest.raises(OtherKeysError, match="does not verify"):
        check_proof(by_id["p256"], await token.client.prove("rsa"))


def test_keys_that_are_missing_or_used_otherwise_are_others() -> None:
    def key(**changes: object) -> KeyDescription:
        ordinary: dict[str, object] = {
            "id": "rsa",
            "label": "rsa",
            "mechanism": "rsa-pkcs1-sha256",
            "public_key": b"a",
            "local": True,
            "sensitive": True,
            "never_extractable": True,
        }
        return KeyDescription(**{**ordinary, **changes})  # type: ignore[arg-type]

    compare([key(local=False, label="copied")], [key()])
    for found in ([], [key(public_key=b"b")], [key(mechanism="rsa-pss-sha256")]):
        with pytest.raises(OtherKeysError, match="'rsa' is not the first token's"):
            compare(found, [key()])


# Keys that were configured meanwhile


def _configure(pair: Pair, *ids: str) -> None:
    """What config.yaml names now, for every start from here on."""
    for source in pair.sources:
        keys = [KeyConfig.model_validate(each) for each in KEYS if each["id"] in ids]
        source.config = source.config.model_copy(update={"keys": tuple(keys)})


async def _signs_meanwhile(signer: ReplicatedSigner, until_: Callable[[], bool]) -> int:
    """Sign until then; what a signer had in hand when it was replaced is asked for again."""
    again = 0
    while not until_():
        try:
            await _signs(signer)
        except SignerUnavailableError:
            again += 1
    await _signs(signer)
    return again


async def test_tokens_take_up_their_keys_one_after_the_other_while_the_other_signs(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    for ids in (("p256", "log"), ("rsa", "p256", "log")):
        starts = [each.starts for each in pair.sources]
        _configure(pair, *ids)
        signer.renew()

        def is_done(starts: list[int] = starts) -> bool:
            return all(
                each.starts > before for each, before in zip(pair.sources, starts, strict=True)
            ) and states(signer) == ("signs", "stands-by")

        again = await _signs_meanwhile(signer, is_done)
        assert again <= 4  # each token was replaced once
        assert [each.id for each in signer.keys] == list(ids)
    rsa = description(signer, "rsa")
    verify(rsa, await signer.sign(grant(signer, key="rsa")), b"a receipt")


async def test_a_token_without_the_new_key_leaves_the_other_as_it_is(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    missing = KeyConfig(id="new", label="nowhere", mechanism="ecdsa-p256-sha256")
    first, second = pair.sources
    before = second.starts
    known = first.config
    first.config = known.model_copy(update={"keys": (*known.keys, missing)})
    signer.renew()
    await until(lambda: states(signer)[0] == "away")
    await _signs(signer)
    assert states(signer) == ("away", "signs")
    assert "new" not in [each.id for each in signer.keys]
    assert second.starts == before
    first.config = known
    await until(lambda: states(signer)[0] != "away")
    await _signs(signer)


async def test_another_key_of_a_known_id_is_not_taken_up(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    first = pair.sources[0]
    other = [
        each.model_copy(update={"mechanism": "rsa-pss-sha256"}) if each.id == "rsa" else each
        for each in first.config.keys
    ]
    first.config = first.config.model_copy(update={"keys": tuple(other)})
    signer.renew()
    await until(lambda: states(signer)[0] == "other-keys")
    await _signs(signer)
    assert description(signer, "rsa").mechanism == "rsa-pkcs1-sha256"


async def test_when_all_tokens_were_refused_for_a_retired_key_the_first_says_which_keys_are_right(
    signer: ReplicatedSigner, pair: Pair
) -> None:
    _configure(pair, "p256", "log")  # and nobody sent USR1
    for source in pair.sources:
        source.signal(signal.SIGKILL)
    await until(lambda: states(signer) == ("other-keys", "other-keys"))
    assert "send USR1 to the gateway" in (signer.standings[0].why or "")
    signer.renew()
    await until(lambda: states(signer) == ("signs", "stands-by"))
    await _signs(signer)
    assert [each.id for each in signer.keys] == ["p256", "log"]


# At the start


async def test_with_the_first_token_away_at_the_start_the_second_serves(pair: Pair) -> None:
    pair.shim.remove_token()
    config = pair.config()
    async with signing_with(config, pair.started(config)) as signer:
        assert states(signer) == ("away", "signs")
        assert "no token" in (signer.standings[0].why or "")
        await _signs(signer)
        pair.shim.work()
        await until(lambda: states(signer) == ("stands-by", "signs"))
        assert signer.failovers == 0


async def test_a_first_token_that_hangs_at_the_start_delays_it_no_longer_than_its_turn(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hsm.replicas.replicas._START_PATIENCE_SECONDS", 0.2)
    pair.shim.hang()
    config = pair.config()
    began = time.monotonic()
    async with signing_with(config, pair.started(config)) as signer:
        assert time.monotonic() - began < 15  # not the 30 s that a start may take
        assert states(signer) == ("away", "signs")
        await _signs(signer)


async def test_a_pin_that_is_refused_is_tried_once_while_the_other_token_serves(
    pair: Pair,
) -> None:
    (pair.first.directory / "pin").write_text("no such pin\n")
    config = pair.config()
    async with signing_with(config, pair.started(config)) as signer:
        assert states(signer) == ("pin-refused", "signs")
        pair.sources[1].signal(signal.SIGKILL)
        await until(lambda: states(signer)[1] != "signs" or signer.restarts > 0)
        await until(lambda: states(signer) == ("pin-refused", "signs"))
        await _signs(signer)
    logins = [each for each in pair.shim.calls() if each.name == "C_Login"]
    assert len(logins) == 1


@pytest.mark.parametrize(
    ("broken", "error"), [("pin", PinRefusedError), ("softhsm2.conf", KeyStoreError)]
)
async def test_without_any_token_there_is_no_start_and_each_is_told(
    pair: Pair, broken: str, error: type[Exception]
) -> None:
    pair.shim.remove_token()
    broken_file = pair.second.directory / broken
    broken_file.write_text("no such pin\n" if broken == "pin" else "nothing = here\n")
    config = pair.config()
    with pytest.raises(error, match=r"no token serves: east: .*; west: "):
        await _entered(config, pair.started)


async def _entered(config: HSMConfig, started: Callable[[HSMConfig], list[Source]]) -> None:
    async with signing_with(config, started(config)):
        pass
