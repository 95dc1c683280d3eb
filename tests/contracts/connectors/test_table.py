"""The table connector against PostgreSQL and MariaDB."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    select,
    text,
    update,
)

from connectors.errors import ConnectorAwayError, DeliveryRefusedError, PlaceUnfitError
from connectors.model import Delivery
from connectors.table.connector import TableConnector, TableSettings
from connectors.table.database import DatabaseSettings
from connectors.table.results import ResultTable, RowResults
from connectors.table.rows import Rows
from tests.contracts.network_servers import DATABASE_PASSWORD
from tests.servers.process import free_port

LARGE = LargeBinary(2**24)

METADATA = MetaData()
RECEIPTS = Table(
    "Select From",  # a name that only quoting survives
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("status", String(20), nullable=False, index=True),
    Column("document", LARGE),
    Column("as text", Text),
    Column("运单号", String(50)),
    Column("company", Integer),
    Column("sealed", LARGE),
    Column("result", Text),
)
RESULTS = Table(
    "results",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("kind", String(20)),
    Column("name", String(200)),
    Column("fetched", String(64)),
    Column("content", Text().with_variant(Text(2**24), "mysql", "mariadb")),
    Column("result", JSON),
)
LOOSE = Table("loose", METADATA, *(Column(c.name, String(50)) for c in RESULTS.columns))

ROWS = Rows(
    table="Select From",
    key="id",
    status="status",
    content="document",
    name="运单号",
    fields=("运单号", "company"),
    max_bytes=1000,
)


@dataclass
class House:
    """The partner's database."""

    engine: Engine
    settings: TableSettings

    def put(self, *documents: bytes | None, **columns: object) -> None:
        with self.engine.begin() as connection:
            for document in documents:
                connection.execute(
                    insert(RECEIPTS).values(
                        {"status": "new", "document": document, "运单号": "SF-七", "company": 7}
                        | columns
                    )
                )

    def states(self) -> list[str]:
        with self.engine.begin() as connection:
            return list(
                connection.execute(select(RECEIPTS.c.status).order_by(RECEIPTS.c.id)).scalars()
            )

    def row(self) -> dict[str, object]:
        with self.engine.begin() as connection:
            return dict(connection.execute(select(RECEIPTS)).mappings().one())

    def change(self, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(RECEIPTS).values(values))

    def results(self) -> list[dict[str, object]]:
        with self.engine.begin() as connection:
            return [dict(row) for row in connection.execute(select(RESULTS)).mappings()]


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = create_engine(request.getfixturevalue(f"{request.param}_url"))
    METADATA.create_all(engine)
    yield engine
    METADATA.drop_all(engine)
    engine.dispose()


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    password = tmp_path / "password"
    password.write_text(DATABASE_PASSWORD + "\n")
    its = engine.url
    url = f"{engine.dialect.name}://sealgate@127.0.0.1:{its.port}/{its.database}"
    database = DatabaseSettings(url=url, password_file=password, tls=None, timeout_seconds=10)
    yield House(engine, TableSettings(name="erp", database=database, rows=ROWS))
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
    engine.dispose()


SEALED = Delivery(id="d-1", kind="sealed", name="SF-七", content=b"%PDF", result={"seal": "章"})


async def test_a_row_is_taken_only_when_it_is_acknowledged(house: House) -> None:
    house.put(b"one", b"two")
    async with TableConnector(house.settings) as connector:
        page = await connector.fetch(None, most=9)
        assert await connector.fetch(None, most=9) == page
        assert house.states() == ["new", "new"]
    async with TableConnector(house.settings) as connector:
        again = await connector.fetch(None, most=9)
        assert again == page
        await connector.acknowledge(again.items[:1])
        await connector.acknowledge(again.items[:1])
        assert house.states() == ["taken", "new"]
        assert (await connector.fetch(None, most=9)).items == page.items[1:]
    first = page.items[0]
    assert (first.content, first.name) == (b"one", "SF-七")
    assert first.fields == {"运单号": "SF-七", "company": "7"}


async def test_two_gateways_never_take_the_same_row(house: House) -> None:
    house.put(*(b"%d" % number for number in range(6)))
    async with TableConnector(house.settings) as one, TableConnector(house.settings) as other:
        first = (await one.fetch(None, most=4)).items
        second = (await other.fetch(None, most=4)).items
        assert [item.content for item in (*first, *second)] == [b"%d" % n for n in range(6)]
        await one.acknowledge(first)
        await other.acknowledge(second)
        assert house.states() == ["taken"] * 6


