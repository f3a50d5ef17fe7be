"""Knows the English of questions about a collection: how they open, what they ask for, the words that carry no topic.

Leaves reading a whole question to `reading`. In these patterns single letters of the private use area stand for what
was already understood: PERSON, TIME, CATEGORY, ORGANISATION.
"""

from __future__ import annotations

import re

PERSON, TIME, CATEGORY, ORGANISATION, OTHER = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
MASKS = PERSON + TIME + CATEGORY + ORGANISATION + OTHER
NUMBERS = dict(
    zip("one two three four five six seven eight nine ten eleven twelve fifteen twenty".split(), (*range(1, 13), 15, 20))
)
NUMBER = rf"(?:\d{{1,4}}|{'|'.join(NUMBERS)})"
PAPERS = r"(?:papers?|publications?|articles?|works?|studies|preprints?|abstracts?|manuscripts?|titles?)"
PEOPLE = r"(?:authors?|people|persons?|researchers?|scientists?|writers?)"
_WRITE = r"(?:written|write|wrote|publish(?:ed)?|(?:co-?)?author(?:ed)?|done|work(?:ed)? on|contribut\w+ to|releas\w+)"
_ADJECTIVE = (
    rf"(?:of|are|is|other|all|the|these|those|your|{NUMBER}|recent|different|cv|computer vision|robotics|{CATEGORY}"
    rf"|{TIME}|{ORGANISATION}(?:['’]s)?|{PERSON}(?:['’]s?)?|\w+ed|more|new|old|main)"
)


def number_of(word: str) -> int:
    """Return the number that a word or a run of digits names."""
    return NUMBERS.get(word.lower()) or int(word)


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


POLITE = _regex(
    r"^(?:(?:so|and|now|then|ok(?:ay)?|hi|hello|hey|well|also|please|thanks|great)\b[\s,.!]*)*(?:(?:please|kindly)\s+)?"
    r"(?:(?:can|could|would|will) you (?:please )?(?=list|show|find|name|give|tell|get|enumerate|recommend|suggest"
    r"|count|search|look|point|pull|fetch|display)"
    r"|(?:i (?:want|need|would like|['’]d like|wish) (?:you )?to (?:know|see|find|read|get)|i am (?:looking|searching) for"
    r"|i['’]m (?:looking|searching) for|i (?:need|want)|looking for"
    r"|do you know|tell me|search for|look for|look up|point me to)\s+(?:about )?)?(?:please\s+)?"
)
_POLITE_END = _regex(r"[\s,;.!]+(?:(?:please|pls|plz|thanks(?: a lot| in advance)?|thank you|thx|cheers)[\s,.!]*)+(?P<stop>\??)$")
_ADDRESS = _regex(r"(?:https?://|www\.)[^\s?,;]+|\barxiv:\s?\d[\w./]+")
_ONES = _regex(rf"^(which|what) (?:ones\b(?! of)|of (?:these|those|them)(?= (?!is\b|was\b|has\b|does\b|did\b|would\b|\w+ {PAPERS}|{PAPERS})[a-z]+\b))")
_DOES = (
    r"(?:introduc\w*|propos\w*|present\w*|extend\w*|us(?:e|es|ed|ing)|employ\w*|adopt\w*|appl(?:y|ies|ied|ying)|mention\w*|discuss\w*|cit(?:e|es|ed|ing)"
    r"|(?:build\w*|built|improv\w*|rel(?:y|ies|ied|ying)|evaluat\w*|test\w*|train\w*|report\w*) (?:up)?on|compar\w+ (?:to|with|against)|refer\w* to)"
)
# "that introduce, extend or use X": what one of them takes, the last one tells.
_SEVERAL_DOINGS = _regex(rf"\b{_DOES}(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and/or|and|or)\s+)(?={_DOES}\b)")
_CONTRACTED = _regex(r"\b(what|who|where|when|how|which)['’]s\b")


def plainly(text: str) -> str:
    """Return a question without what only makes it polite or says in several verbs what the last one says, with "what's" in two words,
    "which ones" as the papers that are meant, and without the words of web addresses."""
    text = _SEVERAL_DOINGS.sub("", _ADDRESS.sub(OTHER, text))
    text = _ONES.sub(r"\1 papers", text)
    return _CONTRACTED.sub(r"\1 is", _POLITE_END.sub(r"\g<stop>", POLITE.sub("", text, count=1))).strip()


