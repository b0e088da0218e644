"""The wordings that prose is read by: a table of patterns over marked text (`ingest.mentions`), each with its rule.

A blank in a pattern is any white space. `<…>` stands for a part that is written once here: `<list>` is one country or
several, `<number>` the number of an action, `<count>` a number in words or digits. Every gap is bounded, so a pattern
takes a time that grows with the length of the text and no faster. Precision comes first: what is not one of these
wordings is not read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from actiongraph.ingest.claims import Property
from actiongraph.ingest.mentions import COUNTRY, DEMONYM, PLACE

NUMBER = r"(?:19|20)\d\d-\d\d"
"""The number of an action where a programme has no other template: a year and two digits."""

_COUNTS = {
    2: "two deux dos duas dois", 3: "three trois tres três", 4: "four quatre cuatro quatro", 5: "five cinq cinco",
    6: "six seis", 7: "seven sept siete sete", 8: "eight huit ocho oito", 9: "nine neuf nueve nove",
    10: "ten dix diez dez", 11: "eleven onze once", 12: "twelve douze doce doze",
}  # fmt: skip
COUNTS = {word: number for number, words in _COUNTS.items() for word in words.split()}
_ORDINALS = {
    1: "first 1st première 1ère primera primeira", 2: "second 2nd deuxième seconde 2ème segunda",
    3: "third 3rd troisième 3ème tercera terceira", 4: "fourth 4th quatrième 4ème cuarta quarta",
    5: "fifth 5th cinquième 5ème quinta", 6: "sixth 6th sixième 6ème sexta",
}  # fmt: skip
ORDINALS = {word: number for number, words in _ORDINALS.items() for word in words.split()}

_ARTICLE = r"(?:the |la |le |les |l['’]|los |las |el |o |a |os |as )?"
_FROM = r"(?:from |of |de la |de l['’]|de los |de las |del |des |du |de |d['’]|da |do |das |dos )"
_AND = r"(?:, and |, as well as | as well as |, et |, y |, e |, | and | et | y | e | & )"
_REMARK = rf"(?: \([^(){COUNTRY}]{{1,60}}\))?"
"""What stands in brackets behind a country, such as the institution there."""
_EXPERT = r"(?:[Ee]xpert[aeo]?s?|[Ss]pecialists?|[Ee]specialistas?|[Pp]erit[ao]s?|[Pp]ractitioners?)"
_NOT_BEHIND = "(?<!{0})(?<!{0},[ ])(?<!{0}[ ]and[ ])"
"""A list is tried from its first member alone, or a long one would be tried from each."""
_PARTS = {
    "list": rf"{_ARTICLE}{COUNTRY}+{_REMARK}(?:{_AND}{_FROM}?{_ARTICLE}{COUNTRY}+{_REMARK}){{0,40}}",
    "demonyms": rf"{DEMONYM}+(?:(?:, and |, | and )(?:(?:an?|one|two|three) )?{DEMONYM}+){{0,40}}",
    "experts": _EXPERT,
    "from": _FROM,
    "place": rf"{PLACE}+",
    "count": rf"(?P<count>(?i:{'|'.join(COUNTS)})|\d{{1,3}})",
    "ordinal": rf"(?P<ordinal>(?i:{'|'.join(ORDINALS)}))",
    "sent": r"(?:mobili[sz]ed|sent|deployed|seconded|selected|recruited|provided|chosen|drawn)",
    "topic": r"(?:(?:in|on|for) (?:(?!\w{1,20}ed\b|(?:came|heard|took|got|learnt|held|met|from|went|back)\b)[a-z’'-]+ )"
    r"{1,4})",
    "adjectives": r"(?:(?!\w{1,20}ed\b|(?:sent|met|saw|gave|took|led|with|delegations?|authorities|officials|government|"
    r"colleagues|partners|counterparts|side|and|to|for|by|in|of|the)\b)[a-z’'-]+ ){0,2}",
    "action": r"(?:(?:the |l['’]|la |a |à )?(?:actions?|acción|ação) )",
}


class Wording(NamedTuple):
    """A wording: what it says, its rule, and its pattern.

    `unless_before` is what may not stand in the 40 characters before it, `unless_in` what may not be in its sentence.
    """

    property: Property
    rule: str
    pattern: str
    unless_before: str = ""
    unless_in: str = ""


NOT_OURS = (
    r"(?:\b(?:[Ll]ocal|[Nn]ational|[Nn]o|[Ww]ithout|[Nn]ot|[Ii]nstead of|[Ss]ans|[Aa]ucune?|[Pp]as d['’]|[Ss]in|[Nn]ing[uú]n|"
    r"[Ss]em|[Nn]enhum) ?(?:\w{1,20} )?|\b(?:request\w*|asked for|sought|to (?:invite|send|host|receive|recruit|find)) (?:\w{1,20} )?)$"
)
"""Experts who are of the partner's own country, or who are not there, or not yet."""
_DID_NOT = (
    r"\b(?:(?:could|did|does|do|can|have|has|had|were|was) ?(?:not|n['’]t) (?!only)|(?:un|not )able to|cannot|cancel\w+|declin\w+|"
    r"[Uu]nlike|n['’](?:ont|a|est|étaient) pas|no (?:vinieron|viajaron|pudieron)|não (?:vieram|puderam|viajaram))"
)
"""Whoever a sentence names did not come, or not here."""
_NO = r"\b(?:[Nn]o|[Nn]ot|[Nn]either|[Nn]or|[Rr]ather than|[Ii]nstead of|[Pp]as|[Nn]i|[Nn]ão)(?: an?| the| une?| la| una?| uma)? $"
_PLANNED = (
    r"(?! \w{0,20} ?(?:(?:is|was|are|were|has been|being) (?:now )?(?:planned|foreseen|proposed|envisaged|expected|requested|"
    r"recommended|considered|suggested|possible|under)|will|may|might|should|could|would)\b)"
)
"""What was only thought of is none."""
EARLIER = (
    r"\b(?:[Ee]arlier|[Pp]revious|[Ff]ormer|[Pp]receding) (?:action|phase|cooperation|project|mission)|"
    r"\b(?:phase|action) précédente|\b(?:fase|acción|ação) (?:anterior|previa|prévia)"
)
"""What a sentence says of an earlier action is none of this one."""
GOES_ON = (
    r",? (?:in which|in the course of which|during which|where|when|whose|which|dans laquelle|en la que|na qual)\b"
)
"""What follows the number of another action where the sentence goes on to speak of that."""
MEETING = (
    r"\b(?:visit(?:s|ed|ing)?|travel\w*|trip|tour|conference|congress|summit|seminar|forum|meeting|held|visite|rendue?s?|"
    r"conférence|colloque|réunion|visita|visitó|viaje|viajó|congreso|conferencia|reunión|congresso|reunião|viagem)\b"
)
EXPERIENCE = (
    r"\b(?:experiences?|practices?|examples?|models?|methods?|lessons|compar\w+|such as|like|as in|expérience|exemple|"
    r"modèle|experiencia|ejemplo|modelo|experiência|exemplo)\b"
)
_FUTURE = (
    r"\b(?:should|could|would|will|may|might|must|to|can|not|never|hoped|expected|planned)(?: have| be| have been)? $"
)

