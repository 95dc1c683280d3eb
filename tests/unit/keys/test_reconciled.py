"""What a reconciliation found stays until the next one, for the alerts."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from gateway.http.operation.families import Families
from gateway.http.operation.vital_signs import VitalSigns
from gateway.keys.reconciled import LastReconciliation, keep, last

_AT = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


def test_the_last_one_counts(tmp_path: Path) -> None:
    file = tmp_path / "reconciled.json"
    assert last(file) is None
    keep(file, ["use-missing", "use-outside-the-gateway", "use-missing"], at=_AT)
    found = last(file)
    assert found is not None
    assert (found.at, found.findings) == (
        _AT,
        {"use-missing": 2, "use-outside-the-gateway": 1},
    )
    keep(file, [], at=_AT.replace(hour=7))
    found = last(file)
    assert found is not None
    assert (found.at.hour, found.findings) == (7, {})
    assert [each.name for each in tmp_path.iterdir()] == ["reconciled.json"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_not_ours_is_no_clean_bill(tmp_path: Path) -> None:
    file = tmp_path / "reconciled.json"
    file.write_text('{"at":"2026-11-27T06:30:00Z"}')
    with pytest.raises(msgspec.ValidationError):
        last(file)


def test_it_is_told_by_name() -> None:
    registry = CollectorRegistry()
    vital = VitalSigns(Families(registry))

    def told(name: str) -> float | None:
        return registry.get_sample_value("sealgate_reconciliation_findings", {"name": name})

    vital.set_reconciliation(LastReconciliation(at=_AT, findings={"use-missing": 2}))
    at = registry.get_sample_value("sealgate_reconciliation_timestamp_seconds")
    assert at == _AT.timestamp()
    assert (told("use-missing"), told("use-outside-the-gateway")) == (2, 0)
    vital.set_reconciliation(None)
    assert registry.get_sample_value("sealgate_reconciliation_timestamp_seconds") == 0
    assert told("use-missing") == 0
