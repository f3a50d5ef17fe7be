"""Knows what a PDF says of its paper above the abstract, along its margin and in its metadata: title, authors, ids, date.

Leaves the abstract to `pdf`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa_bot.readers.fields import as_arxiv_id, as_date, as_doi, is_arxiv_id
from qa_bot.readers.names import is_name, looks_like_authors
from qa_bot.readers.pdf_lines import Line, Pages

_STAMP = re.compile(
    r"arXiv\s*:\s*(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>\d+))?\s*(?:\[(?P<category>[\w.-]+)\])?"
    r"\s*(?P<date>\d{1,2} [A-Z][a-z]{2,8} \d{4})?"
)
_DOI = re.compile(r"(?:doi\s*[:.]?\s*|doi\.org/)\s*(10\.\d{4,9}/[^\s\"<>|]+)", re.IGNORECASE)
# What programs put into the metadata for want of a title.
_NO_TITLE = re.compile(
    r"untitled.*|title|.*\.(?:dvi|tex|docx?|rtf|pdf|ps|indd|qxd|eps)|microsoft word.*|arxiv.*|pii:.*|doi:.*|\W*|\d[\d\s.:/_-]*"
    r"|[\w-]*\d{4,}[\w-]*|(?:manuscript|paper|article|template|camera.ready|main|ms|draft|submission|document|research article"
    r"|original article|layout \d+|powerpoint.*|slide \d+)\d*",
    re.IGNORECASE,
)
# Large letters at the head of a page that are not the title: the kind of article, the journal, the publisher.
_NOT_THE_TITLE = re.compile(
    r"(?:research|original|review|regular|full|short)?\s*(?:article|paper|letter|communication|report|review)s?\b.{0,12}\Z"
    r"|(?:international )?(?:journal|transactions|proceedings|annals|archives|bulletin) (?:of|on)\b|open(?: access)?\Z"
    r"|(?:published|preprint|under review|accepted) (?:as|in|at|by)\b|contents lists|sciencedirect|elsevier|springer|plos|frontiers in"
    r"|nature\Z|science\Z|arxiv|(?:.*\W)?vol(?:ume|\.)\s*\d|https?:|www\.|technical report|working paper",
    re.IGNORECASE,
)
# Words of affiliations and addresses, which look like names otherwise.
_PLACE = re.compile(
    r"univers|institut|departm|school|colleg|laborator|\blabs?\b|research|centre|center|facult|academ|hospital|clinic|company"
    r"|corporation|\binc\b|\bltd\b|gmbh|google|deepmind|meta ai|facebook|microsoft|openai|nvidia|amazon|apple|adobe|ibm\b|huawei"
    r"|tencent|alibaba|baidu|samsung|intel\b|ministry|national|ecole|école|polytechn|politecn|fellow|member|student|senior"
    r"|professor|e-?mail|anonym|submission|paper id|review|printed|version|draft|abstract|\bstr\b|straße|team\b|group\b|society|foundation|street|avenue|corresponding|author|equal|contribution"
    r"|\b(?:usa|uk|china|germany|france|switzerland|japan|canada|italy|spain|india|korea|australia|netherlands|austria|israel"
    r"|brazil|sweden|singapore|new york|san francisco|los angeles|hong kong|united states|united kingdom)\b",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r",?\s*(?:(?:Graduate |Student |Senior |Life |Associate )*(?:Member|Fellow)\b,?\s*(?:IEEE|ACM|OSA|SIAM)?|\bIEEE|\bPh\.?\s?D\.?"
    r"|\bM\.?D\.?|\bMSc|\bBSc|\bFRS)(?=\W|\Z)"
)
_MARKS = re.compile(r"[\d*∗†‡§¶‖#⋆★✉♠♣♦♥◦•⁰¹²³⁴-⁹⁺⁻₀-₉⁎]+")
_SEPARATOR = re.compile(r"[;,·•|]|\s+(?:and|und|et|y|&)\s+|\A(?:and|by|with)\s+")
_TITLES = frozenset(("and", "by", "ieee", "phd", "md", "dr", "ph.d", "jr", "m.d"))
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\.?\s+{_MONTH},?\s+(?:19|20)\d\d"
    rf"|{_MONTH}\s+(?:\d{{1,2}}(?:st|nd|rd|th)?(?:[–-]\d{{1,2}})?,?\s+)?(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)"
)
_DATE_LINE = re.compile(rf"\W*(?:dated?:?\s*)?({_DATE})\W*", re.IGNORECASE)
_PUBLISHED = re.compile(
    rf"(?:published(?: online)?|available online|publication date|date of publication|appeared)\W{{0,3}}({_DATE})", re.IGNORECASE
)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\D{0,20}((?:19|20)\d\d)\b", re.IGNORECASE)


def front_matter(pages: Pages, abstract_at: int | None, file: str) -> dict[str, Any]:
    """Return raw fields for `record_fields`. `abstract_at` is the place of the abstract's heading among the lines, if it has one."""
    first = [line for line in pages.lines if line.page == 1]
    heading = pages.lines[abstract_at] if abstract_at is not None and pages.lines[abstract_at].page == 1 else None
    before = pages.lines[:abstract_at] if heading else first
    above = [line for line in before if heading is None or line.y > heading.y + 0.5 * heading.size] or first
    stamp = _stamp(pages, first, file)
    block = _title_lines(above, pages.height, body=_body_size(first))
    title = _title(pages, first, block)
    found: dict[str, Any] = {
        "title": title,
        "authors": _authors(pages, above, block),
        "doi": _doi(pages, first),
        "arxiv_id": stamp.get("id"),
        "categories": [stamp["category"]] if stamp.get("category") else None,
    }
    found["date"] = _arxiv_date(stamp) or _date(pages, first)
    return {name: value for name, value in found.items() if value}


