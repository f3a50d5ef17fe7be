"""Formats of reference managers, databases and people: each field is read, and what cannot be is named."""

from __future__ import annotations

import gzip
import json

import pytest

from qa_bot.readers import read_data
from qa_bot.readers.fields import as_arxiv_id, as_authors, as_date, as_doi

ABSTRACT = "We study how readers part records from one another. The results hold on three corpora."


def read(text: str, name: str, **options):
    return read_data(text.encode(), name, **options)


# Fields


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2022-03-07", "2022-03-07"),
        ("2022-03-07T10:00:00Z", "2022-03-07"),
        ("2022/3/7", "2022-03-07"),
        ("20220307", "2022-03-07"),
        ("2022-03", "2022-03"),
        ("2022", "2022"),
        (2022, "2022"),
        ("2022-02-31", "2022-02"),
        ("2022-13-01", "2022"),
        ("7 March 2022", "2022-03-07"),
        ("Mar 7, 2022", "2022-03-07"),
        ("March 2022", "2022-03"),
        ("2022 Mar 7", "2022-03-07"),
        ("c1998", None),
        ("Spring 1998", "1998"),
        ({"date-parts": [[2022, 3, 7]]}, "2022-03-07"),
        ({"date-parts": [["2022"]]}, "2022"),
        ("in press", None),
        (None, None),
    ],
)
def test_dates_are_as_exact_as_they_were(value, date):
    assert as_date(value) == date


@pytest.mark.parametrize(
    ("value", "names", "complete"),
    [
        ("Lucas Beyer, Xiaohua Zhai and Alexander Kolesnikov", ("Lucas Beyer", "Xiaohua Zhai", "Alexander Kolesnikov"), True),
        ("Beyer, Lucas; Zhai, Xiaohua; van den Oord, Aäron", ("Lucas Beyer", "Xiaohua Zhai", "Aäron van den Oord"), True),
        ("Beyer, Lucas and Zhai, Xiaohua", ("Lucas Beyer", "Xiaohua Zhai"), True),
        ("Beyer, Lucas", ("Lucas Beyer",), True),
        ("Lucas Beyer, et al.", ("Lucas Beyer",), False),
        ("Lucas Beyer et al", ("Lucas Beyer",), False),
        (["Beyer, Lucas", "others"], ("Lucas Beyer",), False),
        ([{"given": "Aäron", "non-dropping-particle": "van den", "family": "Oord"}], ("Aäron van den Oord",), True),
        ([{"name": "Lucas Beyer"}, {"literal": "Gemma Team"}], ("Lucas Beyer", "Gemma Team"), True),
        ([["Balázs", "C.", ""], ["Davis", "Sammy", "Jr."]], ("C. Balázs", "Sammy Davis Jr."), True),
        ("A. One (1), B. Two (2)", ("A. One", "B. Two"), True),
        ("", (), True),
        (None, (), True),
    ],
)
def test_names_in_any_order(value, names, complete):
    assert as_authors(value) == (names, complete)


def test_identifiers_in_any_dress():
    for text in ("10.1000/ABC.1", "https://doi.org/10.1000/abc.1", "doi: 10.1000/abc.1."):
        assert as_doi(text) == "10.1000/abc.1"
    for text in ("2001.06232", "arXiv:2001.06232v3", "https://arxiv.org/pdf/2001.06232v1.pdf", "2001.06232 [cs.CV]"):
        assert as_arxiv_id(text) == "2001.06232"
    assert as_arxiv_id("http://arxiv.org/abs/hep-th/9901001v2") == "hep-th/9901001"
    assert as_arxiv_id("math.GT/0309136") == "math.GT/0309136"
    assert as_arxiv_id("S2-20016232") is None and as_doi("none") is None


# BibTeX