SENDERS = (
    Wording(
        Property.EXPERTS_FROM, "experts-from",
        r"<experts>(?: \([^()]{1,60}\))?(?: <topic>?)?(?:<sent> by [\w+-]{1,40} )?"
        r"(?:(?:who |that )?(?:came|come|coming|<sent>|originating|all|mainly|both) ){0,2}from <list>",
        NOT_OURS, _DID_NOT,
    ),
    Wording(Property.EXPERTS_FROM, "experts-and-from", r"<experts> from <list>,? and from <list>", NOT_OURS, _DID_NOT),
    Wording(Property.EXPERTS_FROM, "teams-from", r"\bteams?(?: of experts)?(?: coming| drawn| sent)? from <list>", NOT_OURS, _DID_NOT),
    Wording(
        Property.EXPERTS_FROM, "experts-of-an-institution",
        r"<experts> (?:from|of) (?:the )?[^.,;()]{3,120} \(<list>\)", NOT_OURS, _DID_NOT,
    ),
    Wording(
        Property.EXPERTS_FROM, "experts-of-an-institution-of",
        r"<experts> (?:from|of) (?:the )?(?:(?:[A-ZÀ-Ý][\w’'-]{0,40}|of|for|and|the) ){1,15}?of <list>", NOT_OURS, _DID_NOT,
    ),
    Wording(
        Property.EXPERTS_FROM, "countries-sent-experts",
        rf"{_NOT_BEHIND.format(COUNTRY)}" r"<list> (?:sent|provided|seconded|mobilised|mobilized|deployed) (?:\w+ ){0,3}<experts>", unless_in=_DID_NOT,
    ),
    Wording(
        Property.EXPERTS_FROM, "demonym-experts",
        rf"{_NOT_BEHIND.format(DEMONYM)}" r"<demonyms> <adjectives>(?:<experts>|teams? of <experts>|teams\b)", NOT_OURS, _DID_NOT,
    ),
    Wording(
        Property.EXPERTS_FROM, "experts-from-in-other-languages",
        r"<experts> (?:publics |públicos |públicas )?"
        r"(?:(?:venu[es]{0,2}|venant|provenant|issu[es]{0,2}|procedentes?|provenientes?|vind[ao]s|oriund[ao]s) )?"
        r"<from><list>", NOT_OURS, _DID_NOT,
    ),
)  # fmt: skip

