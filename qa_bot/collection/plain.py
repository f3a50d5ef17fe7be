"""Knows how a question about a collection is said plainly: without politeness and asides, and with what it points at in its place.

Leaves what the plain words ask for to `reading`.
"""

from __future__ import annotations

import re

from qa_bot.collection.wording import LIST, MASKS, OTHER, PAPERS, regex

_POLITE = regex(
    r"^(?:(?:so|and|now|then|ok(?:ay)?|hi|hello|hey|well|also|please|thanks|great)\b[\s,.!]*)*(?:(?:please|kindly)\s+)?"
    r"(?:(?:can|could|would|will) you (?:please )?(?=list|show|find|name|give|tell|get|enumerate|recommend|suggest"
    r"|count|search|look|point|pull|fetch|display)"
    r"|(?:i (?:want|need|would like|['’]d like|wish) (?:you )?to (?:know|see|find|read|get)|i am (?:looking|searching) for"
    r"|i['’]m (?:looking|searching) for|(?:i|we) (?:need|want|(?:would|['’]d) like|am after)|i['’]d like|looking for|(?:can|could|may) i (?:get|have|see)"
    r"|do you know|tell me|search for|look for|look up|point me to)\s+(?:about )?)?(?:please\s+)?"
    r"(?:(?:give me |show me )?(?:a |the )?(?:full |complete |short )?(?:list|overview|selection) of\s+)?"
)
_POLITE_END = regex(r"[\s,;.!]+(?:(?:please|pls|plz|thanks(?: a lot| in advance)?|thank you|thx|cheers)[\s,.!]*)+(?P<stop>\??)$")
# "... AudioSet? I need all of these papers": the first sentence asks.
_SAID_AGAIN = regex(
    r"(?<=[?.!])\s+(?:(?:i (?:need|want|would like|am after)|(?:please |just )?(?:list|give|name|show|tell)(?: me)?)\b[^?.!]*\b(?:all|every|each|everything)\b"
    r"|all (?:of )?(?:it|them|these|those)\b)[^?.!]*[?.!]*$"
)
_ADDRESS = regex(r"(?:https?://|www\.)[^\s?,;]+|\barxiv:\s?\d[\w./]+")
_THIS_SET = regex(r"\b(in|of|from|among) (?:this|the|your|our|my) (?:(?:whole|entire) )?(?:set|selection|bunch|pile|batch)\b(?! of (?!papers|abstracts))")
_THE_ONES_THAT = regex(rf",\s*(?:i mean |meaning |that is )?(?:only |just )?(?:the ones|those|the {PAPERS})(?= (?:that|which|who)\b)")
_ONES = regex(rf"^(which|what) (?:ones\b(?! of)|of (?:these|those|them)(?= (?!is\b|was\b|has\b|does\b|did\b|would\b|\w+ {PAPERS}|{PAPERS})[a-z]+\b))|^(who) of (?:these|those|them)\b")
# "Ann Lee is first author of which papers?"
_IS_AUTHOR_OF = regex(rf"^(?P<x>[^?,;]{{3,60}}?) (?:is|was) (?:the |an? )?(?P<place>(?:first |last |senior |lead |co-?)?author) (?:of|on) (?:which|what) {PAPERS}")
_THE_ONES = regex(r"^((?:list|show|find|name|give|tell|get|display|fetch|pull up)(?: me| us)?(?: all| just| only)?) (?:of )?(?:the ones?|those|ones)(?= (?:that|which|whose|who|where|with|about|on|by|from|in|using)\b)")
_USE = r"(?:us(?:e|es|ed|ing)|employ\w*|adopt\w*|appl(?:y|ies|ied|ying)|mention\w*|discuss\w*|cit(?:e|es|ed|ing)|compar\w+ (?:to|with|against)|refer\w* to)"
_DOES = (
    rf"(?:{_USE}|introduc\w*|propos\w*|present\w*|extend\w*|analy[sz]\w*|stud(?:y|ies|ied|ying)|examin\w*|investigat\w*|explor\w*"
    r"|(?:build\w*|built|improv\w*|rel(?:y|ies|ied|ying)|evaluat\w*|test\w*|train\w*|report\w*) (?:up)?on)"
)
# "that introduce, extend or use X": who does any of it.
_SEVERAL_DOINGS = regex(rf"\b(?:either )?(?:{_DOES}(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and/or|and|or)\s+))+(?P<last>{_DOES})\b")
_CONTRACTED = regex(r"\b(?:(what|who|where|when|how|which)['’]s|(what)s)\b")
# "Where does LiT turn up - proposed, used, extended or compared to?"
_TURNS_UP = regex(
    rf"^(?:where (?:else )?|in (?:which|what)(?: of (?:the|these|those|your))? {PAPERS} )(?:do|does|did|is|are|was|were|has|have) (?P<x>(?!(?:it|this|that|they|these|those)\b)[^?]{{2,80}}?) (?:been )?"
    r"(?:turn(?:s|ed)? up|show(?:s|ed|n)? up|comes? up|appear(?:s|ed)?|occur(?:s|red)?|pops? up|crops? up|get (?:used|mentioned|cited)|mentioned|cited)"
    rf"(?:(?: (?:in|these|those|the|any|of|here|{PAPERS}|collection))*(?:\s*[,–—-][^?]*)?\W*$)"
)
# "Optical flow - which papers use it?", "I'm collecting results on Kinetics. Which papers report on it?"
_FRONTED = regex(rf"^(?P<x>[^?:;.]{{2,160}}?)\s*(?:\s[-–—]\s|[.;:,]\s+)(?:so |and |now )?(?P<asks>(?:(?:which|what)(?: of (?:the|these|those|your|our))? (?:\w+ )?{PAPERS}|where (?:does|do|did|is|are) (?:it|they|this|that))\b[^?]*)\??$")
# "Some abstracts say how many chips they needed. Which ones?", "scaling in the title, which ones"
_WHICH_ONES = regex(
    rf"^(?P<x>.+?)(?:[\s,.;:–—-]+(?:which|what) (?:ones|are (?:they|those|these)|of them|{PAPERS}(?: are (?:they|those|these|that))?)|\?\s+(?:which|what)(?: ones)?)\W*$"
)
_IN_THESE = regex(
    r"^(?:what|which) (?P<x>[^?]{3,120}?) (?:were|was|are|is|have been) (?:introduced|proposed|presented|released)"
    rf" (?:in|by|across|among) (?:these|those|the|any|all|your|our)(?: \w+)? {PAPERS}\W*$"
)
# "Who besides the LiT paper uses ...?", "What else mentions ...?"
_WHO_USES = regex(rf"^(?:who(?: else)?|what else)(?P<besides> (?:besides|apart from|other than|except(?: for)?|aside from) [^?]{{2,60}}?)? (?=(?:{_USE}|(?:evaluat|test|train|report|build)\w* (?:up)?on|extends?)\b)")
# "Do any papers cover X?", "Has anybody looked at X?", "Is there a method here for X?": whether there is any is asked by asking which.
_HERE = r"(?:(?:out )?(?:in )?here|(?:in|among|of) (?:this|the|your|these|those)(?: \w+)? (?:collection|corpus|set|papers?|abstracts?))"
_STUDY = (
    r"(?:cover(?:s|ed)?|address(?:es|ed)?|deal(?:s|t)? with|treat(?:s|ed)?|stud(?:y|ies|ied)|look(?:s|ed)? (?:at|into)|work(?:s|ed|ing)? (?:on|with)"
    r"|tackle[sd]?|explore[sd]?|investigate[sd]?|examine[sd]?|focus(?:es|ed)? on|research(?:es|ed)?|(?:written|writes?|wrote) about|publish(?:es|ed)? on)"
)
_SPEAK = r"(?:discuss(?:es|ed)?|talk(?:s|ed)? about|touch(?:es|ed)? (?:up)?on|consider(?:s|ed)?|speaks? of|mention(?:s|ed)?)"
_IS_THERE_ANY = regex(
    rf"^(?:(?:do|does|did|has|have) (?:(?:any|some|one|either)(?: of (?:the|these|those|your))? {PAPERS}|(?:any|some) ?(?:one|body)(?: else)?|any (?:author|researcher|group|team)s?)(?: {_HERE})?"
    rf"(?: (?:ever|already|yet|actually|also))? (?:{_STUDY}|(?P<speak>{_SPEAK}))|is there an? (?:method|approach|model|technique|system|algorithm) {_HERE} (?:for|on|about|of))"
    rf" (?P<x>(?!(?:whether|how|why|if|what|which|who|when|where|this|that|it|them|these|those)\b)(?:[^\s?,;:]+ ?){{1,6}}?)(?: {_HERE})?\W*$"
)
_AND_WHICH = regex(r",? and which (?:ones )?are (?:they|those|these)\W*$")
_OF_THE_ASKER = regex(r"^(?:i|we|my|our)\b[^?]*$")
_OF_WHICH = regex(r",? and ((?:in|on|of|for) which of (?:them|these|those)\b[^?]*)\W*$")
_LONG_BRACKETS = re.compile(r"\s*\((?=[^()]*[a-z]{2,} [^()]*[a-z]{2,} )[^()]*\)")
_SOME = regex(rf"^(?:(?:there are )?(?:some|several|a few|many|certain)|there are)(?: of (?:the|these|your))? {PAPERS}(?: (?:here|that|which|in here))?\b")
_POINTS_BACK = regex(r"\b(?:it|this|that|them|those|these)\b(?=\s*(?:$|[?.!,]|(?:in|on|at|as|among|for|with|and|or|anywhere|somewhere|too|at all|turns?|shows?|comes?|appears?|occurs?|used|mentioned)\b))")
_OCCUPIED = regex(
    r"^(?:(?:i|we)(?:['’](?:m|re|ve)| am| are| have been)?\s+)?(?:(?:collect|gather|look|work|writ|read|need|want|survey|study|research|interest)\w*)"
    r"(?: (?:for|into|in|on|about|at|up|a|an|the|survey|review|section|results?|papers?|numbers?|everything|anything|all))*\s+"
)
_BARE = regex(rf"^(?:which|what)(?: of (?:the|these|those|your|our))? {PAPERS}(?: (?:are|is|do|does|have|has|there|we|you|they|got|exist|here|in|the|this|your|collection|fit|for me|would|should|must|could|i|need|to|cite|read|look|at|relevant|of interest|interesting|useful|matter|interest me|to me))*\W*$")
_IN_BRACKETS = re.compile(r"\s*\((?![A-Z][\w-]*\))[^()]*\)")
# What a list question adds without narrowing what is asked for.
_ASIDE = regex(
    r"[\s,]*\b(?:among (?:the|its|their|his|her|other|our)\b[^?;,]*"
    r"|(?:(?:or|and) )?as (?:one|part|some) of (?:one|it|them|their \w+|its \w+|the \w+)|(?:or|and) (?:as )?part of (?:one|it|them)"
    r"|in (?:any|some|whatever|one) (?:role|way|form|capacity|sense|manner|context|shape)(?: or (?:another|other))?"
    r"|plays? an? (?:[a-z]+ )?(?:role|part)|in (?:their|its|the) (?:abstracts?|texts?|summar(?:y|ies))|at (?:all|any point)|(?:that|this|these|those) (?:sort|kind|type)s? of (?:things?|stuff)"
    r"|and so (?:on|forth)|and the like|etc\b\.?|or (?:something )?similar|or something(?: like (?:that|it))?|themselves|itself)(?!\w)"
    r"|,\s*(?:e\.g\.|for (?:example|instance)|such as)[^?;,]*"
    r"|,\s*as (?:an?|the|its|their|own|one)\b[^?;.]*"
    r"|,\s*[^,?;.]{2,60} included\b|,?\s*including\b[^?;.]*"
    r"|,\s*(?:no matter |regardless of )?(?:whether|if|be it|even if)\b[^?;.]*"
    # "or build their method on one", "or name it among the benchmarks"
    rf"|[\s,]*\b(?:and|or|and/or) (?:\w+ly )?(?!before\b|after\b|since\b|later\b|earlier\b|like\b|about\b|by\b|from\b|in\b)[a-z]+ (?:(?:their|its|his|her|the|an?) [\w-]+ )?"
    rf"(?:(?:up)?on |with |from |to |against |in |of |for )?(?:it|them|one|that|those)\b(?! {PAPERS})[^?;,.{MASKS}]*"
    r"|[\s,]*\b(?:and|or|and/or) [a-z]+ (?:[\w-]+ ){1,5}?there\b"
)
_SENTENCE_END = re.compile(r"(?<=[\w)][\w)][.?!])(?<!\bal\.)(?<!\bvs\.)\s+(?=\S)")  # not after "P." and "e.g."
_ASKS = regex(r"(?:and |also |then |or )?(?:what|which|who|whom|whose|when|where|why|how|is|are|do|does|did|can|tell|explain|describe|compare|summari[sz]e|list|show|give)\b")
_BUT_NOT = regex(rf"[\s,]*(?:\bbut )?\bnot (?:the |just |only |merely )?(?:ones?|those|{PAPERS}|any) (?:that|which|who|where)\b[^?;.]*")


