"""onboarding.yaml as one frozen value. onboarding.example.yaml shows and explains every key."""

from pathlib import Path

from gateway.cli.onboarding.answers_inside import (
    Format,
    Goals,
    GroupAnswer,
    KeptType,
    Scenario,
    SystemAnswer,
    Volumes,
)
from gateway.cli.onboarding.answers_outside import (
    Flow,
    Handwriting,
    Identity,
    Notifications,
    OwnSigning,
    Partners,
    Reports,
    Returns,
    Rollout,
    VerifiedBefore,
)
from gateway.config.values import Section
from strictyaml import load


class Answers(Section):
    """A field for each question, in their order; None: not answered yet. An empty list answers."""

    goals: Goals | None = None
    scenarios: tuple[Scenario, ...] | None = None
    document_types: tuple[KeptType, ...] | None = None
    volumes: Volumes | None = None
    group: GroupAnswer | None = None
    systems: tuple[SystemAnswer, ...] | None = None
    formats: tuple[Format, ...] | None = None
    flows: tuple[Flow, ...] | None = None
    partners: Partners | None = None
    identity: tuple[Identity, ...] | None = None
    verified_before: VerifiedBefore | None = None
    notifications: Notifications | None = None
    own_signing: OwnSigning | None = None
    handwriting: tuple[Handwriting, ...] | None = None
    returns: Returns | None = None
    reports: Reports | None = None
    rollout: Rollout | None = None


def load_answers(file: Path) -> Answers:
    """Read onboarding.yaml.

    Raises:
        MistakesError: every mistake, with line and cure.
        OSError: the file cannot be read.
    """
    return load(file.read_text(encoding="utf-8"), file=str(file), model=Answers).value
