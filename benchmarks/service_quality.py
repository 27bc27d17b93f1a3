"""Benchmark: ranking quality of the service over HTTP on the MovieLens-100k test part, next to the baselines.

    python -m benchmarks.service_quality [BUNDLE] [JOB]

One POST /v1/recommend for every test user at the moment of the user's first test event; relevant are the user's
later items that are new to the user. The bundle must be fitted without the test part (export.fit: train).
"""

import sys
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.service import serve
from models.contract.bundle import REPORT
from models.data.dataset import Dataset, load_dataset
from models.data.split import split
from models.evaluation.full_ranking import K, match_relevant
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.recall import recall
from models.evaluation.protocols import InteractionSet, RankingCase, build_cutoff_case
from models.evaluation.report.schema import Report
from models.job.spec import load_job

VARIANTS: dict[str, dict[str, object]] = {
    "chorus over HTTP, default": {},
    "chorus over HTTP, diversity none": {"diversity": {"method": "none"}},
    "chorus over HTTP, mmr 0.6": {"diversity": {"method": "mmr", "strength": 0.6}},
    "chorus over HTTP, dpp 0.3": {"diversity": {"method": "dpp", "strength": 0.3}},
    "chorus over HTTP, scene home": {"scene": "home"},
    "chorus over HTTP, popularity debias 0.2": {"popularity": {"debias": 0.2}},
    "chorus over HTTP, popularity debias 0.5": {"popularity": {"debias": 0.5}},
}


def request_lists(
    client: httpx.Client, dataset: Dataset, users: np.ndarray, moments: np.ndarray, extra: dict[str, object]
) -> np.ndarray:
    """The item rows [C, K] that the service answers for users [C] at their moments; -1 where it answers fewer."""
    row = {item.item_id: number for number, item in enumerate(dataset.items)}
    lists = np.full((len(users), K), -1, dtype=np.int64)
    for number, (user, moment) in enumerate(zip(users.tolist(), moments.tolist(), strict=True)):
        body = {"user_id": dataset.user_ids[user], "limit": K, "context": {"timestamp": moment}, **extra}
        answer = client.post("/v1/recommend", json=body).raise_for_status().json()
        items = [row[item["item_id"]] for item in answer["items"]]
        lists[number, : len(items)] = items
    return lists


def build_case(job_file: Path, quarantine: Path) -> tuple[Dataset, RankingCase, np.ndarray]:
    """The data, the lists to rank, and the moment [C] of each list."""
    job = load_job(job_file)
    dataset = load_dataset(job, quarantine)
    log = dataset.interactions
    parts = split(log, dataset.timed, job.split.valid, job.split.test)

    def part(rows: np.ndarray) -> InteractionSet:
        shape = (len(dataset.user_ids), len(dataset.items))
        users, items = (rows_of[rows].astype(np.int64) for rows_of in (log.users, log.items))
        return InteractionSet(users, items, log.times[rows], *shape)

    case = build_cutoff_case(part(np.union1d(parts.train, parts.valid)), part(parts.test))
    users, first = np.unique(log.users[parts.test], return_index=True)
    moments = log.times[parts.test][first]
    return dataset, case, moments[np.searchsorted(users, case.users)]


def format_accuracy(lists: np.ndarray, case: RankingCase) -> list[str]:
    """NDCG, hit rate and recall of item rows [C, K], as table cells."""
    ranked = match_relevant(lists, case)
    figures = (
        ndcg(ranked.hits, ranked.relevant),
        hit_rate(ranked.hits),
        recall(ranked.hits, ranked.relevant),
    )
    return [f"{figure.mean():.4f}" for figure in figures]


def main(bundle: Path, job_file: Path) -> None:
    """Run the benchmark and print the table."""
    dataset, case, moments = build_case(
        job_file, bundle.with_name(bundle.name + ".work") / "quarantine.jsonl"
    )
    table = Table("method", "NDCG@10", "HR@10", "Recall@10", title=f"{len(case)} test users at the cut")
    with serve(bundle) as client:
        for name, extra in VARIANTS.items():
            lists = request_lists(client, dataset, case.users, moments, extra)
            table.add_row(name, *format_accuracy(lists, case))
    report = Report.model_validate_json((bundle / REPORT).read_bytes())
    for row in report.at_cutoff.rows:
        figures = [f"{row.figures[name]:.4f}" for name in ("ndcg", "hit_rate", "recall")]
        table.add_row(f"offline: {row.name} {row.settings}", *figures)
    Console(width=110).print(table)


if __name__ == "__main__":
    defaults = ["bundles/movielens-100k", "jobs/movielens-100k.yaml"]
    bundle_folder, job_path = [*sys.argv[1:3], *defaults[len(sys.argv) - 1 :]]
    main(Path(bundle_folder), Path(job_path))
