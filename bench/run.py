"""One run: choose the settings, then measure all three in turn, round after round.

In turn, because a machine's speed changes while one looks: what is compared is measured within the
same minute, and the spread over the rounds shows how steady it was.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.batches import bulk_batch, dropped
from bench.checks import check_audit, check_sealed
from bench.figures import knee
from bench.gateway_rate import CONNECTIONS, Burst, load
from bench.hsm_rate import hsm_rate, settings
from bench.installation import Installation
from bench.load import Load
from bench.machine import Elsewhere, cores
from bench.press_time import press_time
from bench.pyhanko_rate import pyhanko_rate
from bench.results import Measured, Result, result_of
from bench.rows import Row

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how often.

    Attributes:
        seconds: of each measurement in a round.
        trial_seconds: of each measurement that only chooses a setting.
        warm_up: seconds of load before those that count.
        batch_documents: in the bulk batch of a round.
    """

    seconds: float
    trial_seconds: float
    warm_up: float
    rounds: int
    batch_documents: int = 10_000


class Bench:
    """Measures rows on one installation."""

    def __init__(self, installation: Installation, plan: Plan, tell: Tell) -> None:
        self._installation = installation
        self._plan = plan
        self._tell = tell
        self._audit_size = 0
        self.elsewhere = Elsewhere()

    def run(self, rows: Sequence[Row]) -> Mapping[str, Result]:
        """Measure the rows.

        Raises:
            BenchError: there is no honest figure for one of them.
        """
        every = [(self._choose(row), self._file(row)) for row in rows]
        for number in range(1, self._plan.rounds + 1):
            for measured, document in every:
                self._tell(f"round {number} of {self._plan.rounds}: {measured.row.title}")
                self._measure(measured, document)
        for measured, document in every:
            self._tell(f"half load and the work at one document: {measured.row.title}")
            self._at_half_load(measured, document)
            measured.press = press_time(self._installation, measured.row, document)
        return {
            measured.row.name: result_of(measured, seconds=self._plan.seconds)
            for measured, _ in every
        }

    def _choose(self, row: Row) -> Measured:
        self._tell(f"choosing settings: {row.title}")
        seconds = self._plan.trial_seconds
        rates = {
            setting: hsm_rate(self._config_file, row.seal, setting, seconds=seconds)
            for setting in settings(cores())
        }
        measured = Measured(
            row=row,
            document_bytes=len(row.document()),
            hsm_setting=max(rates, key=lambda setting: rates[setting]),
            pyhanko_processes=cores(),
            knee={},
            connections=0,
            documents=0,
            verified=0,
        )
        bursts = [
            Burst(
                connections=connections,
                warm_up=self._plan.warm_up,
                seconds=seconds,
                expected_per_s=row.first_guess_per_s,
            )
            # Up and down again: what the machine does meanwhile is not taken for the curve.
            for connections in (*CONNECTIONS, *reversed(CONNECTIONS))
        ]
        # A slow row's shortest burst may end before anything came back: that is a figure too.
        loads = self._load(measured, self._file(row), bursts, count_all=True)
        completed = Counter[int]()
        for burst, came in zip(bursts, loads, strict=True):
            completed[burst.connections] += came.completed
        measured.knee = {each: count / (2 * seconds) for each, count in completed.items()}
        measured.connections = knee(measured.knee)
        return measured

    def _measure(self, measured: Measured, document: Path) -> None:
        row, seconds = measured.row, self._plan.seconds
        setting = measured.hsm_setting
        with self.elsewhere.watched():
            rate = hsm_rate(self._config_file, row.seal, setting, seconds=seconds)
        measured.hsm.append(rate)
        with self.elsewhere.watched():
            rate, samples = pyhanko_rate(
                self._installation,
                row,
                document,
                processes=measured.pyhanko_processes,
                seconds=seconds,
            )
        measured.pyhanko.append(rate)
        measured.verified += self._check(samples, document)
        expected = max(measured.knee.values())
        ordinary = Burst(
            connections=measured.connections,
            warm_up=self._plan.warm_up,
            seconds=seconds,
            expected_per_s=expected,
        )
        bursts = [ordinary, replace(ordinary, ed25519=True)]
        if row.keyword:
            bursts.append(replace(ordinary, keyword=True))
        came, by_ed25519, *by_keyword = self._load(measured, document, bursts)
        measured.loads.append(came)
        measured.gateway.append(came.completed / seconds)
        measured.ed25519.append(by_ed25519.completed / seconds)
        measured.keyword += [each.completed / seconds for each in by_keyword]
        if row.bulk:
            self._in_bulk(measured, document)

    def _in_bulk(self, measured: Measured, document: Path) -> None:
        """The same documents in batches, in the same round as the callers that come singly."""
        count = self._plan.batch_documents
        with self.elsewhere.watched(), self._installation.serve():
            bulk = bulk_batch(self._installation, measured.row, document, documents=count)
            folder = dropped(self._installation, document, documents=count)
        kinds = self._installation.audit_kinds(since=self._audit_size)
        self._audit_size += kinds.total()
        receipts = bulk.batches + folder.batches
        check_audit(kinds, documents=2 * count + receipts)
        measured.documents += 2 * count
        measured.bulk.append(bulk.per_s)
        measured.folder.append(folder.per_s)

    def _at_half_load(self, measured: Measured, document: Path) -> None:
        """How long callers wait when half as many come as the gateway could serve."""
        half = statistics.median(measured.gateway) / 2
        burst = Burst(
            connections=2 * max(CONNECTIONS),
            warm_up=self._plan.warm_up,
            seconds=self._plan.seconds,
            expected_per_s=half,
            open_loop_per_s=half,
        )
        (came,) = self._load(measured, document, [burst])
        measured.half_load = came

    def _load(
        self,
        measured: Measured,
        document: Path,
        bursts: Sequence[Burst],
        *,
        count_all: bool = False,
    ) -> list[Load]:
        for old in self._installation.samples.iterdir():
            old.unlink()
        with self.elsewhere.watched(), self._installation.serve():
            loads = load(self._installation, measured.row, document, bursts, count_all=count_all)
        kinds = self._installation.audit_kinds(since=self._audit_size)
        self._audit_size += kinds.total()
        documents = sum(came.total for came in loads)
        check_audit(kinds, documents=documents)
        measured.documents += documents
        measured.verified += self._check(list(self._installation.samples.iterdir()), document)
        return loads

    def _check(self, samples: Sequence[Path], document: Path) -> int:
        root = self._installation.trial.ca_file
        return check_sealed(samples, document.read_bytes(), root=root)

    def _file(self, row: Row) -> Path:
        file = self._installation.trial.directory / f"{row.name}.pdf"
        file.write_bytes(row.document())
        return file

    @property
    def _config_file(self) -> Path:
        return self._installation.config_file
