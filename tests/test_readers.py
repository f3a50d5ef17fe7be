"""Readers: both card layouts, bare lists, joined files, JSON, facts, plain text; nothing is lost in silence."""

from __future__ import annotations

import gzip
import json
from itertools import permutations
from pathlib import Path

import pytest
from conftest import SEEDS

from qa_bot.readers import ReadError, find_files, read_file
from qa_bot.readers.names import Evidence, is_name, parse_authors, split_title

DOCUMENTS = sorted(SEEDS.glob("*.txt"))
FACTS = [json.loads(line) for line in (SEEDS / "catalogue.jsonl").read_text("utf-8").splitlines()]
ABSTRACT = "We study how readers part records from one another. The results hold on three corpora and two languages."
OTHER = "We ask whether a second abstract stays whole. It does, by 12.5% in all cases that were measured here."


def read(tmp_path: Path, text: str | bytes, name: str = "papers.txt"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_file(path)


def spaced_card(head="CVMar 7, 2022", title="A title of a paper", authors="Ann Lee, Bo Chen et al.", abstract=ABSTRACT):
    return f"{head}\n{title}\n\n{authors}\n\n{abstract}\n\n"


def glued_card(head="CVMar 7, 2022", title="A title of a paper", authors="Ann Lee, Bo Chen et al.", abstract=ABSTRACT):
    return f"{head}\n{title}{authors}\n{abstract}\n"


# The five documents


def test_the_seed_documents_hold_96_records_and_67_titles():
    results = [read_file(path) for path in DOCUMENTS]
    assert [len(result.records) for result in results] == [22, 10, 45, 9, 10]
    assert not any(result.skipped for result in results)
    records = [record for result in results for record in result.records]
    titles = {record.title for record in records if record.title}
    assert len([record for record in records if record.title]) == 67 and len(titles) == 66
    assert titles <= {fact["title"] for fact in FACTS}


def test_every_part_of_a_glued_card_is_read():
    card = read_file(SEEDS / "002_bc32ea5ae3ece805.txt").records[8]
    assert card.title == "Better plain ViT baselines for ImageNet-1k"
    assert card.authors == ("Lucas Beyer", "Xiaohua Zhai", "Alexander Kolesnikov") and card.authors_complete
    assert card.organisations == ("deepmind",)
    assert (card.date, card.categories, card.has_code) == ("2022-05-03", ("CV",), False)
    assert (card.origin.file, card.origin.ordinal) == ("002_bc32ea5ae3ece805.txt", 9)


def test_every_part_of_a_spaced_card_is_read():
    card = read_file(SEEDS / "000_a8e84562b6ba9b62.txt").records[8]
    assert card.title == "Perception Test: A Diagnostic Benchmark for Multimodal Video Models"
    assert card.authors == ("Viorica Pătrăucean", "Lucas Smaira", "Ankush Gupta") and not card.authors_complete
    assert (card.date, card.categories, card.has_code) == ("2023-05-23", ("CV",), True)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (1, 0, 3, 2, 4), (2, 4, 0, 1, 3), (3, 0, 4, 2, 1)])
@pytest.mark.parametrize("join", ["", "\n"])
def test_documents_joined_in_any_order_give_the_same_records(tmp_path, order, join):
    joined = join.join(DOCUMENTS[place].read_text("utf-8").rstrip("\n") for place in order)
    result = read(tmp_path, joined)
    alone = [record for place in order for record in read_file(DOCUMENTS[place]).records]
    assert not result.skipped
    assert [(r.title, r.authors, r.abstract) for r in result.records] == [(r.title, r.authors, r.abstract) for r in alone]
    assert [r.origin.ordinal for r in result.records] == list(range(1, 97))


def test_a_header_between_joined_documents_reaches_no_abstract(tmp_path):
    for first, second in permutations(DOCUMENTS[:2]):
        joined = read(tmp_path, first.read_text("utf-8").rstrip("\n") + second.read_text("utf-8"))
        assert len(joined.records) == 32
        assert not any("h-index" in r.abstract or r.abstract.endswith("Koppula") for r in joined.records)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name[:3])
