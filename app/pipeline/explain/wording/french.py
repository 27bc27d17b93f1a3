"""The reasons in French."""

FRENCH = {
    "because_you_liked": "Parce que vous avez aimé « {title} »",
    "because_you_liked.wanted": "En raison de votre intérêt pour « {title} »",
    "matches_your_query": "Correspond à votre demande",
    "matches_your_query.words": "Correspond à vos mots : {words}",
    "fits_your_interests": "Correspond aux intérêts de votre profil",
    "fits_your_interests.words": "Correspond aux intérêts de votre profil : {words}",
    "fits_your_taste": "Correspond à votre goût pour {label}",
    "fits_the_moment": "Convient à ce moment",
    "new_like_yours": "Nouveau et semblable à « {title} »",
    "adds_variety": "Pour varier : différent du reste de cette liste",
    "new_given": "Nouveau, montré pour savoir à qui cela plaît",
    "explored": "Quelque chose de différent, pour connaître vos goûts",
    "less_known": "Moins connu que ce que choisissent les autres",
    "popular_now": "Populaire auprès des autres",
    "new_here": "Nouveau ici",
    "ranked_by": "Classé ici surtout par « {head} »",
    "ranked_by.against": "Classé ici car « {head} » est ce qui joue le moins contre lui",
}
