"""Knows the English by which a question leans on the one before it, names its subject, or turns to another.

Leaves what to make of that to `follow_up`.
"""

from __future__ import annotations

import re

SWITCH = re.compile(
    r"^\W*(?:ok(?:ay)?|right|thanks?(?: you)?|well|so|and|but|now)?[\s,.!-]*(?:now )?(?:(?:for |on(?:to)? |to )?(?:something"
    r"|somewhat) (?:else|different)(?: (?:entirely|completely|now))?"
    r"|(?:let'?s |let us )?(?:switch(?:ing)?|chang(?:e|ing))(?: the)? (?:topics?|subjects?)|(?:on )?(?:a |an |another )?(?:new"
    r"|different|other|unrelated) (?:topic|question|subject|matter|note)"
    r"|(?:this is |that's )?unrelated(?:ly)?|moving on|forget (?:that|it|about (?:that|it))|never ?mind|(?:by the way"
    r"|btw))[\s:,.;!–—-]+",
    re.IGNORECASE,
)
CONNECTIVE = re.compile(
    r"^\W*(?:(?:and|but|so|or|ok(?:ay)?|then|also|now|plus|yes|right|thanks|great|cool|hm+)[\s,.!]+)+", re.IGNORECASE
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
HERE = re.compile(r"\b(?:this|these|those|the) (?:collection|corpus|list|set of papers|abstracts|database)\b", re.IGNORECASE)
ORDINAL = re.compile(
    rf"\b(?:the )?(?P<which>first|second|third|fourth|fifth|last|former|latter|other)(?: (?:one|{NOUN}))?\b(?! (?:author|layer"
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
NO_VERB = re.compile(r"(?:(?:with|on|at|for|in) )?(?:which|what|how many) (?:[\w-]+ ?){1,2}\W*", re.IGNORECASE)
WHY = re.compile(r"(?:why|how come|how so)(?: (?:is|was))?(?: (?:that|this|so|it))?\W*", re.IGNORECASE)
OWN_SUBJECT = re.compile(
    r"(?:which|what|how many|(?:are|is) there|do|does|list|show|find|name)\b[\w\s-]*\b(?:paper|model|method|author|approach|work"
    r"|detector|dataset|encoder|network|system|researcher)(?P<plural>e?s)?\b",
    re.IGNORECASE,
)
AUXILIARY_BEFORE = re.compile(r"\b(?:does|do|did|is|are|was|were|can|could|has|have|had|will|would|should)\s+$", re.IGNORECASE)
ONES = re.compile(r"\bones?\b", re.IGNORECASE)
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
    "exactly detail details more example examples evidence advantage advantages "
    "reason hardware compute gpus time epochs steps what which who when where how why name source open available does do did is "
    "are was were the a an of in on for by to it they be been with and "
    "there any other else mean further again say tell me please give summary summarize explain elaborate compare "
    "compared compares difference".split()
)
SMALL = r"(?:of|for|from|in|and|the|with|on|to|via|by|a|an|using|without|is|are|as)"
LEADING_TITLE = re.compile(rf"(?:[Tt]he )?(?P<x>[A-Z0-9][\w-]*(?::? (?:{SMALL} ){{0,2}}[A-Z0-9][\w-]*)*)(?=[\s,:(]|$)")
