"""Policies as the desk sees them: the officers' directory or a bundle file, with their lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath

from gateway.bundles.archive import MOST_BYTES
from gateway.bundles.errors import BundleFileError
from gateway.bundles.reading import read as read_bundle
from gateway.desk.reports import TestResult, ToldNote
from gateway.regular_files import read_regular
from gateway.seals.in_force import read_sources
from gateway.seals.registry import NamedFiles, files_among, files_below
from policies.bundle import Bundle, sources_digest
from policies.deciding.verdicts import deciding_rules, verdict_of
from policies.foresight.analysis import notes
from policies.foresight.selftest import results
from policies.kinds.policy import tests_of
from policies.life import transition_mistakes
from policies.reading.conditions import condition_mistakes
from policies.reading.conversion import bundle_of
from policies.reading.library import Library, read_library
from policies.reading.references import reference_mistakes
from strictyaml import Loaded, Mistake, Path, StrictModel, raise_if_any


class NothingToReadError(Exception):
    """There is no directory with YAML, and no whole bundle file; the message has the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiles:
    """All files without a mistake; their own tests have not been run.

    Attributes:
        directory: where they lie, or the bundle file; the empty path, where they came from
            elsewhere.
        files: how many there are.
        library: the documents with their lines.
        bundle: the same as values that can decide.
        named: reads what seals name.
    """

    directory: FilePath
    files: int
    library: Library
    bundle: Bundle
    named: NamedFiles

    @classmethod
    def read(cls, place: FilePath) -> "PolicyFiles":
        """Read and connect everything in a directory, or in a bundle file, whoever has signed it.

        Raises:
            NothingToReadError: neither is there, or nothing is in it, or the bundle is damaged.
            SealMaterialError: a file cannot be read or is not UTF-8.
            MistakesError: every mistake; file names include the directory.
        """
        if not place.is_file():
            return cls._below(place)
        try:
            data = read_regular(place, most_bytes=MOST_BYTES)
        except OSError as error:
            raise NothingToReadError(f"{place} cannot be read: {error.strerror}") from None
        return cls.of_data(data, file=place)

    @classmethod
    def _below(cls, directory: FilePath) -> "PolicyFiles":
        if not directory.is_dir():
            raise NothingToReadError(
                f"there is no directory and no bundle file {directory}; name the policies' own"
            )
        sources = read_sources(directory)
        if not sources:
            raise NothingToReadError(
                f"no .yaml file lies below {directory}: is it the right directory?"
            )
        return replace(cls.of(sources, directory=directory), named=files_below(directory))

    @classmethod
    def of_data(cls, data: bytes, *, file: FilePath = FilePath()) -> "PolicyFiles":
        """What a bundle holds: its compiled objects decide, its sources say where they stand.

        Raises:
            NothingToReadError: it is no bundle, or is damaged.
            MistakesError: this version finds mistakes in the sources.
        """
        try:
            sealed = read_bundle(data)
        except BundleFileError as error:
            raise NothingToReadError(f"{file} is no bundle that can be read: {error}") from None
        connected = cls.of(sealed.sources, directory=file)
        return replace(connected, bundle=sealed.bundle, named=files_among(sealed.files))

    @classmethod
    def of(cls, sources: Mapping[str, str], *, directory: FilePath = FilePath()) -> "PolicyFiles":
        """Connect texts by their file names; what they name does not come with them.

        Raises:
            MistakesError: every mistake.
        """
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
            bundle=bundle_of(library, sources_digest(sources)),
            named=files_among({}),
        )

    def test_results(self) -> Iterator[TestResult]:
        """Run every test that the policies carry."""
        places = {policy: self._places(policy) for policy in self.bundle.policies}
        for result in results(self.bundle):
            place = places[result.policy][result.position]
            yield TestResult(
                policy=result.policy,
                test=result.test.name,
                file=place.file,
                line=place.line,
                ok=result.failure is None,
                expected=result.test.expect,
                got=verdict_of(result.decision),
                decided_by=deciding_rules(result.decision),
                message=result.failure,
            )

    def notes(self, *, at: datetime) -> Iterator[ToldNote]:
        """What is noticed in them, each with its place."""
        for note in notes(self.bundle, at=at):
            place = self.mistake(note.kind, note.name, note.path, note.message, note.cure)
            yield ToldNote(
                level=note.level,
                code=note.code,
                file=place.file,
                line=place.line,
                path=place.path,
                object=f"{note.kind} {note.name}",
                message=note.message,
                cure=note.cure,
            )

    def mistake(self, kind: str, name: str, path: Path, message: str, cure: str) -> Mistake:
        """A mistake of one of the documents, with file and line if it has any."""
        loaded = _documents(self.library, kind).get(name)
        if loaded is None:
            return Mistake(file="", line=0, path="", message=message, cure=cure)
        return below(self.directory, loaded.mistake(path, message, cure))

    def _places(self, policy: str) -> list[Mistake]:
        # A mistake knows its file and line, which is all that is wanted here.
        loaded = self.library.policies.documents[policy]
        return [
            below(self.directory, loaded.mistake(path, "", ""))
            for path, _ in tests_of(loaded.value)
        ]


def life_mistakes(files: PolicyFiles, before: Bundle | None, *, at: datetime) -> Iterator[Mistake]:
    """Why the files cannot follow another bundle now; nothing where there is none before."""
    if before is None:
        return
    for sentence in transition_mistakes(before, files.bundle, at=at):
        what, _, cure = sentence.partition(": ")
        yield Mistake(file="", line=0, path="", message=what, cure=cure)


def _documents(library: Library, kind: str) -> Mapping[str, Loaded[StrictModel]]:
    if kind == "SealPolicy":
        return dict(library.policies.documents)
    if kind == "SealGrant":
        return dict(library.grants.documents)
    return dict(library.seals.documents) if kind == "Seal" else {}


def below(directory: FilePath, mistake: Mistake) -> Mistake:
    """The mistake with a path that an editor or a CI log can follow."""
    return replace(mistake, file=str(directory / mistake.file))
