"""Knows what the JSON answers of OpenAlex and Crossref have in common: documents, fields, words for a search.

Leaves the fields of each to its module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from qa_bot.fetching.service import Found, Unfinished, name_of
from qa_bot.readers.fields import record_fields
from qa_bot.schema import Origin, Record


def document_of(body: bytes) -> Mapping[str, Any]:
    """Return the object that an answer holds; raise Unfinished where it breaks off or is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unfinished(f"it is no whole JSON: {getattr(error, 'msg', error)}") from error
    if not isinstance(document, Mapping):
        raise Unfinished("it is no object with fields")
    return document


def found_of(service: str, key: str, abstract: str, raw: Mapping[str, Any], *, why_unusable: str = "") -> Found:
    """Return a paper of raw fields as `record_fields` takes them."""
    record = Record(Origin(service, 1, key or None), abstract.strip(), **record_fields(raw))
    names = {("arxiv", record.arxiv_id), ("doi", record.doi), ("openalex", key if service == "openalex" else None)}
    return Found(key, frozenset(name_of(kind, value) for kind, value in names if value), record, why_unusable)


def plain_words(text: str) -> str:
    """Return the words of a text without any sign that a search language could take for its own."""
    return " ".join(re.findall(r"\w+", text))


def without_heading(abstract: str) -> str:
    """Take away the heading that some publishers leave at the beginning of an abstract."""
    return re.sub(r"\A\s*(?:Abstract|ABSTRACT|Summary|SUMMARY)(?:\s*[:.—–-]\s*|\s+(?=[A-Z\"“]))", "", abstract)