VISITS = (
    Wording(Property.VISITED_COUNTRY, "visit-to", r"\b(?:visits?|tours?|trip)(?: was| were)?(?: organi[sz]ed| made| paid)? to <list>"),
    Wording(Property.VISITED_COUNTRY, "study-visit-in", r"\b[Ss]tudy (?:visits?|tours?) in <list>"),
    Wording(Property.VISITED_COUNTRY, "travelled-to", r"\b(?:travell?ed|went|flew) to <list>", r"<experts>[^.;]{0,30}$"),
    Wording(Property.VISITED_COUNTRY, "visited", r"\bvisited <list>", r"<experts>[^.;]{0,30}$"),
    Wording(Property.VISITED_COUNTRY, "visited-in", r"\bvisited [^.;]{1,80}? (?:in|of) <list>(?: and (?:in|of) <list>)?", r"<experts>[^.;]{0,30}$"),
    Wording(Property.VISITED_COUNTRY, "seen-on-a-visit", r"\bin <list> (?:on|during) (?:a|the|their) (?:study )?(?:visit|tour)"),
    Wording(
        Property.VISITED_COUNTRY, "visite",
        r"(?:visite d['’]études? |(?:s['’]est|se sont) rendu[es]{0,2} )(?:en|au|aux|à) <list>",
    ),
    Wording(
        Property.VISITED_COUNTRY, "visita",
        r"(?:visita de estud[io]{1,2} |viaj(?:ó|aron|ou|aram) )(?:a|à|al|ao|aos|às|em|en) <list>",
    ),
    Wording(Property.VISITED_COUNTRY, "visitó", r"\bvisit(?:ó|aron|ou|aram) [^.;]{1,80}? (?:en|em|na|no|nos|nas) <list>"),
    Wording(Property.VISITED_COUNTRY, "visité", r"\bvisité [^.;]{1,80}? (?:en|au|aux|à) <list>"),
)  # fmt: skip

