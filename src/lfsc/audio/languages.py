"""Whether a word is the name of a language."""

import re

# ISO 639-1.
TWO_LETTERS = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so
sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
# ISO 639-3, but only tags of corpora in use: half of the first names with three letters are among all 7,000.
THREE_LETTERS = """
und mul arb ast bas bug byv ceb chr ckb cmn cnh dav dsb dyu fil gom grc hak haw hsb jbo kab kam kmr kea kok lfn
lij ltg luo mdf mhr mni mrj myv nan nso nog pap pis pms rmn rmy rup sah sat shn sjn skr smj syl tig tok ukv umb
vmw vot vro wuu xty yrl yue zgh hau ibo yor amh swh zul xho afr orm lug wol sna tsn sot guj urd npi khm mya tgl
kaz uzb kir aze heb ell ces slk slv hrv srp bul swe nob isl glg eus gle cym mlt ukr mkd hye eng deu fra spa ita por
nld pol rus tur jpn kor ara hin
"""
NAMES = """
afrikaans albanian amharic arabic armenian assamese azerbaijani basque belarusian bengali bosnian breton
bulgarian burmese cantonese catalan chinese croatian czech danish dutch english esperanto estonian finnish
french galician georgian german greek gujarati hausa hebrew hindi hungarian icelandic igbo indonesian irish
italian japanese javanese kannada kazakh khmer kinyarwanda korean kurdish kyrgyz lao latin latvian lithuanian
luganda macedonian malay malayalam maltese mandarin maori marathi mongolian nepali norwegian odia pashto persian
polish portuguese punjabi romanian russian sanskrit serbian sindhi sinhala slovak slovenian somali spanish
sundanese swahili swedish tamil tatar telugu thai tibetan turkish turkmen ukrainian urdu uyghur uzbek vietnamese
welsh wolof xhosa yoruba zulu
"""


KNOWN = frozenset(f"{TWO_LETTERS} {THREE_LETTERS} {NAMES}".split())


def is_language(word: str) -> bool:
    """Whether a word is a tag such as de, pt-BR or cmn_Hans, or the English name of a language."""
    tag = re.fullmatch(r"([A-Za-z]{2,3})([-_ ]([A-Za-z]{4}|[A-Za-z]{2}|\d{3}))*", word)
    return (tag[1] if tag else word).lower() in KNOWN