BIBTEX = r"""% exported by hand
@string{cvpr = "Conference on Vision"}
@comment{nothing}
@inproceedings{zhai2022lit,
  title     = {{LiT}: Zero-Shot Transfer with {Locked}-image Tuning},
  author    = {Zhai, Xiaohua and {Gemma Team} and van den Oord, A{\"a}ron and P\u{a}tr\u{a}ucean, Viorica and others},
  booktitle = cvpr # " and Patterns",
  year      = 2022, month = mar,
  doi       = {10.1109/CVPR.2022},
  abstract  = {We lock {BERT}, {\em really}, at 50\% of $\mathbf{x}_{1}$ and say "done" in {Z\"urich}.},
}
@article{broken,
  title = "No end
  abstract = {lost

@misc{a2mt, title = "Active {A}cquisition", author = "Jannik Kossen and C{\u{a}}t{\u{a}}lina Cangea",
  eprint = {2211.05039v2}, archivePrefix = {arXiv}, primaryClass = {cs.LG}, date = {2022-11-09},
  abstract = "Short but real words."}
@misc{a2mt, title = {Another of the same key}, abstract = {Other words that stand here.}}
@book{empty, title = {No abstract here}}
@article{twice, title = {One}, title = {Two}, abstract = {Words of the entry with a field twice.}}
"""


def test_bibtex():
    result = read(BIBTEX, "refs.bib")
    lit, active, other, twice = result.records
    assert [(r.origin.ordinal, r.origin.record_id) for r in result.records] == [
        (1, "zhai2022lit"),
        (3, "a2mt"),
        (4, "a2mt"),
        (6, "twice"),
    ]
    assert lit.title == "LiT: Zero-Shot Transfer with Locked-image Tuning" and not lit.authors_complete
    assert lit.authors == ("Xiaohua Zhai", "Gemma Team", r"A{\"a}ron van den Oord", r"Viorica P\u{a}tr\u{a}ucean")
    assert (lit.date, lit.doi, lit.venue) == ("2022-03", "10.1109/cvpr.2022", "Conference on Vision and Patterns")
    assert lit.abstract == r'We lock BERT, {\em really}, at 50\% of $\mathbf{x}_{1}$ and say "done" in Z\"urich.'
    assert (active.title, active.date, active.arxiv_id, active.categories) == (
        "Active Acquisition",
        "2022-11-09",
        "2211.05039",
        ("cs.LG",),
    )
    assert active.authors_complete and (other.title, twice.title) == ("Another of the same key", "One")
    assert [skip.ordinal for skip in result.skipped] == [2, 5]
    assert "line 12" in result.skipped[0].reason and "No abstract here" in result.skipped[1].reason


def test_latex_in_bibtex_reads_plainly_in_a_paper():
    from qa_bot.catalogue import merge_records

    paper = next(paper for paper in merge_records(read(BIBTEX, "refs.bib").records).papers if paper.title.startswith("LiT"))
    assert paper.authors[2:] == ("Aäron van den Oord", "Viorica Pătrăucean")
    assert paper.versions[0].abstract == 'We lock BERT, really, at 50% of x₁ and say "done" in Zürich.'


# RIS

RIS = """Provider: somebody
1.
TY  - JOUR
ID  - r1
T1  - Dating old letters
AU  - Lee, Ann
AU  - van den Oord, Aäron,
PY  - 2014/03/07/
JO  - Journal of Ink
N2  - We study how readers part
 records from one another.
AB  - We study how readers part records.
The results hold.
DO  - https://doi.org/10.1000/X
UR  - http://a.org
UR  - http://b.org
KW  - ink
KW  - paper
ZZ  - unknown
 goes on
ER  -

TY  - CPAPER
TI  - It has no end
A1  - Chen, Bo
Y1  - 2015///
DA  - 2015/06/02
AB  - Words of an entry that nobody closed.

TY  - GEN
TI  - It has no abstract
ER  -
"""


def test_ris():
    result = read(RIS, "refs.ris")
    first, second = result.records
    assert (first.origin.record_id, first.title, first.authors) == ("r1", "Dating old letters", ("Ann Lee", "Aäron van den Oord"))
    assert (first.date, first.doi, first.url, first.categories) == ("2014-03-07", "10.1000/x", "http://a.org", ("ink", "paper"))
    assert (first.abstract, first.venue) == ("We study how readers part records. The results hold.", "Journal of Ink")
    assert (second.title, second.authors, second.date) == ("It has no end", ("Bo Chen",), "2015-06-02")
    assert [(skip.ordinal, "It has no abstract" in skip.reason) for skip in result.skipped] == [(3, True)]