COUNTED = (
    Wording(
        Property.TEAM_COUNT, "teams",
        r"\b<count> (?:(?:different|separate|distinct|mixed) )?(?:expert teams|teams (?:of (?:[a-z]{1,20} ){0,2}experts|coming|from|drawn))",
        NOT_OURS,
    ),
    Wording(Property.TEAM_COUNT, "experts-in-teams", r"<experts>,?(?: working| organised)? in <count> teams", NOT_OURS),
    Wording(
        Property.TEAM_COUNT, "teams-in-other-languages",
        r"\b<count> (?:équipes d['’]experts|equipos de expert|equip[ae]s de (?:perit|especialist))", NOT_OURS,
    ),
    Wording(
        Property.ACTIVITY_COUNT, "activities",
        r"\b(?i:in|in the course of|through|over|during|comprised|comprising|consisted of|in a total of) <count>"
        r"(?: (?:main|different|separate|consecutive))? activities\b",
    ),
    Wording(
        Property.ACTIVITY_COUNT, "activities-done",
        r"\b<count> activities (?:were|have been) (?:carried out|implemented|organi[sz]ed|held|completed|conducted|done)",
    ),
    Wording(
        Property.ACTIVITY_COUNT, "activities-in-other-languages",
        r"\b(?i:en|au cours de|à travers|lors de|mediante|a través de|em|através de) <count> (?:activités|actividades|atividades)\b",
    ),
)  # fmt: skip

_COOPERATION = (
    r"(?:cooperation|collaboration|action|request|partnership|coopération|demande|cooperación|colaboración|acción|"
    r"solicitud|cooperação|colaboração|ação)"
)
_AFTER = r"\b(?:[Ff]ollowing|[Aa]fter|[Ss]ince|[Bb]uil(?:ds|t|ding) on|[Aa]près|[Tt]ras|[Aa]pós|[Dd]epois d) $"
ORDINAL = (
    Wording(
        Property.ORDINAL, "ordinal",
        rf"(?:\b(?:[Tt]he|[Tt]his|[Ll]a|[Ee]sta|[Aa]) |^)<ordinal> {_COOPERATION} "
        r"(?:between|with|from|of|that|submitted|made|by|entre|avec|con|com|de|que|do|da|du)\b",
        _AFTER,
    ),
)  # fmt: skip

