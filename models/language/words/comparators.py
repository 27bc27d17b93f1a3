"""Words that compare a number, in nine languages: before it, between two, and after it (Chinese, Japanese)."""

import re

from models.language.plan import Comparison
from models.language.words.frames import join_pattern

BEFORE: tuple[tuple[Comparison, str], ...] = (
    (
        Comparison.LTE,
        r"""at (?:the )?most|no more than|not more than|no longer than|not longer than|no later than|up to
        |until|max(?:imum|imal)?\.?
        |at maximum|no newer than|höchstens|nicht mehr als|nicht länger als|nicht später als|bis(?: zu[mr]?)?
        |au plus|jusqu['’]?(?:à|en|au|aux)
        |pas plus de|maximum|como máximo|como mucho|hasta|no más de|al massimo|non più di|fino a[l]?|no máximo|até
        |hoogstens|maximaal|niet meer dan|tot|не более|не больше|не дороже|не позднее|не позже|最多|不超过
        |至多|最高""",
    ),
    (
        Comparison.GTE,
        r"""at least|no less than|not less than|no fewer than|no earlier than|no older than|not older than
        |min(?:imum|imal)?\.?|since
        |mindestens|nicht älter als|nicht weniger als|seit|ab|au moins|depuis|à partir d(?:e|['’]|u|es)
        |pas moins de|al menos|como mínimo|por lo menos
        |a partir del?|desde|no menos de|almeno|a partire da[l]?|dal|pelo menos|no mínimo|a partir de|minstens
        |vanaf|sinds
        |не менее|не меньше|не старше|начиная с|至少|最少|不少于|不低于|最低""",
    ),
    (
        Comparison.LT,
        r"""before|pre-?|prior to|earlier than|older than|under|below|less than|fewer than|cheaper than|shorter than
        |beneath|lower than
        |vor|unter|weniger als|billiger als|günstiger als|kürzer als|älter als|avant|moins d(?:e|['’])|sous
        |en dessous d(?:e|['’])|moins cher(?:s|es)? que|antes del?
        |anterior(?:es)? a|menos de|por debajo de|bajo|prima del?|meno di|sotto(?: i| gli)?|inferior[ei] a|abaixo de
        |voor|vóór|onder|minder dan|goedkoper dan|до|раньше|ранее|менее|меньше|дешевле|ниже|короче|低于|少于
        |小于|不到|早于""",
    ),
    (
        Comparison.GT,
        r"""after|post-|later than|newer than|over|above|more than|longer than|exceeding|higher than|greater than
        |nach|über|mehr als|länger als|neuer als
        |après|plus d(?:e|['’])|au-dessus d(?:e|['’])|postérieurs? à|después del?|posterior(?:es)? a|más de
        |por encima de|dopo(?: il)?|più di|oltre(?: i)?
        |superior[ei] a|depois de|mais de|acima de|na|boven|meer dan|langer dan|после|более|больше|свыше
        |дороже|длиннее|позже|выше|超过|高于|多于|大于|晚于""",
    ),
)
"""Comparison -> words before the number. The longer phrases of one row come first where one begins another."""
AFTER: tuple[tuple[Comparison, str], ...] = (
    (Comparison.LT, r"以前|之前|前(?!后)|не?ранее"),
    (
        Comparison.LTE,
        r"以下|以内|之内|maximum|max\.?|at most|tops|or less|or fewer|höchstens|maximal|au plus|au maximum"
        r"|como máximo|al massimo|no máximo|or earlier|or older|or under|oder weniger|oder früher"
        r"|ou moins|o menos|o meno|ou menos|of minder",
    ),
    (Comparison.GT, r"以后|之后|后"),
    (
        Comparison.GTE,
        r"以上|以来|起|minimum|at least|or more|mindestens|au moins|como mínimo|almeno|pelo menos"
        r"|or later|or newer|or longer|and later|and newer|onwards?|oder mehr|oder später|oder neuer"
        r"|ou plus|o más|o più|ou mais|of meer|\+",
    ),
)
NEGATION = (
    r"(?P<negated>(?:not|no|nothing|none|never|nicht|nichts|keine?|pas|rien|no|nada|non|niente|não"
    r"|niet|niets|не|ничего|不要|不)"
    r"(?:\s+(?:from|made|released|aus|de|que|films?|movies?|sea|sean))?\s*)?"
)
BETWEEN = (
    (
        r"between|zwischen|entre|tra|fra|tussen|между|from|von|de|des|du|from the|dal|da|del|van|с|从|在|介于",
        r"and|und|et|y|e|en|и|to|bis|à|a|al|au|tot|до|到|至|和",
    ),
)
DASH = r"\s*[-–—~]\s*"
OPPOSITE = {
    Comparison.LT: Comparison.GTE,
    Comparison.GTE: Comparison.LT,
    Comparison.GT: Comparison.LTE,
    Comparison.LTE: Comparison.GT,
    Comparison.EQ: Comparison.NE,
    Comparison.NE: Comparison.EQ,
}

