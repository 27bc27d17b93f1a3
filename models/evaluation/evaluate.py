"""The network and the baselines on the test part -> the report's tables."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.fusion import Fusion
from models.data.dataset import Dataset
from models.data.labels import TaskLabels
from models.evaluation.baselines.selection import FittedBaseline
from models.evaluation.candidates import event_logits, fused_lists, list_values
from models.evaluation.full_ranking import K, evaluate_lists, evaluate_ranking
from models.evaluation.inference import Reader, spread
from models.evaluation.metrics.calibration import reliability
from models.evaluation.metrics.diversity import ItemFacts
from models.evaluation.metrics.registry import measure_predictions
from models.evaluation.protocols import InteractionSet, RankingCase
from models.evaluation.report.schema import MODEL, HeadReport, RankingRow, RankingTable, ReliabilityRow
from models.heads.registry import find_kind
from models.training.corpus import PART_TEST

MOST_LISTS = 3_000
MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Judge:
    """A network with what validation fitted for it."""

    reader: Reader
    calibrations: Mapping[str, Calibration]
    fusion: Fusion


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists to rank, and the corpus rows of the events just before which they are made."""

    case: RankingCase
    moments: Indices  # [C]

    def few(self, most: int) -> "Lists":
        """At most `most` of the lists, evenly spread."""
        chosen = spread(np.arange(len(self.case)), most)
        case = self.case
        kept = RankingCase(case.users[chosen], case.seen[chosen], case.relevant[chosen])
        return Lists(kept, self.moments[chosen])


def ranking_table(
    judge: Judge, baselines: tuple[FittedBaseline, ...], lists: Lists, facts: ItemFacts
) -> RankingTable:
    """The network's row, as the service ranks, then the baselines', over the same lists."""
    case = lists.case
    if not len(case):
        return RankingTable(lists=0)
    found = list_values(judge.reader, lists.moments, case, judge.calibrations)
    figures = evaluate_lists(fused_lists(found, judge.fusion, K), case, facts)
    rows = [RankingRow.of(MODEL, _weights(judge.fusion), figures)]
    rows += [
        RankingRow.of(one.name, one.settings, evaluate_ranking(one.scores_of(case), case, facts))
        for one in baselines
    ]
    return RankingTable(lists=len(case), rows=tuple(rows))


def head_reports(judge: Judge) -> tuple[HeadReport, ...]:
    """Figures of every head on the test events, each given the events before it; raw and calibrated."""
    corpus = judge.reader.corpus
    rows = spread(np.flatnonzero(corpus.part == PART_TEST), MOST_EVENTS)
    if not len(rows):
        return ()
    logits = event_logits(judge.reader, rows).heads
    return tuple(
        _head_report(labels, rows, logits[labels.head.task.name], judge.calibrations[labels.head.task.name])
        for labels in corpus.labels
    )


def item_facts(dataset: Dataset, before: InteractionSet, vectors: Floats) -> ItemFacts:
    """What the diversity figures know: popularity before the test, content vectors, category labels."""
    labels: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, item in enumerate(dataset.items):
        for name, value in item.attributes.items():
            for label in value if isinstance(value, tuple) else ():
                rows.append(row)
                columns.append(labels.setdefault(f"{name}={label}", len(labels)))
    ones = np.ones(len(rows), dtype=np.bool_)
    attributes = sparse.csr_array(
        (ones, (rows, columns)), shape=(len(dataset.items), len(labels)), dtype=np.bool_
    )
    return ItemFacts(popularity=before.popularity(), vectors=vectors, attributes=attributes)


def content_vectors(judge: Judge) -> Floats:
    """Text vectors where the job has text, else the network's own item vectors."""
    spec = judge.reader.corpus.spec
    text = judge.reader.corpus.catalogue.content[:, : spec.text_size]
    if spec.text_size and spec.fields(FieldKind.TEXT):
        return text
    return np.asarray(judge.reader.vectors.cpu().numpy(), dtype=np.float32)


def _head_report(labels: TaskLabels, rows: Indices, logits: Floats, calibration: Calibration) -> HeadReport:
    """One head's figures over the events at `rows` [n] that have a target; logits [n, width]."""
    task, known = labels.head.task, np.flatnonzero(labels.known_at(rows))
    targets, logits, kind = labels.targets_at(rows[known]), logits[known], find_kind(task.kind)
    raw, calibrated = (kind.predict(task, logits, c) for c in (kind.raw_calibration(task), calibration))
    bins = reliability(calibrated[:, 0], targets[:, 0]) if kind.reliability else ()
    return HeadReport(
        name=task.name,
        kind=task.kind,
        count=len(known),
        before=measure_predictions(kind.metrics, raw, targets),
        after=measure_predictions(kind.metrics, calibrated, targets),
        reliability=tuple(ReliabilityRow.of(row) for row in bins),
    )


def _weights(fusion: Fusion) -> str:
    return " ".join(f"{name} {weight:g}" for name, weight in fusion.weights.items() if weight)