FOLLOW_UPS = (
    Wording(
        Property.FOLLOW_UP_OF, "follow-up-action",
        r"\b[Ff]ollow(?:s|ed|ing)?[ -]?up(?: action| support| cooperation)? (?:from|of|to|on) <action>?<number>", _NO,
    ),
    Wording(
        Property.FOLLOW_UP_OF, "follow-up-titled",
        r"\b[Ff]ollow[ -]?up(?: action)? (?:from|of|to|on) (?:the )?action [“\"«](?P<title>[^“”\"«»\n]{3,200})[”\"»]", _NO,
    ),
    Wording(
        Property.FOLLOW_UP_OF, "builds-on",
        r"\b(?:[Cc]ontinues|[Cc]ontinuation of|[Ss]equel to|[Bb]uil(?:ds|t|ding) on|[Ff]ollows)"
        r"(?: the results of| the work of)? <action><number>", _NO,
    ),
    Wording(
        Property.FOLLOW_UP_OF, "suite",
        r"\b(?:[Ff]ai(?:t|sant) suite à|[Ss]uite (?:de|à)|[Pp]rolonge|[Dd]ans le prolongement de) <action><number>", _NO,
    ),
    Wording(
        Property.FOLLOW_UP_OF, "continuación",
        r"\b(?:[Cc]ontinuación de|(?:[Dd]a |[Dd]ando )?[Ss]eguimiento (?:de|a)|[Cc]ontinuidad a|[Cc]ontinúa) <action><number>", _NO,
    ),
    Wording(
        Property.FOLLOW_UP_OF, "continuidade",
        r"\b(?:[Cc]ontinuidade|[Cc]ontinuação da|[Nn]a sequência da|[Ss]eguimento (?:da|à)|[Dd]á seguimento) "
        r"?(?:à |a |da )?(?:<action>|ação )<number>", _NO,
    ),
)  # fmt: skip
UNNAMED = (
    Wording(
        Property.DESCRIBED_AS_FOLLOW_UP, "follow-up-unnamed",
        r"(?:^|\b[Tt]his |\b[Aa] )[Ff]ollow[ -]?up (?:support|action|assistance|cooperation|phase)\b" + _PLANNED,
    ),
    Wording(
        Property.DESCRIBED_AS_FOLLOW_UP, "follow-up-of-something",
        r"\b[Ff]ollow(?:s|ed|ing)?[ -]?up (?:to|of|on|from) (?:an?|the|its) "
        r"(?:earlier|previous|former|first|preceding) (?:action|cooperation|support|phase|project|mission)",
        _NO,
    ),
    Wording(
        Property.DESCRIBED_AS_FOLLOW_UP, "suite-unnamed",
        r"\b(?:fait suite à une (?:première |précédente )?(?:action|coopération)|"
        r"es continuación de una (?:primera )?(?:acción|cooperación)|dá continuidade a uma (?:primeira )?(?:ação|cooperação))",
    ),
)  # fmt: skip
PHASES = (
    Wording(
        Property.DESCRIBED_AS_FOLLOW_UP, "after-another",
        r"\b(?:[Ff]ollowing|[Aa]fter|[Bb]uil(?:ds|t|ding) on) (?:an?|the|its) (?:first|second|previous|earlier|former) "
        r"(?:action|cooperation|support|project|assistance)\b",
    ),
    Wording(
        Property.DESCRIBED_AS_FOLLOW_UP, "previous-phase",
        r"\b(?:[Ii]n|[Dd]uring|[Aa]fter|[Ff]ollowing|[Uu]nlike|[Ss]ince) (?:an?|the|its) (?:previous|earlier|preceding) phase\b|"
        r"\b(?:[Dd]ans|[Ll]ors d['’]|[Aa]près) ?(?:une|la) phase précédente\b|"
        r"\b(?:[Ee]n|[Ee]m|[Nn]|[Tt]ras)(?: la| una|a| uma)? fase (?:anterior|previa|prévia)\b",
    ),
)  # fmt: skip
PHASE_IN_TITLE = (
    r"^(?i:second|third|fourth|deuxième|troisième|segunda|tercera|terceira) (?:phase|fase) (?:of|de|del|du|da|do)\b"
)
_NUMBER_OF_ANOTHER = r"<action>?<number>"
RELATIONS = (
    Wording(
        Property.PARALLEL_TO, "parallel",
        r"\b(?:in parallel (?:to|with)|parallel (?:to|with)|en parallèle (?:à|avec|de)|parallèlement à|"
        r"en paralelo (?:a|con)|em paralelo (?:com|à)) " + _NUMBER_OF_ANOTHER,
    ),
    Wording(
        Property.PARALLEL_TO, "parallel-same-request",
        r"\bparallel (?:to|with),? (?:and|which)[^.;\d]{1,60}\bsame request as,? " + _NUMBER_OF_ANOTHER,
    ),
    Wording(
        Property.SAME_REQUEST_AS, "same-request",
        r"\b(?:same request (?:as|of),?|même demande que|misma solicitud que|mesmo pedido que) " + _NUMBER_OF_ANOTHER,
    ),
)  # fmt: skip
SERIES = (
    Wording(
        Property.SERIES, "series",
        r"\b(?:(?:one|part) of a series of (?:\w+ )?(?:actions|cooperations)|(?:partie|une) d['’]une série (?:de \w+ )?d['’]actions|"
        r"(?:parte|una) de una serie de (?:\w+ )?acciones|(?:parte|uma) de uma série de (?:\w+ )?ações)\b",
    ),
)  # fmt: skip

