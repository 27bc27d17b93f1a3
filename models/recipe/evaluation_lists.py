"""The lists of the evaluation protocols at a part of the log, from the data of a job."""

import numpy as np

from models.contract.arrays import Indices
from models.contract.even_sample import take_evenly
from models.contract.events import EXPOSURE_ACTIONS
from models.data.interactions import take
from models.evaluation.candidates import EvaluationLists
from models.evaluation.inference import first_rows
from models.evaluation.protocols import (
    InteractionSet,
    RankingCase,
    build_cutoff_case,
    build_next_event_case,
    find_new_events,
)
from models.recipe.ingestion import JobData
from models.recipe.objective import spread_outcomes, sum_outcomes
from models.training.corpus import PART_TEST, PART_VALID, Corpus


def rows_before(data: JobData, part: int) -> Indices:
    """The rows of the log of all parts before `part`."""
    rows = {PART_VALID: data.split.train, PART_TEST: np.union1d(data.split.train, data.split.valid)}[part]
    return np.asarray(rows, dtype=np.int64)


def interactions_before(data: JobData, part: int) -> InteractionSet:
    """The interactions of all parts before `part` whose item was taken."""
    return select_interactions(data, select_taken(data, rows_before(data, part)))


def select_taken(data: JobData, rows: Indices) -> Indices:
    """The rows among `rows` whose item was taken: they count as right, and baselines learn from them."""
    return rows[data.dataset.interactions.weigh(data.job.actions)[rows] > 0]


def seen_before(data: JobData, part: int) -> InteractionSet:
    """The interactions before `part` by which an item was seen: all but exposures, as in the service."""
    log, rows = data.dataset.interactions, rows_before(data, part)
    shown = np.array([name in EXPOSURE_ACTIONS for name in log.action_names], dtype=np.bool_)
    return select_interactions(data, rows[~shown[log.actions[rows]]])


def select_interactions(data: JobData, rows: Indices) -> InteractionSet:
    """The interactions at rows of the log, for ranking cases and baselines."""
    log = take(data.dataset.interactions, rows)
    times = log.times if data.dataset.timed else np.arange(len(rows), dtype=np.float64)
    return InteractionSet(
        users=log.users.astype(np.int64),
        items=log.items.astype(np.int64),
        times=times,
        n_users=len(data.dataset.user_ids),
        n_items=len(data.dataset.items),
        timed=data.dataset.timed,
    )


def build_part_case(data: JobData, part: int) -> RankingCase:
    """The ranking case with one list per user at the start of a part."""
    rows = select_taken(data, data.split.valid if part == PART_VALID else data.split.test)
    return build_cutoff_case(seen_before(data, part), select_interactions(data, rows))


def build_evaluation_lists(data: JobData, part: int) -> EvaluationLists:
    """The evaluation lists at the start of a part, one per user."""
    case = build_part_case(data, part)
    return _judge(data, case, find_first_rows(data.corpus, part, case), part)


def find_first_rows(corpus: Corpus, part: int, case: RankingCase) -> Indices:
    """The corpus row of the first event of a part, for the user of each list of a case."""
    rows = first_rows(corpus, part)
    return rows[np.searchsorted(corpus.user_of(rows), case.users)]


def build_next_event_lists(data: JobData, part: int, most: int) -> EvaluationLists:
    """Lists before at most `most` events of a part, evenly spaced, whose items are new to their users."""
    log_rows = select_taken(data, data.split.valid if part == PART_VALID else data.split.test)
    before, after = seen_before(data, part), select_interactions(data, log_rows)
    rows = take_evenly(find_new_events(before, after), most)
    case = build_next_event_case(before, after, rows)
    return _judge(data, case, _find_corpus_rows(data)[log_rows[rows]], part)


def _judge(data: JobData, case: RankingCase, rows: Indices, part: int) -> EvaluationLists:
    """The lists of a case with what their items are worth."""
    outcomes = spread_outcomes(data, case, part)
    return EvaluationLists(case, rows, sum_outcomes(outcomes, data.job.objective_weights), outcomes)


def _find_corpus_rows(data: JobData) -> Indices:
    """[n] the corpus row of each log row; the corpus is sorted by user."""
    rows = np.empty_like(data.corpus.log_rows, dtype=np.int64)
    rows[data.corpus.log_rows] = np.arange(len(rows))
    return rows