def test_line_ends_trailing_spaces_and_byte_order_marks_change_nothing(tmp_path, path):
    text = path.read_text("utf-8")
    windows = b"\xef\xbb\xbf" + text.replace("\n", "  \r\n").encode()
    expected = [(r.title, r.authors, r.abstract, r.date) for r in read_file(path).records]
    assert [(r.title, r.authors, r.abstract, r.date) for r in read(tmp_path, windows).records] == expected
    assert [(r.title, r.authors, r.abstract, r.date) for r in read(tmp_path, text.encode("utf-16")).records] == expected
    assert [
        (r.title, r.authors, r.abstract, r.date) for r in read(tmp_path, gzip.compress(text.encode()), "x.txt.gz").records
    ] == expected


# Cards


@pytest.mark.parametrize("card", [spaced_card, glued_card])
@pytest.mark.parametrize(
    ("head", "categories", "date", "has_code"),
    [
        ("CVMar 7, 2022Code", ("CV",), "2022-03-07", True),
        ("stat.MLDec 31, 2019", ("stat.ML",), "2019-12-31", False),
        ("cs.CV Sep 1, 2020 Code", ("cs.CV",), "2020-09-01", True),
        ("cond-mat.mtrl-sciSept 12, 2021", ("cond-mat.mtrl-sci",), "2021-09-12", False),
        ("quant-phMay 3, 2018", ("quant-ph",), "2018-05-03", False),
        ("MAMay 3, 2018", ("MA",), "2018-05-03", False),
        ("CV, LGJuly 4, 2023", ("CV", "LG"), "2023-07-04", False),
        ("Mar 7, 2022", (), "2022-03-07", False),
        ("CVFeb 31, 2022", ("CV",), "2022-02", False),
    ],
)
def test_heads_of_cards(tmp_path, card, head, categories, date, has_code):
    result = read(tmp_path, card(head=head) + card(head="LGJan 1, 2021", title="Another work on readers", abstract=OTHER))
    assert len(result.records) == 2 and not result.skipped
    first = result.records[0]
    assert (first.categories, first.date, first.has_code) == (categories, date, has_code)
    assert (first.title, first.authors, first.abstract) == ("A title of a paper", ("Ann Lee", "Bo Chen"), ABSTRACT)


@pytest.mark.parametrize(
    ("title", "authors"),
    [
        ("Better plain ViT baselines for ImageNet-1k", ("Lucas Beyer", "Xiaohua Zhai")),
        ("Are we done with ImageNet?", ("Lucas Beyer", "Olivier J. Hénaff", "Alexander Kolesnikov")),
        ("MULEX: Disentangling Exploitation from Exploration in Deep RL", ("Lucas Beyer", "Damien Vincent")),
        ("PaLI-3 Vision Language Models: Smaller, Faster, Stronger", ("Xi Chen", "Xiao Wang", "Lucas Beyer")),
        ("Gemma 3 Technical Report", ("Gemma Team", "Aishwarya Kamath", "Johan Ferret")),
        ("Learning a CNN-based End-to-End Controller for a Formula SAE Racecar", ("Skanda Koppula",)),
        ("Scaling Representations to 4D", ("João Carreira", "Dilara Gokay")),
        ("Approximate DRAM", ("Abdullah Giray Yağlıkçı", "Lois Orosa")),
        ("VeLO: Training Versatile Learned Optimizers by Scaling Up", ("C. Daniel Freeman", "Luke Metz")),
        ("Contrastive Predictive Coding", ("Aäron van den Oord", "Yazhe Li", "Oriol Vinyals")),
        ("Data-Efficient Image Recognition (v2)", ("Jean-Baptiste Alayrac", "Li Fei-Fei")),
        ("gvnn: Neural Network Library for Geometric Computer Vision", ("Ankur Handa", "John McCormac")),
        ("What is a good GAN", ("Yann LeCun", "Ian Goodfellow")),
        ("Language Models are Few-Shot Learners", ("Tom B. Brown", "Benjamin Mann", "Nick Ryder")),
        ("Searching for MobileNetV3", ("Andrew Howard", "Mark Sandler", "Grace Chu")),
        ("A Study of “Plain” Words and “Quotes”", ("Élodie Dupont", "Ömer Şahin")),
        ("Understanding the world!", ("Łukasz Kaiser", "D'Arcy O'Brien")),
        ("Faces, Places, and Traces in the Wild", ("Maria de la Cruz", "Ludwig von Mises")),
        ("The Efficiency Misnomer", ("Mostafa Dehghani", "Anurag Arnab")),
        ("Scaling Vision Transformers", ("Xiaohua Zhai", "Alexander Kolesnikov", "Neil Houlsby")),
    ],
)
@pytest.mark.parametrize("tail", ["", " et al.", " · deepmind", " et al. · deepmind, google-research"])
def test_a_title_is_parted_from_the_authors_glued_to_it(tmp_path, title, authors, tail):
    result = read(tmp_path, glued_card(title=title, authors=", ".join(authors) + tail))
    assert len(result.records) == 1 and not result.skipped
    record = result.records[0]
    assert (record.title, record.authors) == (title, authors)
    assert record.authors_complete == ("et al" not in tail)
    assert record.organisations == (
        ("deepmind", "google-research") if "google" in tail else ("deepmind",) if tail.endswith("deepmind") else ()
    )


