"""The S3 connector against moto's server: no S3 server was at hand that others run."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.session import AioSession

from connectors.errors import ConnectorAwayError, DeliveryRefusedError, TooLargeError
from connectors.model import Delivery
from connectors.s3.connector import S3Connector
from connectors.s3.settings import S3Settings
from tests.servers.process import free_port


@pytest.fixture
def endpoint(s3_endpoint: str) -> str:
    return s3_endpoint


@dataclass
class Partner:
    """Who else uses the bucket."""

    client: Any
    bucket: str

    async def put(self, key: str, content: bytes) -> None:
        await self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    async def objects(self) -> dict[str, bytes]:
        listed = await self.client.list_objects_v2(Bucket=self.bucket)
        found = {}
        for each in listed.get("Contents", []):
            answer = await self.client.get_object(Bucket=self.bucket, Key=each["Key"])
            found[each["Key"]] = await answer["Body"].read()
        return found


SESSION = AioSession()


@asynccontextmanager
async def _partner(endpoint: str) -> AsyncIterator[Partner]:
    async with SESSION.create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="other",
        aws_secret_access_key="other",  # noqa: S106 - moto knows every key
    ) as client:
        name = f"b-{uuid.uuid4().hex}"
        await client.create_bucket(Bucket=name)
        yield Partner(client, name)


@pytest.fixture
async def partner(endpoint: str) -> AsyncIterator[Partner]:
    async with _partner(endpoint) as partner:
        yield partner


@pytest.fixture
def settings(endpoint: str, partner: Partner, tmp_path: Path) -> S3Settings:
    (tmp_path / "secret").write_text("s3cret-key\n")
    return S3Settings(
        name="lake",
        bucket=partner.bucket,
        access_key="AKIA",
        secret_key_file=tmp_path / "secret",
        endpoint=endpoint,
        inbox="inbox/",
        results="results/",
        max_bytes=1000,
        timeout_seconds=5,
    )


SEALED = Delivery(id="d-1", kind="sealed", name="东/一.pdf", content=b"%PDF", result={"seal": "章"})


async def test_what_lies_ready_is_read_by_its_name_and_stays(
    partner: Partner, settings: S3Settings
) -> None:
    await partner.put("stock/东/一.pdf", b"one")
    await partner.put("stock/large.pdf", b"x" * 101)
    async with S3Connector(replace(settings, stock="stock/")) as connector:
        assert await connector.lying_ready("东/一.pdf", most_bytes=100) == b"one"
        assert await connector.lying_ready("东/一", most_bytes=100) is None
        with pytest.raises(TooLargeError):
            await connector.lying_ready("large.pdf", most_bytes=100)
    async with S3Connector(settings) as without:
        assert await without.lying_ready("东/一.pdf", most_bytes=100) is None
    assert set(await partner.objects()) == {"stock/东/一.pdf", "stock/large.pdf"}


async def test_an_object_is_taken_when_it_is_acknowledged(
    partner: Partner, settings: S3Settings
) -> None:
    await partner.put("inbox/", b"")
    await partner.put("inbox/东/一.pdf", b"one")
    await partner.put("inbox/two.pdf", b"two")
    await partner.put("elsewhere/three.pdf", b"three")
    async with S3Connector(settings) as connector:
        page = await connector.fetch(None, most=9)
        assert await connector.fetch(None, most=9) == page
    async with S3Connector(settings) as connector:
        again = await connector.fetch(None, most=9)
        assert again == page
        await connector.acknowledge(again.items)
        assert (await connector.fetch(None, most=9)).items == ()
    assert [(item.name, item.content) for item in page.items] == [
        ("two.pdf", b"two"),
        ("东/一.pdf", b"one"),
    ]
    assert set(await partner.objects()) == {
        "inbox/",
        "taken/东/一.pdf",
        "taken/two.pdf",
        "elsewhere/three.pdf",
    }


async def test_an_object_that_was_replaced_meanwhile_comes_as_another(
    partner: Partner, settings: S3Settings
) -> None:
    await partner.put("inbox/a.pdf", b"old")
    async with S3Connector(settings) as connector:
        (old,) = (await connector.fetch(None, most=9)).items
        await partner.put("inbox/a.pdf", b"new")
        await connector.acknowledge([old])
        (new,) = (await connector.fetch(None, most=9)).items
    assert (new.content, new.name) == (b"new", old.name)
    assert new.id != old.id


async def test_an_object_that_is_too_large_is_given_with_a_problem_and_blocks_nothing(
    partner: Partner, settings: S3Settings
) -> None:
    await partner.put("inbox/a.pdf", b"x" * 1001)
    await partner.put("inbox/b.pdf", b"good")
    async with S3Connector(settings) as connector:
        page = await connector.fetch(None, most=9)
        await connector.acknowledge(page.items)
        assert (await connector.fetch(None, most=9)).items == ()
    assert [(item.content, item.problem) for item in page.items] == [
        (b"", "the object has 1,001 bytes, and 1,000 are allowed"),
        (b"good", ""),
    ]


async def test_many_objects_come_page_by_page_and_a_page_fits_into_memory(
    partner: Partner, settings: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.s3.connector._PAGE_BYTES", 1500)
    for name, size in (("a", 1000), ("b", 600), ("c", 1), ("d", 1), ("e", 1)):
        await partner.put(f"inbox/{name}", b"x" * size)
    sizes = []
    async with S3Connector(settings) as connector:
        while page := (await connector.fetch(None, most=3)).items:
            sizes.append([len(item.content) for item in page])
            await connector.acknowledge(page)
    assert sizes == [[1000], [600, 1, 1], [1]]


async def test_a_result_is_put_once_however_often_it_is_delivered(
    partner: Partner, settings: S3Settings
) -> None:
    async with S3Connector(settings) as connector:
        for _ in range(2):
            await connector.deliver(SEALED)
        await connector.deliver(replace(SEALED, id="d-2", kind="failed", content=b""))
        await connector.deliver(replace(SEALED, id="d-3", content=b"%PDF other"))
        await connector.deliver(
            Delivery(id="s-1", kind="summary", name="批.csv", content=b"1;2", result={})
        )
    objects = await partner.objects()
    told = json.loads(objects.pop("results/sealed/东/一.pdf.result.json"))
    assert told == {"delivery": "d-1", "kind": "sealed", "seal": "章"}
    assert objects.pop("results/sealed/东/一.pdf") == b"%PDF"
    assert objects.pop("results/sealed/东/d-3.一.pdf") == b"%PDF other"
    assert objects.pop("results/summary/批.csv") == b"1;2"
    assert set(objects) == {
        "results/sealed/东/d-3.一.pdf.result.json",
        "results/failed/东/一.pdf.result.json",
    }


async def test_a_result_of_which_a_server_kept_a_part_is_made_whole(
    partner: Partner, settings: S3Settings
) -> None:
    await partner.client.put_object(
        Bucket=partner.bucket,
        Key="results/summary/a.csv",
        Body=b"1;",
        Metadata={"sealgate-delivery": "s-1"},
    )
    async with S3Connector(settings) as connector:
        await connector.deliver(
            Delivery(id="s-1", kind="summary", name="a.csv", content=b"1;2", result={})
        )
    assert await partner.objects() == {"results/summary/a.csv": b"1;2"}


@pytest.mark.parametrize("name", ["../../inbox/x.pdf", "..", "a//b", "", "/etc/passwd", "a\\b\n"])
async def test_a_name_of_a_stranger_stays_below_the_results(
    partner: Partner, settings: S3Settings, name: str
) -> None:
    async with S3Connector(settings) as connector:
        await connector.deliver(replace(SEALED, name=name))
    for key in await partner.objects():
        assert key.startswith("results/sealed/")
        assert not {"", ".", ".."} & set(key.split("/"))
        assert key.isprintable()


async def test_proving_needs_a_server_that_puts_nothing_over_results(
    partner: Partner, settings: S3Settings
) -> None:
    async with S3Connector(settings) as connector:
        await connector.prove()
    assert await partner.objects() == {}


async def test_what_is_wrong_is_told_without_the_secret_and_healed_without_restart(
    settings: S3Settings,
) -> None:
    wrong = replace(settings, bucket="absent")
    away = replace(settings, endpoint=f"http://127.0.0.1:{free_port()}")
    for each, told in ((wrong, "bucket"), (away, "endpoint URL")):
        async with S3Connector(each) as connector:
            with pytest.raises(ConnectorAwayError, match=told) as caught:
                await connector.fetch(None, most=1)
            assert 'connector "lake" (S3' in str(caught.value)
            assert "s3cret" not in str(caught.value) + repr(connector._settings)
            connector._settings = settings
            await connector.prove()


async def test_without_results_nothing_is_delivered(settings: S3Settings) -> None:
    connector = S3Connector(replace(settings, results=None))
    with pytest.raises(DeliveryRefusedError, match="results"):
        await connector.deliver(SEALED)


@pytest.mark.parametrize(
    "prefixes",
    [{"inbox": "in"}, {"inbox": "/in/"}, {"taken": "inbox/taken/"}, {"results": "inbox/out/"}],
)
def test_prefixes_that_would_be_read_again_are_refused(
    tmp_path: Path, prefixes: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="`"):
        S3Settings(
            name="x",
            bucket="b",
            access_key="k",
            secret_key_file=tmp_path,
            **{"inbox": "inbox/", **prefixes},  # type: ignore[arg-type]
        )
