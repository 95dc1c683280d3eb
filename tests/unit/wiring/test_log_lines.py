"""A line in the log is JSON, whatever it is about."""

import json

from gateway.wiring.machine.logs import _line


def test_a_line_is_json_in_utf8() -> None:
    assert json.loads(_line({"event": "request", "path": "/印"})) == {
        "event": "request",
        "path": "/印",
    }


def test_a_line_does_not_fail_for_half_a_character_or_a_strange_value() -> None:
    assert json.loads(_line({"path": "/\udcff", "value": object}))["path"] == "/\udcff"
    assert "object" in json.loads(_line({"value": object}))["value"]