_WRITTEN = (
    r"(?:draft|prepar|produc|deliver|revis|review|updat|develop|formulat|elaborat|finali[sz]|complet|design)(?:ed|ing)|"
    r"(?:to|also|helped|supported) (?:draft|prepare|produce|review|update|develop|formulate|finali[sz]e|write)|"
    r"wrote|writing|drew up|drawing up|development|preparation|finali[sz]ation|formulation"
)
_PAPER = (
    r"(?:[Ss]trategy|[Pp]lan|[Rr]oad ?map|[Mm]anual|[Gg]uide|[Gg]uidelines|[Hh]andbook|[Rr]eport|[Bb]ill|[Ll]aw|[Dd]ecree|"
    r"[Dd]eclaration|[Cc]urriculum|[Cc]harter|[Pp]olicy paper)"
)
_WORDS = r"(?:(?!(?:of|for|to|and|in|with|on|at|by|from|or|the|an?|its|their)\b)[\w’'-]{1,40} ){0,4}?"
_OTHER_PAPERS = (
    r"(?:hoja de ruta|plan de acción|plan de estudios|estrategia|manual|guía|informe|proyecto de ley|"
    r"relatório|plano de ação|estratégia|guia|roteiro|projeto de lei|"
    r"feuille de route|plan d['’]action|manuel|guide|stratégie|rapport|projet de loi)"
)
DOCUMENTS = (
    Wording(
        Property.DOCUMENT, "document-written",
        rf"\b(?:{_WRITTEN})(?: of)? (?:(?:the|an?|its|their) )?"
        rf"(?P<value>{_WORDS}{_PAPER}\b(?! (?:of action|maker))(?: for \d{{4}}-\d{{4}})?)",
        _FUTURE.replace("to|", ""),
    ),
    Wording(
        Property.DOCUMENT, "document-and",
        rf"\b{_PAPER}(?: for \d{{4}}-\d{{4}})? and (?:the|an?) (?:related )?(?P<value>{_WORDS}{_PAPER})\b",
    ),
    Wording(
        Property.DOCUMENT, "document-by",
        rf"\b[Tt]he (?P<value>{_WORDS}{_PAPER}) (?:was |that was |which was )?(?:prepared|drafted|written|produced) by\b",
    ),
    Wording(
        Property.DOCUMENT, "document-in-other-languages",
        r"\b(?:prepar|elabor|redact|redig|revis|finaliz|escrib|apresent|rédig|élabor|prépar|finalis|révis)"
        r"(?:aron|ieron|ó|aram|iram|ou|iu|é|er) (?:un[ae]?|uma?|el|la|le|los|o|a|l['’]) ?"
        rf"(?P<value>{_OTHER_PAPERS})\b",
    ),
)  # fmt: skip
OUTCOMES = (
    Wording(
        Property.OUTCOME, "led-to",
        r"\b(?:led to|resulted in) (?P<value>[^.;]{3,300}?)(?=[.;]|, |$)", _FUTURE,
        unless_in=r"\bDid not\b",
    ),
    Wording(
        Property.OUTCOME, "main-outcome",
        r"\b(?:[Mm]ain|[Pp]rimary|[Pp]rincipal) (?:outcome|result) of [^.;]{3,160}? (?:was|has been)(?: to)? "
        r"(?P<value>[^.;]{3,300}?)(?=[.;]|, |$)",
    ),
    Wording(
        Property.OUTCOME, "as-a-result",
        r"\bAs a result(?: of (?:the|this) (?:action|work|cooperation|visit))?, (?P<value>[^.;]{3,300}?)(?=[.;]|, |$)",
        unless_in=r"\b(?:should|could|would|will|may|might)\b",
    ),
)  # fmt: skip

