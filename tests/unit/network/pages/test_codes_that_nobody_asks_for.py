"""No code is sent to whoever is not asked for one: each costs its receiver peace, and us money."""

from pathlib import Path

from cloud_bridge.network.persons.checks import BETWEEN_CODES
from tests.network_house import NetworkHouse, network_house
from tests.person_house import Desk, asked, free_port


def codes(house: NetworkHouse) -> str:
    file = house.core.config.state_directory / "codes.jsonl"
    return file.read_text(encoding="utf-8") if file.exists() else ""


async def test_where_the_end_of_a_number_is_asked_for_no_code_is_sent(tmp_path: Path) -> None:
    how = {"check": "contact-tail"}
    async with network_house(tmp_path, server={"port": free_port()}, persons=how) as house:
        signer = await asked(house)
        async with Desk.at(house) as desk:
            where, page = await desk.open(signer)
            assert where == "/sign/check"
            assert (await desk.post("/sign/check/send", page))[0] == "/sign/check"
            assert codes(house) == ""
            assert (await desk.post("/sign/check", page, tail="8000"))[0] == "/sign/read"


async def test_whoever_was_checked_is_sent_no_further_code(tmp_path: Path) -> None:
    async with network_house(tmp_path, server={"port": free_port()}) as house:
        signer = await asked(house)
        async with Desk.at(house) as desk:
            _, page = await desk.open(signer)
            _, page = await desk.post("/sign/check/send", page)
            assert (await desk.post("/sign/check", page, code=signer.code()))[0] == "/sign/read"
            sent = codes(house)
            house.time.move(2 * BETWEEN_CODES)
            assert (await desk.post("/sign/check/send", page))[0] == "/sign/read"
            assert codes(house) == sent
