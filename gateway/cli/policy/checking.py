"""A look through policies before they are signed or taken: mistakes, tests, seals' files."""

from collections.abc import Sequence
from pathlib import Path

from gateway.cli.policy.grants_judged import grant_mistakes, grant_notes, judge_grants
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.desk.answering import checked
from gateway.desk.policy_files import PolicyFiles, life_mistakes
from gateway.desk.reports import CheckReport, ToldMistake
from gateway.desk.seal_files import can_draw, seal_mistakes
from gateway.seals.errors import SealMaterialError
from policies.bundle import Bundle
from strictyaml import MistakesError


def looked_through(
    place: Path,
    settings: Config | None,
    *,
    before: Bundle | None,
    strict: bool,
    trust: Sequence[Path] = (),
) -> CheckReport:
    """Every mistake, and what is noticed.

    Args:
        place: a directory or a bundle file.
        settings: of the installation, whose keys and font count; None where none is known.
        before: what it would follow, if that is to be looked at.
        strict: whether a warning is as good as a mistake.
        trust: PEM files of roots by which the grants' sealed PDFs are judged.

    Raises:
        NothingToReadError: there is nothing at that place.
    """
    font = None if settings is None else settings.documents.stamp_font
    keys = None if settings is None else [key.id for key in settings.hsm.keys]
    unchecked = () if can_draw(font) else ("no Chinese font is installed: stamps were not drawn",)
    at = SystemClock().now()
    try:
        files = PolicyFiles.read(place)
        grants = judge_grants(files.bundle, files=files.named, roots=trust)
        return checked(
            files,
            at=at,
            strict=strict,
            mistakes=(
                *seal_mistakes(files, keys=keys, font=font),
                *grant_mistakes(files, grants),
                *life_mistakes(files, before, at=at),
            ),
            unchecked=(*unchecked, *grant_notes(grants)),
        )
    except (MistakesError, SealMaterialError) as error:
        return CheckReport(
            ok=False,
            directory=str(place),
            bundle=None,
            files=0,
            tests=0,
            mistakes=told_mistakes(error),
            unchecked=unchecked,
            notes=(),
        )


def told_mistakes(error: MistakesError | SealMaterialError) -> tuple[ToldMistake, ...]:
    """The mistakes as reports have them."""
    if isinstance(error, MistakesError):
        return tuple(map(ToldMistake.of, error.mistakes))
    cure = "make it readable, as UTF-8 text"
    return (ToldMistake(file="", line=0, path="", message=str(error), cure=cure),)
