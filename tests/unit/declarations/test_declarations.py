"""What IT declares of connectors, and every mistake told with line and cure."""

import pytest

from connectors.folder.connector import FolderSettings
from gateway.declarations.library import read_declarations
from strictyaml import MistakesError

FOLDER = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {name: wms-inbox, description: 仓储系统}
spec:
  system: wms
  folder: {path: /srv/wms, settleSeconds: 0.5}
  mapping:
    fileName: '(?P<waybill>WB-[0-9]+)_(?P<cents>[0-9]+)[.]pdf'
    seal: receipt-east
    documentType: logistics-receipt
    businessNumber: {group: waybill}
    attributes:
      amount_cents: {group: cents}
"""


def mistakes_in(text: str) -> str:
    with pytest.raises(MistakesError) as caught:
        read_declarations({"wms.yaml": text})
    return str(caught.value)


def test_a_folder_is_declared_without_code() -> None:
    declared = read_declarations({"wms.yaml": FOLDER}).connectors["wms-inbox"]
    assert isinstance(declared.settings, FolderSettings)
    assert str(declared.settings.path) == "/srv/wms"
    assert declared.settings.settle_seconds == 0.5
    assert declared.system == "wms"
    assert declared.returns_to == ("wms-inbox",)


def test_results_may_go_to_another_connector() -> None:
    text = f"{FOLDER}  return: [archive]\n---\n" + FOLDER.replace("wms-inbox", "archive")
    declared = read_declarations({"wms.yaml": text}).connectors["wms-inbox"]
    assert declared.returns_to == ("archive",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("path: /srv/wms,", "path: srv/wms,", "wms.yaml:6: spec.folder.path: srv/wms is relative"),
        ("settleSeconds", "settleSecs", "did you mean `settleSeconds`?"),
        ("{group: waybill}", "{group: waybil}", "no group called"[3:]),
        ("{group: waybill}", "{group: waybill, field: x}", "exactly one of group, field, json"),
        ("{group: waybill}", "{column: number}", "add `beside: manifest`"),
        ("[0-9]+)[.]pdf", "[0-9]+[.]pdf", "wms.yaml:8: spec.mapping.fileName"),
        ("  folder: {path: /srv/wms, settleSeconds: 0.5}\n", "", "exactly one of folder"),
        ("kind: Connector", "kind: Conector", "did you mean Connector?"),
    ],
)
def test_a_mistake_has_its_line_and_cure(old: str, new: str, told: str) -> None:
    assert old in FOLDER
    assert told in mistakes_in(FOLDER.replace(old, new))


def test_results_that_go_nowhere_are_a_mistake() -> None:
    assert "no Connector is called `wms-inbx` -> did you mean wms-inbox?" in mistakes_in(
        f"{FOLDER}  return: [wms-inbx]\n"
    )


def test_two_of_one_name_are_a_mistake() -> None:
    assert "there is one called `wms-inbox` already" in mistakes_in(f"{FOLDER}---\n{FOLDER}")


def test_a_queue_is_declared_with_its_secret_in_a_file() -> None:
    text = FOLDER.replace(
        "folder: {path: /srv/wms, settleSeconds: 0.5}",
        "amqp: {host: mq, user: seal, passwordFile: /etc/sealgate/mq, queue: receipts}",
    )
    declared = read_declarations({"wms.yaml": text}).connectors["wms-inbox"]
    assert [str(path) for path in declared.readable] == ["/etc/sealgate/mq"]
