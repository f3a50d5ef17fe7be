"""Knows the English by which a question leans on the one before it, names its subject, or turns to another.

Leaves what to make of that to `follow_up`.
"""

from __future__ import annotations

import re

SWITCH = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|right|thanks?(?: you)?|well|so|and|but|now|good to know|got it|i see|makes sense|interesting|great|nice|perfect|understood)[\s,.!-]+)*(?:now )?(?:(?:for |on(?:to)? |to )?(?:something"
    r"|somewhat) (?:else|different)(?: (?:entirely|completely|now))?"
    r"|(?:let'?s |let us )?(?:switch(?:ing)?|chang(?:e|ing))(?: the)? (?:topics?|subjects?)|(?:on )?(?:a |an |another )?(?:new"
    r"|different|other|next|unrelated) (?:topic|question|subject|matter|note)|(?:my )?next question|one (?:more|other|last) question"
    r"|(?:this is |that's )?unrelated(?:ly)?|moving on|forget (?:that|it|about (?:that|it))|never ?mind(?: (?:that|it|about (?:that|it)))?|(?:by the way"
    r"|btw))[\s:,.;!–—-]+",
    re.IGNORECASE,
)
CONNECTIVE = re.compile(
    r"^\W*(?:(?:and|but|so|or|ok(?:ay)?|then|also|now|plus|yes|right|thanks|thank you|great|cool|hm+|actually|well|oh|hi|hello|hey|nice|interesting)[\s,.!]+)+", re.IGNORECASE
)
NOUN = (
    r"(?:paper|model|method|approach|work|article|study|system|network|architecture|technique|framework|dataset|benchmark"
    r"|algorithm"
    r"|encoder|architecture|pipeline|tool|loss|detector|controller|training|tuning|version)"
)
PRONOUN = re.compile(
    rf"\b(?P<possessive>its|their|his|(?:this|that|the|these|those) {NOUN}s?['’]s?)\b"
    rf"|\b(?P<noun>(?<!\bdoes )(?<!\bdid )(?<!\bcan )(?:this|that|the same|said|the aforementioned) {NOUN}|(?:these"
    rf"|those) {NOUN}s|(?:this|that) one)\b"
    r"|\b(?P<it>it)\b(?!['’]s (?:known|possible|true|clear)| (?:is|was) (?:known|possible|true|clear|common|necessary|better) "
    r"(?:that|to|for)| (?:takes?|costs?) to\b)"
    r"|\b(?P<they>they|them|(?:these|those)(?! (?!is\b|was\b|has\b|does\b)\w+s\b))\b"
    r"|\b(?P<person>he|she|him|her)\b"
    r"|(?:(?<=\bis )|(?<=\bwas )|(?<=\bdoes )|(?<=\bdid )|(?<=\bcan )|(?<=\babout )|(?<=\bof )|(?<=\bwith )|(?<=\bthan )"
    r"|(?<=\bto )|(?<=\bon )|(?<=\blike )|(?<=\bfor )|(?<=\bfrom )|(?<=\bby )|(?<=\bwrote )|(?<=\bin )|^)"
    r"(?P<that>that|this)\b(?! (?:\w+s?|the|an?) (?:is|are|was|were|use[sd]?)\b)(?! (?:collection|corpus|list|set|folder"
    r"|database)\b)",
    re.IGNORECASE,
)
# "No, I meant PaLI-X", "not SigLIP, SigLIP 2", "sorry, EDEN": the last question was asked of the wrong thing.
CORRECTION = re.compile(
    r"^\W*(?:(?:no|nope|sorry|oops|wait|ah|oh|well|actually|my (?:mistake|bad)|correction)\b[\s,.!:;–—-]*)*"
    r"(?:(?:i|we) (?:actually |really )?(?:mean|meant|was (?:asking|thinking)(?: about| of)?|wanted)|make that|rather|(?:it )?should (?:be|have been))\s+(?P<meant>[^?,;]+?)"
    r"(?:,?\s*(?:and )?(?:not|instead of|rather than)\s+(?P<instead>[^?,;]+))?\W*$"
    r"|^\W*(?:(?:no|sorry|oops|wait|actually)\b[\s,.!:;–—-]*)*not\s+(?P<wrong>[^?,;]+?)(?:\s*[,;:–—-]+\s*(?:but )?|\s+but\s+)(?P<right>[^?,;]+?)\W*$"
    r"|^\W*(?:no|sorry|oops|wait)\b[\s,.!:;–—-]+(?P<only>[^?,;\s]+(?: [^?,;\s]+){0,2})\W*$",
    re.IGNORECASE,
)
# "Back to VeLO: how much compute did it need?", "As for EDEN, who wrote it?"
BACK_TO = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|now|well|but)[\s,]+)*(?:(?:going|coming|getting|turning|(?:let'?s |let us )?(?:go|come|turn|return)(?:ing)?) )?(?:back )?to (?P<x>[^?,:;]{2,150})[,:;–—]\s*(?P<rest>\w.+)$"
    r"|^\W*(?:as for|regarding|concerning|about|with regard to|on the (?:topic|subject) of) (?P<y>[^?,:;]{2,150})[,:;–—]\s*(?P<more>\w.+)$"
    r"|^\W*(?:and|what about|and what about|how about) (?P<z>(?!what\b|which\b|how\b|who\b|why\b|when\b|where\b|is\b|are\b|do\b|does\b|did\b|can\b|on\b|in\b|with\b|for\b)[^?,:;]{2,80})\?\s+(?P<then>\w.+)$",
    re.IGNORECASE,
)
# "The first paper I asked about", "the model from before": one of those that the conversation went through.
ASKED_BEFORE = re.compile(
    rf"\bthe (?P<which>first|second|third|fourth|last|previous|earlier|other|original) (?:one|thing|{NOUN})s? (?:that |which )?(?:i|we|you) (?:first |just |already )?"
    rf"(?:asked(?: you)?|talked|spoke|mentioned|discussed|started with|looked at|began with)(?: about| of| earlier| before)*"
    rf"|\bthe (?:one|thing|{NOUN}) (?:from |of )?(?P<before>before(?: that)?|earlier)\b",
    re.IGNORECASE,
)
# A question about the answer itself: the last one is asked again.
ABOUT_ANSWER = re.compile(
    r"(?:are you (?:really |quite )?(?:sure|certain)(?: (?:about|of) (?:that|this|it))?|really|is (?:that|this|it) (?:true|right|correct|so)|seriously"
    r"|how do you know(?: (?:that|this|it))?|where (?:did|do) you (?:get|have|take|know|find|read) (?:that|this|it|these|those)(?: from)?|where (?:does|did) (?:that|this|it) come from"
    r"|says who|who says (?:so|that|this)|(?:which|what) (?:paper|source|abstract|article)s? (?:says?|said|is|are|states?|claims?|supports?|reports?) (?:that|this|it|so|from)(?: from)?"
    r"|(?:which|what) (?:paper|source) (?:is|was) (?:that|this|it)(?: from)?|(?:what (?:is|are|were) |who is |give me )?(?:the|your) (?:sources?|references?|evidence|citations?)(?: (?:for|of) (?:that|this|it))?"
    r"|sources?|references?|citations?|(?:can you |could you |please )*(?:repeat|rephrase|reword|simplify|shorten|say|explain|put|tell me)(?: (?:that|this|it))? ?(?:again|once more|more simply|in (?:simple|simpler|other|plain|short)"
    r"(?: \w+)?|simply|shorter|differently|briefly)?|(?:say|come) again|pardon|what do you mean(?: by (?:that|this|it))?|in other words|more simply|shorter|i (?:do not|don['’]t) understand)(?: please)?\W*",
    re.IGNORECASE,
)
# What a question lacks that compares one paper with nothing: "How is SigLIP 2 different?"
LACKS_PARTNER = re.compile(
    r"\b(?:(?P<differs>different|differ|distinct)|(?P<compares>compare|related|similar)|(?P<exceeds>better|worse|faster|slower|newer|older|larger|smaller|bigger|cheaper|stronger"
    r"|more (?:accurate|efficient|recent|general)))\W*$",
    re.IGNORECASE,
)
HERE = re.compile(r"\b(?:this|these|those|the) (?:collection|corpus|list|set of papers|abstracts|database)\b", re.IGNORECASE)
ORDINAL = re.compile(
    rf"\b(?:the )?(?P<which>first|second|third|fourth|fifth|last|former|latter|other(?! {NOUN}s\b))(?: (?:one|{NOUN}))?\b(?! (?:author|layer"
    rf"|stage|step|time|frame|order|order|place|token|word))",
    re.IGNORECASE,
)
ABOUT_PAPER = re.compile(
    rf"\bthe (?:{NOUN}|authors?|writers?|researchers?|abstract)\b(?! (?:of|by|from|called|named|titled|for|on|that|which|about"
    rf"|behind|with)\b)",
    re.IGNORECASE,
)
ELLIPSIS = re.compile(
    r"^(?:(?:(?:what|how)(?: about|'s about| of)|(?:is (?:that|it) )?the same)\s+)?(?:(?P<prep>on|with|for|in|at|of|after|by|from"
    r"|to|against|under|over|using|without|during|between|per)\s+)?(?P<what>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
IS_ELLIPSIS = re.compile(
    r"^(?:what|how)(?: about|'s about| of)\b|^(?:is (?:that|it) )?the same (?:for|on|with|in)\b|^(?:on|with|for|in|at|of|after|by"
    r"|from|to|against|under|over|using|without|during|between|per)\b(?! (?:what|which|how|whom|them|these|those)\b)",
    re.IGNORECASE,
)
QUESTION_WORD = r"(?:which|what|how|whose|when|who|why|where|whom|is|are|does|do|did|tell|explain|list|show)\b"
ALIKE = {
    "against": ("against", "to", "than", "with", "over"),
    "to": ("to", "against", "than"),
    "for": ("for", "on"),
    "in": ("in", "on"),
    "using": ("using", "with"),
}
PREPS = r"(?:on|in|for|with|after|at|against|to|than|by|from|over|under|using|without|when|while)"
ASIDE = re.compile(r"\s*\(about (?P<x>[^()]*)\)\s*$")
NO_VERB = re.compile(r"(?:(?:with|on|at|for|in) )?(?:which|what|how many) (?!(?:is|are|was|were|does|do|did|can)\b)(?:[\w-]+ ?){1,2}\W*", re.IGNORECASE)
HOW_MUCH = re.compile(r"(?:by|to|at|for|from|in) (?:how (?:much|many)|what|which)\b(?!.*\b(?:is|are|was|were|does|do|did|can|could|has|have|had)\b).*", re.IGNORECASE)
WHY = re.compile(r"(?:why|how come|how so)(?: not)?(?: (?:is|was))?(?: (?:that|this|so|it))?\W*", re.IGNORECASE)
OWN_SUBJECT = re.compile(
    r"(?:which|what|how many|(?:are|is) there|do|does|list|show|find|name)\b[\w\s-]*\b(?:paper|model|method|author|approach|work"
    r"|detector|dataset|encoder|network|system|researcher)(?P<plural>e?s)?\b",
    re.IGNORECASE,
)
AUXILIARY_BEFORE = re.compile(r"\b(?:does|do|did|is|are|was|were|can|could|has|have|had|will|would|should)\s+$", re.IGNORECASE)
# Not as in "What can one learn from it?".
ONES = re.compile(
    r"(?<!\bcan )(?<!\bcould )(?<!\bdoes )(?<!\bdo )(?<!\bshould )(?<!\bwould )(?<!\bmust )(?<!\bmay )(?<!\bif )(?<!\bwhen )\bones?\b", re.IGNORECASE
)
SEEKING = re.compile(
    r"^(?:is|are|was|were) there\b|^(?:which|what|any|list|show|find|name)\b[^?]*\b(?:papers?|models?|methods?|tools?|works?"
    r"|datasets?|benchmarks?|approach(?:es)?|detectors?|systems?)\b"
    r"|^(?:do|does) (?:you|any|the (?:papers|collection))\b|^(?:can|could) you\b|^who\b",
    re.IGNORECASE,
)
NAME = re.compile(
    r"[“\"«](?P<quoted>[^”\"»\n]{3,150})[”\"»]"
    r"|\b(?P<mixed>(?:[A-Za-z]+[-‑])*[a-z]*[A-Z][A-Za-z0-9]*(?:[A-Z0-9][A-Za-z0-9]*|[-‑][A-Za-z0-9]+)+(?:[-‑.][A-Za-z0-9]+)*(?: "
    r"(?:\d{1,2}(?:\.\d)?|v\d|[A-Z][\w-]*)\b)*)"
    r"|(?<![.!?:\n] )(?<!^)\b(?P<plain>[A-Z][\w’'-]+(?: (?:[A-Z]\.|van|de|der|von|\d{1,2}|[A-Z][\w’'-]+))*)"
)
NOT_NAMES = frozenset(
    "I Yes No The A An It This That These They In On At Of And Or But Is Are What Which Who When Where How Why Does Do "
    "Did Can Two Three Both We Our To However With Using By For While Although Moreover Finally Existing Recent Notably Then Such".split()
)
VERBS = (
    "use|uses|used|work|works|do|reach|reaches|achieve|achieves|achieved|improve|improves|improved|perform|performs|compare"
    "|compares|train|trained|need|needs|require|requires|get"
    "|gets|give|gives|gave|take|takes|make|makes|handle|handles|learn|learns|represent|represents|detect|detects|cover|covers"
    "|differ|help|helps|save|saves|reduce|reduces|mean|means"
    "|come|comes|have|has|evaluate|evaluated|evaluates|propose|proposed|proposes|introduce|introduced|show|shows|say|says|report"
    "|reports|claim|claims|built|build|builds|based|made|able|good|better|best"
    "|outperform|outperforms|beat|beats|generate|generates|run|runs|scale|scales|transfer|transfers|support|supports|contain"
    "|contains|consist|published|written|called|released|designed"
    "|tested|compared|write|author|publish|find|develop|invent|different|faster|slower|larger|smaller|so|not|also|still|really"
    "|actually|rely|relies|avoid|avoids|address|solve|solves|combine|combines|predict|predicts|apply|applied|exploit|exploits"
    "|target|targets|estimate|estimates|process|tokenize|encode|encodes|decode"
)
STOP = (
    rf"(?=\s+(?:(?-i:{VERBS})|on|in|for|with|after|at|by|from|to|against|over|under|than|as|when|while|if|because|and|or)\b"
    rf"|\s*[?.!,;]|\s*$)"
)
SUBJECTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:please )?(?:tell me|talk|what do you know|what can you tell me|i want to know|(?:is|are) there (?:anything"
        r"|something|papers?|work|a paper|any (?:papers?|work))|do you have (?:anything|something|papers?))"
        r"(?: more| something| a bit)? (?:about|on) (?P<x>.+)",
        r"^(?:please )?(?:explain|describe|define|summari[sz]e|discuss|introduce)(?: me| to me)? (?P<x>.+)",
        rf"^(?:what|who|where)(?:['’]s| is| are| was| were) (?:the |an? )?(?:[\w-]+ ){{1,4}}?of (?P<x>.+?){STOP}",
        r"^(?:what|who)(?:['’]s| is| are| was| were) (?P<x>(?!(?:known|said|used|meant|done|there)\b)[^?,]+)",
        rf"^(?:what|how|why|when|where|which|who|whose|by how much|in what|on (?:which|what)|to what)\b[^?]*?\b(?:does|do|did|is"
        rf"|are|was|were|can|could|has|have|will) (?!there\b|you\b)(?P<x>.+?){STOP}",
        rf"^(?:does|do|did|is|are|was|were|can|could|has|have|will) (?!there\b|you\b|any\b)(?P<x>.+?){STOP}",
        r"^who (?:wrote|made|proposed|introduced|developed|built|published|created|invented) (?P<x>[^?]+)",
        r"\babout (?P<x>[^?,]+)",
    )
)
GENERIC = frozenset(
    "accuracy accuracies performance score scores result results loss losses encoder encoders decoder backbone architecture "
    "dataset datasets data size sizes parameters parameter author authors "
    "year date code method methods approach model models limitation limitations benchmark benchmarks task tasks metric metrics "
    "training train trained cost costs speed contribution contributions conclusion "
    "finding findings improvement improvements baseline baselines resolution number title link url paper papers much many long "
    "large big good well fast language vision image images used use uses "
    "reported reach reached achieve achieved evaluated tested published written wrote work works main idea ideas goal goals "
    "licence license licensing funding funder participants annotators venue conference latency optimizer checkpoints weights memory layers "
    "exactly detail details more example examples evidence advantage advantages "
    "reason hardware compute gpus time epochs steps what which who when where how why name source open available does do did is "
    "are was were the a an of in on for by to it they be been with and "
    "can could i we get find download there any other else mean further again say tell me please give summary summarize explain elaborate compare "
    "compared compares difference".split()
)
SMALL = r"(?:of|for|from|in|and|the|with|on|to|via|by|a|an|using|without|is|are|as)"
LEADING_TITLE = re.compile(rf"(?:[Tt]he )?(?P<x>[A-Z0-9][\w-]*(?::? (?:{SMALL} ){{0,2}}[A-Z0-9][\w-]*)*)(?=[\s,:(]|$)")
