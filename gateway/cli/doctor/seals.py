"""Policies and seals: the officers' part."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.cli.doctor.bundles import BundlesCheck
from gateway.cli.doctor.chains import check_seal_chain
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.cli.policy.grants_judged import judge_grants
from gateway.config import Config
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.seals.errors import SealMaterialError
from gateway.seals.model import Picture, SealMaterial
from gateway.seals.registry import NamedFiles, files_among, files_below, material_of
from hsm.interfaces import KeyDescription
from policies.bundle import Bundle
from policies.objects.seals import RoundStamp
from strictyaml import MistakesError

_SOON = timedelta(days=30)


class SealsCheck:
    """Reads the policies once; each step looks at what the step before could read."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._files: NamedFiles = files_among({})
        self._font = config.documents.stamp_font
        self._bundle: Bundle | None = None
        self._materials: list[SealMaterial] = []

    def policies(self, keys: tuple[KeyDescription, ...] | None = None) -> Iterator[Finding]:
        """The files and the policies' own tests; of bundle files which is in force, and may be."""
        directory = self._config.policies.directory
        if directory is None:
            yield from self._bundles(keys)
        else:
            yield from self._read(directory)
        if self._bundle is not None:
            yield from _shared_secrets(self._bundle, self._config.policies.secrets)

    def _bundles(self, keys: tuple[KeyDescription, ...] | None) -> Iterator[Finding]:
        check = BundlesCheck(self._config, keys=keys)
        yield from check.findings()
        if check.sealed is not None:
            self._bundle = check.sealed.bundle
            self._files = files_among(check.sealed.files)

    def _read(self, directory: Path) -> Iterator[Finding]:
        cure = "Correct the files; `sealgate policy check` tells the same."
        try:
            read = PolicyFiles.read(directory)
        except MistakesError as error:
            for mistake in error.mistakes:
                yield failed("policies", str(mistake), cure=cure, owner="officer")
            return
        except (SealMaterialError, NothingToReadError) as error:
            yield failed("policies", str(error), cure=cure, owner="officer")
            return
        self._bundle = read.bundle
        self._files = files_below(directory)
        results = list(read.test_results())
        wrong = [each for each in results if not each.ok]
        for each in wrong:
            told = f"{each.file}:{each.line}: the test `{each.test}`: {each.message}"
            yield failed("policies", told, cure="Correct the rule or its test.", owner="officer")
        if not wrong:
            told = f"{read.files} files, {len(results)} tests pass, {read.bundle.digest[:19]}…"
            yield ok("policies", told)

    def grants(self, roots: tuple[Path, ...]) -> Iterator[Finding]:
        """The sealed PDFs of grants (授权书): there, unchanged, and sealed by the grantor."""
        if self._bundle is None:
            return
        for each in judge_grants(self._bundle, files=self._files, roots=roots):
            part, cure = f"grant {each.grant}", f"{each.cure[:1].upper()}{each.cure[1:]}."
            match each.state:
                case "ok":
                    yield ok(part, each.message)
                case "wrong":
                    yield failed(part, each.message, cure=cure, owner="officer")
                case "unclear" | "none":
                    yield warning(part, each.message, cure=cure, owner="officer")

    def certificates(
        self, keys: tuple[KeyDescription, ...] | None, *, now: datetime
    ) -> Iterator[Finding]:
        """The seals' files against the token's keys, and how long the certificates are valid."""
        if self._bundle is None:
            return
        if keys is None:
            yield warning(
                "seals",
                "not compared with the keys, which only whoever has the token can see",
                cure="Mend what is wrong with the token first; where the signer is a service of "
                "its own, the gateway compares them at every start.",
            )
            return
        by_id = {key.id: key for key in keys}
        for seal in self._bundle.seals.values():
            part = f"seal {seal.name}"
            try:
                material = material_of(seal, files=self._files, keys=by_id)
            except SealMaterialError as error:
                cure = "Put the right file there, or correct the seal."
                yield failed(part, str(error), cure=cure, owner="officer")
                continue
            self._materials.append(material)
            yield _validity(part, material, now=now, is_frozen=seal.state == "frozen")

    def chains(self, *, now: datetime) -> Iterator[Finding]:
        """The certificates above the seals' own, whether or not the token answers."""
        for seal in () if self._bundle is None else self._bundle.seals.values():
            try:
                chain = x509.load_pem_x509_certificates(bytes(self._files(seal.certificate)))
            except (OSError, ValueError):
                continue  # the line about the seal says so
            yield from check_seal_chain(seal.name, chain, now=now)

    def stamps(self) -> Iterator[Finding]:
        """Draws every stamp as a document worker does."""
        font = StampFont(self._font)
        if any(isinstance(material.stamp, RoundStamp) for material in self._materials):
            yield _font(font)
        for material in self._materials:
            if material.stamp is not None:
                yield _drawn(material.id, material.stamp, font)


def _validity(part: str, material: SealMaterial, *, now: datetime, is_frozen: bool) -> Finding:
    tell = warning if is_frozen else failed
    renew = "Have the certificate renewed for the same key, and name the new file in the seal."
    if now < material.not_before:
        told = f"its certificate is not valid before {_day(material.not_before)}"
        cure = "Wait, or check this machine's clock and the certificate."
        return tell(part, told, cure=cure, owner="officer")
    if now > material.not_after:
        told = f"its certificate expired on {_day(material.not_after)}"
        return tell(part, told, cure=renew, owner="officer")
    if now > material.not_after - _SOON:
        left = (material.not_after - now).days
        told = f"its certificate expires in {left} days, on {_day(material.not_after)}"
        return warning(part, told, cure=renew, owner="officer")
    state = "frozen; " if is_frozen else ""
    return ok(
        part,
        f"{state}its certificate is for key {material.key}, until {_day(material.not_after)}",
    )


def _font(font: StampFont) -> Finding:
    try:
        found = font.opened().path
    except StampError as error:
        cure = "apt-get install fonts-arphic-uming, or name a font in documents.stamp_font."
        return failed("stamp font", str(error), cure=cure)
    return ok("stamp font", str(found))


def _drawn(seal: str, stamp: RoundStamp | Picture, font: StampFont) -> Finding:
    try:
        drawn = artwork_for(stamp, font=font)
    except StampError as error:
        cure = "Correct the `stamp:` of the seal."
        return failed(f"stamp {seal}", str(error), cure=cure, owner="officer")
    return ok(f"stamp {seal}", f"drawn, {drawn.width_mm:g} x {drawn.height_mm:g} mm")


def _shared_secrets(bundle: Bundle, directory: Path) -> Iterator[Finding]:
    for system in bundle.systems.values():
        for key in system.keys:
            if key.secret_file is None:
                continue
            path = directory / key.secret_file
            part = f"secret {key.id}"
            if not path.is_file():
                told = f"system {system.name} signs with it, but there is no {path}"
                cure = "Put the secret there, readable by the gateway only (0600)."
                yield failed(part, told, cure=cure)
            elif path.stat().st_mode & 0o077:
                told = f"others than the owner may read {path}"
                yield failed(part, told, cure=f"chmod 600 {path}; give the system a new secret.")
            else:
                yield ok(part, str(path))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