def test_ris_with_other_line_forms():
    text = "TY - JOUR\r\nTI - A title\r\nAB - Words of the abstract\r\nER - \r\n"
    assert [(r.title, r.abstract) for r in read(text, "x.ris").records] == [("A title", "Words of the abstract")]
    nothing = read("no tags at all", "x.ris")
    assert not nothing.records and [skip.ordinal for skip in nothing.skipped] == [0]


# CSL-JSON


def test_csl_json():
    entry = {
        "id": "zotero/1",
        "type": "article-journal",
        "title": "Dating <i>old</i> letters",
        "author": [{"family": "Lee", "given": "Ann"}, {"literal": "Gemma Team"}],
        "issued": {"date-parts": [[2014, 3]]},
        "DOI": "10.1000/X",
        "URL": "https://arxiv.org/abs/2001.06232",
        "container-title": ["Journal of Ink"],
        "abstract": "<jats:p>Words of an abstract.</jats:p>",
    }
    (record,) = read(json.dumps([entry], indent=2), "library.json").records
    assert (record.origin.record_id, record.authors, record.date) == ("zotero/1", ("Ann Lee", "Gemma Team"), "2014-03")
    assert (record.doi, record.arxiv_id, record.venue) == ("10.1000/x", "2001.06232", "Journal of Ink")


# Tables


def test_csv_as_zotero_writes_it():
    text = (
        '\ufeff"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url","Abstract Note","Date"\n'
        '"K1","journalArticle","2014","Lee, Ann; Chen, Bo","Dating, old","J. Ink","10.1000/X","http://a.org",'
        '"Words, ""quoted"",\nover two lines.","2014-03-07"\n'
        '"K2","book","2015","","No words","","","","",""\n\n'
    )
    result = read(text, "zotero.csv")
    (record,) = result.records
    assert (record.origin.record_id, record.title, record.authors) == ("K1", "Dating, old", ("Ann Lee", "Bo Chen"))
    assert (record.date, record.doi, record.venue, record.url) == ("2014-03-07", "10.1000/x", "J. Ink", "http://a.org")
    assert record.abstract == 'Words, "quoted",\nover two lines.'
    assert [(skip.ordinal, "No words" in skip.reason) for skip in result.skipped] == [(2, True)]


def test_csv_as_scopus_writes_it():
    header = "Authors,Author full names,Title,Year,Source title,DOI,Abstract,EID\n"
    text = header + '"Lee A.; Chen B.","Lee, Ann (571); Chen, Bo (572)",T,2014,J,10.1000/x,Words of it,2-s2.0-1\n'
    (record,) = read(text, "scopus.csv").records
    assert (record.authors, record.date, record.origin.record_id) == (("Ann Lee", "Bo Chen"), "2014", "2-s2.0-1")


@pytest.mark.parametrize("separator", ["\t", ";", "|", ","])
def test_other_separators(separator):
    rows = [("id", "title", "abstract", "year"), ("2001.06232", "T", 'Words with a " in them', "2014")]
    text = "\n".join(separator.join(row) for row in rows)
    (record,) = read(text, "x.tsv" if separator == "\t" else "x.csv").records
    assert (record.arxiv_id, record.title, record.abstract, record.date) == ("2001.06232", "T", 'Words with a " in them', "2014")


def test_a_list_in_pythons_writing():
    text = 'title,abstract,authors\nT,Words of it,"[\'Ann Lee\', ""Bo O\'Neil""]"\n'
    assert read(text, "x.csv").records[0].authors == ("Ann Lee", "Bo O'Neil")


def test_columns_may_be_named():
    text = "Titel,Zusammenfassung\nT,Worte dazu\n"
    unknown = read(text, "x.csv")
    assert not unknown.records and "Titel, Zusammenfassung" in unknown.skipped[0].reason
    (record,) = read(text, "x.csv", columns={"abstract": "Zusammenfassung", "title": "Titel"}).records
    assert (record.title, record.abstract) == ("T", "Worte dazu")
    assert "no column 'Text'" in read(text, "x.csv", columns={"abstract": "Text"}).skipped[0].reason