LIST = _regex(
    rf"^(?:(?:(?:on|in|for|to|of|at) )?(?:which|what)(?: {_ADJECTIVE})* {PAPERS}\b(?! of the)"
    rf"|(?:which|what) of (?:the|these|those|your|{PERSON}(?:['’]s?)?)(?: \w+){{0,2}}? {PAPERS}\b"
    rf"|(?:list|show|find|name|give|tell|get|enumerate|recommend|suggest|display|fetch|pull up|count)(?: me| us)?"
    rf"(?: all| every| any| some| the| of| a| an)*(?: {_ADJECTIVE}| \w+){{0,3}}? {PAPERS}\b"
    rf"|(?:{_ADJECTIVE} )*{PAPERS} (?:by|from|on|about|with|without|written|authored|in|of|that|which|published|between"
    rf"|after|before|since|until|during|where|whose|for|using|mentioning|dated|not|{TIME}|{PERSON})"
    rf"|(?:all|any|every|some)(?: of)? (?:the |{PERSON}(?:['’]s?)? ?)?(?:{_ADJECTIVE} )*{PAPERS}\b|{PERSON}(?:['’]s?)? "
    rf"(?:{_ADJECTIVE} )*{PAPERS}\b|(?:{_ADJECTIVE} )*{PAPERS} ?{TIME}"
    rf"|(?:the )?(?:{TIME}|{ORGANISATION}(?:['’]s)?|{CATEGORY}) {PAPERS}\b|{TIME}(?:['’]s)? {PAPERS}\b"
    rf"|(?:are|is) there (?:any |some |a |other |also )*(?:\w+ )?{PAPERS}\b|(?:is|are|was) there (?:anything|something)\b"
    rf"|anything (?:by|from|on|about)\b"
    rf"|(?:list|show|find|give)(?: me)? (?:everything|anything|all)\b|(?:everything|anything|all)\b|what (?:was|were"
    rf"|got|has been|is) (?:published|written|released|new)\b|what (?:are|were) (?:all )?(?:the )?(?:titles of )?"
    rf"(?:all )?(?:the )?(?:{_ADJECTIVE} )*{PAPERS}\b"
    rf"|(?:do|does) (?:you|we|the collection|it) (?:also )?(?:have|hold|contain|know(?: of)?) (?:any(?:thing)?|some"
    rf"(?:thing)?|a|the|more|other)?\b"
    rf"|(?:what|which)(?: else)? (?:has|have|did|does|do) (?:[{PERSON}{ORGANISATION}][\s,&]*(?:and |or )?)+(?:ever "
    rf"|also |already )?{_WRITE}\b"
    rf"|(?:has|have|did|was|were) (?:[{PERSON}{ORGANISATION}][\s,&]*(?:and |or )?)+(?:ever |also )?(?:(?:{_WRITE}"
    rf"|work\w*|involved)\b.*\b(?:any(?:thing)?|something|papers?|about|on)\b|(?:collaborat\w+|work\w* together|publish\w* together"
    rf"|writ\w+ together|co-?author\w*)\b)"
    rf"|what (?:do|does) (?:you|we|the collection) have (?:by|from|on|about)\b|what is there (?:by|from|on|about)\b"
    rf"|what else (?:is|was) (?:by|from)\b"
    rf")"
)
PLURAL = _regex(
    (
        r"(?:papers|publications|articles|works|studies|preprints|abstracts|manuscripts|titles|everything|anything|something"
        r"|all|every|each)\b"
    )
)
COUNT = _regex(
    (
        rf"\bhow many (?:(?!(?:does|do|did|in|of|the)\b)[\w{MASKS}’'-]+ ){{0,3}}?(?:of (?:the|these|those|{PERSON}['’]s?"
        rf"|your) )?{PAPERS}\b(?!['’])|\b(?:number|count|total) of {PAPERS}\b|^count\b.*\b{PAPERS}\b|\bhow (?:large|big) is "
        rf"(?:the|this|your) (?:collection|corpus|library)\b|\bhow many (?:did|has|have|are (?:by|from|about|in|on))\b"
    )
)
NEWEST = _regex(rf"\b(?:newest|latest|most recent(?:ly)?|youngest|last(?=(?: {NUMBER})? {PAPERS}\b))\b")
OLDEST = _regex(rf"\b(?:oldest|earliest|least recent|first(?=(?: {NUMBER})? (?:{PAPERS})\b))\b")
COUNTED = _regex(
    (
        rf"\b({NUMBER})\s+(?:newest|latest|most recent|oldest|earliest|youngest)|(?:newest|latest|most recent|oldest"
        rf"|earliest|last|first|youngest)\s+({NUMBER})\b"
    )
)
AUTHORS = _regex(
    rf"\bwho (?:all |else )?(?:wrote|(?:co-?|first-|last-)?authored|published|(?:was|were|is|are) (?:the |all the )?(?:(?:first"
    rf"|lead|last|senior|corresponding|main) )?(?:co-?)?(?:authors?|writers?)|(?:is|are|was|were) behind|proposed"
    rf"|introduced|developed|created|made|invented|built|came up with)\b"
    rf"|\b(?:authors?|writers?|author list) (?:of|on|for|behind)\b|['’]s? (?:first |last |lead |senior |co-?)?authors?\b"
    rf"|\bby whom\b|\bwhose (?:paper|work)\b|\bhow many (?:co-?)?(?:(?:authors|writers) (?:does|did|do|has|have)|{PEOPLE} (?:wrote|are (?:on"
    rf"|behind)|worked on|contributed|(?:has|have) (?:written|worked|contributed|authored)))\b|\b(?:first|last|senior|lead) author of\b"
)
# The authors as those who did something: "What dropout rate did the authors of FlexiViT choose?" asks for the text.
AUTHORS_DID = _regex(
    r"^(?!who|whom|by whom|how many (?:co-?)?authors)\b.*\b(?:did|do|does|have|has|had|would|could|can) (?:the |its |their )?(?:\w+ )?(?:authors?|writers?|researchers?) "
    r"(?:of|on|behind)\b.+ (?!also\b)[a-z]+\W*$"
)
DATE = _regex(
    r"\bwhen (?:was|were|did|has|is)\b.*\b(?:publish\w*|written|wrote|release\w*|appear\w*|come out|came out|submitted"
    r"|posted|introduc\w*|propos\w*|paper|from|dated)\b"
    r"|\b(?:what|which) (?:year|date|month)\b|\b(?:publication|release|submission) (?:date|year)\b|\bhow (?:old"
    r"|recent|new) is\b|\bdate of\b|\byear of (?:publication )?\b"
)
LINK = _regex(
    (
        r"\b(?:arxiv (?:id|number|identifier|link|page)|doi|url|link|where can (?:i|we|one) (?:find|read|get|download"
        r"|see)|where (?:was|is|were) .* (?:published|available|found))\b"
    )
)
WROTE_IT = _regex(
    (
        rf"\b(?:was|were|is|are|did|has|have)\s+{PERSON}.*\b(?:involved in|(?:(?:first|last|lead|co-?|an|the) ?)*authors? "
        rf"(?:of|on)|wrote|write|written|(?:co-?)?author(?:ed)?|contribut\w* to|work(?:ed)? on|part of|behind)\b"
    )
)
ORDER = _regex(
    (
        r"\b(?:newer|older|earlier|later|more recent|came (?:out )?first|first published|published (?:first|last|earlier"
        r"|later)|appeared first|came (?:before|after|last)|newest|oldest|earliest|latest|most recent)\b"
    )
)
ORDER_NEWEST = _regex(r"\b(?:newer|later|more recent|newest|latest|most recent|last)\b")
ORDER_OLDEST = _regex(r"\b(?:older|oldest|earlier|earliest)\b")
PROLIFIC = _regex(
    (
        rf"\b(?:who|(?:which|what) {PEOPLE}|whose name|by whom)\b.*\b(?:most(?: of)?(?: the)? (?:{PAPERS}|often|frequent"
        rf"|prolific|active)|most$)|\bmost (?:prolific|frequent|common|active|productive) {PEOPLE}\b|\btop(?: {NUMBER})? {PEOPLE}\b"
        rf"|\b(?:rank|ranking of)(?: the)? {PEOPLE}\b|\bhow many papers (?:per|by each|for each|does each|did each) "
        rf"(?:author|{PEOPLE})"
    )
)
PER_YEAR = _regex(
    (
        rf"\b(?:{PAPERS}|how many|number)\b.*\b(?:per|each|every|by|for each) year\b|\b(?:over the years|by year of publication"
        rf"|year by year|distribution of (?:the )?(?:years|dates)|histogram)\b"
    )
)
YEAR_MOST = _regex(
    (
        rf"\b(?:which|what|in which|in what) year\b.*\b(?:most|many|more|fewest|least) (?:of (?:the )?)?{PAPERS}\b|\bmost "
        rf"(?:productive|active) year\b|\byear with the (?:most|fewest)\b|\bfrom which year (?:are|do) .*\bmost\b"
    )
)
TIME_SPAN = _regex(
    (
        r"\b(?:(?:what|which) (?:years|time ?(?:span|range|frame|period)|period|range of (?:years|dates))\b|how far back\b"
        r"|date range|(?:what|which) dates)\b"
    )
)
PER_CATEGORY = _regex(
    (
        rf"\b(?:which|what|list|show|how many|all|name)\b.*\b(?:categories|subjects|fields|sections)\b|\b{PAPERS} (?:per"
        rf"|by|in each|for each) (?:category|subject|field|section)\b"
    )
)
ORGANISATIONS = _regex(
    (
        r"\b(?:which|what|list|show|name|how many)\b.*\b(?:organi[sz]ations?|institutions?|affiliations?|universities"
        r"|companies|labs|institutes)\b|\bwhere do (?:the )?authors (?:work|come from)\b|\baffiliat\w+\b"
    )
)
COAUTHORS = _regex(
    (
        rf"\b(?:co-?authors?|collaborators?|colleagues)\b(?! {PAPERS})|\bwho(?:m)? (?:else )?(?:has|have|did|does|do"
        rf"|is|was) {PERSON}.*\b(?:with|together)\b|\bwith whom\b|\bwho (?:else )?(?:has |have |did )?(?:work|publish"
        rf"|collaborat|writ|wrot|co-?author)\w*(?: \w+){{0,3}} with {PERSON}"
    )
)
WRITERS = _regex(
    rf"\b(?:who|(?:which|what) {PEOPLE})(?: else)? (?:writes?|works?|worked|(?:has|have) (?:worked|published|written)"
    rf"|published|publish(?:es)?|(?:is|are) working|wrote|stud(?:y|ies|ied))\s+(?:(?:{PAPERS}|most|a lot|things|something"
    rf"|anything)\s+)?(?:on|about|with)\b"
    rf"|\b(?:who|(?:which|what) {PEOPLE}) (?:wrote|published|(?:has|have) (?:published|written)) (?:the )?(?:papers"
    rf"|articles|publications|work)\b(?! {PERSON})|\b{PEOPLE} (?:of|with|who (?:wrote|have)) (?:the )?(?:papers|articles"
    rf"|publications)\b|\b{PEOPLE} (?:who |that )?(?:work\w*|writ\w*|publish\w*) (?:on|about)\b|\bexperts? (?:on"
    rf"|in|for)\b"
)
ALL_AUTHORS = _regex(
    (
        rf"^(?:how many (?:different |distinct |unique |individual )?{PEOPLE}\b(?!['’])(?: (?:in|of|on|do|does|are|is|there|you|it|know|the"
        rf"|this|your|these|all|collection|corpus|library|database|set|have|has|hold|contain|cover|here|papers|named|listed|represented|total"
        rf"|altogether|appear)\b)*\W*$|(?:list|show|name|who are|give)(?: me| us)?(?: all| the| of)* {PEOPLE}(?: (?:in"
        rf"|of|do|are|there|you|the|this|your|collection|have|here|papers)\b)*\W*$)"
    )
)
LONGEST = _regex(
    (
        rf"\b(?:most|longest|largest|biggest|highest)(?: number of| list of| author)?(?: {PEOPLE}| lists?)\b(?! {PAPERS})"
        rf"|\bauthor list.*\b(?:longest|largest)\b|\blongest author"
    )
)
SHORTEST = _regex(
    rf"\b(?:fewest|shortest|smallest|least)(?: number of| list of| author)?(?: {PEOPLE}| lists?)\b|\bshortest author"
)
HOW_MANY_AUTHORS = _regex(
    rf"\b(?P<alone>single[- ]author(?:ed)?|solo[- ](?:author(?:ed)?|papers?)|(?:written|authored) alone|sole[- ]author"
    rf"(?:ed)?|only one author|a single author|(?:just|exactly|only) one author|by one (?:author|person))\b"
    rf"|\b(?:(?P<how>more than|over|at least|fewer than|less than|under|at most|up to|exactly)\s+)?(?P<n>{NUMBER})"
    rf"(?P<more> or more)? (?:co-?)?(?:authors|people|researchers)\b"
)
CODE = _regex(
    (
        r"\b(?:with|have|has|releas\w*|provid\w*|publish\w*|mak\w*|shar\w*|come\w* with|link\w* to|offer\w*|includ\w*)\b.{0,30}\b"
        r"(?:code|source code|implementations?|github)\b(?:\W+(?:is |are )?(?:publicly |openly )?(?:available|public"
        r"|online|released|open))?|\b(?:code|github link) (?:is |are )?(?:publicly )?(?:available|released|public)\b"
        r"|\bopen[- ]?sourced?\b(?: (?:code|implementations?))?"
    )
)
INTRODUCED = _regex(
    (
        r"\b(?:which|what) (?:paper|work|publication|article) (?:was |is )?(?:the )?(?:first )?(?:(?:to )?(?:introduc"
        r"|propos|present|coin|invent|describ)\w*)\s+(?P<x>.+)|\bwhere (?:was|were) (?P<y>.+?) (?:first )?(?:introduced"
        r"|proposed|presented|described)\b"
    )
)
FIRST_AUTHOR = _regex(
    r"\b(?:as (?:the )?)?(?:first|lead)[- ]?author(?:ed|s|ship)?\b|\bas (?:the )?(?:first|lead)\b|\bauthored first\b"
)
LAST_AUTHOR = _regex(r"\b(?:as (?:the )?)?(?:last|senior)[- ]?author(?:ed|s|ship)?\b|\bas (?:the )?(?:last|senior)\b")
ONLY_AUTHOR = _regex(r"\b(?:as (?:the )?)?(?:sole|only|single|solo)[- ]?author(?:ed|s)?\b|\balone\b|\bby (?:him|her)self\b")
SUPERLATIVE = _regex(
    (
        r"\b(?:best|highest|lowest|largest|biggest|smallest|fastest|slowest|strongest|cheapest|greatest|worst|better"
        r"|higher|faster|cheaper|state[- ]of[- ]the[- ]art|(?:most|least) (?!recent|papers|authors|of|often)\w+)\b"
    )
)
SAYS = _regex(
    r"\b(?:mention(?:s|ed|ing)?|cit(?:e|es|ed|ing)|refer(?:s|red|ring)? to|nam(?:es|ing)|say(?:s|ing)?|contain(?:s|ing)?|includ(?:e"
    r"|es|ing)|speak(?:s)? of|talk(?:s)? of|"
    r"(?:us(?:e|es|ing)|with|contain(?:s|ing)?|has|have) the (?:words?|terms?|phrases?|names?)|the (?:words?|terms?"
    r"|phrases?))\b\s*"
)
USES = _regex(
    r"\b(?:(?:evaluat|test|benchmark|train|pre-?train|fine-?tun|report|result|experiment|validat|measur|perform"
    r"|scor|number|accurac|work)\w*(?: (?:their|its|models?|results?|numbers|accurac\w+|performance|experiments"
    r"|scores?)){0,2}\s+(?:on|with|using|against|for)"
    r"|us(?:e|es|ed|ing)|build(?:s)? (?:up)?on|compar\w+ (?:to|with|against)|based on)\s+"
)
IN_TITLE = _regex(
    (
        r"\b(?:in|from) (?:(?:the|their|its|his|her|a) )?titles?\b|\bwhose titles?\b|\btitles? (?:that |which )?(?="
        r"(?:contain|includ|mention|say|start|begin|with the)\w*)|\b(?:titled|entitled)\b|\b(?:that|which) (?:has|have"
        r"|contain)\w* (?=.* in the title)"
    )
)
WITHOUT = _regex(
    (
        r"(?:\bwithout|\b(?:do|does|did)(?: not|n['’]t) (?:have|include|list|name)|\black(?:ing)?|\bnot (?:by|from|with|written by|authored by)|\bexcept(?: for)?(?: those)?(?: by)?|\bexcluding"
        r"|\bbut not(?: by| with| from)?|\bother than(?: those by)?|\bapart from)\s*$"
    )
)
ASKS_MORE = _regex(
    (
        r"(?:,|;|\?|\.)?\s+(?:and|then)\s+(?:(?:what|how|why)\b(?! (?:year|many papers|date|is (?:the|its) (?:year|date)))"
        r"|(?:which|what) (?!papers?\b|year|is the|are the|of them is the|came)\w+|do(?:es)? (?:they|it|each)|summari[sz]e"
        r"|explain|compare|describe|tell me (?:what|how|why))\b.*"
    )
)
# What comes of a paper when it says something: "What do Beyer's papers say about distillation?" asks for the text.
TELLS = _regex(
    (
        r"^(?:what|how|why|where)\b.*\b(?:say|says|said|report|find|found|claim|show|conclude|argue|propose|use|reach"
        r"|achieve|suggest|tell|teach|recommend|compare|improve|do they|define|explain|perform|train|scale|relate|differ)\b"
        r"|^(?:how|why)\b(?! many| much of)|^(?:summari[sz]e|explain|compare|describe)\b"
    )
)
# "except PaliGemma", "(not counting the surveys)".
EXCEPT = _regex(
    r"[\s,(]*\b(?:not counting|not including|excluding|except(?:ing)?(?: for)?|apart from|aside from|other than|besides|leaving out|leaving aside"
    r"|ignoring)\s+(?:(?:those|the ones|papers|works?)\s+(?:on|about|with|for|using|(?:that|which) (?:use|mention|are about|deal with))\s+)?(?!those\b|the ones\b)(?P<x>[^,;()?!.]+(?:\.\w+)*)\)?"
)
VAGUE = frozenset("thing things stuff something anything".split())
# What a name may be followed by without meaning another thing: "the PaLI series".
SERIES = re.compile(r"\b(?!(?:Which|What|Show|List|Name|Find|The|All|Every|Any)\b)(\S*[A-Z]\S*)\s+(?:[Ss]eries|[Ff]amily|[Ll]ine-?up)\b")
EDGE_WORDS = frozenset(
    """
    which what list show find name give tell get enumerate recommend suggest display fetch me us all every any some the of are
    is was were be been there do does did you we i have has had hold holds contain contains in this these those that your our my
    collection corpus library database paper papers publication publications article articles work works worked working study
    studies studied preprint preprints abstract abstracts manuscript manuscripts by from about on with written wrote write
    writes publish published authored authors author co-authored co-author coauthored coauthor as first last lead senior how
    many number count newest latest most recent oldest earliest please can could and to a an for dated year years deal deals
    dealing discuss discusses discussing address addresses addressing concern concerning mention mentions mentioning cover
    covers covering treat treats involve involves involving related relate talk talks topic topics subject s its it so now then
    ok okay one ones each or at use uses using used introduce introduces introduced propose proposes proposed present presents
    presented describe describes described report reports reported focus focuses focusing focused look looks looking investigate
    investigates explore explores consider considers extend extends build builds built train trains trained evaluate evaluates
    evaluated compare compares compared apply applies applied employ employs rely relies appear appeared appears came come comes
    out between since before after until during into here everything anything something title titles titled called contribute
    contributed contributes contribution contributions involved together jointly ever also else only than more other others they
    them he she his her who whom whose where when exist exists available know both up if tried try tries around regarding
    towards dedicated devoted concerned but not via say says seen see want need like kind kinds sort type types category
    categories section field area class total different distinct specifically mainly primarily explicitly particularly
    exclusively chiefly mostly directly especially main primary central test tests tested testing extending extended
    """.split()
)
