"""Knows the words and patterns by which a question asks for a thing and an abstract gives it: figures, units, places, words of like meaning.

Leaves reading questions and judging texts to the other modules of `asked`.
"""

from __future__ import annotations

import re

_FIGURE = (
    r"(?:(?<![\w.-])[~$€£]?\d[\d,.]*(?:\s?[kKMBT]\b)?[+%x]?"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?"
    r"|millions?|billions?|several|half|twice|double|one(?= of\b| hour| day| week| month| year| minute| million| billion| hundred| thousand))\b)"
)
FIGURE = re.compile(_FIGURE, re.I)
# The number of a name counts nothing: "SigLIP 2, a family of multilingual encoders".
NUMBERED_NAME = re.compile(r"(?P<name>\b(?!(?:Over|About|Around|Only|With|On|In|At|To|From|By|For|Of|Up|We|The|These|All|Our|Using|After|Under|Within|Nearly|Almost|And)\b)[A-Z][\w-]{0,40}) \d{1,2}(?![\w.,]*[\d%])")
_NEW_PHRASE = r"(?:our|the|we|an?|its|their|it|this|these|which|with|and|using)"
# "22B-parameter ViT", "four thousand TPU-months", "10 examples per class", "464k laser scans": what is counted stands just behind.
COUNTED = re.compile(rf"{_FIGURE}(?<!%)(?![.,]?\d|\s?%)(?P<what>\W{{1,3}}(?:(?!{_FIGURE})[\w-]{{1,40}}(?: |, (?!{_NEW_PHRASE}\b))){{0,3}}[\w-]{{1,40}})", re.I)
# "batch size of 32k", "parameters: 22B".
COUNTED_BEFORE = re.compile(rf"\b(?P<what>[\w-]{{1,40}}(?: [\w-]{{1,40}})?)(?: (?:of|is|was|to|reaches)|:)(?: (?:about|up to|almost|only|at least))? {_FIGURE}", re.I)
KINDS_OF = re.compile(r"\b(?:type|kind|sort|class|categor|varie|famil|group|set)(?:e?s|y|ies)?\b of(?: \w+){0,2}", re.I)