def test_a_row_with_too_many_cells_is_skipped():
    result = read("title,abstract\nA,words of a\nB,words, with a comma\nC,words of c\n", "x.csv")
    assert [r.origin.ordinal for r in result.records] == [1, 3] and [skip.ordinal for skip in result.skipped] == [2]


# XML

PUBMED = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2024//EN" "https://dtd.nlm.nih.gov/pubmed_240101.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">4983</PMID>
 <Article PubModel="Print"><Journal><JournalIssue><PubDate><Year>1998</Year><Month>Oct</Month></PubDate></JournalIssue>
  <Title>Pediatric research</Title></Journal>
  <ArticleTitle>Development of CO<sub>2</sub> in <i>vivo</i>.</ArticleTitle>
  <ELocationID EIdType="doi" ValidYN="Y">10.1203/00006450-199810000-00018</ELocationID>
  <Abstract><AbstractText Label="BACKGROUND">Alterations of <b>matter</b> &amp; more.</AbstractText>
   <AbstractText Label="RESULTS">They fell by 10<sup>6</sup>.</AbstractText></Abstract>
  <AuthorList CompleteYN="N"><Author ValidYN="Y">
   <LastName>Hüppi</LastName><ForeName>P S</ForeName><Suffix>Jr</Suffix></Author>
   <Author ValidYN="N"><LastName>Wrong</LastName></Author>
   <Author><CollectiveName>The Study Group</CollectiveName></Author></AuthorList>
 </Article><MeshHeadingList><MeshHeading>
  <DescriptorName UI="D1">Brain</DescriptorName></MeshHeading></MeshHeadingList></MedlineCitation>
</PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>2</PMID><Article>
 <ArticleTitle>[No abstract].</ArticleTitle></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>3</PMID><Article>
 <Journal><JournalIssue><PubDate><MedlineDate>1999 Nov-Dec</MedlineDate></PubDate></JournalIssue></Journal>
 <ArticleTitle>Third</ArticleTitle>
 <Abstract><AbstractText>Plain words.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""


def test_pubmed_xml():
    result = read(PUBMED, "pubmed.xml")
    first, third = result.records
    assert (first.origin.record_id, first.title) == ("4983", "Development of CO<sub>2</sub> in vivo")
    assert (first.authors, first.authors_complete) == (("P S Hüppi Jr", "The Study Group"), False)
    assert first.abstract == "BACKGROUND: Alterations of matter & more.\n\nRESULTS: They fell by 10<sup>6</sup>."
    assert (first.date, first.doi, first.venue) == ("1998-10", "10.1203/00006450-199810000-00018", "Pediatric research")
    assert (first.url, first.categories) == ("https://pubmed.ncbi.nlm.nih.gov/4983/", ("Brain",))
    assert (third.origin.ordinal, third.date) == (3, "1999")
    assert [(skip.ordinal, "No abstract" in skip.reason) for skip in result.skipped] == [(2, True)]


def test_xml_that_breaks_off_keeps_what_came_before():
    broken = PUBMED[: PUBMED.index("Third")]
    result = read_data(gzip.compress(broken.encode()), "pubmed.xml.gz")
    assert [r.origin.record_id for r in result.records] == ["4983"]
    assert "breaks off at line" in result.skipped[-1].reason


ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <title>ArXiv Query</title><id>http://arxiv.org/api/x</id>
  <entry><id>http://arxiv.org/abs/2001.06232v3</id><updated>2020-03-30T00:00:00Z</updated><published>2020-01-17T10:00:00Z</published>
    <title>Sideways: Depth-Parallel
  Training of Video Models</title><summary>  We propose Sideways, an approximate
backpropagation scheme.
</summary><author><name>Mateusz Malinowski</name>
    <arxiv:affiliation>DeepMind</arxiv:affiliation></author><author><name>João Carreira</name></author>
    <arxiv:doi>10.1109/X</arxiv:doi><arxiv:journal_ref>CVPR 2020</arxiv:journal_ref>
    <link href="http://arxiv.org/abs/2001.06232v3" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2001.06232v3" rel="related"/>
    <arxiv:primary_category term="cs.CV"/><category term="cs.CV"/><category term="cs.LG"/></entry>
  <entry><id>http://arxiv.org/api/errors#bad</id><title>Error</title><summary>incorrect id format</summary></entry>