def test_a_title_alone_keeps_its_capitals():
    for title in ("DeepMind Control Suite", "3D Gaussian Splatting", "On AI, LLMs, and Cognitive Science", "SigLIP 2", "PaLI-X"):
        assert split_title(title) == (title, None)


def test_an_author_known_from_other_cards_settles_a_doubt():
    line = "A study of VQAJoonHo Lee, Sunho Park"
    assert split_title(line, Evidence(names=frozenset({"JoonHo Lee"})))[0] == "A study of VQA"


@pytest.mark.parametrize(
    "name",
    [
        "Skanda Koppula",
        "C. Daniel Freeman",
        "Aäron van den Oord",
        "Gemma Team",
        "J.-B. Alayrac",
        "AJ Piergiovanni",
        "Sammy Davis Jr.",
    ],
)
def test_names(name):
    assert is_name(name)


@pytest.mark.parametrize("text", ["a new method", "ImageNet-1k", "We propose", "Real-time 3D", ""])
def test_what_is_no_name(text):
    assert not is_name(text) or text == "We propose" and parse_authors(text) is None


@pytest.mark.parametrize("card", [spaced_card, glued_card])
def test_records_without_an_abstract_are_skipped_and_named(tmp_path, card):
    result = read(
        tmp_path,
        card() + card(title="Nothing under this title", abstract="") + card(title="A third work of theirs", abstract=OTHER),
    )
    assert [record.origin.ordinal for record in result.records] == [1, 3]
    assert [(skip.file, skip.ordinal) for skip in result.skipped] == [("papers.txt", 2)]
    assert "no abstract" in result.skipped[0].reason and "Nothing under this title" in result.skipped[0].reason


def test_an_empty_card_is_skipped(tmp_path):
    result = read(tmp_path, spaced_card() + "LGMay 1, 2020\n\n" + spaced_card(title="A third work", abstract=OTHER))
    assert [r.origin.ordinal for r in result.records] == [1, 3]
    assert result.skipped[0].ordinal == 2 and "2020-05-01" in result.skipped[0].reason


def test_missing_authors_or_title_keep_the_rest(tmp_path):
    no_authors = "CVMar 7, 2022\nThe title stands alone\n\n" + ABSTRACT + "\n"
    no_title = "LGMay 1, 2020\nLucas Beyer, Xiaohua Zhai et al.\n" + OTHER + "\n"
    only_text = "LGMay 2, 2020\n" + ABSTRACT.replace("records", "cards") + "\n"
    first, second, third = read(tmp_path, no_authors + no_title + only_text).records
    assert (first.title, first.authors, first.abstract) == ("The title stands alone", (), ABSTRACT)
    assert (second.title, second.authors, second.abstract) == (None, ("Lucas Beyer", "Xiaohua Zhai"), OTHER)
    assert (third.title, third.authors, third.date) == (None, (), "2020-05-02")


def test_a_card_that_lost_its_first_line_is_still_a_record(tmp_path):
    headless = glued_card().split("\n", 1)[1]
    result = read(
        tmp_path, glued_card(title="The first one of two", abstract=OTHER) + headless + glued_card(title="The third one here")
    )
    assert [r.title for r in result.records] == ["The first one of two", "A title of a paper", "The third one here"]
    assert result.records[0].abstract == OTHER and result.records[1].date is None


def test_a_label_inside_a_card_is_not_a_record_of_its_own(tmp_path):
    result = read(
        tmp_path, spaced_card(abstract="Abstract: " + ABSTRACT) + spaced_card(title="Another title here", abstract=OTHER)
    )
    assert [(r.title, r.abstract) for r in result.records] == [("A title of a paper", ABSTRACT), ("Another title here", OTHER)]


