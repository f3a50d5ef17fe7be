"""Knows the English of questions about a collection: what they ask for, the words that carry no topic.

Leaves what makes a question roundabout to `plain`, and reading a whole one to `reading`. In these patterns single letters of the private use area stand for what
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


def regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


LIST = regex(
    rf"^(?:(?:(?:on|in|for|to|of|at) )?(?:which|what)(?: {_ADJECTIVE})* {PAPERS}\b(?! of the)"
    rf"|(?:which|what) (?:(?!(?:do|does|did|is|are|was|were|has|have|had|can|could|of|in|on|the|these|those)\b)[\w-]+ ){{1,3}}(?:papers|publications|articles|works|studies|preprints) (?:did|does|do|are|were|has|have|by|from|that|which|about|use|mention|in|since|before|after)\b"
    rf"|(?:which|what) of (?:the|these|those|your|{PERSON}(?:['’]s?)?)(?: \w+){{0,2}}? {PAPERS}\b"
    rf"|(?:list|show|find|name|give|tell|get|enumerate|recommend|suggest|display|fetch|pull up|count)(?: me| us)?"
    rf"(?: all| every| any| some| the| of| a| an)*(?: {_ADJECTIVE}| \w+){{0,3}}? {PAPERS}\b"
    rf"|(?:{_ADJECTIVE} )*{PAPERS} (?:by|from|on|about|with|without|written|authored|in|of|that|which|published|between"
    rf"|after|before|since|until|during|where|whose|for|using|mentioning|dated|not|{TIME}|{PERSON})"
    rf"|(?:all|any|every|some)(?: of)? (?:the |{PERSON}(?:['’]s?)? ?)?(?:{_ADJECTIVE} )*{PAPERS}\b|{PERSON}(?:['’]s?)? "
    rf"(?:{_ADJECTIVE} )*{PAPERS}\b|{PERSON}['’]s? (?:[\w-]+ ){{0,3}}{PAPERS}\b|(?:{_ADJECTIVE} )*{PAPERS} ?{TIME}"
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
    rf"|what (?:(?:do|does) (?:you|we|i|the collection) have|(?:have|has) (?:you|we|i|the collection) got)(?: (?:here|in here))? (?:by|from|on|about|that|which|with|for)\b"
    rf"|(?:what|which) (?:did|has|have) (?:[{PERSON}{ORGANISATION}][\s,&]*(?:and |or )?)+(?:do|done|make|made|work(?:ed)?)\b"
    rf"|(?:(?:new|recent|any|the|all) )?(?:[\w-]+ ){{1,4}}(?:that |which )?(?:have |were |was )?(?:c[oa]me out|appear(?:ed)?|published|released|introduced)(?: (?:in|since|after|before|from|between|during))? ?{TIME}"
    rf"|what is there (?:by|from|on|about)\b"
    rf"|what else (?:is|was) (?:by|from)\b"
    rf"|(?:is|are|was|were) {PERSON} (?:also )?(?:(?:listed|named|an? (?:co-?)?author|among the (?:co-?)?authors) )?(?:on|of|in|for|behind) (?:any|some|one|several|more than one|how many)\b"
    rf")"
)
PLURAL = regex(
    (
        r"(?:papers|publications|articles|works|studies|preprints|abstracts|manuscripts|titles|everything|anything|something"
        r"|all|every|each|any|(?:work|research)(?= (?:on|about|in|with|by|from)\b))"
    )
)
COUNT = regex(
    (
        rf"\bhow many (?:(?!(?:does|do|did|in|of|the)\b)[\w{MASKS}’'-]+ ){{0,3}}?(?:of (?:the|these|those|{PERSON}['’]s?"
        rf"|your) )?{PAPERS}\b(?!['’])|\b(?:number|count|total) of {PAPERS}\b|^count\b.*\b{PAPERS}\b|\bhow (?:large|big) is "
        rf"(?:the|this|your) (?:collection|corpus|library)\b|\bhow many (?:did|has|have|are (?:by|from|about|in|on))\b"
    )
)
NEWEST = regex(rf"\b(?:newest|latest|most recent(?:ly)?|youngest|last(?=(?: {NUMBER})? {PAPERS}\b))\b")
OLDEST = regex(rf"\b(?:oldest|earliest|least recent|first(?=(?: {NUMBER})? (?:{PAPERS})\b))\b")
COUNTED = regex(
    (
        rf"\b({NUMBER})\s+(?:newest|latest|most recent|oldest|earliest|youngest)|(?:newest|latest|most recent|oldest"
        rf"|earliest|last|first|youngest)\s+({NUMBER})\b"
    )
)
AUTHORS = regex(
    rf"\bwho (?:all |else )?(?:wrote|(?:co-?|first-|last-)?authored|published|(?:was|were|is|are) (?:the |all the )?(?:(?:first"
    rf"|lead|last|senior|corresponding|main) )?(?:co-?)?(?:authors?|writers?)|(?:is|was|comes?|stands?) (?:listed |named )?(?:first|last)(?= (?:on|in|among|of)\b)|(?:is|are|was|were) behind|proposed"
    rf"|introduced|developed|created|made|invented|built|came up with)\b"
    rf"|\b(?:authors?|writers?|author list) (?:of|on|for|behind)\b|['’]s? (?:first |last |lead |senior |co-?)?authors?\b"
    rf"|\bby whom\b|\bwhose (?:paper|work)\b|\bhow many (?:co-?)?(?:(?:authors|writers) (?:does|did|do|has|have)|{PEOPLE} (?:wrote|signed|are (?:on"
    rf"|behind)|worked on|contributed|(?:has|have) (?:written|worked|contributed|authored)))\b|\b(?:first|last|senior|lead) author of\b"
)
# The authors as those who did something: "What dropout rate did the authors of FlexiViT choose?" asks for the text.
AUTHORS_DID = regex(
    r"^(?!who|whom|by whom|how many (?:co-?)?authors)\b.*\b(?:did|do|does|have|has|had|would|could|can) (?:the |its |their )?(?:\w+ )?(?:authors?|writers?|researchers?) "
    r"(?:of|on|behind)\b.+ (?!also\b)[a-z]+\W*$"
)
DATE = regex(
    r"\bwhen (?:was|were|did|has|is)\b.*\b(?:publish\w*|written|wrote|release\w*|appear\w*|come out|came out|submitted"
    r"|posted|introduc\w*|propos\w*|paper|from|dated)\b|^since when (?:is|are|was|were|has|have|do|does)\b|\bhow long (?:has|have)\b.*\b(?:around|out|existed)\b"
    r"|\b(?:what|which) (?:year|date|month)\b|\b(?:publication|release|submission) (?:date|year)\b|\bhow (?:old"
    r"|recent|new) is\b|\bdate of\b|\byear of (?:publication )?\b"
)
LINK = regex(
    (
        r"\b(?:arxiv (?:id|number|identifier|link|page)|doi|url|link|where can (?:i|we|one) (?:find|read|get|download"
        r"|see)|where (?:was|is|were) .* (?:published|available|found))\b"
    )
)
WROTE_IT = regex(
    (
        rf"\b(?:was|were|is|are|did|has|have)\s+{PERSON}.*\b(?:involved in|(?:(?:first|last|lead|co-?|an|the) ?)*authors? "
        rf"(?:of|on)|wrote|write|written|(?:co-?)?author(?:ed)?|contribut\w* to|work(?:ed)? on|part of|behind)\b"
    )
)
ORDER = regex(
    (
        r"\b(?:newer|older|earlier|later|more recent|came (?:out )?first|first published|published (?:first|last|earlier"
        r"|later)|appeared first|came (?:before|after|last)|newest|oldest|earliest|latest|most recent)\b"
        r"|\bhow (?:much time|long|many (?:years|months|days|weeks))(?: (?:lies|lie|is|are|was|were|has|have|there|passed|elapsed|apart|went|by))* between\b"
    )
)
ORDER_NEWEST = regex(r"\b(?:newer|later|more recent|newest|latest|most recent|last)\b")
ORDER_OLDEST = regex(r"\b(?:older|oldest|earlier|earliest)\b")
PROLIFIC = regex(
    (
        rf"\b(?:who|(?:which|what) {PEOPLE}|whose name|by whom)\b.*\b(?:most(?: of)?(?: the)? (?:{PAPERS}|often|frequent"
        rf"|prolific|active)|most$)|\bmost (?:prolific|frequent|common|active|productive) {PEOPLE}\b|\btop(?: {NUMBER})? {PEOPLE}\b"
        rf"|\b(?:rank|ranking of)(?: the)? {PEOPLE}\b|\bhow many papers (?:per|by each|for each|does each|did each) "
        rf"(?:author|{PEOPLE})"
    )
)
PER_YEAR = regex(
    (
        rf"\b(?:{PAPERS}|how many|number)\b.*\b(?:per|each|every|by|for each) year\b|\b(?:over the years|by year of publication"
        rf"|year by year|distribution of (?:the )?(?:years|dates)|histogram)\b"
    )
)
YEAR_MOST = regex(
    (
        rf"\b(?:which|what|in which|in what) year\b.*\b(?:most|many|more|fewest|least) (?:of (?:the )?)?{PAPERS}\b|\bmost "
        rf"(?:productive|active) year\b|\byear with the (?:most|fewest)\b|\bfrom which year (?:are|do) .*\bmost\b"
    )
)
TIME_SPAN = regex(
    (
        r"\b(?:(?:what|which) (?:years|time ?(?:span|range|frame|period)|period|range of (?:years|dates))\b|how far back\b"
        r"|date range|(?:what|which) dates)\b"
    )
)
PER_CATEGORY = regex(
    (
        rf"\b(?:which|what|list|show|how many|all|name)\b.*\b(?:categories|subjects|fields|sections)\b|\b{PAPERS} (?:per"
        rf"|by|in each|for each) (?:category|subject|field|section)\b"
    )
)
ORGANISATIONS = regex(
    (
        r"\b(?:which|what|list|show|name|how many)\b.*\b(?:organi[sz]ations?|institutions?|affiliations?|universities"
        r"|companies|labs|institutes)\b|\bwhere do (?:the )?authors (?:work|come from)\b|\baffiliat\w+\b"
    )
)
COAUTHORS = regex(
    (
        rf"\b(?:co-?authors?|collaborators?|colleagues)\b(?! {PAPERS})|\bwho(?:m)? (?:else )?(?:has|have|did|does|do"
        rf"|is|was) {PERSON}.*\b(?:with|together)\b|\bwith whom\b|\bwho (?:else )?(?:has |have |did )?(?:work|publish"
        rf"|collaborat|writ|wrot|co-?author)\w*(?: \w+){{0,3}} with {PERSON}"
    )
)
WRITERS = regex(
    rf"\b(?:who|(?:which|what) {PEOPLE})(?: else)? (?:writes?|works?|worked|(?:has|have) (?:worked|published|written)"
    rf"|published|publish(?:es)?|(?:is|are) working|wrote|stud(?:y|ies|ied))\s+(?:(?:{PAPERS}|most|a lot|things|something"
    rf"|anything)\s+)?(?:on|about|with)\b"
    rf"|\b(?:who|(?:which|what) {PEOPLE}) (?:wrote|published|(?:has|have) (?:published|written)) (?:the )?(?:papers"
    rf"|articles|publications|work)\b(?! {PERSON})|\b{PEOPLE} (?:of|with|who (?:wrote|have)) (?:the )?(?:papers|articles"
    rf"|publications)\b|\b{PEOPLE} (?:who |that )?(?:work\w*|writ\w*|publish\w*) (?:on|about)\b|\bexperts? (?:on"
    rf"|in|for)\b"
)
ALL_AUTHORS = regex(
    (
        rf"^(?:how many (?:different |distinct |unique |individual )?{PEOPLE}\b(?!['’])(?: (?:in|of|on|do|does|are|is|there|you|it|know|the"
        rf"|this|your|these|all|collection|corpus|library|database|set|have|has|hold|contain|cover|here|papers|named|listed|represented|total"
        rf"|altogether|appear)\b)*\W*$|(?:list|show|name|who are|give)(?: me| us)?(?: all| the| of)* {PEOPLE}(?: (?:in"
        rf"|of|do|are|there|you|the|this|your|collection|have|here|papers)\b)*\W*$)"
    )
)
LONGEST = regex(
    (
        rf"\b(?:most|longest|largest|biggest|highest)(?: number of| list of| author)?(?: {PEOPLE}| lists?)\b(?! {PAPERS})"
        rf"|\bauthor list.*\b(?:longest|largest)\b|\blongest author"
    )
)
SHORTEST = regex(
    rf"\b(?:fewest|shortest|smallest|least)(?: number of| list of| author)?(?: {PEOPLE}| lists?)\b|\bshortest author"
)
HOW_MANY_AUTHORS = regex(
    rf"\b(?P<alone>single[- ]author(?:ed)?|solo[- ](?:author(?:ed)?|papers?)|(?:written|authored) alone|sole[- ]author"
    rf"(?:ed)?|only one author|a single author|(?:just|exactly|only) one author|by (?:just |only |exactly )?(?:one|a single) (?:author|person))\b"
    rf"|\b(?:(?P<how>more than|over|at least|fewer than|less than|under|at most|up to|exactly)\s+)?(?P<n>{NUMBER})"
    rf"(?P<more> or more)? (?:co-?)?(?:authors|people|researchers)\b"
)
CODE = regex(
    (
        r"\b(?:with|have|has|releas\w*|provid\w*|publish\w*|mak\w*|shar\w*|come\w* with|link\w* to|offer\w*|includ\w*)\b.{0,30}\b"
        r"(?:code|source code|implementations?|github)\b(?:\W+(?:is |are )?(?:publicly |openly )?(?:available|public"
        r"|online|released|open))?|\b(?:code|github link) (?:is |are )?(?:publicly )?(?:available|released|public)\b"
        r"|\bopen[- ]?sourced?\b(?: (?:code|implementations?))?"
    )
)
INTRODUCED = regex(
    (
        r"\b(?:which|what) (?:paper|work|publication|article) (?:was |is )?(?:the )?(?:first )?(?:(?:to )?(?:introduc"
        r"|propos|present|coin|invent|describ)\w*)\s+(?P<x>.+)|\bwhere (?:was|were) (?P<y>.+?) (?:first )?(?:introduced"
        r"|proposed|presented|described)\b"
    )
)
FIRST_AUTHOR = regex(
    r"\b(?:as (?:the )?)?(?:first|lead)[- ]?author(?:ed|s|ship)?\b|\bas (?:the )?(?:first|lead)\b|\bauthored first\b|\b(?:listed|named|stands?|comes?) first\b"
)
LAST_AUTHOR = regex(r"\b(?:as (?:the )?)?(?:last|senior)(?: \((?:last|senior)\))?[- ]?author(?:ed|s|ship)?\b|\bas (?:the )?(?:last|senior)\b|\b(?:listed|named|stands?|comes?) last\b")
ONLY_AUTHOR = regex(r"\b(?:as (?:the )?)?(?:sole|only|single|solo)[- ]?author(?:ed|s)?\b|\balone\b|\bby (?:him|her)self\b")
SUPERLATIVE = regex(
    (
        r"\b(?:best|highest|lowest|largest|biggest|smallest|fastest|slowest|strongest|cheapest|greatest|worst|better"
        r"|higher|faster|cheaper|state[- ]of[- ]the[- ]art|(?:most|least) (?!recent|papers|authors|of|often)\w+)\b"
    )
)
SAYS = regex(
    r"\b(?:mention(?:s|ed|ing)?|cit(?:e|es|ed|ing)|refer(?:s|red|ring)? to|nam(?:es|ing)|(?<=papers )name|(?<=abstracts )name|say(?:s|ing)?|contain(?:s|ing)?|includ(?:e"
    r"|es|ing)|speak(?:s)? of|talk(?:s)? of|"
    r"(?:us(?:e|es|ing)|with|contain(?:s|ing)?|has|have) the (?:words?|terms?|phrases?|names?)|the (?:words?|terms?"
    r"|phrases?))\b\s*"
)
USES = regex(
    r"\b(?:(?:evaluat|test|benchmark|train|pre-?train|fine-?tun|report|result|experiment|validat|measur|perform"
    r"|scor|number|accurac|work)\w*(?: (?:their|its|models?|results?|numbers|accurac\w+|performance|experiments"
    r"|scores?)){0,2}\s+(?:on|with|using|against|for)"
    r"|us(?:e|es|ed|ing)|build(?:s)? (?:up)?on|compar\w+ (?:to|with|against)|based on|do(?:es|ing)? (?:something|anything) with|(?<=that )ha(?:s|ve)|(?<=papers )have|brings? up|touch(?:es)? (?:up)?on|estimat(?:e|es|ing)|perform(?:s|ing)?"
    r"|work here with|(?<=papers )with|(?<=papers here )with)\s+"
)
IN_TITLE = regex(
    (
        r"\b(?:in|from) (?:(?:the|their|its|his|her|a) )?titles?\b|\bwhose titles?\b|\btitles? (?:that |which )?(?="
        r"(?:contain|includ|mention|say|start|begin|with the)\w*)|\b(?:titled|entitled)\b|\b(?:that|which) (?:has|have"
        r"|contain)\w* (?=.* in the title)"
    )
)
WITHOUT = regex(
    (
        r"(?:\bwithout|\b(?:do|does|did)(?: not|n['’]t) (?:have|include|list|name)|\black(?:ing)?|\bnot (?:by|from|with|written by|authored by)|\bexcept(?: for)?(?: those)?(?: by)?|\bexcluding"
        r"|\bbut not(?: by| with| from)?|\bother than(?: those by)?|\bapart from)\s*$"
    )
)
ASKS_MORE = regex(
    (
        r"(?:(?:,|;|\?|\.)?\s+(?:and|then)\s+|\?\s+)(?:(?:what|how|why)\b(?! (?:year|many papers|date|is (?:the|its) (?:year|date)))"
        r"|(?:which|what) (?!papers?\b|ones?\b|year|is the|are the|of them is the|came)\w+|do(?:es)? (?:they|it|each)|summari[sz]e"
        r"|explain|compare|describe|tell me (?:what|how|why))\b.*"
    )
)
# "Which authors do EcoFlow and EDEN share?", "Is there anyone who worked on both VeLO and MULEX?"
SHARED = regex(
    rf"\b(?:{PEOPLE}|anyone|anybody|someone|somebody|who)\b.*\b(?:in common|share|overlap)\b(?! (?:of|a)\b)|\b(?:shar(?:e|es|ed|ing)|common|overlapping)\b.*\b{PEOPLE}\b"
    rf"|\b(?:anyone|anybody|someone|somebody|who|{PEOPLE})\b.*\b(?:on|wrote|of|behind|authored) both\b|\bsame authors?\b"
)
THE_PAPER = regex(
    r"\bthe (?:paper|article|work|study|preprint) (?:called|titled|named|on|about|that|which|where|in which)\b (?P<x>.+)"
    r"|\b(?:on|of|for|behind|in) the (?P<y>(?!first\b|last\b|newest\b|oldest\b|same\b|other\b|two\b)[\w’'-]+(?: [\w’'-]+){0,6}) (?:paper|article|study|work|report)\b"
)
# What comes of a paper when it says something: "What do Beyer's papers say about distillation?" asks for the text.
TELLS = regex(
    (
        r"^(?:what|how|why|where)\b.*\b(?:say|says|said|report|find|found|claim|show|conclude|argue|propose|use|reach"
        r"|achieve|suggest|tell|teach|recommend|compare|improve|do they|define|explain|perform|train|scale|relate|differ)\b"
        r"|^(?:how|why)\b(?! many| much of)|^(?:summari[sz]e|explain|compare|describe)\b"
    )
)
# "except PaliGemma", "(not counting the surveys)".
EXCEPT = regex(
    r"[\s,(]*\b(?:not counting|not including|excluding|except(?:ing)?(?: for)?|apart from|aside from|other than|besides|leaving out|leaving aside"
    r"|ignoring)\s+(?:(?:those|the ones|papers|works?)\s+(?:on|about|with|for|using|(?:that|which) (?:use|mention|are about|deal with))\s+)?(?!those\b|the ones\b)(?P<x>[^,;()?!.]+(?:\.\w+)*)\)?"
)
OF_ANY_PAPER = r"(?:methods?|approach(?:es)?|models?|techniques?|systems?|networks?|algorithms?|results?|performance|ideas?|ways?)"
VAGUE = frozenset("thing things stuff something anything".split())
# Words that narrow nothing where they are all that is left of a topic: "his early papers".
WEAK = frozenset(
    """early late recent new newer older old own various several few good relevant important interesting actual real certain particular specific such same similar
    key whole entire complete full short long further additional possible available current""".split()
)
# What a name may be followed by and still be all that is meant: "the NYUv2 datasets" are said by "NYUv2".
KINDS = (
    r"(?:data ?sets?|benchmarks?|challenges?|models?|papers?|corpus|test sets?|backbones?|architectures?|encoders?"
    r"|data|tasks?|suite|loss(?:es)?|objectives?|embeddings?|features|weights|checkpoints|towers?)"
)
# Words that narrow nothing where they are all that is left of a topic: "his early papers".
WEAK = frozenset(
    """early late recent new newer older old own various several few good relevant important interesting actual real certain particular specific such same similar
    key whole entire complete full short long further additional possible available current""".split()
)
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
    exclusively chiefly mostly directly especially main primary central test tests tested testing extending extended list lists
    listed listing name names named him her his himself herself themselves either both something anyone anybody someone somebody run
    runs ran running experiment experiments experimented include includes included including among anywhere somewhere share shares
    carry carries carried carrying claim claims claimed state states stated tell tells told bring brings brought offer offers offered
    provide provides provided show shows shown showing demonstrate demonstrates demonstrated achieve achieves achieved reach reaches
    reached obtain obtains obtained got make makes made doing done perform performs performed handle handles handled handling tackle
    tackles tackled solve solves solved improve improves improved improving release releases released go goes belong belongs fall falls
    results result their looked looks look fit fits qualify qualifies bear bears touch touches touched revolve revolves signed actually really estimate estimates
    shared analyse analyses analysed analyze analyzes analyzed analysing analyzing subject subjects
    """.split()
)
ASKS_OR_ORDERS = regex(
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|has|have|list|show|find|name|give|tell|explain|describe|summari[sz]e|compare|count)\b"
)
# Topics that tell nothing by themselves where examples of them are given.
TELLS_NOTHING = frozenset(
    """benchmark benchmarks dataset datasets data model models method methods task tasks network networks architecture architectures encoder
    encoders backbone backbones evaluation evaluations tool tools library libraries hardware""".split() + [""]
)
