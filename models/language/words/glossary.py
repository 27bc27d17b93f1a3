"""Words that the multilingual encoder places badly, with English words of the same meaning that it places well.

The encoder alone reads most words of its sixteen languages; a word is here if its cosine with the label of its
meaning is lower than with another label, or too low to be told from chance.
"""

import re
from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    # Chinese
    "惊悚": "thriller", "悬疑": "mystery", "推理": "mystery", "剧情": "drama", "歌舞": "musical",
    "爱情": "romance", "言情": "romance",
    "浪漫": "romance", "奇幻": "fantasy", "魔幻": "fantasy", "卡通": "animation", "黑色电影": "film noir",
    "科幻": "science fiction",
    "动作": "action", "冒险": "adventure", "喜剧": "comedy", "搞笑": "comedy", "犯罪": "crime",
    "警匪": "crime", "恐怖": "horror",
    "纪录": "documentary", "记录": "documentary", "战争": "war", "西部": "western", "儿童": "children",
    "动画": "animation",
    "音乐剧": "musical", "鞋子": "shoes", "鞋": "shoes", "衬衫": "shirts", "裙子": "dresses",
    "黑色": "black/film noir",
    "白色": "white",
    "红色": "red", "蓝色": "blue", "绿色": "green",
    # German and Dutch
    "science-fiction": "science fiction",     "krimi": "crime", "krimis": "crime", "kriminal": "crime",
    "drama": "drama", "dramen": "drama", "zeichentrick": "animation",
    "trickfilm": "animation", "trickfilme": "animation", "liebes": "romance", "grusel": "horror",
    "doku": "documentary",
    "dokus": "documentary", "kriegs": "war", "kinder": "children", "misdaad": "crime", "tekenfilms": "animation",
    # Romance languages
    "suspense": "thriller", "suspenso": "thriller", "policier": "crime", "policiers": "crime", "policiales": "crime",
    "policiacas": "crime", "policíacas": "crime", "polar": "crime", "polars": "crime", "noir": "film noir",
    "cine negro": "film noir", "horreur": "horror", "épouvante": "horror", "terror": "horror", "orrore": "horror",
    "gialli": "thriller", "fantastique": "fantasy", "fantastiques": "fantasy", "dessin animé": "animation",
    "dessins animés": "animation", "dibujos animados": "animation", "cartoni animati": "animation",
    "comédies musicales": "musical", "comédie musicale": "musical", "del oeste": "western", "oeste": "western",
    "commedie": "comedy", "commedia": "comedy", "fantascienza": "science fiction", "bélicas": "war",
    "faroeste": "western",
    # Russian
    "боевик": "action", "боевики": "action", "нуар": "film noir", "детектив": "mystery", "детективы": "mystery",
    "мелодрама": "romance", "мелодрамы": "romance", "триллер": "thriller", "триллеры": "thriller", "ужасы": "horror",
    "ужасов": "horror", "фантастика": "science fiction", "фантастику": "science fiction", "мультфильмы": "animation",
    "комедия": "comedy", "комедию": "comedy", "комедии": "comedy", "мюзикл": "musical", "мюзиклы": "musical",
    # English
    "cartoon": "animation", "cartoons": "animation", "whodunit": "mystery", "whodunits": "mystery",
    "kids": "children",
    "rom-com": "romance comedy",
}  # fmt: skip
"""Word -> English; the meanings of a word with several are parted by a slash."""
RUSSIAN_ENDING = re.compile(r"(?<=[а-яё]{3})(?:ами|ями|ах|ях|ов|ев|ой|ом|ем|ей|[ыиаяуюеь])$")


def translate(word: str) -> str:
    """The English of a word of the glossary, in any case of a Russian word; "" for another word."""
    lower = word.casefold()
    return ENGLISH.get(lower) or _RUSSIAN_STEMS.get(RUSSIAN_ENDING.sub("", lower), "")


_RUSSIAN_STEMS = {
    RUSSIAN_ENDING.sub("", word): english for word, english in ENGLISH.items() if re.match("[а-яё]", word)
}
