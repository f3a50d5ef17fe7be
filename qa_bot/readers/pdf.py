"""Knows where a paper's PDF keeps its abstract, in one column or two, under a heading or run in, over columns and pages.

Leaves the letters and lines to `pdf_lines`, and title, authors and identifiers to `pdf_front`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from qa_bot.readers.fields import record_fields
from qa_bot.readers.pdf_front import front_matter
from qa_bot.readers.pdf_lines import Line, read_pages
from qa_bot.readers.result import Reading, ReadResult

_SHORTEST = 80
_LONGEST = 6_000
_SHORTEST_PARAGRAPH = 250
_NAMES = r"abstract|summary|a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|zusammenfassung|kurzfassung|résumé|resumen|resumo|riassunto"
_HEADING = re.compile(rf"\W{{0,3}}(?:\d\.?\s+)?(?P<name>{_NAMES})\W{{0,3}}", re.IGNORECASE)
_RUN_IN = re.compile(rf"\W{{0,2}}(?P<name>{_NAMES})\s{{0,2}}(?:[:.—–\-−]{{1,3}}|\|)\s*(?=\S)", re.IGNORECASE)
# The font alone tells that the heading ends here.
_RUN_IN_BY_FONT = re.compile(r"(?P<name>Abstract|ABSTRACT|Summary|SUMMARY)\s+(?=[A-Z0-9“\"])")
# Headings inside a structured abstract.
_PARTS = (
    r"background|objectives?|aims?|purpose|motivation|context|methods?|materials and methods|results?|findings|conclusions?"
    r"|significance|importance|design|setting|interpretation|discussion"
)
_PART = re.compile(rf"(?:{_PARTS})(?:\s+and\s+\w+)?\s*[:.—–-]?", re.IGNORECASE)
# What comes after an abstract that is no heading of the text.
_AFTER = re.compile(
    r"\W{0,3}(?:key\s?-?\s?words?(?: and phrases| or phrases)?|index terms|general terms|additional key|ccs concepts?"
    r"|categories and subject descriptors?|subject(?:s| areas| headings| classifications?| terms)|acm (?:reference format|classification|ccs)"
    r"|pacs(?: numbers?)?|jel(?: classifications?| codes?)?|msc(?:\s?20\d\d)?|\d{4} mathematics|mathematics subject|ams subject"
    r"|article info|permission to make|copyright|nomenclature|highlights|abbreviations?|impact statement|significance statement"
    r"|plain language summary|author summary|correspond(?:ence|ing author)|manuscript received|received[: ]|accepted[: ]|submitted to"
    r"|(?:re)?print|funding|table of contents|contents|acknowledge?ments?|résumé|zusammenfassung|resumen|resumo"
    r"|©|\(c\) ?(?:19|20)\d\d|doi\b|https?://(?:dx\.)?doi)(?![a-z])",
    re.IGNORECASE,
)
_AFTER_INSIDE = re.compile(
    r"(?<=[.!?)\"”])\s+(?:Key\s?words?(?: and phrases)?|KEY\s?WORDS|Keywords|Index Terms|CCS Concepts)\s*[:—–-].*\Z", re.DOTALL
)
_INTRODUCTION = re.compile(
    r"(?:[1i])?(?:introduction|introducción|introduçao|einleitung|introduction(?:and|to)\w{0,40}|background(?:and)?\w{0,30}"
    r"|overview|motivation)\Z"
)
_CAPTION = re.compile(r"(?:fig(?:ure|\.)|table|tab\.)\s*\d+\s*[.:|]?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?][)\]\"”’]?\s*\Z")
# First halves of words that keep their hyphen at the end of a line.
_KEEPS_HYPHEN = frozenset(
    "self well high low long short large small end state real time cross vision image text language open zero one two few fine "
    "coarse data model task domain context object human user single double third first second top bottom left right half full hard soft".split()
)


def read_pdf(data: bytes, file: str) -> ReadResult:
    """Read the one paper of a PDF. Raise Unreadable for a file without text; one without an abstract is skipped with the reason."""
    pages = read_pages(data)
    reading = Reading(file)
    at, first = _heading(pages.lines)
    known = _words(line.text for line in pages.lines)
    abstract = _prose(_collected(pages.lines, at, first), known) if at is not None else ""
    fields = record_fields(front_matter(pages, at, file))
    if len(abstract) < _SHORTEST:
        abstract = _first_paragraph(pages.lines, fields.get("title", ""), known)
    if not abstract:
        reading.skip(f"no abstract was found on the first pages{': ' + repr(fields['title']) if 'title' in fields else ''}")
    else:
        reading.add(abstract, fields, record_id=fields.get("arxiv_id") or fields.get("doi"))
    return reading.result()


def _heading(lines: Sequence[Line]) -> tuple[int | None, str]:
    """Return the place of the heading over the abstract and what of the abstract stands in its own line.

    Of several headings "Abstract" counts before "Summary", and that before other languages.
    """
    found: list[tuple[int, int, str]] = []
    for place, line in enumerate(lines):
        text = line.text.strip()
        if match := _HEADING.fullmatch(text):
            found.append((_rank(match["name"]), place, ""))
        elif match := _RUN_IN.match(text):
            if line.text[:1].isupper() or not text[:1].isalpha():
                found.append((_rank(match["name"]), place, text[match.end() :]))
        elif (match := _RUN_IN_BY_FONT.match(text)) and len(line.pieces) > 1 and line.pieces[0].font != line.pieces[1].font:
            if _HEADING.fullmatch(line.pieces[0].text.strip()):
                found.append((_rank(match["name"]), place, text[match.end() :]))
    best = min(found, default=None)
    return (best[1], best[2]) if best else (None, "")


def _rank(name: str) -> int:
    letters = re.sub(r"\s", "", name).lower()
    return 0 if letters == "abstract" else 1 if letters == "summary" else 2


def _collected(lines: Sequence[Line], at: int, first: str) -> list[str]:
    """Return the lines of text from a heading on, up to the next heading or another kind of text."""
    kept: list[str] = [first] if first else []
    model = lines[at] if first else next((line for line in lines[at + 1 :] if line.text.strip()), None)
    if model is None:
        return []
    before = lines[at]
    for line in lines[at + 1 :]:
        text = line.text.strip()
        moved = (line.page, line.column) != (before.page, before.column)
        whole = bool(kept) and _SENTENCE_END.search(kept[-1]) is not None
        if not kept and not _is_alike(line, model):
            model = line
        if _ends_abstract(line, model, whole=whole, has_text=bool(kept)):
            break
        if sum(map(len, kept)) > _LONGEST:
            break
        if not kept or _is_alike(line, model) and not (moved and _is_other_text(line, model)):
            gap = 0.0 if moved else before.y - line.y
            if whole and gap > 2.6 * model.size and not _PART.match(text):
                break
            if whole and moved and line.style != model.style:
                break
            if kept and gap > 4 * model.size:
                continue  # a figure's caption at the foot of the column; the sentence goes on in the next
            kept.append(text)
            before = line
        elif whole and line.size >= (1.1 if moved else 0.97) * model.size and not _CAPTION.match(text):
            break  # a heading, or the text of the paper right below
    return kept


def _ends_abstract(line: Line, model: Line, *, whole: bool, has_text: bool) -> bool:
    text = line.text.strip()
    letters = re.sub(r"[^a-zà-ÿ0-9]", "", text.lower())
    if not has_text:
        return False
    if _AFTER.match(text) and (whole or line.is_bold or text[:1].isupper()):
        return True
    if _INTRODUCTION.match(letters) and len(text) < 80 and (text[:1].isupper() or text[:1] in "1i"):
        return not _PART.fullmatch(text) or line.size > 1.1 * model.size
    numbered = re.match(r"(?:1|I)[.:]?\s+[A-Z]", text) is not None and len(text.split()) <= 10 and not text.endswith((".", ","))
    if numbered and (whole and (line.is_bold or line.size > 1.03 * model.size or line.style != model.style or text.isupper())):
        return True
    is_heading = len(text.split()) <= 8 and not text.endswith((".", ",", ";")) and line.is_bold and not model.is_bold
    return is_heading and whole and not _PART.match(text)


def _is_alike(line: Line, model: Line) -> bool:
    """Return whether a line is set as the abstract is, so that footnotes, captions and running heads are not."""
    return abs(line.size - model.size) <= 0.045 * model.size and _CAPTION.match(line.text.strip()) is None


def _is_other_text(line: Line, model: Line) -> bool:
    """Return whether a line of the next column or page has another font than the abstract, as the text under a figure has."""
    return line.style != model.style and all(piece.font != model.style for piece in line.pieces)


def _first_paragraph(lines: Sequence[Line], title: str, known: frozenset[str]) -> str:
    """Return the first paragraph of running text on the first two pages: letters and old papers have no heading over it."""
    for block in _blocks(lines):
        width = max(line.right - line.left for line in block)
        begin = next(n for n, line in enumerate(block) if line.right - line.left >= 0.7 * width)
        text = _prose([line.text.strip() for line in block[begin:] if "@" not in line.text], known)
        if text[:40] == title[:40] or _AFTER.match(text) or _CAPTION.match(text):
            continue
        sentences = len(re.findall(r"[a-zà-ÿ)\]]{2}[.!?](?=\s|\Z)", text))
        words = text.split()
        in_prose = sum(word[:1].islower() for word in words) / max(1, len(words))
        if len(text) >= _SHORTEST_PARAGRAPH and sentences >= 2 and in_prose > 0.6:
            return text
    return ""


def _blocks(lines: Sequence[Line]) -> Iterable[list[Line]]:
    """Yield runs of lines of one size that stand close together, up to an indented line after a whole sentence."""
    block: list[Line] = []
    for line in (line for line in lines if line.page <= 2):
        if block:
            before = block[-1]
            same_column = (line.page, line.column) == (before.page, before.column)
            gap = before.y - line.y if same_column else 0.0
            parted = (
                abs(line.size - before.size) > 0.045 * before.size or gap > 1.75 * line.size or line.is_bold != before.is_bold
            )
            is_whole = _SENTENCE_END.search(before.text) is not None
            indented = same_column and len(block) > 1 and is_whole and line.left - block[-1].left > 0.6 * line.size
            goes_on = not same_column and not is_whole and line.style == before.style
            if (parted or not same_column) and not goes_on or indented:
                yield block
                block = []
        block.append(line)
    if block:
        yield block


def _prose(lines: Sequence[str], known: frozenset[str]) -> str:
    """Join lines, undoing hyphens at their ends where the document knows the word without one, or not with one."""
    if not lines:
        return ""
    text = lines[0].strip()
    for line in (line.strip() for line in lines[1:]):
        first, last = re.match(r"[^\W\d_]+", line), re.search(r"([^\W\d_]+)[-‐\u00ad\ufffe]\Z", text)
        if not (first and last):
            text += line if text.endswith(("-", "‐", "—", "/")) and not text.endswith((" -", " —")) else f" {line}"
        elif _keeps_hyphen(last[1], first[0], known):
            text = f"{text[:-1]}-{line}"
        else:
            text = text[:-1] + line
    text = _AFTER_INSIDE.sub("", " ".join(text.split()))
    return re.sub(r"\s+([,;:.!?)])(?=\s|\Z)", r"\1", text)


def _keeps_hyphen(first: str, second: str, known: frozenset[str]) -> bool:
    if second[0].isupper() or first.isupper():
        return True
    joined, hyphened = f"{first}{second}".lower(), f"{first}-{second}".lower()
    if (joined in known) != (hyphened in known):
        return hyphened in known
    return first.lower() in _KEEPS_HYPHEN and joined not in known


def _words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that stand whole inside lines, hyphens included."""
    words: set[str] = set()
    for text in texts:
        parts = text.split()
        inner = parts[:-1] if parts and parts[-1].endswith(("-", "‐", "\u00ad", "\ufffe")) else parts
        words.update(re.sub(r"^\W+|\W+$", "", word).lower() for word in inner)
        words.update(
            "-".join(pair) for word in inner for pair in itertools.pairwise(re.findall(r"[^\W\d_]+", word.lower())) if "-" in word
        )
    return frozenset(words)