async def test_where_locks_are_lost_only_rows_that_are_as_they_were_are_marked(
    house: House,
) -> None:
    house.put(b"one", b"two")
    async with TableConnector(house.settings) as connector:
        page = await connector.fetch(None, most=2)
        _end_connections(house.engine)
        with house.engine.begin() as connection:
            connection.execute(
                update(RECEIPTS)
                .where(RECEIPTS.c.document == b"two")
                .values(document=b"changed meanwhile")
            )
        await connector.acknowledge(page.items)
        assert house.states() == ["taken", "new"]
        (changed,) = (await connector.fetch(None, most=2)).items
        assert changed.content == b"changed meanwhile"


async def test_rows_that_were_not_fetched_last_come_again(house: House) -> None:
    house.put(b"one")
    async with TableConnector(house.settings) as connector, TableConnector(house.settings) as other:
        page = await connector.fetch(None, most=1)
        with pytest.raises(ConnectorAwayError, match="not fetched last"):
            await other.acknowledge(page.items)
        assert house.states() == ["new"]


async def test_another_document_in_an_old_row_is_another_thing(house: House) -> None:
    house.put(b"one")
    async with TableConnector(house.settings) as connector:
        (first,) = (await connector.fetch(None, most=1)).items
        await connector.acknowledge([first])
        house.change(status="new", document=b"other")
        (second,) = (await connector.fetch(None, most=1)).items
    assert first.id.split(":")[0] == second.id.split(":")[0]
    assert first.id != second.id


async def test_rows_that_cannot_be_read_are_given_with_a_problem_and_block_nothing(
    house: House,
) -> None:
    house.put(b"x" * 1001, None, b"good")
    async with TableConnector(house.settings) as connector:
        page = await connector.fetch(None, most=9)
        await connector.acknowledge(page.items)
    assert [(item.content, item.problem) for item in page.items] == [
        (b"", "the column has 1,001 bytes, and 1,000 are allowed"),
        (b"", "the column of the document is empty"),
        (b"good", ""),
    ]
    assert house.states() == ["taken"] * 3


async def test_base64_in_a_text_column_is_read(house: House) -> None:
    encoded = base64.encodebytes(b"y" * 900).decode()
    house.put(None, **{"as text": encoded})
    house.put(None, **{"as text": "no base64!"})
    rows = replace(ROWS, content="as text", encoding="base64")
    async with TableConnector(replace(house.settings, rows=rows)) as connector:
        good, bad = (await connector.fetch(None, most=9)).items
    assert good.content == b"y" * 900
    assert bad.problem == "the column of the document is no base64"


async def test_a_page_is_as_large_as_memory_allows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.table.rows.PAGE_BYTES", 1500)
    house.put(b"a" * 1000, b"b" * 600, b"c")
    async with TableConnector(house.settings) as connector:
        sizes = []
        while page := (await connector.fetch(None, most=9)).items:
            sizes.append([len(item.content) for item in page])
            await connector.acknowledge(page)
    assert sizes == [[1000], [600, 1]]


async def test_a_result_goes_into_the_row_that_it_answers_once(house: House) -> None:
    results = RowResults(result="result", content="sealed")
    house.put(b"one")
    async with TableConnector(replace(house.settings, results=results)) as connector:
        await connector.prove()
        (item,) = (await connector.fetch(None, most=1)).items
        await connector.acknowledge([item])
        answer = replace(SEALED, fetched=item.id)
        await connector.deliver(answer)
        await connector.deliver(answer)
        row = house.row()
        assert (row["status"], row["sealed"]) == ("sealed", b"%PDF")
        assert json.loads(str(row["result"])) == {"delivery": "d-1", "seal": "章"}
        house.change(status="fetched by the ERP")
        await connector.deliver(answer)
        assert house.row()["status"] == "fetched by the ERP"
        with pytest.raises(DeliveryRefusedError, match="fetched by the ERP"):
            await connector.deliver(replace(answer, id="d-2"))


async def test_a_failure_can_be_followed_by_a_seal(house: House) -> None:
    results = RowResults(result="result", content="sealed")
    house.put(b"one")
    async with TableConnector(replace(house.settings, results=results)) as connector:
        (item,) = (await connector.fetch(None, most=1)).items
        await connector.acknowledge([item])
        failed = Delivery(id="f-1", kind="failed", name="", content=b"", result={}, fetched=item.id)
        await connector.deliver(failed)
        assert (house.row()["status"], house.row()["sealed"]) == ("failed", None)
        await connector.deliver(replace(SEALED, fetched=item.id))
        assert (house.row()["status"], house.row()["sealed"]) == ("sealed", b"%PDF")


