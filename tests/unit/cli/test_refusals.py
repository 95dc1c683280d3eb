"""What somebody at the command line reads who was refused: what, why, and what to do; each once."""

import pytest

from cloud_bridge.errors import NetworkRefusedError
from gateway.cli.asking import refusal
from gateway.client import GatewayRefusedError
from gateway.envelopes import errors as of_envelopes
from gateway.envelopes.carriage.answers import answered
from gateway.envelopes.errors import NetworkRefusesProblem
from gateway.errors import Problem
from gateway.http import errors as of_requests
from gateway.signing import errors as of_signing


def told(title: str, detail: str, cure: str) -> str:
    return refusal(GatewayRefusedError({"title": title, "detail": detail, "cure": cure}))


def test_a_sentence_ends_once() -> None:
    assert told("A", "it is so.", "Do this.") == "A: it is so. Do this."
    assert told("A", "it is so", "Do this.") == "A: it is so. Do this."
    assert told("A", "", "Do this.") == "A. Do this."


async def test_what_the_network_refuses_is_told_without_its_type_twice() -> None:
    async def refused() -> None:
        raise NetworkRefusedError("the network says delivery-terms (409): none", type="x")

    with pytest.raises(NetworkRefusesProblem) as problem:
        await answered(refused())
    assert problem.value.detail == "the network says delivery-terms (409): none"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (of_envelopes.EnvelopeUnknownProblem, "sealgate envelope list"),
        (of_envelopes.EnvelopeSenselessProblem, "sealgate envelope send"),
        (of_envelopes.EnvelopeOfOtherCompanyProblem, "--company"),
        (of_envelopes.PartyUnknownProblem, "sealgate envelope send"),
        (of_envelopes.EnvelopeNotNowProblem, "sealgate envelope show"),
        (of_envelopes.EnvelopeContentMissingProblem, "sealgate envelope attach"),
        (of_envelopes.NoRuleForInboundProblem, "sealgate envelope decline"),
        (of_requests.SignatureInvalidProblem, "--key"),
        (of_signing.RequestRefusedProblem, "--attribute"),
        (of_signing.ApprovalNeededProblem, "sealgate approvals list"),
    ],
)
def test_a_cure_names_the_command_or_option(problem: type[Problem], words: str) -> None:
    assert words in problem.cure
