"""Knows the nouns that every other module speaks: records, papers, chunks, hits, sources and answers.

Leaves everything else to others: it imports the standard library only and does no work beyond
turning an Answer into plain data.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Support = Literal["supported", "weak", "unsupported"]
Status = Literal["answered", "partial", "declined"]
Mode = Literal["llm", "extractive"]


class QABotError(Exception):
    """The one family of errors that a user may see: one line that says what happened and what to do next."""


def plain_name(name: str) -> str:
    """Return a person's name without accents and case, for comparing: "Hénaff" and "HENAFF" are one."""
    if name.isascii():
        return name.lower()
    decomposed = unicodedata.normalize("NFKD", name.translate({0x131: "i", 0xF8: "o", 0x142: "l"}))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def names_person(wanted: str, author: str) -> bool:
    """Say whether a name, or a part of one ("Beyer", "L. Beyer"), means an author; case and accents do not count.

    A whole name must end as the author's does: "Yang Liu" is not "Liu Yang".
    """
    words, parts = plain_name(author).split(), plain_name(wanted).split()
    ends_alike = len(parts) < 2 or parts[-1] in _without_suffix(words)[-1:] or parts[-1] in words[-1:]
    return ends_alike and all(part in words or (part.endswith(".") and any(word.startswith(part[:-1]) for word in words[:1])) for part in parts)


def _without_suffix(words: list[str]) -> list[str]:
    return words[:-1] if len(words) > 2 and words[-1].strip(".,") in ("jr", "sr", "ii", "iii", "iv") else words


@dataclass(frozen=True)
class Origin:
    """Where a record was read: the file's name, its 1-based place in that file, the id that it bore itself."""

    file: str
    ordinal: int
    record_id: str | None = None


@dataclass(frozen=True)
class Record:
    """One entry of one input file, as a reader found it; nothing about it has been decided yet.

    `abstract` is the text as found, markup included. `date` is ISO 8601 and may stop at the year or month.
    `authors_complete` is False where the source said "et al.".
    """

    origin: Origin
    abstract: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    organisations: tuple[str, ...] = ()
    date: str | None = None
    categories: tuple[str, ...] = ()
    doi: str | None = None
    arxiv_id: str | None = None
    url: str | None = None
    venue: str | None = None
    has_code: bool = False


@dataclass(frozen=True)
class Skipped:
    """A record that could not be used, and why; `ordinal` is 0 when the whole file is meant."""

    file: str
    ordinal: int
    reason: str


@dataclass(frozen=True)
class Fact:
    """Bibliographic facts about one paper that its documents leave out, matched to records by text.

    `abstracts` holds one key per known wording of the abstract, the newest first (see `catalogue.text_key`).
    """

    title: str
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    arxiv_id: str | None = None
    doi: str | None = None
    date: str | None = None
    aliases: tuple[str, ...] = ()
    abstracts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """One wording of a paper's abstract.

    `abstract` reads as a reader expects it (markup resolved); `raw` is the text as found.
    Offsets anywhere in this package count characters of `abstract`.
    """

    abstract: str
    raw: str
    date: str | None
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class Paper:
    """One paper, one identity, all its versions (newest first)."""

    paper_id: str
    title: str
    versions: tuple[Version, ...]
    title_is_stand_in: bool = False
    aliases: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    organisations: tuple[str, ...] = ()
    date: str | None = None
    categories: tuple[str, ...] = ()
    doi: str | None = None
    arxiv_id: str | None = None
    url: str | None = None
    venue: str | None = None
    has_code: bool = False

    @property
    def abstract(self) -> str:
        """The newest version's text."""
        return self.versions[0].abstract

    @property
    def year(self) -> int | None:
        return int(self.date[:4]) if self.date else None

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Every record that this paper was merged from, each exactly once."""
        return tuple(origin for version in self.versions for origin in version.origins)

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The ids that the input records themselves bore, without repeats, in order."""
        return tuple(dict.fromkeys(o.record_id for o in self.origins if o.record_id))