TITLE_RECEIVERS = (
    r"(?:^|[ (])(?:[Ii]n|[Ff]or|[Ee]n|[Aa]u|[Aa]ux|à|[Ee]m|[Nn]o|[Nn]a|[Nn]os|[Nn]as) <list>(?=$|[\s:,.;()–—-])",
    r" (?:of|to|du|de|del|da|do|d['’]) <list>$",
    r"(?:, |[–—:-] )<list>$",
    rf"^{COUNTRY}+(?=:| [–—-] )",
)
"""Where a country in a title is the one that was helped."""
PARTNER_RECEIVERS = (
    r"\b(?:of|du|de|del|da|do|d['’]|des|de la) (?:the )?(?:(?:Federal |Islamic )?(?:Republic|Kingdom|State) of )?<list>(?=$|[\s,(\[])",
    r"(?:, |[–—-] |\()<list>\)?$",
)
"""Where a country in the name of a partner is the partner's own."""
_INSTITUTIONS = (
    r"(?:Ministry|Institute|Agency|Directorate|Department|Fund|Secretariat|Government|Authority|Bureau|Council|"
    r"Chamber|Office|Service|Ministère|Institut|Agence|Ministerio|Instituto|Secretaría|Ministério|Secretaria)"
)
BEGINS_AN_INSTITUTION = rf"\b{_INSTITUTIONS}\b"
INSTITUTION = (
    rf"(?P<institution>\b{_INSTITUTIONS}"
    r"(?:,? (?:of|for|and|the|de|del|la|du|des|da|do|e|y|et|[A-ZÀ-Ý][\w’'-]{0,40})\b|,? \([^()\s]{1,20}\)){0,24})"
)
INSTITUTION_OF = (
    INSTITUTION.replace("{0,24}", "{0,24}?")
    + r",? (?:of|du|de|del|da|do) (?:the |la )?(?:Republic of )?(?P<country><list>)"
)
REQUEST = r"\b(?:request\w*|asked for|approached|appl(?:y|ied) for|demande|solicit\w+|pedido|pediu|pidió)\b"
IN_A_COUNTRY = r"\b(?:[Ii]n|[Ee]n|[Aa]u|[Aa]ux|[Ee]m|[Nn]a|[Nn]o) (?:the )?(?P<country><list>)"
DELEGATION = (
    r"(?P<country>(?:" + DEMONYM + r")+) delegation|\bdelegation (?:from|of) (?P<country2><list>)|"
    r"\bdélégation (?:de la |de l['’]|du |de |d['’])(?P<country3><list>)|\bdelega(?:ción|ção) (?:de |del |da |do )(?P<country4><list>)"
)
IN_A_PLACE = (
    r"(?P<cue>\b(?:in|In|of|en|En|à|À|em|Em|de|a)|\b(?:city|town|municipality|district|ciudad|cidade|ville) (?:of|de|do|da)) "
    r"(?P<place><place>)"
)
CALLED_A_CITY = (
    r"\b(?:city|town|[Mm]unicipality|ciudad|cidade|municipio|município|ville|commune) (?:of|de|do|da|del) "
    r"(?P<place>[A-ZÀ-Ý][\w’'-]{0,40}(?: (?:de |da |do |del )?[A-ZÀ-Ý][\w’'-]{0,40}){0,3})"
)
PLACE_AND_COUNTRY = (
    r"\b[Ii]n (?P<place>(?:<place>|[A-ZÀ-Ý][\w’'-]{1,40}(?: [A-ZÀ-Ý][\w’'-]{1,40}){0,2})), (?P<country>"
    + COUNTRY
    + r"+)"
)
STATE = (
    r"\b(?:State of|Estado de|État de|Province of|Provincia de|Department of|Departamento de|[Rr]egion of|[Rr]egión de) "
    r"(?P<state>[A-ZÀ-Ý][\w’'-]{1,40}(?: [A-ZÀ-Ý][\w’'-]{1,40}){0,2})"
)


@lru_cache(400)
def compiled(pattern: str, number: str = NUMBER) -> re.Pattern[str]:
    """Return a pattern of this module, its parts filled in; `number` is the pattern of the programme's numbers."""
    for _ in range(2):  # a part may have parts
        pattern = _PART.sub(_filled_in, pattern)
    named = rf"(?P<number>(?<![\w/-])(?:{number})(?![\w/]|-\w))"
    pattern = re.sub(r"(?<!\?P)<number>", lambda _: named, pattern)
    return re.compile(_with_any_blank(pattern))


_PART = re.compile(rf"(?<!\?P)<({'|'.join(_PARTS)})>(\??)")


def _filled_in(found: re.Match[str]) -> str:
    return f"(?:{_PARTS[found[1]]})?" if found[2] else _PARTS[found[1]]


def _with_any_blank(pattern: str) -> str:
    """Return `pattern` with each blank outside of brackets as any white space."""
    parts = re.split(r"(\[(?:\\.|[^\]\\])*\])", pattern)
    return "".join(part if part.startswith("[") else part.replace(" ?", r"\s*").replace(" ", r"\s+") for part in parts)
