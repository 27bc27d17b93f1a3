"""The reasons in German."""

GERMAN = {
    "because_you_liked": "Weil dir „{title}“ gefallen hat",
    "because_you_liked.wanted": "Wegen deines Interesses an „{title}“",
    "matches_your_query": "Passt zu deiner Suche",
    "matches_your_query.words": "Passt zu deinen Worten: {words}",
    "fits_your_interests": "Passt zu den Interessen in deinem Profil",
    "fits_your_interests.words": "Passt zu den Interessen in deinem Profil: {words}",
    "fits_your_taste": "Passt zu deiner Vorliebe für {label}",
    "fits_the_moment": "Passt zu diesem Moment",
    "new_like_yours": "Neu und ähnlich wie „{title}“",
    "adds_variety": "Zur Abwechslung: anders als die übrigen Einträge dieser Liste",
    "new_given": "Neu, und hier, um zu erfahren, wem es gefällt",
    "explored": "Mal etwas anderes, um deinen Geschmack kennenzulernen",
    "less_known": "Weniger bekannt als das, was andere wählen",
    "popular_now": "Bei anderen beliebt",
    "new_here": "Neu hier",
    "ranked_by": "Steht hier vor allem wegen „{head}“",
    "ranked_by.against": "Steht hier, weil „{head}“ am wenigsten dagegen spricht",
}
