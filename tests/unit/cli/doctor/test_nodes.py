"""Which version each gateway of a database is of, and whether they are all of one."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from gateway.cli.doctor.model import Finding
from gateway.cli.doctor.nodes import check_versions
from gateway.store.engines.database import SQLiteFile
from gateway.store.rows.nodes import NodeRow, nodes, put_node, remove_node
from tests.fresh_databases import put_gateway_database
from tests.unit.cli.bridge.test_bridge import write

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def node(name: str, version: str, *, minutes_ago: float = 1) -> NodeRow:
    return NodeRow(
        name=name,
        version=version,
        started_at=NOW - timedelta(days=1),
        seen_at=NOW - timedelta(minutes=minutes_ago),
    )


def database(folder: Path, *rows: NodeRow, stopped: str = "") -> SQLiteFile:
    """A database in which these nodes have said that they are there."""
    put_gateway_database(folder / "test.sqlite")
    write(folder, *(partial(put_node, row=row) for row in rows))
    if stopped:
        write(folder, partial(remove_node, name=stopped))
    return SQLiteFile(str(folder / "test.sqlite"))


def found(folder: Path, *rows: NodeRow, stopped: str = "") -> list[Finding]:
    engine = database(folder, *rows, stopped=stopped).open_reader()
    with engine.connect() as connection:
        told = list(check_versions(connection, NOW, own="1.4.0"))
    engine.dispose()
    return told


def states(told: list[Finding]) -> list[tuple[str, str]]:
    return [(each.part, each.state) for each in told]


def test_nodes_of_one_version_are_well(tmp_path: Path) -> None:
    told = found(tmp_path, node("seal-1", "1.4.0"), node("seal-2", "1.4.0"))
    assert states(told) == [("versions", "ok")]


def test_a_node_of_another_version_is_found(tmp_path: Path) -> None:
    (told,) = found(tmp_path, node("seal-1", "1.4.0"), node("seal-2", "1.3.9"))
    assert (told.state, told.owner) == ("warning", "it")
    assert "seal-2 runs 1.3.9; this is 1.4.0" in told.message


def test_a_node_that_was_not_seen_for_a_while_is_found(tmp_path: Path) -> None:
    told = found(tmp_path, node("seal-1", "1.4.0"), node("seal-2", "1.3.9", minutes_ago=60))
    assert states(told) == [("nodes", "warning"), ("versions", "ok")]


def test_a_node_that_stopped_in_order_is_no_finding(tmp_path: Path) -> None:
    told = found(tmp_path, node("seal-2", "1.3.9"), stopped="seal-2")
    assert states(told) == [("versions", "ok")]


def test_what_was_not_seen_for_a_month_is_forgotten(tmp_path: Path) -> None:
    month = 31 * 24 * 60
    engine = database(
        tmp_path, node("gone", "1.0.0", minutes_ago=month), node("seal-1", "1.4.0")
    ).open_reader()
    with engine.connect() as connection:
        assert [each.name for each in nodes(connection)] == ["seal-1"]
    engine.dispose()
