"""Officers freeze and unfreeze on a running gateway, with their own keys, over HTTP and by file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.client import GatewayRefusedError
from gateway.freezes.model import ScopeKind
from gateway.statements import LocalSigner
from tests.officers import freeze, new_freeze_id, signed, unfreeze
from tests.running_gateway import RunningGateway, copy_of, until
from tests.statement_keys import LI, WANG, ZHAO
from tests.trial_officers import TrialOfficers, with_two_officers

LOG = "sealgate-demo.example/audit"
CONSIGNEE = {"amount_cents": 128000, "consignee": "东篱服饰（上海）有限公司"}


class Desk:
    """What the officers have: their keys, and programs of their own."""

    def __init__(self, gateway: RunningGateway, officers: TrialOfficers) -> None:
        self.gateway = gateway
        self.officers = officers

    async def freeze(self, kind: ScopeKind, name: str = "") -> str:
        """By li; gives the freeze's id."""
        claims = freeze(kind, name, log=LOG, freeze_id=new_freeze_id())
        assert (await self.send("/v1/freezes", signed(claims, LI)))["by"] == ["li-na"]
        return claims.freeze

    async def unfreeze(self, freeze_id: str, by: LocalSigner) -> bool:
        """Whether it has ended with that."""
        told = await self.send(
            f"/v1/freezes/{freeze_id}/unfreezes", unfreeze(by, freeze_id=freeze_id, log=LOG)
        )
        return bool(told["ended"])

    async def send(self, path: str, statements: Sequence[str]) -> dict[str, Any]:
        async with self.gateway.client_of(self.officers.li) as client:
            return await client.post_json(path, {"statements": list(statements)})

    def run(self, *arguments: str, key: str) -> list[dict[str, Any]]:
        """The command line with an officer's key; what it tells."""
        said = (*arguments, "--key", key, "--url", self.gateway.url, "--json")
        done = self.gateway.run(*said)
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    async def refused(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - of a submission
        with pytest.raises(GatewayRefusedError) as refused:
            await self.gateway.seal(**changes)
        return dict(refused.value.problem)


@pytest.fixture(scope="module")
def desk(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all tests; each leaves nothing frozen."""
    directory = tmp_path_factory.mktemp("officers")
    gateway = RunningGateway(copy_of(trial_template, directory / "var"))
    officers = with_two_officers(gateway.trial, directory)
    gateway.start()
    yield Desk(gateway, officers)
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.stop()


async def test_each_thing_that_can_be_frozen_is_frozen_until_two_end_it(desk: Desk) -> None:
    customer = {"attributes": CONSIGNEE}
    scopes: tuple[tuple[ScopeKind, str, dict[str, Any]], ...] = (
        ("seal", "receipt-east", {}),
        ("company", "east", {}),
        ("company", "group", {}),
        ("system", "tms", {}),
        ("counterparty", "东篱服饰(上海)有限公司", customer),
        ("gateway", "", {}),
    )
    for kind, name, stopped in scopes:
        frozen = await desk.freeze(kind, name)
        problem = await desk.refused(**stopped)
        assert problem["type"] == "urn:sealgate:problem:frozen"
        assert frozen in problem["detail"]
        if stopped:
            assert (await desk.gateway.seal()).content  # for somebody else
        for _ in range(2):  # one officer twice is one officer
            assert not await desk.unfreeze(frozen, LI)
        await desk.refused(**stopped)
        assert await desk.unfreeze(frozen, WANG)
        assert (await desk.gateway.seal(**stopped)).content


async def test_kill_9_right_after_the_answer_leaves_it_frozen(desk: Desk) -> None:
    because = ("--reason", "the key card is missing")
    (frozen,) = desk.run("freeze", "gateway", *because, key=desk.officers.li)
    desk.gateway.kill_gateway()
    desk.gateway.start()
    assert frozen["id"] in (await desk.refused())["detail"]
    assert not await desk.unfreeze(frozen["id"], LI)
    desk.gateway.kill_gateway()
    desk.gateway.start()
    (ended,) = desk.run("unfreeze", frozen["id"], *because, key=desk.officers.wang)
    assert (ended["unfreezes"], ended["ended"]) == (["li-na", "wang-qiang"], True)
    assert (await desk.gateway.seal()).content
    assert json.loads(desk.gateway.run("audit", "verify", "--json").stdout)["whole"]


async def test_a_signed_file_freezes_where_http_does_not_answer(desk: Desk) -> None:
    gateway = desk.gateway
    since = len(gateway.log())

    def told(event: str) -> bool:
        return any(each["event"] == event for each in gateway.log()[since:])

    said = ("--reason", "x", "--key", desk.officers.li, "--by-file")
    assert gateway.run("freeze", "gateway", *said).returncode == 0
    await until(lambda: told("frozen"), seconds=10)
    folder = gateway.trial.policies / "freezes"
    (file,) = folder.iterdir()
    frozen = file.name.partition(".")[0]
    assert frozen in (await desk.refused())["detail"]
    (folder / "1.unfreeze.jws").write_text(
        "\n".join(unfreeze(LI, WANG, freeze_id=frozen, log=LOG)), encoding="utf-8"
    )
    await until(lambda: told("unfreeze_signed"), seconds=10)
    gateway.kill_gateway()
    gateway.start()  # all files are looked at anew, and freeze nothing again
    assert (await gateway.seal()).content


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        (signed(freeze("gateway", log=LOG), ZHAO), "nobody who may say this has a key"),
        (signed(freeze("gateway", log="other.example/audit"), LI), "'other.example/audit'"),
        (signed(freeze("gateway", log=LOG), LI)[0].rsplit(".", 1), "three parts"),
    ],
    ids=["forged", "another gateway's", "without its signature"],
)
async def test_what_no_officer_signed_for_this_gateway_freezes_nothing(
    desk: Desk, statements: list[str], why: str
) -> None:
    with pytest.raises(GatewayRefusedError, match=why):
        await desk.send("/v1/freezes", list(statements)[:1])
    assert (await desk.gateway.seal()).content


async def test_a_statement_that_is_sent_again_freezes_nothing_again(desk: Desk) -> None:
    claims = freeze("gateway", log=LOG, freeze_id=new_freeze_id())
    said = signed(claims, LI)
    await desk.send("/v1/freezes", said)
    assert not await desk.unfreeze(claims.freeze, LI)
    assert await desk.unfreeze(claims.freeze, WANG)
    assert (await desk.send("/v1/freezes", said))["ended"]
    assert (await desk.gateway.seal()).content
