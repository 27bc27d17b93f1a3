"""Words around a request that say nothing about the items: polite frames, and nouns for items of any kind."""

import re
from collections.abc import Mapping, Sequence

from models.language.words.reading import HAN, TAKEN, WORD, Reading, matches_words

FRAMES: Mapping[str, str] = {
    "en": """a an the and or i i'd i'm we me my us you your he she it its is are be was were been am do does
    did can could
        would will should may might must have has had want wants wanted like love enjoy need please recommend
        recommends suggest show find give get tell bring help looking look search see watch watching read reading buy
        listen play try some any something anything someone of to for from in on at by with about into that which who
        whose this these those there here what where how so very really quite rather much more most lot lots
        plenty few several couple
        too also just only maybe perhaps kind sort type kinds types genre genres style set one ones else other
        another feel feeling mood let's let know thanks thank hi hello hey dear tonight today now good great nice best
        but if as than up out not no nothing tv everything stuff made
        released published directed starring featuring similar came come comes coming out prefer rather filmed
        shot produced available
        got having being looks sounds seen set made""",
    "de": """der die das den dem des ein eine einen einem einer eines und oder ich wir mir mich uns du sie ihr mein
        meine hätte hätten gern gerne möchte möchten will wollen würde würden bitte empfiehl empfehle empfehlen
        empfehlung zeig zeige zeigen such suche suchen finde finden gib geben brauche brauchen mag lieb sehen schauen
        anschauen ansehen gucken lesen kaufen hören spielen kann kannst können könnte könntest könnten etwas was
        irgendwas ein
        paar einige ein bisschen von zu zum zur für aus in im am an auf mit über bei als so sehr ganz recht mehr viel
        viele ist sind sein soll sollte sollen es doch mal bloß nur auch heute abend jetzt gute guten guter
        gutes schöne
        schönen aber wie welche welcher jahre jahren gedreht gemacht kam kamen kommen hast habt habe haben hat
        hatte hatten bin bist
        seid war waren wird werden wurde wurden worden dich dir euch ihnen deine dein dieser diese dieses mag
        magst mögen
        bevorzuge lieber welches gibt gibst nichts erschienen erschienene veröffentlicht ähnlich ähnliche
        ähnliches alles art genre lust hallo danke der nicht kein keine bloß""",
    "fr": """le la les l un une des du de d et ou je j j'aimerais nous me moi m tu vous il elle ce cet cette ces mon
        voudrais voudrions veux voulons aimerais aime aimons adore cherche cherchons besoin recommande recommandez
        recommander conseille conseillez conseiller propose proposez montre montrez montrez-moi montre-moi donne
        donnez donnez-moi donne-moi trouve trouvez recommandez-moi recommande-moi conseille-moi conseillez-moi
        propose-moi proposez-moi trouve-moi s'il te vous
        plaît plait svp voir regarder lire acheter écouter jouer pouvez peux pourriez pourrais quelque quelques chose
        à au aux pour dans sur avec sur par en que qui quoi est sont soit être très bien plus beaucoup genre type
        ai as avons avez ont avait préfère préfères préférons préférerais y a-t-il tournés tournées faits
        faites leur leurs ceux celles celui celle nos notre votre vos mes ma sorti sortis sortie sorties paru
        parus similaire
        similaires semblable semblables plutôt tout tous aussi ce soir bon bons bonne
        bonnes mais merci bonjour ne pas d'un d'une qu'""",
    "es": """el la los las lo un una unos unas y o e u yo me mi mí nos te tú usted quiero quisiera querría queremos
        gustaría gusta gustan busco buscamos necesito recomienda recomiéndame recomiende recomiéndeme recomendar
        recomendarme recomendarías sugiere sugiéreme muestra muéstrame enséñame dame dime encuentra encuéntrame ver
        mirar leer comprar escuchar jugar puedes puede podrías podría favor por algo alguna alguno algunas algunos
        algún unas de del a al para en con sobre que qué cual es son sea sean ser muy bien más mucho muchas muchos
        he has ha hemos tengo tienes tiene tenéis hay prefiero preferimos preferiría hecha hechas
        aquellas aquellos rodada rodadas nuestra nuestro tus sus su estrenada estrenadas estrenado estrenados
        parecido parecida
        similar similares todo todos género tipo
        estilo también esta noche hoy buena buenas bueno buenos buen pero gracias hola no""",
    "it": """il lo la i gli le l un uno una e o io mi me ci ti tu voglio vorrei vorremmo piacerebbe piace piacciono
        cerco cerchiamo consigliami consiglia consigliare consiglieresti raccomanda raccomandami suggerisci
        suggeriscimi mostra mostrami dammi trova trovami vedere guardare leggere comprare ascoltare giocare puoi può
        potresti favore per piacere qualcosa qualche alcuni alcune di del della dei degli delle da dal a al in nel con
        su sul che è sono sia molto bene preferisco hai avete ha hanno girati girate usciti uscite questo
        questa più genere tipo anche stasera oggi buon buona buoni buone ma grazie
        ciao non""",
    "pt": """o a os as um uma uns umas e ou eu me mim nos te tu você quero queria gostaria gosto adoro procuro preciso
        recomende recomenda recomendar recomende-me sugira sugere mostre mostra mostre-me dê-me dá-me encontre ver
        assistir ler comprar ouvir jogar pode podes poderia favor por algo algum alguma alguns algumas de do da dos
        das a ao à para em no na com sobre que é são seja muito bem prefiro prefere tem têm há feitos feitas
        lançados lançadas mais gênero género tipo também hoje noite bom boa
        bons boas mas obrigado olá não""",
    "nl": """de het een en of ik wij we mij me ons je u jij wil willen graag zou wilde hou zoek zoeken aanbevelen
        aanraden raad aan beveel toon laat zien geef vind zoek kijken bekijken lezen kopen luisteren spelen kan kun
        kunt kunnen alsjeblieft alstublieft iets wat enkele enige paar een van voor uit in op aan met over te tot zo
        heel erg veel liever heb hebt heeft hebben gemaakt uitgekomen meer is zijn moet ook soort genre
        vanavond goede goed maar dank hallo niet geen""",
    "ru": """я мы мне нам меня ты вы хочу хотим хотел хотела хотелось бы нужен нужна нужны люблю нравятся нравится
        ищу посоветуй посоветуйте порекомендуй порекомендуйте рекомендуй покажи покажите дай дайте найди найдите
        посмотреть смотреть почитать читать купить послушать можешь можете пожалуйста что-нибудь что-то какой-нибудь
        какую-нибудь какие-нибудь несколько и или в во на с со о об про из от для по к у что это предпочитаю
        есть бы очень более много
        жанр жанра типа тоже сегодня вечером хороший хорошие хорошую хорошее но спасибо привет не""",
}
"""Language -> words that are left out at both ends of a direction."""
ASKING = re.compile(
    r"recommend\S*|suggest\S*|empf[ei]+h?l\S*|empfiehl\S*|vorschl\S*|such(?:en?|st)|recommand\S*"
    r"|conseill\S*|propos(?:e|er|ez)\S*"
    r"|cherch(?:e|er|ez|ons)\S*|pou(?:vez|rriez|rrais|rrait)\S*|peux\S*|aimerai[st]?|voudr\w*"
    r"|souhait\w*|montr(?:e|ez)\S*|donn(?:e|ez)\S*"
    r"|recom(?:end|iend|iénd)\w*|sug(?:er|ier|iér)\w*|aconsej\w*|aconséj\w*|busc(?:o|a|amos|ando)"
    r"|quisier\w*|qu[ei]+r(?:o|es|emos|ía|en)"
    r"|pued(?:e|es|en)|podr[ií]\w*|gustar[ií]\w*|muéstr\w*|enséñ\w*|consigl\w*|raccomand\w*"
    r"|sugger\w*|cerc(?:o|hiamo|ando)|vorre\w*"
    r"|potrest\w*|recomend\S*|sug(?:ir|est)\S*|procur(?:o|amos|ando)|gostar\w*|mostr(?:e|a)\S*"
    r"|aanbev\w*|aanra\w*|zoek\w*"
    r"|посовет\w*|порекоменд\w*|рекоменд\w*|подскаж\w*|покаж\w*|найд\w*|хоч\w*|хот(?:ел|им)\w*",
    re.IGNORECASE,
)
"""Verbs of asking for items, in any form."""
NOUNS: Mapping[str, str] = {
    "film": r"""films?|movies?|flicks?|motion pictures?|filme[ns]?|spielfilme?|streifen|pel[ií]culas?|pelis?|cintas?
        |filmes|фильм(?:ы|ов|а|е|ом|ам|ами)?|кино(?:фильм\w*)?|картин[ыуа]?|电影|影片|片子|大片|片|電影
        |long[s]?-métrages?""",
    "series": r"series?|tv shows?|shows?|serien?|séries?|сериал\w*|电视剧|剧集",
    "book": (
        r"books?|novels?|bücher[n]?|buch|romane?n?|livres?|libros?|novelas?|libri|libro|romanz[oi]"
        r"|livros?|boeken|boek|книг\w*|书籍|书|小说"
    ),
    "song": (
        r"songs?|tracks?|albums?|lieder|lied|alben|chansons?|canciones|canción|canzon[ei]|canç(?:ão|ões)"
        r"|песн\w*|歌曲|歌|专辑"
    ),
    "game": r"games?|spiele?n?|jeux|jeu|juegos?|giochi|gioco|jogos?|spellen|spel|игр[ыу]?|游戏",
    "product": r"""products?|items?|articles?|things?|goods|produkte?n?|artikeln?|sachen|dinge|produits?
    |choses?|articulos?
        |artículos?|productos?|cosas?|prodotti|prodotto|articol[oi]|cose|produtos?|artigos?|coisas?|producten|dingen
        |товар\w*|вещ[иь]|产品|商品|东西|titles?|titel|titres?|títulos?|titoli|recommendations?|suggestions?|picks?
        |options?|ideas?|empfehlungen|vorschläge|recomendaciones|sugerencias|recommandations|stor(?:y|ies)
        |geschichten?|histoires?|historias?""",
}
"""Kind of item -> nouns for it."""
ENGLISH_NOUN: Mapping[str, str] = {
    "film": "movies", "series": "series", "book": "books", "song": "songs", "game": "games", "product": "products"
}  # fmt: skip
"""Kind of item -> the noun with which labels are read: "Crime movies" is nearer to "Kriminalfilme" than "Crime"."""
CHINESE_EDGES = "既给更看要找读听买玩和与或爱来在里又也都只就部个本件款首点些是得地类很能能想演"
"""Characters that are left out at both ends of Chinese words only, since they are part of other words."""
CHINESE_FRAMES = (
    r"请问|麻烦|帮我|帮忙|给我|为我|向我|请|我们|我|你|您|可不可以|可以|能不能|能否|可否|想要|想看|要看|想"
    r"|看看|寻找|找一下|推荐|介绍|有没有|有什么|前后|左右"
    r"|一些|一点|随便|来点|来一?[部个本款件首些台双条张套支]|几[部个本款件首台双条张套支]"
    r"|一[部个本款件首些台双条张套支]|什么|哪些|哪部|吗|呢|吧|呀|啊|的|了|以及|关于|有关"
    r"|类型|题材|风格|那种|这种|比较|非常"
    r"|适合|最好|好看|喜欢|谢谢|您好|你好|今晚|今天|现在|但是|[就也都]行"
)


