"""`sealgate onboarding check`: the gaps between what was answered and what is set up."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from gateway.bundles.errors import BundleFileError
from gateway.cli.onboarding.answers import load_answers
from gateway.cli.onboarding.comparing import gaps_of
from gateway.cli.onboarding.installed import installation_of
from gateway.cli.onboarding.model import Gap
from gateway.cli.onboarding.questions import QUESTIONS, GapOwner
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.seals.errors import SealMaterialError
from strictyaml import MistakesError

_OWNERS: dict[GapOwner, str] = {
    "it": "IT",
    "officer": "security officer",
    "caller": "calling system",
    "partner": "partner",
    "business": "business",
}


class Comparison(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `--json` prints; `ok`: there is no gap. `policies`: the digest of those compared."""

    ok: bool
    file: str
    config: str
    policies: str
    gaps: tuple[Gap, ...]


def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="onboarding.yaml; by default the one beside config.yaml."),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Compare a project's answers with what is set up, and print the gaps.

    The answers are to 17 questions, in onboarding.yaml. They are held against config.yaml, the
    policies in force (or that the gateway would begin with), connectors, webhooks and the machine;
    the gateway is not asked. Exits 0 when there is no gap, 1 when there is one (a question that is
    not answered is one), 2 when that could not be told.
    """
    file = file or config.parent / "onboarding.yaml"
    if not file.exists():
        raise fail(f"there is no {file}. Copy onboarding.example.yaml there and answer it")
    settings = configuration(config)
    with told_errors(
        MistakesError,
        OSError,
        UnicodeDecodeError,
        SQLAlchemyError,
        BundleFileError,
        SealMaterialError,
    ):
        answers = load_answers(file)
        here = installation_of(settings, at=SystemClock().now())
    gaps = tuple(gaps_of(answers, here))
    report = Comparison(
        ok=not gaps,
        file=str(file),
        config=str(config),
        policies=here.bundle.digest,
        gaps=gaps,
    )
    if as_json:
        tell_json(report)
    else:
        _print(report)
    raise typer.Exit(0 if report.ok else 1)


def _print(report: Comparison) -> None:
    last = 0
    for gap in report.gaps:
        if gap.question != last:
            last = gap.question
            told = f"{gap.question}. {gap.asked} {gap.asked_in_chinese}"
            out.print(Text(told, style="bold"), soft_wrap=True)
        answer = "not answered" if gap.answer is None else gap.answer
        for word, text in (("answer", answer), ("found", gap.found)):
            out.print(Text(f"   {word:<7} {printable(text)}"), soft_wrap=True)
        cure = Text(f"   -> {_OWNERS[gap.owner]}: {printable(gap.cure)}", style="bold")
        out.print(cure, soft_wrap=True)
    without = len(QUESTIONS) - len({gap.question for gap in report.gaps})
    summary = f"{len(report.gaps)} gaps, {without} of {len(QUESTIONS)} questions without one"
    out.print(Text(summary, style="bold green" if report.ok else "bold red"))