_DURATION = r"(?:ms|milliseconds?|s|secs?|seconds?|min|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|decades?|epochs|iterations|steps|Myrs)\b"
_LENGTH = r"(?:km|cm|mm|m|metres?|meters?|kilometres?|kilometers?|miles?|inch(?:es)?|px|pixels|tokens|frames|words|pages|characters)\b"
_UNIT_PATTERNS = {
    "duration": rf"(?:{_FIGURE}|\b(?:a|an|one|per|overnight|under|less than))[\s~-]{{0,2}}(?:\w{{1,30}}[\s-]){{0,2}}?{_DURATION}",
    "length": rf"{_FIGURE}[\s~-]{{0,2}}{_LENGTH}|\d\s?[x×]\s?\d",
    "percent": r"\d\s?(?:%|percent)",
    "speed": rf"{_FIGURE}[\s~-]{{0,2}}(?:fps|hz|khz|mhz|ghz|frames? per|km/h|mph|m/s|times|x\b|fold|ms\b|milliseconds?|seconds?|hours?|%)|\breal-?time\b",
    "money": r"[$€£]\s?\d|\b(?:usd|dollars?|euros?|pounds?|yen|wages?|salar\w+|hourly|paid|fees?|prices?|free of charge|budget of)\b",
    "mass": rf"{_FIGURE}[\s~-]{{0,2}}(?:kg|g|mg|kilograms?|grams?|tons?|tonnes?|lbs?|pounds)\b",
    "bytes": rf"{_FIGURE}[\s~-]{{0,2}}(?:[KMGTP]i?B|bytes?|(?:mega|giga|tera)bytes?)\b|\bTBs\b",
    "energy": rf"{_FIGURE}[\s~-]{{0,2}}(?:k|m|g)?(?:wh?|watts?|watt-?hours?|joules?|j)\b|\benergy\b[^.]{{0,200}}\d|\d[^.]{{0,200}}\benergy\b",
    "share": r"\d\s?(?:%|percent)|\b(?:half|third|quarter|tenth|fraction|majority)\b",
    "licence": r"\bcc[- ]?(?:by\b|0\b)|\bcreative commons\b|\b(?:apache|mit|bsd|l?gpl)\b|\bpublic domain\b|\blicen[cs]ed (?:under|as|for)\b"
    r"|\b(?:under|with) (?:an?|the) (?:[\w.-]+ ){1,3}licen[cs]e|\b(?:permissive|open|proprietary|commercial|non-?commercial|research|free)(?:[\s-]source)? licen[cs]e",
    "any": _FIGURE,
}
UNITS = {unit: re.compile(pattern, re.I) for unit, pattern in _UNIT_PATTERNS.items()}
DEGREE = {
    "long": "duration|length", "far": "length", "fast": "speed", "quick": "speed", "quickly": "speed", "slow": "speed", "often": "speed", "heavy": "mass",
    "expensive": "money", "tall": "length", "wide": "length", "old": "duration", "sharp": "length", "fine": "length", "high": "any", "large": "any", "big": "any",
    "small": "any", "deep": "any", "accurate": "any", "wrong": "any", "few": "any", "close": "any",
}  # fmt: skip
_BY_WORD = {
    "money": "cost costs price prices paid pay earn wage wages salary fee spend funding money dollars",
    "mass": "weigh weighs weight kilograms",
    "duration": "time duration hours days minutes weeks runtime seconds milliseconds",
    "length": "distance travel travelled resolution resolutions kilometres kilometers metres meters centimetres centimeters",
    "percent": "accuracy accuracies",
    "length|duration": "length lengths",
    "licence": "licence licences license licenses licensing",
    "energy": "energy electricity power watts",
    "bytes": "memory ram disk storage gigabytes",
    "speed": "faster speed speedup slower quicker",
    "share": "share fraction percentage percent proportion portion",
}
UNIT_OF_WORD = {word: unit for unit, words in _BY_WORD.items() for word in words.split()}
# A device or a vehicle has a model, a make or a brand: a name that stands beside the word. Of what computes, "model" says another thing.
MAKES = frozenset("model models make makes brand brands manufacturer manufacturers maker makers".split())
DEVICES = frozenset(
    """camera cameras sensor sensors lidar lidars laser lasers scanner scanners gpu gpus tpu tpus cpu cpus chip chips processor processors
    robot robots car cars vehicle vehicles drone drones phone phones smartphone microphone microphones headset telescope satellite motor
    motors engine battery wheelchair computer laptop board""".split()
)

# A name of one of these is hard to tell from other names: an abstract that gives it says what it is, too.
SAID_WITH_ITS_NAME = frozenset(
    """company companies firm firms manufacturer manufacturers vendor vendors supplier suppliers sponsor sponsors university universities institution
    institutions institute institutes country countries city cities telescope telescopes satellite satellites hospital hospitals journal
    journals conference conferences venue venues optimizer optimizers optimiser optimisers sampler samplers tokenizer tokenizers""".split()
)

# What an abstract says in other words than the question; each word of a group stands for every other. Names of things are
# no neighbours of their kind in any table of words: "CC-BY" is a licence.
_GROUPS = tuple(
    frozenset(line.split())
    for line in (
        "licence licences license licenses licensing cc-by cc0 apache mit gpl bsd copyright",
        "hardware gpu gpus tpu tpus cpu cpus chip chips accelerator accelerators fpga dram tpuv2 tpuv3 tpuv4 tpuv5e device devices",
        "compute tpu gpu flop flops tpu-months computation chips hours budget resources",
        "people persons humans participants volunteers workers users subjects players testers contributors person individuals",
        "annotators annotator raters labellers labelers annotated",
        "clip clips video videos footage recordings movies films sequences",
        "picture pictures image images photo photos photographs",
        "programming software python torch pytorch tensorflow jax julia java c framework library ros matlab",
        "simulator simulation engine renderer rendering renders",
        "languages language multilingual english",
        "size sizes large big small scale scales parameters parameter resolution resolutions dimensions pixels px",
        "context window tokens length",
        "speed speedup faster latency throughput real-time",
        "dataset datasets data set sets corpus collection benchmark",
        "games game play playing played starcraft atari",
        "recurrent lstm lstms gru grus rnn rnns",
        "link url website page webpage github https code",
        "sensor sensors scanner scanners camera cameras laser lidar",
        "error errors wrong mistake mistakes deviation",
        "gain gains improvement improvements improves improve improving improved increase increases boost boosts",
        "saving savings save saves reduction reduce reduces cut",
    )
)
IN_GROUPS: dict[str, frozenset[str]] = {}
for _group in _GROUPS:
    for _word in _group:
        IN_GROUPS[_word] = IN_GROUPS.get(_word, frozenset()) | _group