@dataclass(frozen=True)
class Span:
    """A piece of a text: `text == whole[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Chunk:
    """What is embedded and searched: one version of an abstract, or a run of its sentences.

    `text` is the slice `[start:end]` of that version's abstract; the title is added by `chunking.index_text`.
    """

    chunk_id: str
    paper_id: str
    version: int
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed to; None or empty means no narrowing. Years are inclusive."""

    author: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    category: str | None = None
    file: str | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in vars(self).values())


@dataclass(frozen=True)
class Hit:
    """A paper found for a query, with its best chunk. Scores: higher is better; `score` is the fused one in [0, 1].

    `dense` is the cosine similarity and `lexical` the BM25 score of the best chunk, None where that index did not
    return the paper.
    """

    paper: Paper
    chunk: Chunk
    score: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True)
class Source:
    """A retrieved paper as an answer shows it.

    `number` is the n of [n]; `text`, the newest version's abstract, is what evidence offsets count in. `earlier_texts`
    are the abstracts of its earlier versions.
    """

    number: int
    paper_id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    url: str | None
    score: float
    cited: bool
    text: str
    authors_complete: bool = True
    categories: tuple[str, ...] = ()
    record_ids: tuple[str, ...] = ()
    earlier_texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, paper: Paper, number: int, *, score: float, cited: bool) -> Source:
        """Return a paper as a source; the text is its newest version's abstract."""
        return cls(
            number, paper.paper_id, paper.title, paper.authors, paper.year, paper.url, round(score, 4), cited, paper.abstract,
            authors_complete=paper.authors_complete, categories=paper.categories, record_ids=paper.record_ids,
            earlier_texts=tuple(version.abstract for version in paper.versions[1:]),
        )  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """Words of a source's abstract that carry a sentence: `quote == source.text[start:end]`."""

    source: int
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer, `text == answer.text[start:end]`, with what carries it and how well.

    `judged_by` is the model of a judge that was asked as well and whose verdict `support` is; `local_support` is then what the
    package's own check had said.
    """

    text: str
    start: int
    end: int
    citations: tuple[int, ...] = ()
    support: Support = "unsupported"
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    judged_by: str | None = None
    local_support: Support | None = None

    @property
    def verdict(self) -> str:
        """The support in words, with who says so where that is not the package's own check."""
        if not self.judged_by:
            return self.support
        other = f"; the local check said {self.local_support}" if self.local_support not in (None, self.support) else ""
        return f"{self.support} (says the judge {self.judged_by}{other})"


@dataclass(frozen=True)
class Problem:
    """Something the reader of an answer should know: an invented citation, a failed endpoint, sources left out."""

    kind: str
    message: str


@dataclass(frozen=True)
class Answer:
    """An answer, or a growing snapshot of one while `is_final` is False.

    `text` carries the citations as [n]; an invented citation stands in it as ~~[n]~~. `sources` lists the cited
    papers first, numbered in the order of first use, then the other retrieved ones. `timings` are seconds by stage.
    `evidence_score` is the probability, before anything was written, that the papers hold the answer; None where the
    catalogue answered. `stage` says in words what is being done while `is_final` is False, where that is not writing.
    """

    question: str
    standalone_question: str
    status: Status
    reason: str
    mode: Mode
    text: str
    model: str | None = None
    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()
    problems: tuple[Problem, ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    evidence_score: float | None = None
    is_final: bool = True
    stage: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as the JSON object that `qa-bot ask --json` prints."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "status": self.status,
            "reason": self.reason,
            "mode": self.mode,
            "model": self.model,
            "text": self.text,
            "sentences": [
                {
                    "text": s.text,
                    "start": s.start,
                    "end": s.end,
                    "citations": list(s.citations),
                    "support": s.support,
                    "reason": s.reason,
                    "evidence": [vars(e) for e in s.evidence],
                    "judged_by": s.judged_by,
                    "local_support": s.local_support,
                }
                for s in self.sentences
            ],
            "sources": [
                {name: list(value) if isinstance(value, tuple) else value for name, value in vars(s).items()}
                for s in self.sources
            ],
            "problems": [vars(p) for p in self.problems],
            "usage": dict(self.usage),
            "timings": dict(self.timings),
            "evidence_score": self.evidence_score,
        }