</feed>"""


def test_arxiv_atom():
    result = read(ATOM, "feed.atom")
    (record,) = result.records
    assert (record.title, record.authors) == (
        "Sideways: Depth-Parallel Training of Video Models",
        ("Mateusz Malinowski", "João Carreira"),
    )
    assert (record.arxiv_id, record.date, record.doi, record.venue) == ("2001.06232", "2020-01-17", "10.1109/x", "CVPR 2020")
    assert (record.categories, record.origin.record_id) == (("cs.CV", "cs.LG"), "2001.06232v3")
    assert record.abstract.split() == "We propose Sideways, an approximate backpropagation scheme.".split()
    assert [(skip.ordinal, "incorrect id format" in skip.reason) for skip in result.skipped] == [(2, True)]


def test_xml_of_another_kind_is_named():
    assert "<html>" in read("<!-- x --><html><body/></html>", "page.xml").skipped[0].reason


# Markdown


def test_markdown_with_front_matter():
    front = 'title: "Dating: old letters"\nauthors:\n  - Ann Lee\n  - name: Bo Chen\ndate: 2014-03-07\ntags: [ink, paper]\ndoi: 10.1000/X'
    text = f"---\n{front}\n---\n\n{ABSTRACT} See [the page](http://a.org), *now*.\n"
    (record,) = read(text, "note.md").records
    assert (record.title, record.authors, record.date, record.doi) == (
        "Dating: old letters",
        ("Ann Lee", "Bo Chen"),
        "2014-03-07",
        "10.1000/x",
    )
    assert (record.categories, record.abstract) == (("ink", "paper"), f"{ABSTRACT} See the page, now.")


def test_markdown_with_several_papers():
    first = f"## Dating old letters\n\n*Ann Lee, Bo Chen et al.*\n\n### Abstract\n\n> {ABSTRACT}\n\n### Notes\n\nMine.\n\n"
    text = f"# Reading list\n\n{first}## Second\n\n### Abstract\n\n## Third\n\n### Abstract\n{ABSTRACT}\n"
    result = read(text, "list.md")
    assert [(r.title, r.abstract) for r in result.records] == [("Dating old letters", ABSTRACT), ("Third", ABSTRACT)]
    assert (result.records[0].authors, result.records[0].authors_complete) == (("Ann Lee", "Bo Chen"), False)
    assert [(skip.ordinal, "Second" in skip.reason) for skip in result.skipped] == [(2, True)]


# Which format


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (BIBTEX, 4),
        (RIS.split("\n", 2)[2], 2),
        (PUBMED, 2),
        (ATOM, 1),
        (json.dumps([{"abstract": ABSTRACT}]), 1),
        (f"Abstract: {ABSTRACT}", 1),
        (f"---\ntitle: T\n---\n{ABSTRACT}", 1),
    ],
    ids=["bibtex", "ris", "pubmed", "atom", "json", "list", "front matter"],
)
def test_without_a_telling_name_the_text_decides(text, count):
    assert len(read(text, "stdin").records) == count
    assert len(read_data(gzip.compress(text.encode()), "stdin").records) == count


@pytest.mark.parametrize("name", ["x.bib", "x.ris", "x.csv", "x.tsv", "x.xml", "x.json", "x.jsonl", "x.md", "x.txt", "x"])
@pytest.mark.parametrize(
    "text",
    [
        BIBTEX,
        RIS,
        PUBMED,
        ATOM,
        ABSTRACT,
        "{",
        "<",
        "@",
        "---",
        "TY  - ",
        '"',
        "\t",
        ",,,\n,,,",
        "@article{x",
        "<feed>",
        "[1, 2]",
        "# a\n# b",
    ],
)
def test_any_text_under_any_name_ends_in_a_result(name, text):
    result = read(text, name)
    assert result.records or result.skipped
