"""A project that has answered everything, and an installation that is as it says: the trial."""

import string
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cli.onboarding.answers import Answers, load_answers
from gateway.cli.onboarding.comparing import gaps_of
from gateway.cli.onboarding.model import Installation
from gateway.cli.trial.keys import public_text
from gateway.config import Config
from gateway.config.values import Section
from gateway.declarations.library import read_declarations
from policies.loader import load_bundle
from strictyaml import load
from tests.signing_house import START
from tests.unit.cli.bridge.test_bridge import bridge_in

ROOT = Path(__file__).parents[4]
EXAMPLE_FILE = ROOT / "onboarding.example.yaml"
_TRIAL = ROOT / "gateway" / "cli" / "trial" / "files"
_PEOPLE = ("public_key", "li_na", "wang_qiang", "he_ping", "qian_wei")


def _values() -> dict[str, str]:
    keys = {
        name: public_text(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
        for number, name in enumerate(_PEOPLE, 1)
    }
    return {
        **keys,
        "key_id": "tms-2026",
        "grant_from": f"{START - timedelta(days=1):%Y-%m-%d}",
        "grant_until": f"{START + timedelta(days=730):%Y-%m-%d}",
        "directory": "/srv/trial",
        "module": "/usr/lib/softhsm/libsofthsm2.so",
        "policies": "directory: /srv/trial/policies",
    }


def _filled(file: Path) -> str:
    return string.Template(file.read_text(encoding="utf-8")).safe_substitute(_values())


def policy_files() -> dict[str, str]:
    """The trial's policies by file name."""
    return {file.name: _filled(file) for file in sorted((_TRIAL / "policies").iterdir())}


def _trial() -> Installation:
    connector = _TRIAL / "connectors" / "folder.yaml"
    return Installation(
        config=load(_filled(_TRIAL / "config.yaml"), file="config.yaml", model=Config).value,
        bundle=load_bundle(policy_files()),
        declarations=read_declarations({connector.name: _filled(connector)}),
        cores=2,
        free_bytes=100_000_000_000,
        partner_roots=0,
        at=START,
    )


ANSWERS = load_answers(EXAMPLE_FILE)
HERE = _trial()


def told(question: int, answers: Answers = ANSWERS, here: Installation = HERE) -> list[str]:
    """What was found that one question's answer does not say."""
    return [gap.found for gap in gaps_of(answers, here) if gap.question == question]


def answering(**changes: Any) -> Answers:  # noqa: ANN401 - any answer
    """The example with other answers; a mapping changes these keys of the answer."""
    return ANSWERS.model_copy(
        update={key: _changed(getattr(ANSWERS, key), value) for key, value in changes.items()}
    )


def _changed(answer: object, value: object) -> object:
    if isinstance(value, dict) and isinstance(answer, Section):
        return type(answer).model_validate({**answer.model_dump(), **value})
    if isinstance(value, dict) and isinstance(answer, tuple):
        first, *others = answer
        return (_changed(first, value), *others)
    return value


def objects(here: Installation = HERE, **kinds: Any) -> Installation:  # noqa: ANN401 - any kind
    """With other objects in the policies."""
    return replace(here, bundle=replace(here.bundle, **kinds))


def changed(kind: str, name: str, here: Installation = HERE, **fields: Any) -> Installation:  # noqa: ANN401 - any field
    """With other fields in one object of the policies."""
    every = getattr(here.bundle, kind)
    one = msgspec.structs.replace(every[name], **fields)
    return objects(here, **{kind: {**every, name: one}})


def without(kind: str, *names: str, here: Installation = HERE) -> Installation:
    """Without some objects of the policies."""
    every = getattr(here.bundle, kind)
    return objects(here, **{kind: {key: each for key, each in every.items() if key not in names}})


def configured(here: Installation = HERE, **sections: Any) -> Installation:  # noqa: ANN401 - any value
    """With other values in config.yaml: a mapping changes these keys of its section."""
    now = here.config
    update = {
        key: getattr(now, key).model_copy(update=value) if isinstance(value, dict) else value
        for key, value in sections.items()
    }
    return replace(here, config=now.model_copy(update=update))


def bridged(here: Installation = HERE, *, persons: bool = True, roots: int = 1) -> Installation:
    """With a way to the account network."""
    folder = Path("/srv/bridge")
    root = folder / "persons-root.pem" if persons else None
    bridge = bridge_in(folder).model_copy(update={"persons_root": root})
    return replace(configured(here, bridge=bridge), partner_roots=roots)


def declaring(text: str, here: Installation = HERE) -> Installation:
    """With more declarations beside the trial's folder."""
    more = read_declarations({"more.yaml": text})
    now = here.declarations
    return replace(
        here,
        declarations=replace(
            now,
            connectors={**now.connectors, **more.connectors},
            webhooks={**now.webhooks, **more.webhooks},
            returns={**now.returns, **more.returns},
        ),
    )


WEBHOOK = """
apiVersion: sealgate/v1
kind: Webhook
metadata: {name: to-tms}
spec: {url: 'https://tms.example.com/events', systems: [tms], keys: [/srv/keys/tms]}
"""


def permits(*ids: str) -> Installation:
    """With only these permit rules in the trial's policy of receipts."""
    rules = HERE.bundle.policies["receipts"].permit
    kept = tuple(rule for rule in rules if rule.id in ids)
    return changed("policies", "receipts", permit=kept)
