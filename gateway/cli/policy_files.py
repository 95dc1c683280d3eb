"""The officers' directory as the `policy` commands see it: with lines, and without the HSM."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import USUAL_FONTS
from gateway.documents.stamp.making import artwork_for
from gateway.seals.errors import SealMaterialError
from gateway.seals.in_force import read_sources
from gateway.seals.registry import material_of
from hsm.interfaces import KeyDescription
from policies.bundle import Bundle, RoundStamp, Seal, digest_of
from policies.condition_mistakes import condition_mistakes
from policies.conversion import bundle_of
from policies.engine import CELPolicyEngine
from policies.library import Library, read_library
from policies.model import Allowed, Decision, Denied, NeedsApproval
from policies.policy_kinds import tests_of
from policies.references import reference_mistakes
from policies.selftest import failures, known_to, thawed
from strictyaml import Mistake, raise_if_any

Verdict = Literal["allowed", "denied", "needs-approval"]


class NothingToReadError(Exception):
    """There is no directory, or no YAML file in it; the message has the cure."""


class TestResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of the policies' own tests: what its author expects, and what the rules say.

    `decided_by` are the full names of the rules that decided; `message` says why it failed.
    """

    __test__ = False  # pytest looks at names that begin with Test

    policy: str
    test: str
    file: str
    line: int
    ok: bool
    expected: Verdict
    got: Verdict
    decided_by: tuple[str, ...]
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDirectory:
    """All files without a mistake; their own tests have not been run.

    Attributes:
        directory: where they lie.
        files: how many there are.
        library: the documents with their lines.
        bundle: the same as values that can decide.
    """

    directory: Path
    files: int
    library: Library
    bundle: Bundle

    @classmethod
    def read(cls, directory: Path) -> "PolicyDirectory":
        """Read and connect everything.

        Raises:
            NothingToReadError: no directory, or nothing in it.
            SealMaterialError: a file cannot be read or is not UTF-8.
            MistakesError: every mistake; file names include the directory.
        """
        if not directory.is_dir():
            raise NothingToReadError(f"there is no directory {directory}; name the policies' own")
        sources = read_sources(directory)
        if not sources:
            raise NothingToReadError(
                f"no .yaml file lies below {directory}: is it the right directory?"
            )
        library = read_library(sources)
        raise_if_any(
            below(directory, mistake)
            for mistake in (
                *library.mistakes,
                *reference_mistakes(library),
                *condition_mistakes(library),
            )
        )
        return cls(
            directory=directory,
            files=len(sources),
            library=library,
            bundle=bundle_of(library, digest_of(sources)),
        )

    def test_results(self) -> Iterator[TestResult]:
        """Run every test that the policies carry."""
        failed = {(each.policy, each.position): each for each in failures(self.bundle)}
        engine = CELPolicyEngine(thawed(self.bundle))
        for policy in self.bundle.policies.values():
            places = self._places(policy.name)
            for position, test in enumerate(policy.tests):
                failure = failed.get((policy.name, position))
                known = known_to(test, engine)
                decision = engine.decide(test.request, test.facts, at=test.at, known=known)
                yield TestResult(
                    policy=policy.name,
                    test=test.name,
                    file=places[position].file,
                    line=places[position].line,
                    ok=failure is None,
                    expected=test.expect,
                    got=verdict_of(decision),
                    decided_by=_deciding_rules(decision),
                    message=None
                    if failure is None
                    else f"expected {failure.expected}, but it is {failure.got}",
                )

    def seal_mistakes(
        self, *, keys: Collection[str] | None, font: Path | None
    ) -> Iterator[Mistake]:
        """What is wrong with the seals' files, and with stamps that cannot be drawn.

        Without the HSM nobody can tell whether a certificate is for the key on the token; `doctor`
        can. Round stamps are tried only where there is a font for them (`can_draw`).

        Args:
            keys: ids of the configured keys; None when no configuration is known.
            font: for round stamps; None takes the first of the usual ones.
        """
        for seal in self.bundle.seals.values():
            if keys is not None and seal.key not in keys:
                yield self._mistake(
                    seal,
                    ("spec", "key"),
                    f"no key is called `{seal.key}`; configured are {', '.join(sorted(keys))}",
                    "correct the key, or have it added to hsm.keys in config.yaml",
                )
                continue
            believed = {seal.key: self._key_as_certified(seal)}
            try:
                stamp = material_of(seal, directory=self.directory, keys=believed).stamp
                if stamp is not None and (can_draw(font) or not isinstance(stamp, RoundStamp)):
                    artwork_for(stamp, font=font)
            except SealMaterialError as error:
                cure = "put the right file there, or correct the seal"
                yield self._mistake(seal, ("spec",), str(error), cure)
            except StampError as error:
                yield self._mistake(seal, ("spec", "stamp"), str(error), "correct the stamp")

    def _key_as_certified(self, seal: Seal) -> KeyDescription:
        # The token is not asked, so its key is believed to be the one in the certificate; what is
        # wrong with that file is told by who reads it next.
        try:
            data = (self.directory / seal.certificate).read_bytes()
            public = x509.load_pem_x509_certificates(data)[0].public_key()
            encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (OSError, ValueError):
            encoded = b""
        return KeyDescription(
            id=seal.key,
            label=seal.key,
            mechanism="rsa-pkcs1-sha256",
            public_key=encoded,
            local=False,
            sensitive=False,
            never_extractable=False,
        )

    def _places(self, policy: str) -> list[Mistake]:
        # A mistake knows its file and line, which is all that is wanted here.
        loaded = self.library.policies.documents[policy]
        return [
            below(self.directory, loaded.mistake(path, "", ""))
            for path, _ in tests_of(loaded.value)
        ]

    def _mistake(self, seal: Seal, path: tuple[str | int, ...], message: str, cure: str) -> Mistake:
        loaded = self.library.seals.documents[seal.name]
        return below(self.directory, loaded.mistake(path, message, cure))


def can_draw(font: Path | None) -> bool:
    """Whether there is a font for round stamps."""
    return font is not None or any(usual.is_file() for usual in USUAL_FONTS)


def below(directory: Path, mistake: Mistake) -> Mistake:
    """The mistake with a path that an editor or a CI log can follow."""
    return replace(mistake, file=str(directory / mistake.file))


def verdict_of(decision: Decision) -> Verdict:
    """The decision in a word."""
    match decision:
        case Allowed():
            return "allowed"
        case Denied():
            return "denied"
        case NeedsApproval():
            return "needs-approval"


def _deciding_rules(decision: Decision) -> tuple[str, ...]:
    return tuple(reason.rule for reason in decision.reasons)
