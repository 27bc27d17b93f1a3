"""The reasons in Spanish."""

SPANISH = {
    "because_you_liked": "Porque te gustó «{title}»",
    "because_you_liked.wanted": "Por tu interés en «{title}»",
    "matches_your_query": "Coincide con lo que has pedido",
    "matches_your_query.words": "Coincide con tus palabras: {words}",
    "fits_your_interests": "Encaja con los intereses de tu perfil",
    "fits_your_interests.words": "Encaja con los intereses de tu perfil: {words}",
    "fits_your_taste": "Encaja con tu gusto por {label}",
    "fits_the_moment": "Encaja con este momento",
    "new_like_yours": "Nuevo y parecido a «{title}»",
    "adds_variety": "Para variar: distinto de lo demás de esta lista",
    "new_given": "Nuevo, y aquí para saber a quién le gusta",
    "explored": "Algo diferente, para conocer tus gustos",
    "less_known": "Menos conocido que lo que eligen otros",
    "popular_now": "Popular entre otras personas",
    "new_here": "Nuevo aquí",
    "ranked_by": "En este lugar sobre todo por «{head}»",
    "ranked_by.against": "En este lugar porque «{head}» es lo que menos le perjudica",
}