def test_an_abstract_of_several_paragraphs_stays_whole(tmp_path):
    result = read(tmp_path, spaced_card(abstract=f"{ABSTRACT}\n\n{OTHER}") + spaced_card(title="Another title here"))
    assert result.records[0].abstract == f"{ABSTRACT}\n\n{OTHER}" and len(result.records) == 2


# Bare lists


def test_two_abstracts_on_one_line_and_mixed_case(tmp_path):
    result = read(tmp_path, f"ABSTRACT: {ABSTRACT}Abstract:{OTHER} Abstract: {ABSTRACT}\n\nabstract:\n{OTHER}")
    assert [r.abstract for r in result.records] == [ABSTRACT, OTHER, ABSTRACT, OTHER]
    assert [r.origin.ordinal for r in result.records] == [1, 2, 3, 4]


def test_an_abstract_glued_to_an_address(tmp_path):
    result = read(tmp_path, f"Abstract:{ABSTRACT} See https://tapvid3d.github.ioAbstract:{OTHER}")
    assert [r.abstract for r in result.records] == [f"{ABSTRACT} See https://tapvid3d.github.io", OTHER]


def test_the_word_inside_a_sentence_parts_nothing(tmp_path):
    text = "We parse the fields Title: and Abstract: from pages, and the tag abstract: too. Most pages hold both of them."
    assert [r.abstract for r in read(tmp_path, f"Abstract:{text}").records] == [text]


def test_a_header_blank_lines_and_names_of_lists_are_no_text(tmp_path):
    result = read(
        tmp_path,
        f"Maxim Neumann\n\n12 Papers\n\nAbstract:{ABSTRACT}\n\nStill the first.\n\nViorica Patraucean\nAbstract:{OTHER}\n",
    )
    assert [r.abstract for r in result.records] == [f"{ABSTRACT}\n\nStill the first.", OTHER]
    assert not result.skipped


def test_the_end_of_an_abstract_is_not_taken_for_a_header(tmp_path):
    wrapped = "Abstract:We compare two corpora of scenes.\nVisual Genome.\nAbstract:Words of another one.\nThis is by\nAnn Lee"
    first, second = read(tmp_path, wrapped).records
    assert first.abstract == "We compare two corpora of scenes.\nVisual Genome." and second.abstract.endswith("Ann Lee")


@pytest.mark.parametrize("empty", ["", "   ", "N/A", "No abstract available.", "-"])
def test_empty_abstracts_are_skipped_with_their_place(tmp_path, empty):
    result = read(tmp_path, f"Abstract:{ABSTRACT}\nAbstract:{empty}\nAbstract:{OTHER}\n")
    assert [r.origin.ordinal for r in result.records] == [1, 3]
    assert [skip.ordinal for skip in result.skipped] == [2]


def test_labelled_lines_above_an_abstract_are_its_fields(tmp_path):
    one = f"Title: One\nAuthors: Ann Lee, Bo Chen\nDate: 2020-05-01\nAbstract: {ABSTRACT}\n\n"
    text = f"{one}Title: Two\narXiv: 2001.06232v2\nAbstract: {OTHER}\n"
    first, second = read(tmp_path, text).records
    assert (first.title, first.authors, first.date, first.abstract) == ("One", ("Ann Lee", "Bo Chen"), "2020-05-01", ABSTRACT)
    assert (second.title, second.arxiv_id, second.abstract) == ("Two", "2001.06232", OTHER)


def test_long_text_before_the_first_record_is_named(tmp_path):
    result = read(tmp_path, ABSTRACT * 3 + f"\n\nAbstract:{OTHER}")
    assert len(result.records) == 1 and result.records[0].origin.ordinal == 1
    assert [skip.ordinal for skip in result.skipped] == [0] and "before the first record" in result.skipped[0].reason


# JSON