def plainly(text: str) -> tuple[str, str]:
    """Return (the question, what it says beside that and is left out).

    Gone is what only makes it polite or says in several verbs what one says, and the words of web addresses; "what's" is two
    words, "which ones" the papers that are meant, and what stands before a question about it stands in it.
    """
    text = _SAID_AGAIN.sub("", _POLITE_END.sub(r"\g<stop>", _ADDRESS.sub(OTHER, text)))
    text = _CONTRACTED.sub(lambda found: f"{found[1] or found[2]} is", _POLITE.sub("", text, count=1).strip())
    text = _THE_ONES.sub(r"\1 the papers", _ONES.sub(lambda found: f"{found[1] or 'which'} papers", text))
    text = _THE_ONES_THAT.sub("", _THIS_SET.sub(r"\1 this collection", text))
    text = _IS_AUTHOR_OF.sub(r"which papers have \g<x> as \g<place>", text)
    text = _IN_THESE.sub(r"which papers introduce \g<x>", _who_uses(_AND_WHICH.sub("", text)))
    text = _IS_THERE_ANY.sub(lambda found: f"which papers mention {found['x']}" if found["speak"] else f"are there any papers about {found['x']}", text)
    text = _TURNS_UP.sub(r"which papers mention \g<x>", _in_place(text))
    text = _SEVERAL_DOINGS.sub(lambda found: "use" if re.search(rf"\b{_USE}\b", found[0], re.I) else found["last"], text)
    if found := _OF_WHICH.search(text):
        return text[: found.start()].strip(), found[1]
    text = text.strip()
    sentences = _SENTENCE_END.split(text)
    if len(sentences) > 1 and _OF_THE_ASKER.match(sentences[0]) and LIST.match(sentences[1]):
        subject = _OCCUPIED.sub("", sentences[0]).strip(" .!,")
        if subject != sentences[0].strip(" .!,") and _POINTS_BACK.search(sentences[1]):  # "I'm interested in X, i.e. Y. Which papers cover that?"
            sentences[1] = _POINTS_BACK.sub(lambda _: subject, sentences[1], count=1)
        sentences = sentences[1:]  # "I work on tracking. Which papers ...?" asks nothing of tracking
        text = " ".join(sentences)
    if len(sentences) > 1 and LIST.match(sentences[0]) and not any("?" in other or _ASKS.match(other) for other in sentences[1:]):
        return sentences[0], " ".join(sentences[1:])
    return text, ""