# An abstract gives a score or names a benchmark without these words; a learning rate or a city it must name as such.
GOES_UNSAID = frozenset(
    """dataset datasets data benchmark benchmarks task tasks problem problems score scores share percentage percent proportion value values
    number figure amount result results performance method methods approach approaches technique techniques idea principle kind kinds type
    types sort way ways name names part parts role reason reasons bring benefit benefits advantage advantages difference differences field
    fields domain domains area areas topic goal aim purpose thing things aspect aspects component components feature features finding
    findings contribution contributions conclusion limitation limitations weakness application applications improvement improvements model
    models network networks architecture architectures system systems tool tools setting settings level levels factor factors question
    questions other new main key exact first second best good title titles paper papers changes change step steps evidence quantities
    quantity property properties challenge challenges baseline baselines competitor competitors rival rivals metric metrics measure
    measures strategy strategies scheme criterion piece pieces total average overall median mean maximum minimum highest lowest top final
    reported specific particular actual precise answer use point points case cases use two three four five six several biggest largest
    smallest cheapest fastest oldest newest longest shortest strongest open range family period whole own real kinds sorts famous typical
    different various trick tricks insight insights secret gist upshot catch takeaway takeaways message lesson lessons novelty innovation
    innovations intuition essence claim claims motivation rationale mechanism outcome outcomes effect effects consequence impact""".split()
)
# A size or a rate is of something: "batch size" is another than "patch size".
OF_SOMETHING = frozenset("size sizes rate rates length weight factor ratio budget temperature dimension dimensions dimensionality depth width".split())
# What is counted by them may stand in short: "23s", "116km".
COUNTED_IN_SHORT = frozenset("seconds milliseconds kilometres kilometers metres meters centimetres centimeters".split())
# Things that are figures: the word alone ("such as learning rate") does not give them.
NUMERIC = frozenset(
    """rate rates size sizes length width height weight decay probability ratio resolution resolutions speed latency throughput dimension
    dimensions dimensionality temperature price cost wage factor coefficient momentum frequency accuracy accuracies error errors precision
    recall score f1 map perplexity bleu top-1 top-5 seed budget threshold duration distance age percentage share fraction proportion
    amount number epochs steps layers parameters count depth speedup gain reward return""".split()
)
PLACE_SAID = re.compile(
    r"\b(?:in|across|at|from|near|throughout|around|over|between) (?:the )?(?:(?:entire |whole |northern |southern |eastern |western |central |rural |urban )?(?:continent of )?"
    r"(?:Africa|Asia|Europe|America|Antarctica|Australia|Oceania|Germany|France|Italy|Spain|Austria|Switzerland|England|Britain|Scotland|Sweden|Norway|Denmark|Finland"
    r"|Poland|Netherlands|China|Japan|Korea|India|Russia|Canada|Mexico|Brazil|Turkey|Israel|Egypt|Kenya|Nigeria|USA|UK|U\.S\.|United|London|Paris|Berlin|Vienna|Zurich|New|San|Los)\b"
    r"|(?:\w+ ){0,3}(?:environments?|countr(?:y|ies)|cit(?:y|ies)|towns?|regions?|continents?|villages?|hospitals?|schools?|universit(?:y|ies)|offices?|homes?|houses?|streets?|factor(?:y|ies)"
    r"|warehouses?|campus(?:es)?|laborator(?:y|ies)|world|wild)\b)|\bworldwide\b|\b\w+-wide\b"
)
