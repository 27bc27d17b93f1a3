"""Explain one item of a request: the stages of a recommendation, and what each says of the item."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import answer_trace, score, trace_list
from app.pipeline.scoring.scoring import next_logits
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Candidates, Query, Scored, Slate, Trace
from app.pipeline.why_not.bars import find_bars
from app.pipeline.why_not.displacement import find_displacement, place_by_score
from app.pipeline.why_not.verdict import Need, Needs, Place, Rule, Stage, Stop, Verdict


def explain_item(bundle: LoadedBundle, query: Query, item_id: str) -> Verdict:
    """The verdict on an item for the request of a recommendation; the list is that of `recommend`."""
    clock = StageClock()
    trace = trace_list(bundle, replace(query, explain=True), clock)  # every head is scored
    listed = bundle.catalogue.row(item_id) in trace.scored.candidates.rows[trace.reranked.order].tolist()
    trace = replace(trace, query=replace(query, explain=listed))  # reasons are for items of the list alone
    slate = answer_trace(bundle, trace, clock)
    verdict = judge_item(bundle, trace, slate, item_id)
    clock.finish("judge")
    return replace(verdict, degraded=slate.degraded, took_ms=clock.took_ms)


def judge_item(bundle: LoadedBundle, trace: Trace, slate: Slate, item_id: str) -> Verdict:
    """The verdict on an item, given the list without it or with it."""
    row = bundle.catalogue.row(item_id)
    if row is None or item_id not in bundle.catalogue:
        return Verdict(None, Stop(Stage.CATALOGUE, Rule.UNKNOWN), ((Need("catalogue"),),))
    position = _find(trace.scored.candidates, row)
    if position is None:
        scored = _score_also(bundle, trace, row)
        verdict = Verdict(None, *_stop_before_scoring(bundle, trace, row))
        return _with_score(verdict, scored, len(scored.score) - 1)
    places = np.flatnonzero(slate.order == position)
    if len(places):
        place = int(places[0])
        verdict = Verdict(place + 1, None, reasons=slate.reasons[place] if slate.reasons else ())
    else:
        rule, needs = find_displacement(bundle, trace, row)
        verdict = Verdict(None, Stop(Stage.RERANK, rule, place_by_score(trace, position)), needs)
    return _with_score(verdict, slate.scored, position)


def _stop_before_scoring(bundle: LoadedBundle, trace: Trace, row: int) -> tuple[Stop, Needs]:
    """The rule of the filter or of the retrieval that stopped an item."""
    bars = find_bars(bundle, trace.query, row)
    if not bars and not trace.allowed[row]:
        bars = [(Rule.PLAN, Need("plan"))]
    if bars:
        return Stop(Stage.FILTER, bars[0][0]), (tuple(need for _, need in bars),)
    place = _place_in_retrieval(bundle, trace, row)
    return Stop(Stage.RETRIEVE, Rule.NOT_RETRIEVED, place), ((Need("place", to=len(trace.scored.score)),),)


def _place_in_retrieval(bundle: LoadedBundle, trace: Trace, row: int) -> Place:
    """The item's place among the allowed ones by the `next` logit, behind the last of as many as were retrieved."""
    rows = np.flatnonzero(trace.allowed)
    logits = next_logits(bundle, trace.encoded, rows)
    own = float(logits[np.searchsorted(rows, row)])
    last = np.sort(logits)[::-1][max(len(trace.scored.score) - 1, 0)]
    return Place(int(np.count_nonzero(logits > own)) + 1, len(rows), max(float(last) - own, 0.0))


def _score_also(bundle: LoadedBundle, trace: Trace, row: int) -> Scored:
    """The candidates with one more item after them, which no source retrieved."""
    given = trace.scored.candidates
    unfound = np.zeros((len(given.sources), 1), dtype=np.bool_)
    rows, marks = np.append(given.rows, row), np.hstack([given.from_source, unfound])
    candidates = replace(given, rows=rows, from_source=marks)
    return score(bundle, replace(trace.query, explain=True), trace.encoded, candidates)[0]


def _find(candidates: Candidates, row: int) -> int | None:
    """The position of a catalogue row among the candidates."""
    found = np.flatnonzero(candidates.rows == row)
    return int(found[0]) if len(found) else None


def _with_score(verdict: Verdict, scored: Scored, position: int) -> Verdict:
    """The verdict with the item's score, heads and sources."""
    marks = zip(scored.candidates.sources, scored.candidates.from_source[:, position], strict=True)
    return replace(
        verdict,
        score=float(scored.score[position]),
        values=_column(scored.values, position),
        contributions=_column(scored.contributions, position),
        sources=tuple(name for name, found in marks if found),
    )


def _column(by_head: Mapping[str, np.ndarray], position: int) -> dict[str, float]:
    return {name: float(part[position]) for name, part in by_head.items()}