def join_pattern(pattern: str) -> str:
    """A pattern that is written over several lines, in one."""
    return "".join(line.strip() for line in pattern.splitlines())


NOUN_PATTERNS = {
    kind: re.compile(rf"(?:{join_pattern(words)})", re.IGNORECASE) for kind, words in NOUNS.items()
}
COMPOUND = re.compile(
    rf"(?P<head>(?-i:[^\W\d_{HAN}])(?:(?-i:[^\W\d_{HAN}])|-)+?)-?(?P<noun>filmen?|films?|film|serien?|bücher|buch|romane?"
    rf"|spiele?|boeken)$",
    re.IGNORECASE,
)
"""A Germanic compound with a noun for items, such as "Horrorfilme"."""
CHINESE_FRAME = re.compile(CHINESE_FRAMES)
CHINESE_EDGE = re.compile(rf"(?<![{HAN}])(?:或者|[{CHINESE_EDGES}])+|[{CHINESE_EDGES}]+(?![{HAN}])")
PHRASES = re.compile(
    r"(?<!\w)(?:of all times?|all[- ]time|ever made|aller zeiten|de todos los tiempos|de tous les temps"
    r"|di tutti i tempi|(?:do not|don't|wouldn't) mind)(?!\w)",
    re.IGNORECASE,
)
ELISION = re.compile(r"^(?:[ldnsmtcj]|qu)'(?=\w)")
ORDER = ("film", "series", "book", "song", "game", "product")


