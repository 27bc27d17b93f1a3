"""The reasons in English, the language of requests that ask for none of the others."""

ENGLISH = {
    "because_you_liked": "Because you liked {title}",
    "because_you_liked.wanted": "Because of your interest in {title}",
    "matches_your_query": "Matches what you asked for",
    "matches_your_query.words": "Matches your words: {words}",
    "fits_your_interests": "Fits the interests in your profile",
    "fits_your_interests.words": "Fits the interests in your profile: {words}",
    "fits_your_taste": "Fits your taste for {label}",
    "fits_the_moment": "Fits this moment",
    "new_like_yours": "New, and similar to {title}",
    "adds_variety": "For variety: unlike the other items of this list",
    "new_given": "New, and shown to learn who likes it",
    "explored": "Something different, to learn what you like",
    "less_known": "Less known than what others take",
    "popular_now": "Popular with other people",
    "new_here": "New here",
    "ranked_by": "Ranked here mostly by '{head}'",
    "ranked_by.against": "Ranked here as '{head}' counts least against it",
}
