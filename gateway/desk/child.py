"""The desk's process, a child. It reads policies and the past, no more.

A simulation is minutes of work for an interpreter that has documents to seal. So it runs beside
the gateway, and as the files come from outside it has no network, writes nothing, and reads the
policies that are in force and the database alone; its time is bounded from outside (see `asking`).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gateway.desk.answering import checked, compared, explained, recorded, simulated, tested
from gateway.desk.errors import PoliciesMistakenProblem, QuestionRefusedProblem
from gateway.desk.imagining import ImaginedRequestError, imagine
from gateway.desk.policy_files import NothingToReadError, PolicyFiles, life_mistakes
from gateway.desk.reports import CheckReport, TestReport, ToldMistake
from gateway.desk.wire import (
    PROTOCOL,
    Answered,
    Check,
    Compare,
    ExplainRecord,
    ExplainRequest,
    Question,
    Refused,
    SetUp,
    Simulate,
    Sources,
    Test,
    decode_to_desk,
    encode,
)
from gateway.history.reading import DecisionReader
from gateway.seals.errors import SealMaterialError
from gateway.store.engines.database import SQLiteFile
from policies.kinds.selftests import TestRequestSpec
from processes.answering import answer_until_closed
from processes.channel import BlockingChannel
from processes.confinement import (
    SYSTEM_FOLDERS,
    forbid_inspection,
    leave_the_network,
    limit_memory,
    see_only,
)
from strictyaml import MistakesError, load

_ROOMS = ("gateway", "hsm", "policies", "processes", "strictyaml")
_MOST_MISTAKES = 20
_NOT_LOOKED_AT = "certificates and pictures were not looked at: they do not travel with the texts"


class Answering:
    """What the process does with a question, without the process around it."""

    def __init__(self, *, policies: Path | None, database: Engine) -> None:
        self._policies = policies
        self._database = database

    def answer(self, question: Question) -> Answered | Refused:
        """A report, or why there is none."""
        try:
            return Answered(
                report=msgspec.json.encode(self._report(question), order="deterministic")
            )
        except MistakesError as error:
            told = "; ".join(map(str, error.mistakes[:_MOST_MISTAKES]))
            return Refused(problem=PoliciesMistakenProblem.type, detail=told)
        except (ImaginedRequestError, NothingToReadError, SealMaterialError) as error:
            return Refused(problem=QuestionRefusedProblem.type, detail=str(error))
        except OperationalError as error:
            detail = f"the history cannot be read: {error.orig}"
            return Refused(problem=QuestionRefusedProblem.type, detail=detail)

    def _report(self, question: Question) -> msgspec.Struct:
        match question:
            case Check():
                return self._checked(question)
            case Test():
                return self._tested(question)
            case ExplainRequest():
                bundle = self._files(question.sources).bundle
                spec = load(question.request, file="request", model=TestRequestSpec).value
                return explained(bundle, imagine(spec, bundle, now=question.at))
            case ExplainRecord():
                bundle = self._files(question.sources).bundle
                with self._history() as history:
                    return recorded(bundle, question.record, history.of_record(question.record))
            case Compare():
                old = self._files(question.old).bundle
                return compared(old, self._files(question.new).bundle, at=question.at)
            case Simulate():
                since, until = question.since, question.until
                bundle = self._files(question.new).bundle
                with self._history() as history:
                    past = history.between(since, until)
                    return simulated(bundle, past, since=since, until=until)

    def _checked(self, question: Check) -> CheckReport:
        try:
            files = self._files(question.sources)
        except MistakesError as error:
            return CheckReport(
                ok=False,
                directory="",
                bundle=None,
                files=0,
                tests=0,
                mistakes=tuple(map(ToldMistake.of, error.mistakes)),
                unchecked=(_NOT_LOOKED_AT,),
                notes=(),
            )
        before = self._files(None).bundle if question.follows else None
        return checked(
            files,
            at=question.at,
            strict=question.strict,
            mistakes=life_mistakes(files, before, at=question.at),
            unchecked=(_NOT_LOOKED_AT,),
        )

    def _tested(self, question: Test) -> TestReport:
        try:
            return tested(self._files(question.sources))
        except MistakesError as error:
            mistakes = tuple(map(ToldMistake.of, error.mistakes))
            return TestReport(ok=False, directory="", tests=(), mistakes=mistakes)

    def _files(self, sources: Sources | None) -> PolicyFiles:
        if isinstance(sources, bytes):
            return PolicyFiles.of_data(sources)
        if sources is not None:
            return PolicyFiles.of(sources)
        if self._policies is None:
            raise NothingToReadError(
                "no bundle of policies was ever in force here: send the policies that are meant"
            )
        return PolicyFiles.read(self._policies)

    @contextmanager
    def _history(self) -> Iterator[DecisionReader]:
        yield DecisionReader(self._database)


def confine(setup: SetUp) -> None:
    """Give up all that it does not need, as far as this kernel and user can."""
    forbid_inspection()
    leave_the_network()
    see_only(readable=_readable(setup), writable=())
    limit_memory(setup.max_memory_bytes)


def _readable(setup: SetUp) -> Iterator[Path]:
    yield from map(Path, (sys.prefix, sys.base_prefix, *SYSTEM_FOLDERS))
    # Our rooms one by one: in a checkout the folder that holds them also holds the state.
    for room in _ROOMS:
        spec = find_spec(room)
        yield from map(Path, (spec and spec.submodule_search_locations) or ())
    if setup.policies is not None:
        yield Path(setup.policies)
    if isinstance(setup.database, SQLiteFile):
        # The database is three files (WAL); beside them lie documents, which are not for the desk.
        yield from (Path(f"{setup.database.path}{end}") for end in ("", "-wal", "-shm"))


def _reader(setup: SetUp) -> Engine:
    """For the past; a server is connected to while there still is a network."""
    engine = setup.database.open_reader()
    if not isinstance(setup.database, SQLiteFile):
        with suppress(SQLAlchemyError):  # most questions are not about the past
            engine.connect().close()  # it stays in the pool
    return engine


def serve(channel: BlockingChannel) -> int:
    """Answer until the other end closes; gives the exit code."""
    frame = channel.receive()
    if frame is None:
        return 0
    setup = decode_to_desk(frame)
    if not isinstance(setup, SetUp) or setup.protocol != PROTOCOL:
        return 2
    database = _reader(setup)
    confine(setup)
    policies = None if setup.policies is None else Path(setup.policies)
    answering = Answering(policies=policies, database=database)
    while (frame := channel.receive()) is not None:
        question = decode_to_desk(frame)
        if isinstance(question, SetUp):
            return 2
        channel.send(encode(answering.answer(question)))
    return 0


def main() -> NoReturn:
    """Answer until the parent goes."""
    answer_until_closed(serve)
