"""Knows PubMed's XML: articles and book chapters with structured abstracts.

Leaves the XML itself to `xml`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from qa_bot.readers.fields import as_date, record_fields
from qa_bot.readers.result import Reading, ReadResult
from qa_bot.readers.elements import elements, text_of

_ARTICLES = frozenset(("PubmedArticle", "PubmedBookArticle"))
_CITATIONS = frozenset(("MedlineCitation",))


def read_pubmed(text: str, file: str) -> ReadResult:
    """Read every article; the labels of a structured abstract (METHODS: ...) stay before their parts."""
    reading = Reading(file)
    bare = "<PubmedArticle" not in text and "<PubmedBookArticle" not in text
    for article in elements(text, _CITATIONS if bare else _ARTICLES):
        if isinstance(article, str):
            reading.note(article)
        else:
            _add(article, reading)
    return reading.result()


def _add(article: Element, reading: Reading) -> None:
    pmid = text_of(article.find(".//PMID")).strip()
    authors = article.find(".//AuthorList")
    title = text_of(
        next(
            (
                found
                for name in ("ArticleTitle", "BookTitle", "VernacularTitle")
                if (found := article.find(f".//{name}")) is not None
            ),
            None,
        )
    )
    dois = [
        *article.findall(".//ELocationID[@EIdType='doi']"),
        *article.findall("./PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
    ]
    fields = record_fields(
        {
            "title": title.strip().removesuffix(".").removeprefix("[").removesuffix("]"),
            "authors": [name for author in (authors if authors is not None else ()) if (name := _name(author))],
            "date": _date(article),
            "doi": next((text_of(doi) for doi in dois if doi.get("ValidYN") != "N"), None),
            "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None,
            "categories": [text_of(heading) for heading in article.findall(".//MeshHeading/DescriptorName")],
            "venue": text_of(article.find(".//Journal/Title")),
        }
    )
    if authors is not None and authors.get("CompleteYN") == "N":
        fields["authors_complete"] = False
    reading.add(_abstract(article), fields, record_id=pmid or None)


def _abstract(article: Element) -> str:
    parts = article.findall(".//Abstract/AbstractText") or article.findall(".//OtherAbstract/AbstractText")
    labelled = ((part.get("Label"), text_of(part).strip()) for part in parts)
    return "\n\n".join(
        f"{label}: {text}" if label and label.upper() != "UNLABELLED" else text for label, text in labelled if text
    )


def _name(author: Element) -> str:
    if author.get("ValidYN") == "N":
        return ""
    parts = (text_of(author.find(name)) for name in ("ForeName", "LastName", "Suffix"))
    return " ".join(part for part in parts if part) or text_of(author.find("CollectiveName")).strip()


def _date(article: Element) -> str | None:
    """Return the day of the issue, else the day of the article's own appearance."""
    for date in (article.find(".//JournalIssue/PubDate"), article.find(".//ArticleDate"), article.find(".//Book/PubDate")):
        if date is None:
            continue
        parts = [text_of(date.find(name)) for name in ("Day", "Month", "Year")]
        if parts[2]:
            return as_date("-".join(reversed(parts))) if parts[1].isdigit() else as_date(" ".join(part for part in parts if part))
        if medline := text_of(date.find("MedlineDate")):
            return as_date(medline[:4])
    return None