def _who_uses(text: str) -> str:
    """Return "Who besides the LiT paper uses X?" as "which papers uses X, besides the LiT paper"."""
    found = _WHO_USES.match(text)
    return f"which papers {text[found.end() :].rstrip(' ?.!')}{',' + found['besides'] if found['besides'] else ''}" if found else text


def _in_place(text: str) -> str:
    """Return "Optical flow - which papers use it?" as "which papers use optical flow"."""
    if found := _WHICH_ONES.match(text):
        if some := _SOME.match(found["x"]):
            return f"which papers {found['x'][some.end() :].strip()}"
        if LIST.match(found["x"]):
            return found["x"]
        return text if _ASKS.match(found["x"]) else f"which papers have {found['x']}"
    found = _FRONTED.match(text)
    if not found:
        return text
    bare = _IN_BRACKETS.sub(lambda bracket: bracket[0] if _LONG_BRACKETS.match(bracket[0]) else "", found["x"])
    subject = _OCCUPIED.sub("", bare).strip(" ,")
    if _BARE.match(found["asks"]):
        return f"which papers are there {subject}"
    return _POINTS_BACK.sub(lambda _: subject, found["asks"], count=1) if subject and _POINTS_BACK.search(found["asks"]) else text


_EXAMPLES = regex(r"[\s,(]+(?:such as|e\.?g\.?|for (?:example|instance)|say)[\s,:]+(?P<x>[^?;()]+)\)?")
_EXAMPLE = re.compile(r"\b[A-Z][\w.+-]*(?: [A-Z\d][\w.+-]*)*")


def examples_in(rest: str) -> tuple[str, tuple[str, ...]]:
    """Return (a list question without the examples of what it asks for, those that are names): "video games such as Atari or StarCraft"."""
    found = _EXAMPLES.search(rest)
    names = tuple(_EXAMPLE.findall(found["x"])) if found else ()
    return (f"{rest[: found.start()]} {rest[found.end() :]}", names) if found and names else (rest, ())


def without_asides(rest: str) -> tuple[str, str]:
    """Return (a list question without what does not narrow it, what it excludes in words that cannot be told from an abstract)."""
    left_out = [found[0].strip(" ,()") for pattern in (_LONG_BRACKETS, _BUT_NOT) for found in pattern.finditer(rest)]
    return _ASIDE.sub(" ", _BUT_NOT.sub(" ", _LONG_BRACKETS.sub("", rest))), "; ".join(left_out)
