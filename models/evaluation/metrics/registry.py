"""The metrics of ranked lists by name. To add one: a file with its function, and an entry here."""

from collections.abc import Callable
from dataclasses import dataclass

from models.evaluation.metrics.average_precision import average_precision
from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.intra_list_diversity import cosine_diversity, jaccard_diversity
from models.evaluation.metrics.lists import ItemFacts, RankedLists, mean_over_lists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.novelty import novelty
from models.evaluation.metrics.precision import precision
from models.evaluation.metrics.recall import recall
from models.evaluation.metrics.reciprocal_rank import reciprocal_rank


@dataclass(frozen=True, slots=True)
class ListMetric:
    """A figure of ranked lists, larger is better; nan where it is undefined."""

    label: str
    """The column's heading in tables."""
    definition: str
    """One sentence for the glossary, with the source."""
    compute: Callable[[RankedLists, ItemFacts], float]
    headline: bool = False
    """True if it is in the manifest's summary, by which the promotion gate compares bundles."""
    of_hits: bool = True
    """True if it follows from each list's hits alone: it is then also given at other k and by slice."""


LIST_METRICS: dict[str, ListMetric] = {
    "ndcg": ListMetric(
        "NDCG",
        "Gain of the relevant items in the list, discounted by the logarithm of their position, over that of the best "
        "possible list (Järvelin and Kekäläinen 2002).",
        lambda lists, _: mean_over_lists(ndcg(lists.hits, lists.relevant)),
        headline=True,
    ),
    "hit_rate": ListMetric(
        "HR",
        "Hit rate: the share of lists with at least one relevant item (Deshpande and Karypis 2004).",
        lambda lists, _: mean_over_lists(hit_rate(lists.hits)),
        headline=True,
    ),
    "recall": ListMetric(
        "Recall",
        "The share of the relevant items that are in the list, mean over lists (Manning et al. 2008, 8.3).",
        lambda lists, _: mean_over_lists(recall(lists.hits, lists.relevant)),
        headline=True,
    ),
    "precision": ListMetric(
        "Prec",
        "Precision: the share of the list's k places with a relevant item (Manning et al. 2008, 8.3).",
        lambda lists, _: mean_over_lists(precision(lists.hits)),
    ),
    "mrr": ListMetric(
        "MRR",
        "Mean reciprocal rank: 1 over the position of the first relevant item, 0 without one, mean over lists "
        "(Voorhees 1999).",
        lambda lists, _: mean_over_lists(reciprocal_rank(lists.hits)),
    ),
    "map": ListMetric(
        "MAP",
        "Mean average precision: the sum of the precision at each hit's position over min(k, relevant items), "
        "mean over lists (Manning et al. 2008, 8.4).",
        lambda lists, _: mean_over_lists(average_precision(lists.hits, lists.relevant)),
    ),
    "coverage": ListMetric(
        "Coverage",
        "The share of the catalogue that is in at least one list (Ge, Delgado-Battenfeld and Jannach 2010).",
        lambda lists, facts: coverage(lists.items, len(facts.popularity)),
        of_hits=False,
    ),
    "novelty": ListMetric(
        "Novelty",
        "Mean self-information of the listed items, -log2 of their share of all interactions, in bits "
        "(Zhou et al. 2010).",
        lambda lists, facts: novelty(lists.items, facts.popularity),
        of_hits=False,
    ),
    "ild_cosine": ListMetric(
        "ILD cos",
        "Intra-list diversity: 1 minus the cosine of two items' vectors, mean over the pairs of a list "
        "(Smyth and McClave 2001).",
        lambda lists, facts: cosine_diversity(lists.items, facts.vectors),
        of_hits=False,
    ),
    "ild_jaccard": ListMetric(
        "ILD Jac",
        "Intra-list diversity: 1 minus the Jaccard similarity of two items' categories, mean over the pairs of a list "
        "(Smyth and McClave 2001).",
        lambda lists, facts: jaccard_diversity(lists.items, facts.attributes),
        of_hits=False,
    ),
}
"""Name in report.json -> metric, in the order of the tables' columns."""


def measure_lists(lists: RankedLists, facts: ItemFacts) -> dict[str, float]:
    """Every registered metric of the lists, by name."""
    return {name: metric.compute(lists, facts) for name, metric in LIST_METRICS.items()}


def measure_hits(lists: RankedLists, facts: ItemFacts) -> dict[str, float]:
    """The registered metrics that follow from hits alone, by name."""
    return {name: metric.compute(lists, facts) for name, metric in LIST_METRICS.items() if metric.of_hits}