CURRENCY = (
    r"€|eur(?:os?)?|евро|\$|us\$|usd|dollars?|dólares|dollari|доллар\w*|£|gbp|pounds?|pfund"
    r"|livres sterling|bucks|chf|francs?|franken|元|块钱?|人民币|欧元|美元|rmb|cny|¥|yen|руб\w*|₽"
)
SECONDS_OF = (
    (60.0, r"min(?:ute[ns]?|uti|utos?|uut|uten)?\.?|мин\w*|分钟"),
    (3600.0, r"h|hrs?|hours?|stunden?|heures?|horas?|ore|ora|uur|uren|час\w*|个?小时"),
    (1.0, r"sec(?:ond[sei]?|ondes|undos)?\.?|sekunden?|segundos?|secondi|seconden|секунд\w*|秒"),
)
NUMBER = (
    r"(?P<{0}w>(?:(?:de|en) los |los )?años |(?:de|en) los |ann[ée]es |(?:gli |degli |negli )?anni "
    r"|anos |jaren )?['’]?(?P<{0}c>[€$£¥]\s?)?"
    r"(?P<{0}n>(?<!\d)\d{{1,3}}(?:[ .,]\d{{3}}){{1,3}}(?!\d)|(?<!\d)\d{{1,9}}(?!\d)(?:[.,]\d{{1,2}})?)"
    r"(?P<{0}d>年代|\s?(?:['’]?s|er(?:n)?(?: jahren?)?|-?(?:х|е|ых|ые)(?: год\w*)?)(?![^\W\d_]))?"
)
"""A number, perhaps with a currency before it or as a decade: groups c, n and d behind a prefix,
and w for the words of a decade."""
DECADE_BEFORE = r"(?:decada de los|d[ée]cada de(?: los)?|die|der|den)"
UNIT = (
    rf"(?:\s?-?(?P<money>{CURRENCY})|\s?-?(?P<minutes>{SECONDS_OF[0][1]})|\s?-?(?P<hours>{SECONDS_OF[1][1]})"
    rf"|\s?-?(?P<seconds>{SECONDS_OF[2][1]})|\s?(?P<years>年|г(?:ода|оду|од)?\.?))?"
)
YEAR_WORDS = r"(?:the years?|year|(?:dem |das )?jahre?n?|l['’]ann[ée]e|el año|l'anno|o ano|het jaar|год\w*)"


def alternatives(table: tuple[tuple[Comparison, str], ...]) -> str:
    """The words of a table, each comparison in a group of its name."""
    return "|".join(f"(?P<{name}>{join_pattern(words)})" for name, words in table)


def flags_of(match: re.Match[str], names: tuple[Comparison, ...]) -> Comparison | None:
    """The comparison whose group matched; None without one."""
    return next((name for name in names if match.groupdict().get(name)), None)
