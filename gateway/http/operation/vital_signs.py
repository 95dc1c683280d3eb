"""How the gateway is, for whoever is called at night: the gauges that most alerts stand on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import get_args

from gateway import __version__
from gateway.http.operation.families import Families
from gateway.keys.reconciled import FindingName, LastReconciliation
from hsm.client import PinState

_DAY_SECONDS = 24 * 3600.0


class VitalSigns:
    """Part of `gateway.http.operation.metrics.Metrics`, in the same registry."""

    def __init__(self, families: Families) -> None:
        self.build_info = families.gauge(
            "sealgate_build_info",
            "Always 1; which version runs, and the audit log's name, which all nodes of one "
            "database share.",
            "version",
            "origin",
        )
        self.ready = families.gauge(
            "sealgate_ready",
            "1 while a part of /readyz works, else 0; looked at every few seconds.",
            "part",
        )
        self.signer_up = families.gauge(
            "sealgate_signer_up", "1 while a signer runs and has logged in at the token."
        )
        self.pin = families.gauge(
            "sealgate_pin",
            "1 for how the PIN stands: taken, awaited (hsm unseal), refused, or untried: there is "
            "no signer, for another reason.",
            "state",
        )
        self.tokens = families.gauge(
            "sealgate_hsm_token",
            "With replicas, 1 for the state of each token: signs, stands-by, away, pin-refused, "
            "other-keys.",
            "token",
            "state",
        )
        self.failovers = families.gauge(
            "sealgate_hsm_failovers",
            "With replicas, since the start: how often another token went on.",
        )
        self.certificate_days = families.gauge(
            "sealgate_certificate_days_left",
            "Until the first certificate of a chain expires; below 0 it has. Of seals that are "
            "active or frozen, of the port and of the way to the network.",
            "kind",
            "name",
        )
        self.grant_days = families.gauge(
            "sealgate_grant_days_left",
            "For how many days a grant is still good; 0 on its last day, below 0 afterwards.",
            "grant",
        )
        self.disk_used = families.gauge(
            "sealgate_disk_used_ratio",
            "How full the file system is, from 0 to 1, as df reckons it.",
            "what",
        )
        self.backup = families.gauge(
            "sealgate_backup_newest_timestamp_seconds",
            "The moment that the newest finished backup shows, Unix time; 0: none is to be seen.",
        )
        self.reconciled = families.gauge(
            "sealgate_reconciliation_timestamp_seconds",
            "When `hsm reconcile` last came to an answer here, Unix time; 0: never.",
        )
        self.key_uses = families.gauge(
            "sealgate_reconciliation_findings",
            "What that one found, by the finding's name.",
            "name",
        )
        self.head_age = families.gauge(
            "sealgate_audit_head_age_seconds",
            "Since all records were last covered by a signed tree head, or one was signed.",
        )
        self.loop_lag = families.gauge(
            "sealgate_event_loop_lag_seconds",
            "How late the event loop came to what was due, the worst of the last half minute to a "
            "minute.",
        )

    def name(self, origin: str) -> None:
        """Say which installation this is, by the name of its audit log."""
        self.build_info.labels(__version__, origin).set(1)

    def set_ready(self, parts: Iterable[str], failures: Mapping[str, str]) -> None:
        """What readiness says of each of its parts."""
        for part in parts:
            self.ready.labels(part).set(part not in failures)

    def set_signer(self, *, serves: bool, pin: PinState) -> None:
        """Whether there is a signer, and how its PIN stands."""
        self.signer_up.set(serves)
        for each in get_args(PinState):
            self.pin.labels(each).set(each == pin)

    def set_tokens(self, states: Mapping[str, str], *, failovers: int) -> None:
        """How each token of the HSMs stands, and how often another went on."""
        self.tokens.clear()
        for token, state in states.items():
            self.tokens.labels(token, state).set(1)
        self.failovers.set(failovers)

    def set_certificates(self, ends: Iterable[tuple[str, str, datetime]], *, now: datetime) -> None:
        """When certificates expire: kind (`seal`, `http`, `bridge`), name, moment."""
        self.certificate_days.clear()
        for kind, name, end in ends:
            days = (end - now).total_seconds() / _DAY_SECONDS
            self.certificate_days.labels(kind, name).set(days)

    def set_grants(self, days: Mapping[str, int]) -> None:
        """How many days each grant is still good for."""
        self.grant_days.clear()
        for name, left in days.items():
            self.grant_days.labels(name).set(left)

    def set_reconciliation(self, last: LastReconciliation | None) -> None:
        """When the HSM's count was last held against the log, and what did not fit."""
        self.reconciled.set(0.0 if last is None else last.at.timestamp())
        findings = {} if last is None else last.findings
        for name in get_args(FindingName):
            self.key_uses.labels(name).set(findings.get(name, 0))

    def set_disks(self, used: Mapping[str, float]) -> None:
        """How full the file systems are that could be looked at."""
        self.disk_used.clear()
        for what, ratio in used.items():
            self.disk_used.labels(what).set(ratio)