def noun_kind(word: str) -> str | None:
    """The kind of item that a word is a noun for; None for any other word."""
    return next((kind for kind in ORDER if NOUN_PATTERNS[kind].fullmatch(word)), None)


def find_kind(text: str) -> str | None:
    """The first words for items of one kind in a text, such as "songs" of "any songs"; None for others.

    Words for items of any kind, such as "things", are no kind, and neither is a text of which a part is taken.
    """
    found = [
        match
        for kind, pattern in NOUN_PATTERNS.items()
        for match in matches_words(pattern.pattern).finditer(text)
        if kind != "product"
    ]
    return None if TAKEN in text or not found else min(found, key=lambda match: match.start()).group()


def is_frame(word: str, languages: Sequence[str]) -> bool:
    """True for a word that says nothing about an item, in one of the languages or in English."""
    lower = ELISION.sub("", word.casefold().replace("’", "'"))
    is_common = any(lower in _WORDS_OF.get(language, ()) for language in ("en", *languages))
    return is_common or ASKING.fullmatch(lower) is not None or noun_kind(lower) is not None


def count_frames(text: str) -> dict[str, int]:
    """Language -> the number of its frame words in the text."""
    words = [word.group().casefold() for word in WORD.finditer(text)]
    return {language: sum(word in own for word in words) for language, own in _WORDS_OF.items()}


