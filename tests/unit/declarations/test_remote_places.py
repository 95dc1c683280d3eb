"""Queues, tables, HTTP servers and storage, as IT declares them."""

from pathlib import Path

import pytest

from connectors.amqp.connector import AMQPSettings
from connectors.http.connector import HTTPSettings
from connectors.s3.settings import S3Settings
from connectors.table.connector import TableSettings
from connectors.table.results import ResultTable, RowResults
from gateway.declarations.library import load_declarations, read_declarations
from strictyaml import MistakesError

EXAMPLES = Path(__file__).parents[3] / "examples/connectors"


def test_the_examples_declare_a_connector_of_each_kind() -> None:
    declared = load_declarations(EXAMPLES).connectors
    settings = {name: each.settings for name, each in declared.items()}
    queue, rows, outbox = settings["tms-queue"], settings["erp-rows"], settings["shop-outbox"]
    api, feed, lake = settings["oms-api"], settings["carrier-feed"], settings["lake"]
    assert isinstance(queue, AMQPSettings)
    assert (queue.queue, queue.routing_key, queue.prefetch) == ("receipts.to-seal", "sealed", 200)
    assert isinstance(rows, TableSettings)
    assert rows.rows is not None
    assert (rows.rows.new, rows.database.schema) == ("waiting", "outbound")
    assert isinstance(rows.results, RowResults)
    assert isinstance(outbox, TableSettings)
    assert isinstance(outbox.results, ResultTable)
    assert isinstance(api, HTTPSettings)
    assert (api.shape.url, api.deliver_method) == ("downloadUrl", "PUT")
    assert isinstance(feed, HTTPSettings)
    assert (feed.shape.next, feed.most_parameter) == ("/next", "limit")
    assert isinstance(lake, S3Settings)
    assert lake.path_style


def test_every_file_of_a_secret_or_an_authority_is_one_that_the_gateway_may_read() -> None:
    declared = load_declarations(EXAMPLES)
    written = {
        word.strip(",}{ ")
        for file in EXAMPLES.glob("*.yaml")
        for word in file.read_text(encoding="utf-8").split()
        if word.strip(",}{ ").startswith("/etc/sealgate/")
    }
    assert {str(path) for path in declared.readable} == written


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("table", "postgresql://", "oracle://", "`oracle` is no database that can be used"),
        ("table", "sealgate@db.example.internal:", "sealgate:pw@db:", "holds a password"),
        ("table", "taken: sealing", "taken: waiting", "are both `waiting`"),
        ("table", "    rowResults:", "    resultTable: {table: x}\n    rowResults:", "both"),
        ("table", "      key: id\n", "", "spec.table.rows.key"),
        ("http", "    acknowledge: https://oms", "    # https://oms", "read for ever"),
        ("http", "['https://files", "['ftp://files", "`ftp://files.example.internal` is no"),
        ("http", "https://oms.example.internal/api/receipts?", "https://u:p@oms/?", "a password"),
        ("http", "method: PUT", "method: GET", "spec.http.deliver.method"),
        ("s3", "results: results/", "results: inbox/results/", "would be read again"),
        ("s3", "taken: taken/", "taken: taken", "is no prefix of a folder"),
        ("s3", "secretKeyFile", "secretKey", "did you mean `secretKeyFile`?"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_cure(file: str, old: str, new: str, told: str) -> None:
    text = (EXAMPLES / f"{file}.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(MistakesError) as caught:
        read_declarations({f"{file}.yaml": text.replace(old, new)})
    assert told in str(caught.value)
    assert f"{file}.yaml:" in str(caught.value)
