"""What IT declares of webhooks and returns, and every mistake told with line and cure."""

from typing import get_args

import pytest

from gateway.declarations.library import read_declarations
from gateway.returns.model import EventType
from strictyaml import MistakesError

WEBHOOK = """\
apiVersion: sealgate/v1
kind: Webhook
metadata: {name: tms-events}
spec:
  url: https://tms.example.com/hooks
  systems: [tms]
  keys: [/etc/sealgate/tms.key]
"""
RETURN = """\
---
apiVersion: sealgate/v1
kind: Return
metadata: {name: tms-results}
spec: {connector: tms-folder, documentTypes: [receipt]}
---
apiVersion: sealgate/v1
kind: Connector
metadata: {name: tms-folder}
spec: {system: tms, folder: {path: /srv/tms}}
"""


def mistakes_in(text: str) -> str:
    with pytest.raises(MistakesError) as caught:
        read_declarations({"tms.yaml": text})
    return str(caught.value)


def test_a_webhook_is_told_of_everything_unless_it_says_otherwise() -> None:
    declared = read_declarations({"tms.yaml": WEBHOOK}).webhooks["tms-events"]
    assert declared.events == set(get_args(EventType))
    assert (declared.document_types, declared.with_link) == (None, True)
    assert [str(path) for path in declared.readable] == ["/etc/sealgate/tms.key"]


def test_a_return_brings_the_documents_of_the_system_that_its_connector_speaks_for() -> None:
    declared = read_declarations({"tms.yaml": RETURN}).returns["tms-results"]
    assert (declared.connector, declared.system) == ("tms-folder", "tms")
    assert declared.document_types == {"receipt"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("https://tms", "http://tms", "in the clear"),
        ("https://tms.example.com", "https://me:secret@tms.example.com", "a password"),
        ("https://tms.example.com/hooks", "ftp://tms.example.com", "no URL of HTTP"),
        ("[/etc/sealgate/tms.key]", "[tms.key]", "is relative"),
        ("systems: [tms]", "systems: []", "tms.yaml:6: spec.systems"),
        ("tms-events", "tms-results", "there is one called `tms-results` already"),
        ("connector: tms-folder", "connector: tms-foldr", "did you mean tms-folder?"),
    ],
)
def test_a_mistake_has_its_line_and_cure(old: str, new: str, told: str) -> None:
    assert told in mistakes_in((WEBHOOK + RETURN).replace(old, new, 1))


def test_a_url_may_be_plain_to_this_machine_or_where_it_is_allowed() -> None:
    for url in ("http://127.0.0.1:8080/x", "http://localhost/x"):
        read_declarations({"a.yaml": WEBHOOK.replace("https://tms.example.com/hooks", url)})
    plain = WEBHOOK.replace("https://", "http://") + "  allowPlain: true\n"
    read_declarations({"a.yaml": plain})