@pytest.mark.parametrize("fetched", [None, "no number:" + "0" * 32, "99:" + "0" * 32])
async def test_a_result_that_answers_no_row_is_refused(house: House, fetched: str | None) -> None:
    results = RowResults(result="result")
    async with TableConnector(replace(house.settings, results=results)) as connector:
        with pytest.raises(DeliveryRefusedError, match='connector "erp"'):
            await connector.deliver(replace(SEALED, fetched=fetched))


async def test_a_result_is_one_row_of_the_result_table_however_often_it_is_delivered(
    house: House,
) -> None:
    settings = replace(house.settings, results=ResultTable(table="results"))
    answer = replace(SEALED, fetched="7:" + "0" * 32)
    for _ in range(2):
        async with TableConnector(settings) as connector:
            await connector.prove()
            await connector.deliver(answer)
            await connector.deliver(answer)
    assert house.results() == [
        {
            "id": "d-1",
            "kind": "sealed",
            "name": "SF-七",
            "fetched": "7",
            "content": "JVBERg==",
            "result": {"delivery": "d-1", "seal": "章"},
        }
    ]


@pytest.mark.parametrize(
    ("rows", "results", "told"),
    [
        ({"table": "absent"}, None, "no table `absent`"),
        ({"content": "documnt"}, None, "did you mean `document`"),
        ({"status": "x"}, None, "it has id, status"),
        ({}, RowResults(result="rsult"), "did you mean `result`"),
        ({}, ResultTable(table="loose"), "is not unique"),
    ],
)
async def test_proving_tells_what_the_tables_lack(
    house: House, rows: dict[str, str], results: RowResults | ResultTable | None, told: str
) -> None:
    settings = replace(house.settings, rows=replace(ROWS, **rows), results=results)  # type: ignore[arg-type]
    async with TableConnector(settings) as connector:
        with pytest.raises(PlaceUnfitError, match=told) as caught:
            await connector.prove()
    assert 'connector "erp" (table, 127.0.0.1:' in str(caught.value)


async def test_proving_changes_nothing(house: House) -> None:
    house.put(b"one")
    before = house.row()
    settings = replace(house.settings, results=RowResults(result="result", content="sealed"))
    async with TableConnector(settings) as connector:
        await connector.prove()
    assert house.row() == before


async def test_a_wrong_password_is_told_without_it_and_a_new_one_needs_no_restart(
    house: House,
) -> None:
    file = house.settings.database.password_file
    assert file is not None
    file.write_text("s3cret")
    async with TableConnector(house.settings) as connector:
        with pytest.raises(ConnectorAwayError, match="sealgate") as caught:
            await connector.prove()
        assert "s3cret" not in str(caught.value)
        file.write_text(DATABASE_PASSWORD)
        await connector.prove()


async def test_a_database_that_is_away_is_told_and_found_again(house: House) -> None:
    house.put(b"one")
    here = house.settings.database
    port = house.engine.url.port
    away = replace(here, url=here.url.replace(str(port), str(free_port())))
    async with TableConnector(replace(house.settings, database=away)) as connector:
        with pytest.raises(ConnectorAwayError, match="tried again"):
            await connector.fetch(None, most=1)
    async with TableConnector(house.settings) as connector:
        (item,) = (await connector.fetch(None, most=1)).items
        _end_connections(house.engine)
        assert (await connector.fetch(None, most=1)).items == (item,)


def _end_connections(engine: Engine) -> None:
    """What a failover does to everybody else's connections."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = 'sealgate' AND pid <> pg_backend_pid()"
                )
            )
            return
        own = connection.execute(text("SELECT CONNECTION_ID()")).scalar_one()
        for row in connection.execute(text("SHOW PROCESSLIST")).mappings().all():
            if row["Id"] != own:
                connection.execute(text(f"KILL {int(row['Id'])}"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///x", "no database that can be used"),
        ("postgresql://u:p@h/d", "holds a password"),
        ("postgresql://u@h/d?sslmode=disable", "sets options"),
        ("no url", "cannot be read"),
    ],
)
def test_urls_that_would_weaken_it_are_refused(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        TableConnector(TableSettings(name="erp", database=DatabaseSettings(url=url), rows=ROWS))