def find_languages(text: str) -> tuple[str, ...]:
    """The languages whose frame words are the most in the text, English first among equals."""
    if re.search(rf"[{HAN}]", text):
        return ("zh",)
    counts = count_frames(text)
    return tuple(language for language, count in counts.items() if count == max(counts.values()))


def trim_frames(text: str, languages: Sequence[str]) -> str:
    """The text without frame words at its ends; "" if it has no other."""
    text = PHRASES.sub(" ", text)
    words = list(WORD.finditer(text))
    kept = [word for word in words if not is_frame(word.group(), languages)]
    if not kept:
        return ""
    return text[kept[0].start() : kept[-1].end()].strip()


def take_chinese_frames(reading: Reading, *, edges: bool) -> str | None:
    """Take the frame words and item nouns out of the Chinese parts of a clause; the kind of a noun, None for none.

    With `edges` also single characters at both ends of what is left.
    """
    found = None
    for match in reading.find(CHINESE_FRAME):
        reading.take(*match.span())
    for kind, pattern in NOUN_PATTERNS.items():
        for match in reading.find(pattern):
            if re.match(rf"[{HAN}]", match.group()):
                found = found or kind
                reading.take(*match.span())
    for match in reading.find(CHINESE_EDGE) if edges else ():
        reading.take(*match.span())
    return found


_WORDS_OF = {language: frozenset(words.casefold().split()) for language, words in FRAMES.items()}
