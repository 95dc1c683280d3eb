"""The officers' files as the desk sees them: with lines, and without what they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath

from gateway.desk.reports import TestResult, ToldNote
from gateway.seals.in_force import read_sources
from policies.bundle import Bundle, sources_digest
from policies.deciding.verdicts import deciding_rules, verdict_of
from policies.foresight.analysis import notes
from policies.foresight.selftest import results
from policies.kinds.policy import tests_of
from policies.reading.conditions import condition_mistakes
from policies.reading.conversion import bundle_of
from policies.reading.library import Library, read_library
from policies.reading.references import reference_mistakes
from strictyaml import Loaded, Mistake, Path, StrictModel, raise_if_any


class NothingToReadError(Exception):
    """There is no directory, or no YAML file in it; the message has the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiles:
    """All files without a mistake; their own tests have not been run.

    Attributes:
        directory: where they lie; the empty path, where they came from elsewhere.
        files: how many there are.
        library: the documents with their lines.
        bundle: the same as values that can decide.
    """

    directory: FilePath
    files: int
    library: Library
    bundle: Bundle

    @classmethod
    def read(cls, directory: FilePath) -> "PolicyFiles":
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
        return cls.of(sources, directory=directory)

    @classmethod
    def of(cls, sources: Mapping[str, str], *, directory: FilePath = FilePath()) -> "PolicyFiles":
        """Connect texts by their file names.

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


def _documents(library: Library, kind: str) -> Mapping[str, Loaded[StrictModel]]:
    if kind == "SealPolicy":
        return dict(library.policies.documents)
    if kind == "SealGrant":
        return dict(library.grants.documents)
    return dict(library.seals.documents) if kind == "Seal" else {}


def below(directory: FilePath, mistake: Mistake) -> Mistake:
    """The mistake with a path that an editor or a CI log can follow."""
    return replace(mistake, file=str(directory / mistake.file))
