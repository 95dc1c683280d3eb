"""All 17 answers against the installation."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from gateway.cli.onboarding.afterwards import reports, returns, rollout
from gateway.cli.onboarding.answers import Answers
from gateway.cli.onboarding.house import formats, group, systems
from gateway.cli.onboarding.model import Case, Difference, Gap, Installation
from gateway.cli.onboarding.openings import openings_of
from gateway.cli.onboarding.partners import identity, notifications, partners, verified_before
from gateway.cli.onboarding.questions import QUESTIONS, Question
from gateway.cli.onboarding.signing import flows, handwriting, own_signing
from gateway.cli.onboarding.work import document_types, goals, scenarios, volumes

AnswerT = TypeVar("AnswerT")


def gaps_of(answers: Answers, here: Installation) -> Iterator[Gap]:
    """Every gap, in the order of the questions; what was not answered is one."""
    case = Case(answers=answers, here=here, openings=openings_of(here.bundle, at=here.at))
    by_key = {question.key: question for question in QUESTIONS}
    for key, found in _each(case):
        question = by_key[key]
        if found is None:
            yield _unanswered(question)
        else:
            yield from (_gap(question, each) for each in found)


def _each(case: Case) -> Iterator[tuple[str, Iterator[Difference] | None]]:
    answers = case.answers

    def asked(
        answer: AnswerT | None, compare: Callable[[AnswerT, Case], Iterator[Difference]]
    ) -> Iterator[Difference] | None:
        return None if answer is None else compare(answer, case)

    yield "goals", asked(answers.goals, goals)
    yield "scenarios", asked(answers.scenarios, scenarios)
    yield "document_types", asked(answers.document_types, document_types)
    yield "volumes", asked(answers.volumes, volumes)
    yield "group", asked(answers.group, group)
    yield "systems", asked(answers.systems, systems)
    yield "formats", asked(answers.formats, formats)
    yield "flows", asked(answers.flows, flows)
    yield "partners", asked(answers.partners, partners)
    yield "identity", asked(answers.identity, identity)
    yield "verified_before", asked(answers.verified_before, verified_before)
    yield "notifications", asked(answers.notifications, notifications)
    yield "own_signing", asked(answers.own_signing, own_signing)
    yield "handwriting", asked(answers.handwriting, handwriting)
    yield "returns", asked(answers.returns, returns)
    yield "reports", asked(answers.reports, reports)
    yield "rollout", asked(answers.rollout, rollout)


def _unanswered(question: Question) -> Gap:
    return Gap(
        question=question.number,
        key=question.key,
        asked=question.english,
        asked_in_chinese=question.chinese,
        answer=None,
        found="nothing to compare with",
        owner=question.owner,
        cure=f"Answer it under `{question.key}:`; onboarding.example.yaml shows how.",
    )


def _gap(question: Question, found: Difference) -> Gap:
    return Gap(
        question=question.number,
        key=question.key,
        asked=question.english,
        asked_in_chinese=question.chinese,
        answer=found.answer,
        found=found.found,
        owner=found.owner,
        cure=found.cure,
    )
