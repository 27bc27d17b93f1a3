"""All kinds of reasons, and the selection of the strongest for each item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.pipeline.explain.evidence import Evidence, Finding, Findings
from app.pipeline.explain.explored import find_explored
from app.pipeline.explain.given import find_given
from app.pipeline.explain.interests import find_interests
from app.pipeline.explain.less_known import find_less_known
from app.pipeline.explain.liked import find_liked
from app.pipeline.explain.moment import find_moment
from app.pipeline.explain.new import find_new
from app.pipeline.explain.new_like import find_new_like
from app.pipeline.explain.popular import find_popular
from app.pipeline.explain.query import find_query
from app.pipeline.explain.ranked import find_ranked
from app.pipeline.explain.taste import find_taste
from app.pipeline.explain.variety import find_variety
from app.pipeline.explain.wording.catalogues import write_reason
from app.pipeline.types import Reason

MOST_REASONS = 3


class Code(StrEnum):
    """The codes of the reasons; the comments say how the strength is measured."""

    LIKED = "because_you_liked"  # the decrease of the score without that history item
    QUERY = "matches_your_query"  # cosine of the item's text with the request's
    INTERESTS = "fits_your_interests"  # cosine of the item's text with the profile's interests
    TASTE = (
        "fits_your_taste"  # the decrease without the label's history items, or the lift of a head on labels
    )
    MOMENT = "fits_the_moment"  # the lift of a head on the moment, or of the moment's context in `next`
    NEW_LIKE = "new_like_yours"  # cosine of the item's text with that of the history item
    VARIETY = (
        "adds_variety"  # how far the debiased relevance is below the least one of the list without diversity
    )
    GIVEN = "new_given"  # how far the score is below that of the best candidate out of the list
    EXPLORED = "explored"  # how far the score is below the least one of the list without exploration
    LESS_KNOWN = "less_known"  # how far the score is below the least one of the list without debiasing
    POPULAR = "popular_now"  # recent count (log) above the threshold, as a share of the greatest
    NEW = "new_here"  # 0, as an item without interactions has no measurement
    RANKED = "ranked_by"  # the greatest contribution of a head; only without another reason


@dataclass(frozen=True, slots=True)
class ReasonKind:
    """A reason: its code, and the function that finds the slate items for which it holds."""

    code: str
    find: Callable[[Evidence], Findings]

    def write(self, finding: Finding, language: str) -> Reason:
        """The finding with its text."""
        text = write_reason(language, self.code, finding.form, finding.words)
        return Reason(self.code, text, finding.strength, finding.item_ids, finding.words)


REASONS: tuple[ReasonKind, ...] = (
    ReasonKind(Code.LIKED, find_liked),
    ReasonKind(Code.QUERY, find_query),
    ReasonKind(Code.INTERESTS, find_interests),
    ReasonKind(Code.TASTE, find_taste),
    ReasonKind(Code.MOMENT, find_moment),
    ReasonKind(Code.NEW_LIKE, find_new_like),
    ReasonKind(Code.VARIETY, find_variety),
    ReasonKind(Code.GIVEN, find_given),
    ReasonKind(Code.EXPLORED, find_explored),
    ReasonKind(Code.LESS_KNOWN, find_less_known),
    ReasonKind(Code.POPULAR, find_popular),
    ReasonKind(Code.NEW, find_new),
)
"""Of equally strong reasons the earlier comes first. To add one: a file with its `find`, a line here, and its
template in each catalogue of app.pipeline.explain.wording."""
FALLBACK = ReasonKind(Code.RANKED, find_ranked)
"""For items without another reason; it holds for every item."""


def find_reasons(evidence: Evidence) -> tuple[tuple[Reason, ...], ...]:
    """1 to MOST_REASONS reasons for each of the N items of the slate, the strongest first."""
    language = evidence.query.language
    findings_by_kind = [(kind, kind.find(evidence)) for kind in REASONS]
    fallback = FALLBACK.find(evidence)
    return tuple(
        _select_strongest(
            [
                k.write(findings[position], language)
                for k, findings in findings_by_kind
                if position in findings
            ]
        )
        or (FALLBACK.write(fallback[position], language),)
        for position in range(len(evidence.order))
    )


def _select_strongest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.strength)[:MOST_REASONS])