def test_json_lines_with_every_field(tmp_path):
    entry = {
        "id": "r1",
        "title": "A title",
        "abstract": ABSTRACT,
        "authors": ["Ann Lee", {"given": "Bo", "family": "Chen"}],
        "year": 2021,
        "doi": "https://doi.org/10.1000/ABC.1",
        "url": "https://arxiv.org/abs/2001.06232v2",
        "categories": ["cs.CV cs.LG"],
    }
    (record,) = read(tmp_path, json.dumps(entry), "x.jsonl").records
    assert (record.origin.record_id, record.title, record.authors) == ("r1", "A title", ("Ann Lee", "Bo Chen"))
    assert (record.date, record.doi, record.arxiv_id, record.categories) == (
        "2021",
        "10.1000/abc.1",
        "2001.06232",
        ("cs.CV", "cs.LG"),
    )


def test_broken_lines_are_skipped_with_place_and_reason(tmp_path):
    lines = [
        json.dumps({"id": "a", "text": ABSTRACT}),
        '{"id": "b", "text": ',
        "[1]",
        "",
        json.dumps({"id": "d", "title": "No text"}),
        json.dumps({"text": OTHER}),
    ]
    result = read(tmp_path, "\n".join(lines), "x.jsonl")
    assert [(r.origin.ordinal, r.origin.record_id) for r in result.records] == [(1, "a"), (5, None)]
    assert [skip.ordinal for skip in result.skipped] == [2, 3, 4]
    assert "line 2 is not JSON" in result.skipped[0].reason and "line 3" in result.skipped[1].reason
    assert "no abstract" in result.skipped[2].reason and "No text" in result.skipped[2].reason


@pytest.mark.parametrize("wrap", [list, lambda entries: {"papers": entries}, lambda entries: {"total": 2, "items": entries}])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_documents(tmp_path, wrap, indent):
    entries = [{"id": 7, "abstract": ABSTRACT}, {"id": 8, "abstract": [OTHER, "More."], "authors": "Lee, Ann and Chen, Bo"}]
    first, second = read(tmp_path, json.dumps(wrap(entries), indent=indent), "x.json").records
    assert (first.origin.record_id, first.abstract) == ("7", ABSTRACT)
    assert (second.abstract, second.authors) == (f"{OTHER} More.", ("Ann Lee", "Bo Chen"))


def test_one_json_object_is_one_record(tmp_path):
    assert len(read(tmp_path, json.dumps({"title": "T", "abstract": ABSTRACT}, indent=1), "x.json").records) == 1


