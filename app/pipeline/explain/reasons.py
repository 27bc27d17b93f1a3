"""All kinds of reasons with code and wording, and the selection of the strongest for each item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.pipeline.explain.evidence import Evidence, Finding, Findings
from app.pipeline.explain.interests import find_interests
from app.pipeline.explain.liked import find_liked
from app.pipeline.explain.moment import find_moment
from app.pipeline.explain.new import find_new
from app.pipeline.explain.popular import find_popular
from app.pipeline.explain.query import find_query
from app.pipeline.explain.ranked import find_ranked
from app.pipeline.explain.taste import find_taste
from app.pipeline.types import Reason

MOST_REASONS = 3


class Code(StrEnum):
    """The codes of the reasons; the comments say how the strength is measured."""

    LIKED = "because_you_liked"  # the decrease of the score without that history item
    QUERY = "matches_your_query"  # cosine of the item's text with the request's
    INTERESTS = "fits_your_interests"  # cosine of the item's text with the profile's interests
    TASTE = "fits_your_taste"  # the lift of a head on the item's labels: its contribution minus the candidates' mean
    MOMENT = "fits_the_moment"  # the lift of a head on the moment
    POPULAR = "popular_now"  # recent count (log) above the threshold, as a share of the greatest
    NEW = "new_here"  # 0, as an item without interactions has no measurement
    RANKED = "ranked_by"  # the greatest contribution of a head; only without another reason


@dataclass(frozen=True, slots=True)
class ReasonKind:
    """A reason: its code, its wording, and the function that finds the slate items for which it holds."""

    code: str
    wording: str
    find: Callable[[Evidence], Findings]

    def write(self, finding: Finding) -> Reason:
        """The finding with its wording."""
        text = (finding.wording or self.wording).format(**finding.words)
        return Reason(self.code, text, finding.strength, finding.item_ids)


REASONS: tuple[ReasonKind, ...] = (
    ReasonKind(Code.LIKED, "Because you liked {title}", find_liked),
    ReasonKind(Code.QUERY, "Matches what you asked for", find_query),
    ReasonKind(Code.INTERESTS, "Fits the interests in your profile", find_interests),
    ReasonKind(Code.TASTE, "Fits your taste for {label}", find_taste),
    ReasonKind(Code.MOMENT, "Fits this moment", find_moment),
    ReasonKind(Code.POPULAR, "Popular with other people", find_popular),
    ReasonKind(Code.NEW, "New here", find_new),
)
"""Of equally strong reasons the earlier comes first. To add one: a file with its `find`, and a line here."""
FALLBACK = ReasonKind(Code.RANKED, "Ranked here mostly by '{head}'", find_ranked)
"""For items without another reason; it holds for every item."""


def find_reasons(evidence: Evidence) -> tuple[tuple[Reason, ...], ...]:
    """1 to MOST_REASONS reasons for each of the N items of the slate, the strongest first."""
    findings_by_kind = [(kind, kind.find(evidence)) for kind in REASONS]
    fallback = FALLBACK.find(evidence)
    return tuple(
        _select_strongest(
            [k.write(findings[position]) for k, findings in findings_by_kind if position in findings]
        )
        or (FALLBACK.write(fallback[position]),)
        for position in range(len(evidence.order))
    )


def _select_strongest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.strength)[:MOST_REASONS])
