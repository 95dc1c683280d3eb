"""What a person signs in the browser is read as what a company seals, and believed for itself."""

from datetime import timedelta
from hashlib import sha256

import pytest

from cloud_bridge.containers import ContainerError, UntrustedError, who_signed
from cloud_bridge.network.authority import Authority
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.container import container
from tests.envelope_parties import START
from tests.seals_of_companies import authority

_DOCUMENT = "合同 as the person read it".encode()


async def test_a_persons_signature_leads_to_the_networks_root_for_persons_alone() -> None:
    ca = Authority.new("Persons", network="签约网络", now=START - timedelta(days=1))
    persons = PersonAuthority(ca=ca, network="签约网络")
    act = persons.issue(name="李四", act="envelope:clerk", at=START)
    signed = await container(act, persons.der, sha256(_DOCUMENT).digest())
    signer = who_signed(signed, _DOCUMENT[:5], _DOCUMENT[5:])
    assert signer.names == {"李四", "签约网络"}
    signer.lead_to([persons.der], at=START)
    with pytest.raises(UntrustedError, match="does not lead to a root"):
        signer.lead_to([authority().der], at=START)
    with pytest.raises(UntrustedError, match="does not lead to a root"):
        signer.lead_to([persons.der], at=START + timedelta(hours=1))
    with pytest.raises(ContainerError, match="not one of its certificate"):
        who_signed(signed, _DOCUMENT[:5])