def test_arxivs_own_dump(tmp_path):
    entry = {
        "id": "0704.0001",
        "submitter": "P",
        "authors": "C. Bal\\'azs, E. L. Berger",
        "title": "Calculation of\n  prompt diphoton production",
        "doi": "10.1103/PhysRevD.76.013009",
        "categories": "hep-ph hep-ex",
        "abstract": "  A fully differential calculation in\nperturbative QCD is presented.\n",
        "versions": [
            {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
            {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
        ],
        "update_date": "2008-11-26",
        "authors_parsed": [["Balázs", "C.", ""], ["Berger", "E. L.", ""]],
    }
    (record,) = read(tmp_path, gzip.compress(json.dumps(entry).encode()), "arxiv.jsonl.gz").records
    assert (record.arxiv_id, record.date, record.categories) == ("0704.0001", "2007-04-02", ("hep-ph", "hep-ex"))
    assert (record.authors, record.title) == (("C. Balázs", "E. L. Berger"), "Calculation of prompt diphoton production")


def test_an_abstract_as_an_index_of_words(tmp_path):
    entry = {
        "id": "W1",
        "display_name": "T",
        "abstract_inverted_index": {"We": [0], "read": [1, 3], "and": [2]},
        "authorships": [{"author": {"display_name": "Ann Lee"}}],
    }
    (record,) = read(tmp_path, json.dumps(entry), "openalex.jsonl").records
    assert (record.abstract, record.authors) == ("We read and read", ("Ann Lee",))


@pytest.mark.parametrize("value", [5, True, None, [], {}, [[]], [None], "", "  ", ["x", {"y": 1}]])
@pytest.mark.parametrize(
    "field", ["id", "title", "authors", "year", "date", "doi", "url", "categories", "arxiv_id", "versions", "abstracts"]
)
def test_odd_values_raise_nothing(tmp_path, field, value):
    result = read(tmp_path, json.dumps({"text": ABSTRACT, field: value}), "x.jsonl")
    assert len(result.records) + len(result.skipped) + len(result.facts) == 1


def test_what_no_store_takes_is_cut_out(tmp_path):
    (record,) = read(
        tmp_path, '{"text": "A lone \\ud800 surrogate and a \\u0000 zero in text.", "title": "T\\u0001"}', "x.jsonl"
    ).records
    assert record.abstract == "A lone  surrogate and a  zero in text." and record.title == "T"


def test_facts_are_known_by_their_keys(tmp_path):
    fact = {
        "title": "T",
        "authors": ["Ann Lee"],
        "authors_complete": False,
        "arxiv_id": "2001.06232",
        "date": "2020-01",
        "aliases": ["U"],
        "abstracts": ["k1", "k2"],
    }
    result = read(tmp_path, json.dumps(fact) + "\n" + json.dumps({"abstracts": ["k"]}), "any name.jsonl")
    (read_fact,) = result.facts
    assert (read_fact.title, read_fact.authors, read_fact.authors_complete, read_fact.aliases, read_fact.abstracts) == (
        "T",
        ("Ann Lee",),
        False,
        ("U",),
        ("k1", "k2"),
    )
    assert not result.records and [skip.ordinal for skip in result.skipped] == [2]
    assert len(read_file(SEEDS / "catalogue.jsonl").facts) == 82


# Plain text and files


def test_plain_text_with_a_title(tmp_path):
    (record,) = read(tmp_path, f"# A paper of mine\n\nAnn Lee, Bo Chen\n\n{ABSTRACT * 2}\n\n{OTHER * 2}\n", "note.md").records
    assert (record.title, record.authors, record.abstract) == (
        "A paper of mine",
        ("Ann Lee", "Bo Chen"),
        f"{ABSTRACT * 2}\n\n{OTHER * 2}",
    )


def test_plain_text_of_several_papers(tmp_path):
    titled = read(tmp_path, f"One\n{ABSTRACT * 2}\n\nTwo\n{OTHER * 2}\n")
    assert [r.title for r in titled.records] == ["One", "Two"]
    untitled = read(tmp_path, f"{ABSTRACT * 2}\n\n{OTHER * 2}\n")
    assert [(r.title, r.abstract) for r in untitled.records] == [(None, ABSTRACT * 2), (None, OTHER * 2)]


def test_plain_text_that_is_no_paper_is_skipped_with_a_reason(tmp_path):
    result = read(tmp_path, "shopping list\n\nmilk\n\nbread\n")
    assert not result.records and len(result.skipped) == 3 and "shopping list" in result.skipped[0].reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.txt", b"", "empty"),
        ("x.txt", b" \n ", "empty"),
        ("x.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not"),
        ("x.txt", b"a\x00b" * 50, "not a text"),
        ("x.txt.gz", b"\x1f\x8b\x08\x00broken", "gzip"),
        ("x.json", b'{"papers": [1', "not JSON"),
        ("x.exe", b"text that could be read", "not read"),
    ],
)
def test_files_that_cannot_be_read_are_skipped_whole(tmp_path, name, data, reason):
    result = read(tmp_path, data, name)
    assert not result.records and [(skip.file, skip.ordinal) for skip in result.skipped] == [(name, 0)]
    assert reason in result.skipped[0].reason


def test_other_encodings_are_read(tmp_path):
    (record,) = read(tmp_path, ("Abstract:" + ABSTRACT + " Café – naïve.").encode("cp1252")).records
    assert record.abstract.endswith("Café – naïve.")


def test_files_are_found_sorted_once_and_without_hidden_ones(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/.hidden", ".git/config", "c.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = find_files([tmp_path / "b.txt", tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a/z.txt", "b.txt", "c.jsonl"]
    assert find_files([tmp_path / "a" / ".hidden"]) == [tmp_path / "a" / ".hidden"]


def test_a_missing_path_is_an_error_with_the_next_step(tmp_path):
    with pytest.raises(ReadError, match="no file or folder at .*nowhere.*name another"):
        find_files([tmp_path / "nowhere"])


def test_a_file_that_vanishes_is_skipped(tmp_path):
    assert "cannot be opened" in read_file(tmp_path / "gone.txt").skipped[0].reason


def test_a_gzip_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    import gzip

    monkeypatch.setattr("qa_bot.readers.decoding.LARGEST_UNPACKED", 10**6)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"title,abstract\n" + b" " * 2 * 10**6))
    assert "unpacks to more than" in read_file(tmp_path / "bomb.csv.gz").skipped[0].reason
