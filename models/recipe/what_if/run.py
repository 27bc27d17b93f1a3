"""Estimate the value of a target policy from the logged impressions of a service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.contract.bundle import FEATURES, ITEM_VECTORS, ITEMS, Manifest, verify
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion
from models.contract.labels import category_labels
from models.contract.manifest_seal import BundleKey
from models.contract.records import read_items
from models.contract.user_vector import strip_bias
from models.evaluation.off_policy.logged_lists import LoggedLists
from models.evaluation.off_policy.order_law import condition_on_items, is_complete
from models.evaluation.off_policy.reward_model import build_features, fit_rewards
from models.evaluation.off_policy.support import measure_support
from models.evaluation.off_policy.values import estimate_values
from models.ranking.registry import RERANKERS
from models.ranking.similarity import Similarity
from models.recipe.what_if.arguments import WhatIf
from models.recipe.what_if.impressions import LoggedAnswers, read_impressions
from models.recipe.what_if.result import WhatIfResult
from models.recipe.what_if.target import (
    Target,
    find_probabilities,
    fit_scales,
    fuse_scores,
    read_diversity,
    read_weights,
)

FindSimilarity = Callable[[Sequence[str]], Similarity | None]
"""The items of a list -> how alike they are."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a log."""

    log: Path
    target: Target
    reward: str = "taken"
    places: int | None = None  # the first places that count; None: all
    scene: str | None = None  # None: all answers
    bundle: Path | None = None


def read_question(asked: WhatIf) -> Question:
    """The question of the arguments. Raises ValueError."""
    method, diversity = read_diversity(asked.diversity, list(RERANKERS))
    target = Target(read_weights(asked.weights), method, diversity, asked.strength)
    return Question(asked.log, target, asked.reward, asked.places, asked.scene, asked.bundle)


def answer_question(question: Question, key: BundleKey | None = None) -> WhatIfResult:
    """The values of both policies. Raises ValueError for a log that does not fit, and BundleError."""
    target = question.target
    if target.method != "none" and question.bundle is None:
        raise ValueError("expected --bundle beside --diversity, as its vectors tell which items are alike")
    manifest = None if question.bundle is None else verify(question.bundle, key)
    heads = list(target.weights)
    if manifest is not None:
        check_heads(manifest, heads)
    answers = read_impressions(question.log, question.reward, heads, question.scene)
    fusion = fit_scales(answers.heads) if manifest is None else manifest.fusion
    find_similarity: FindSimilarity = lambda _items: None  # noqa: E731  # one of two functions of this type
    if question.bundle is not None and target.method != "none":
        find_similarity = open_similarity(question.bundle)
    lists, partly_shown = build_lists(answers, target, fusion, question.places, find_similarity)
    support = measure_support(lists)
    warnings = [*support.warnings]
    if partly_shown:
        warnings.append(
            f"{partly_shown} of {support.lists} lists had candidates that were not shown: their orders are weighed "
            "as those of draws by softmax without diversity"
        )
    return WhatIfResult(
        target=target,
        reward=question.reward,
        places=lists.reward.shape[1],
        values=estimate_values(lists),
        support=support,
        left_out=answers.left_out,
        partly_shown=partly_shown,
        warnings=tuple(warnings),
    )


def check_heads(manifest: Manifest, heads: Sequence[str]) -> None:
    """Raises ValueError for a head that the bundle lacks."""
    for name in heads:
        if name not in manifest.fusion.utilities:
            known = ", ".join(manifest.fusion.utilities)
            raise ValueError(f"expected a head of the bundle, one of {known}, given {name!r}")


def build_lists(
    answers: LoggedAnswers,
    target: Target,
    fusion: Fusion,
    places: int | None,
    find_similarity: FindSimilarity,
) -> tuple[LoggedLists, int]:
    """The lists with both policies' propensities among their items, and how many showed a part of their candidates."""
    offsets, sizes = answers.offsets, np.diff(answers.offsets)
    width = min(int(sizes.max()), places or int(sizes.max()))
    scores = fuse_scores(answers.heads, offsets, target.weights, fusion)
    guess, by_place = model_rewards(answers, scores, width)
    shape = (len(sizes), width)
    logged, chosen = np.ones(shape), np.ones(shape)
    reward, predicted, expected = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    partly_shown = 0
    for row, (start, size) in enumerate(zip(offsets[:-1].tolist(), sizes.tolist(), strict=True)):
        part, shown = slice(start, start + size), min(size, width)
        propensity = answers.propensity[part]
        partly_shown += not is_complete(propensity)
        shares = find_probabilities(target, scores[part], find_similarity(answers.item_ids[part]))[:shown]
        logged[row, :shown] = condition_on_items(propensity)[:shown]
        chosen[row, :shown] = shares.diagonal()
        reward[row, :shown] = answers.reward[part][:shown]
        predicted[row, :shown] = guess[part][:shown] + by_place[:shown]
        expected[row, :shown] = shares @ guess[part] + by_place[:shown]
    present = np.arange(width) < sizes[:, None]
    return LoggedLists(reward, logged, chosen, present, answers.users, predicted, expected), partly_shown


def model_rewards(answers: LoggedAnswers, scores: Floats, width: int) -> tuple[Doubles, Doubles]:
    """[N] the part of an item's reward that its heads and score tell, and [width] that of its place."""
    places = _number_places(answers.offsets)
    counted = places < width
    columns = [_standardise(each) for each in (*answers.heads.values(), scores.astype(np.float64))]
    features = np.stack(columns, axis=1)
    inputs = build_features(features[counted], places[counted], width)
    coefficients = fit_rewards(inputs, answers.reward[counted])
    of_items, of_places = np.split(coefficients, [features.shape[1]])
    return features @ of_items, of_places


def open_similarity(bundle: Path) -> FindSimilarity:
    """How alike items are by the vectors and labels of a bundle; an item that it lacks is like none."""
    spec = FeatureSpec.model_validate_json((bundle / FEATURES).read_bytes())
    items = read_items(bundle / ITEMS)
    plain = strip_bias(np.load(bundle / ITEM_VECTORS))
    vectors = np.concatenate([plain - plain.mean(axis=0), np.zeros((1, plain.shape[1]), dtype=np.float32)])
    labels = [*category_labels(spec, items), frozenset[str]()]
    rows = {item.item_id: row for row, item in enumerate(items)}

    def find(item_ids: Sequence[str]) -> Similarity:
        found = [rows.get(item_id, len(items)) for item_id in item_ids]
        return Similarity.of(vectors[found], [labels[row] for row in found])

    return find


def _number_places(offsets: Indices) -> Indices:
    """[N] the place of each item in its list, from 0."""
    sizes = np.diff(offsets)
    return np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)


def _standardise(values: Doubles) -> Doubles:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))
