"""The policies of a trial: the officers' YAML, and the first bundle, which both officers sign."""

import string
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from gateway.bundles.authority import MOST_ROOT_BYTES, Authority
from gateway.cli.policy.activating import deliver
from gateway.cli.policy.publishing import first_officers, next_bundle, signed_by
from gateway.cli.trial.keys import make_key, public_text
from gateway.cli.trial.kits import KITS, LOGISTICS_NAME, Kit
from gateway.cli.trial.writing import write, write_once
from gateway.config import Config
from gateway.regular_files import read_regular
from gateway.statements import LocalSigner

OFFICERS = KITS[LOGISTICS_NAME].officers
APPROVERS = KITS[LOGISTICS_NAME].approvers

_GRANT_DAYS = 730


class TrialPolicies:
    """What lies where, and how it is made."""

    def __init__(self, directory: Path, *, client_key_id: str, kit: Kit) -> None:
        """Below the installation's directory; with the id of the calling system's key."""
        self._kit = kit
        self._client_key_id = client_key_id
        self._directory = directory
        self.sources = directory / "policies"
        self.bundles = directory / "bundles"
        self.root = directory / "first-officers.json"
        self.client_key = directory / "clients" / "tms.key.pem"

    def officer_key(self, name: str) -> Path:
        """The PEM file with an officer's private key."""
        return self._directory / "officers" / f"{name}.key.pem"

    def approver_key(self, name: str) -> Path:
        """The PEM file with the private key of somebody who approves."""
        return self._directory / "approvers" / f"{name}.key.pem"

    def configured(self, *, signed: bool) -> str:
        """What config.yaml says below `policies:`."""
        if signed:
            return f"bundles: {self.bundles}\n  root: {self.root}"
        return f"directory: {self.sources}"

    def write_sources(self, now: datetime, tell: Callable[[str], None]) -> None:
        """The keys of all who sign, and the YAML that names them."""
        for name, text in self._texts(now):
            if not (self.sources / name).exists():
                write(self.sources / name, text)
        tell(f"policies       {self.sources}")
        officers, approvers = map(" and ".join, (self._kit.officers, self._kit.approvers))
        tell(f"officers       {officers}: trial only, {self._directory / 'officers'}")
        if approvers:
            tell(f"approvers      {approvers}: trial only, {self._directory / 'approvers'}")

    def sign_first_bundle(self, config: Config, now: datetime, tell: Callable[[str], None]) -> None:
        """Once in an installation's life; what follows it is `sealgate policy publish`'s."""
        bundles, root = config.policies.bundles, config.policies.root
        if bundles is None or root is None:
            tell(f"UNSIGNED       whoever may write to {self.sources} decides what is sealed")
            return
        bundles.mkdir(mode=0o700, exist_ok=True)
        write_once(root, lambda: first_officers(self.sources).written().decode())
        if config.database.exists() or any(bundles.iterdir()):
            return
        officers = self._kit.officers
        keys = [LocalSigner("", make_key(self.officer_key(name), name=name)) for name in officers]
        authority = Authority.read(read_regular(root, most_bytes=MOST_ROOT_BYTES))
        data = next_bundle(self.sources, standing=None, at=now)
        deliver(signed_by(keys, data, standing=None, root=authority, at=now), bundles)
        tell(f"bundle         number 1, signed by {' and '.join(officers)}, in {bundles}")

    def _texts(self, now: datetime) -> Iterator[tuple[str, str]]:
        values = {
            **self._kit.values,
            "key_id": self._client_key_id,
            "public_key": public_text(make_key(self.client_key, name="the calling system")),
            "grant_from": f"{now - timedelta(days=1):%Y-%m-%d}",
            "grant_until": f"{now + timedelta(days=_GRANT_DAYS):%Y-%m-%d}",
        }
        people = {name: self.officer_key(name) for name in self._kit.officers}
        people |= {name: self.approver_key(name) for name in self._kit.approvers}
        public = {name: public_text(make_key(path, name=name)) for name, path in people.items()}
        values |= {name.replace("-", "_"): key for name, key in public.items()}
        # Files for several companies do not know their officers' names.
        for place, name in zip(("first_key", "second_key"), self._kit.officers, strict=True):
            values[place] = public[name]
        folder = files("gateway.cli.trial") / "files" / self._kit.folder / "policies"
        for source in sorted(folder.iterdir(), key=lambda each: each.name):
            text = source.read_text(encoding="utf-8")
            yield source.name, string.Template(text).safe_substitute(values)