def _stamp(pages: Pages, first: Sequence[Line], file: str) -> dict[str, str]:
    """Return what arXiv stamps on a margin, else what a line of its own, the metadata or the file's name say."""
    for text in (pages.margin, *(line.text for line in first if line.text.strip().lower().startswith("arxiv"))):
        if match := _STAMP.search(text):
            return {name: value for name, value in match.groupdict().items() if value}
    own_doi = re.search(r"(?i)10\.48550/arxiv\.(\S+)", pages.metadata.get("DOI", ""))
    told = as_arxiv_id(pages.metadata.get("arXivID")) or as_arxiv_id(own_doi[1] if own_doi else "")
    stem = re.sub(r"(?i)(?:\.pdf)?(?:\.gz)?\Z", "", Path(file).name)
    if told or is_arxiv_id(stem):
        return {"id": told or as_arxiv_id(stem) or ""}
    return {}


def _arxiv_date(stamp: dict[str, str]) -> str | None:
    """Return the day of a first version; a later version's stamp says nothing of when the paper appeared, its id does."""
    if stamp.get("version") == "1" and stamp.get("date"):
        return as_date(stamp["date"])
    month = re.match(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?(\d\d)(\d\d)", stamp.get("id", ""))
    return f"{'19' if month[1] > '90' else '20'}{month[1]}-{month[2]}" if month else None


def _body_size(lines: Sequence[Line]) -> float:
    """Return the size in which most letters of a page are set."""
    letters: dict[float, int] = {}
    for line in lines:
        letters[round(line.size, 1)] = letters.get(round(line.size, 1), 0) + len(line.text)
    return max(letters, key=lambda size: letters[size], default=0.0)


def _title_lines(above: Sequence[Line], height: float, *, body: float) -> list[Line]:
    """Return the lines of the largest letters above the abstract that read like a title; no plain text but at the very top."""
    lines = [line for line in above if line.y > 0.35 * height][:80]
    for size in sorted({round(line.size, 1) for line in lines}, reverse=True):
        for start, line in enumerate(lines):
            if abs(line.size - size) > 0.051 or (size <= 1.02 * body and not line.is_bold and start > 1):
                continue
            block = [line]
            for after in lines[start + 1 :]:
                if abs(after.size - size) > 0.04 * size or block[-1].y - after.y > 2.1 * size or after.is_bold != line.is_bold:
                    break
                block.append(after)
            text = _joined(block)
            if len(re.findall(r"[^\W\d_]", text)) >= 8 and " " in text and len(text) <= 400 and not _NOT_THE_TITLE.match(text):
                return block
    return []


def _joined(lines: Sequence[Line]) -> str:
    """Return a title's lines as one, without the marks of its footnotes; a hyphen at a line's end is the title's own."""
    parts = []
    for line in lines:
        main = [piece for piece in line.pieces if piece.size > 0.8 * line.size]
        kept = _small_capitals(line) or (line.text if len(main) == len(line.pieces) else _without(line))
        parts.append(kept.strip(" *∗†‡§¶⋆"))
    text = parts[0]
    for part in parts[1:]:
        text += part if text.endswith(("-", "–", "/")) and part[:1].isalpha() else f" {part}"
    return " ".join(text.split())


def _small_capitals(line: Line) -> str | None:
    """Return a line of small capitals, which are capitals in smaller letters, in ordinary letters; None for other lines."""
    largest = max(piece.size for piece in line.pieces)
    level = [piece for piece in line.pieces if abs(piece.y - line.y) < 0.05 * largest]
    small = [piece for piece in level if 0.7 * largest < piece.size < 0.9 * largest]
    if len(level) < len(line.pieces) or len(small) < 0.4 * len(level) or not line.text.isupper():
        return None
    text, at = "", 0
    for piece in line.pieces:
        words = piece.text.strip()
        start = line.text.find(words, at)
        if start < 0:
            return None
        text += line.text[at:start] + (words.lower() if piece in small else words)
        at = start + len(words)
    return text + line.text[at:]


def _without(line: Line) -> str:
    """Return a line without its last raised piece where that is a footnote's mark."""
    last = line.pieces[-1]
    is_mark = last.size < 0.8 * line.size and last.y > line.y
    return line.text[: len(line.text) - len(last.text.strip())] if is_mark else line.text


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _title(pages: Pages, first: Sequence[Line], block: Sequence[Line]) -> str | None:
    """Return the title of the metadata where the first page bears it too, else the largest line, else the metadata's."""
    told = " ".join(pages.metadata.get("Title", "").split())
    usable = bool(told) and _NO_TITLE.fullmatch(told) is None and 1 < len(told.split()) and len(told) <= 400
    page = _letters("".join(line.text.rstrip("-") for line in first))
    if usable and len(_letters(told)) >= 12 and _letters(told) in page and not told.isupper():
        return told
    if block:
        return _joined(block)
    return told if usable else None


def _authors(pages: Pages, above: Sequence[Line], block: Sequence[Line]) -> list[str]:
    """Return the names between title and abstract, else those of the metadata that the first page bears."""
    after = above[above.index(block[-1]) + 1 :] if block else []
    found: list[str] = []
    style: tuple[int, str] | None = None
    for line in after:
        its_style = round(line.pieces[0].size), re.sub(r"[\d+]", "", line.pieces[0].font)
        if style in (None, its_style) and (names := _names_of(line)):
            style = its_style
            found += names
    told = _told_authors(pages, above)
    return told if len(told) > len(found) else list(dict.fromkeys(found))


def _names_of(line: Line) -> list[str]:
    """Return the names that a line consists of; empty where something else stands in it, a place or an address."""
    text = _DEGREE.sub("", re.sub(r"(?:\A|(?<=; ))[^\s;]*@[^\s;]+", "", _text_of_names(line)))
    if "@" in text or _PLACE.search(text) or len(text) > 400:
        return []
    parts = (
        _MARKS.sub(" ", part).strip(" ,.;·&|") for part in _SEPARATOR.split(re.sub(r"\[[\d−–-]+\]|\([^()]{0,20}\)", "", text))
    )
    names = [" ".join(part.split()) for part in parts if re.search(r"[^\W\d_]", part)]
    names = [
        re.sub(r"\A(?:and|by|with|Dr\.?|Prof\.?|Mr\.?|Ms\.?|Mrs\.?)\s+", "", name)
        for name in names
        if name.lower() not in _TITLES
    ]
    names = [_natural_case(name) for name in names]
    are_names = all(is_name(name) and len(name.split()) > 1 and len(name) < 50 for name in names)
    return names if names and are_names and looks_like_authors(", ".join(names)) else []


def _text_of_names(line: Line) -> str:
    """Return a line without raised marks; a wide gap, or one where a mark stood, parts two names."""
    text, before = "", None
    for piece in line.pieces:
        is_mark = piece.size <= 0.8 * line.size
        if is_mark and piece.y > line.y + 0.05 * line.size:
            before = None if before is None else replace(before, right=min(before.right, piece.left))
            continue
        gap = piece.left - before.right if before else 0.0
        marked = before is not None and line.pieces[line.pieces.index(piece) - 1].text != before.text
        if gap > 1.2 * piece.size or (marked and gap > 0.3 * piece.size):
            text += "; "
        elif gap > 0.17 * piece.size:
            text += " "
        text += "" if is_mark else piece.text.strip()
        before = piece
    return text


def _natural_case(name: str) -> str:
    """Return XIAOHUA ZHAI as Xiaohua Zhai."""
    return " ".join(word if len(word) < 3 or "." in word else word.title() for word in name.split()) if name.isupper() else name


def _told_authors(pages: Pages, above: Sequence[Line]) -> list[str]:
    told = pages.metadata.get("Author", "")
    parts = re.split(r"\s*;\s*|\s+and\s+|\s*,\s*(?:and\s+)?", told) if "," in told or ";" in told or " and " in told else [told]
    names = [" ".join(part.split()) for part in parts if part.strip()]
    page = _letters("".join(line.text for line in above))
    known = [name for name in names if len(name.split()) > 1 and is_name(name) and _letters(name.split()[-1]) in page]
    return known if len(known) == len(names) else []


def _doi(pages: Pages, first: Sequence[Line]) -> str | None:
    """Return the DOI that the metadata name, else the only one of the first page, else the one of its head or foot."""
    for key in ("DOI", "doi", "Subject", "Keywords"):
        if told := as_doi(pages.metadata.get(key)):
            return told
    found = {}
    for line in first:
        for match in _DOI.finditer(line.text):
            found.setdefault(as_doi(match[1]), line)
    at_edge = [doi for doi, line in found.items() if line.y > 0.85 * pages.height or line.y < 0.2 * pages.height]
    return next(iter(found), None) if len(found) < 2 else next(iter(at_edge), None)


def _date(pages: Pages, first: Sequence[Line]) -> str | None:
    """Return the day of publication or of the title page, else the year of the copyright, else that of the file."""
    for line in first:
        if match := _PUBLISHED.search(line.text):
            return as_date(match[1])
    for line in first:
        if (match := _DATE_LINE.fullmatch(line.text.strip())) and line.y > 0.4 * pages.height:
            return as_date(match[1])
    for line in first:
        if match := _COPYRIGHT.search(line.text):
            return match[1]
    made = re.match(r"(?:D:)?((?:19|20)\d\d)", pages.metadata.get("CreationDate", ""))
    return made[1] if made else None
