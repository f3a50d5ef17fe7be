"""PDFs of papers in many layouts become one record each; what cannot be read is skipped with its reason and harms nothing."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from paper_pdf import BOLD, HEIGHT, ITALIC, LEFT, RIGHT, ROMAN, UNICODE, WHOLE, Box, PaperPDF
from reportlab.pdfbase.pdfmetrics import stringWidth

from qa_bot.config import Settings
from qa_bot.ingest import ingest
from qa_bot.readers import pdf_lines, read_data, read_file

TITLE = "Sigmoid Loss for Language Image Pre-Training"
ABSTRACT = (
    "We propose a simple pairwise sigmoid loss for language-image pre-training. Unlike standard contrastive learning with softmax "
    "normalization, the sigmoid loss operates solely on image-text pairs and does not require a global view of the pairwise "
    "similarities for normalization. The sigmoid loss simultaneously allows further scaling up of the batch size, while also "
    "performing better at smaller batch sizes. Combined with locked-image tuning, with only four chips, we train a base model that "
    "achieves 84.5% zero-shot accuracy in two days. This disentanglement of the batch size from the loss further allows us to study "
    "the impact of examples versus pairs and of the negative to positive ratio."
)
BODY = (
    "Contrastive learning has become a standard way of training encoders of images. In this work we ask whether the softmax is needed "
    "at all, and find that it is not. The first section explains why; further sections give the details of our implementation. "
) * 14


def read(document: PaperPDF | bytes, name: str = "paper.pdf"):
    return read_data(document if isinstance(document, bytes) else document.data(), name)


def the_record(document: PaperPDF | bytes, name: str = "paper.pdf"):
    result = read(document, name)
    assert not result.skipped and len(result.records) == 1, result
    return result.records[0]


def why_skipped(document: PaperPDF | bytes, name: str = "paper.pdf") -> str:
    result = read(document, name)
    assert not result.records and len(result.skipped) == 1 and result.skipped[0].file == name
    return result.skipped[0].reason


def begun(
    title: str = TITLE, authors: tuple[str, ...] = ("Xiaohua Zhai, Basil Mustafa and Lucas Beyer",), **metadata
) -> PaperPDF:
    document = PaperPDF(**metadata)
    document.line(title, font=BOLD, size=16)
    document.y -= 8
    for line in authors:
        document.line(line, size=12)
    document.line("Google DeepMind, Zürich, Switzerland", font=ITALIC)
    document.line("{xzhai, basilm, lbeyer}@google.com", font="Courier", size=9)
    return document


# Layouts


def test_one_column_under_a_heading():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, y=580)
    below = document.flow(ABSTRACT, WHOLE)
    document.line("1 Introduction", font=BOLD, size=12, left=WHOLE.left, y=below - 20)
    document.flow(BODY, Box(WHOLE.left, WHOLE.width, below - 40))
    record = the_record(document)
    assert record.abstract == ABSTRACT and record.title == TITLE
    assert record.authors == ("Xiaohua Zhai", "Basil Mustafa", "Lucas Beyer")


@pytest.mark.parametrize(
    "heading",
    ["1. Introduction", "I. INTRODUCTION", "Introduction", "INTRODUCTION", "1 Motivation and Overview", "1 What is a loss?"],
)
def test_two_columns_end_at_any_first_heading(heading):
    document = begun()
    document.line("Abstract", font=BOLD, size=12, left=150, y=580)
    below = document.flow(ABSTRACT, LEFT, font=ITALIC)
    document.line(heading, font=BOLD, size=12, left=LEFT.left, y=below - 20)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 40), Box(RIGHT.left, RIGHT.width, 580))
    assert the_record(document).abstract == ABSTRACT


def test_an_abstract_runs_on_in_the_next_column_past_a_caption_and_a_footnote():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, left=150, y=580)
    above_figure = Box(LEFT.left, LEFT.width, 560, 420)
    below = document.flow(ABSTRACT, above_figure, Box(RIGHT.left, RIGHT.width, 580), font=ITALIC)
    document.flow("Figure 1: Efficiency of the loss. It grows with the batch until it does not.", Box(LEFT.left, LEFT.width, 200))
    document.flow("* Equal contribution. Work done at Google.", Box(LEFT.left, LEFT.width, 90), size=8)
    document.line("1. Introduction", font=BOLD, size=12, left=RIGHT.left, y=below - 20)
    document.flow(BODY, Box(RIGHT.left, RIGHT.width, below - 40))
    assert the_record(document).abstract == ABSTRACT


def test_an_abstract_runs_on_on_the_next_page_under_a_running_head():
    document = begun()
    document.line("ABSTRACT", font=BOLD, size=12, y=180)
    document.canvas.setFont(ROMAN, 8)
    document.canvas.drawString(300, 40, "1")
    below = document.flow(ABSTRACT, Box(WHOLE.left, WHOLE.width, 160, 110), Box(WHOLE.left, WHOLE.width, 700), spills="page")
    document.line("Zhai et al.: Sigmoid loss", size=8, y=HEIGHT - 40)
    document.line("Keywords: sigmoid, loss", left=WHOLE.left, y=below - 12)
    document.line("1 Introduction", font=BOLD, size=12, left=WHOLE.left, y=below - 40)
    document.flow(BODY, Box(WHOLE.left, WHOLE.width, below - 60))
    assert the_record(document).abstract == ABSTRACT


@pytest.mark.parametrize(
    ("run_in", "after"),
    [
        ("Abstract—", "Index Terms—sigmoid, contrastive learning, softmax"),
        ("Abstract. ", "Keywords: sigmoid · softmax"),
        ("Abstract: ", "Key words. sigmoid, softmax"),
        ("ABSTRACT. ", "2020 Mathematics Subject Classification. 68T07"),
        ("Summary. ", "PACS numbers: 03.67.Lx"),
    ],
)
def test_a_heading_run_into_its_text(run_in, after):
    document = begun()
    below = document.flow(run_in + ABSTRACT, LEFT, font=BOLD, size=9)
    document.flow(after, Box(LEFT.left, LEFT.width, below - 4), font=BOLD, size=9)
    document.line("I. INTRODUCTION", left=130, y=below - 40)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 60), Box(RIGHT.left, RIGHT.width, 560))
    assert the_record(document).abstract == ABSTRACT


def test_keywords_in_the_last_line_of_the_abstract_are_cut_off():
    document = begun()
    document.flow(f"Abstract. {ABSTRACT} Keywords: sigmoid, softmax, and the ratio.", WHOLE)
    assert the_record(document).abstract == ABSTRACT


def test_acm_has_its_concepts_after_the_abstract():
    document = begun()
    document.line("ABSTRACT", font=BOLD, size=11, left=LEFT.left, y=575)
    below = document.flow(ABSTRACT, LEFT, size=9)
    document.line("CCS CONCEPTS", font=BOLD, size=11, left=LEFT.left, y=below - 10)
    document.line("• Computing methodologies → Computer vision.", left=LEFT.left, size=9, y=below - 24, font=UNICODE)
    document.line("ACM Reference Format:", font=BOLD, size=8, left=LEFT.left, y=below - 40)
    document.flow(
        "Xiaohua Zhai. 2019. Sigmoid. https://doi.org/10.1145/3292500.3330701", Box(LEFT.left, LEFT.width, below - 50), size=8
    )
    document.flow(BODY, RIGHT, size=9)
    document.line("© 2019 Association for Computing Machinery.", size=7, left=LEFT.left, y=80)
    record = the_record(document)
    assert record.abstract == ABSTRACT
    assert (record.doi, record.date, record.origin.record_id) == ("10.1145/3292500.3330701", "2019", "10.1145/3292500.3330701")


def test_elsevier_sets_the_abstract_beside_the_article_s_history():
    document = begun()
    document.line("A R T I C L E I N F O", size=9, left=54, y=580)
    document.line("A B S T R A C T", size=9, left=220, y=580)
    history = ("Article history:", "Received 3 May 2019", "Accepted 7 June 2019", "Keywords:", "Sigmoid loss", "Softmax", "Pairs")
    for place, line in enumerate(history):
        document.line(line, size=8, left=54, y=560 - 12 * place)
    below = document.flow(ABSTRACT, Box(220, 340, 560), size=9)
    document.line("© 2019 Elsevier Ltd. All rights reserved.", size=8, left=400, y=below - 8)
    document.line("1. Introduction", font=BOLD, left=LEFT.left, y=below - 40)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 60), Box(RIGHT.left, RIGHT.width, below - 40))
    assert the_record(document).abstract == ABSTRACT


def test_columns_drawn_row_by_row_are_read_column_by_column():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, left=150, y=580)
    rows = 30
    half = Box(LEFT.left, LEFT.width, 560, 560 - 12 * rows)
    drawn: list[tuple[float, float, str]] = []
    real = document.canvas.drawString
    document.canvas.drawString = lambda x, y, text: drawn.append((-y, x, text))
    below = document.flow(ABSTRACT, half)
    document.line("1. Introduction", font=BOLD, left=LEFT.left, y=below - 12)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 24), RIGHT)
    document.canvas.drawString = real
    document.canvas.setFont(ROMAN, 10)
    for y, x, text in sorted(drawn):
        real(x, -y, text)
    assert the_record(document).abstract == ABSTRACT


def test_parts_of_a_structured_abstract_are_no_headings():
    document = begun()
    document.line("Summary", font=BOLD, size=12, left=WHOLE.left, y=580)
    top = 560.0
    last = "The loss helps. It does so at every size that we tried."
    parts = [("Background", ABSTRACT[:220]), ("Methods", ABSTRACT[220:420] + "."), ("Conclusions", last)]
    for name, text in parts:
        document.line(name, font=BOLD, left=WHOLE.left, y=top)
        top = document.flow(text, Box(WHOLE.left, WHOLE.width, top - 12))
    document.line("Introduction", font=BOLD, size=14, left=WHOLE.left, y=top - 24)
    document.flow(BODY, Box(WHOLE.left, WHOLE.width, top - 44))
    abstract = the_record(document).abstract
    assert (
        abstract.startswith("Background We propose")
        and abstract.endswith("at every size that we tried.")
        and "Methods" in abstract
    )


def test_a_letter_without_a_heading_gives_its_first_paragraph():
    document = begun()
    document.line("(Dated: March 7, 2022)", size=9)
    below = document.flow(ABSTRACT, Box(130, 350, 560), size=9, indent=10)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 30), Box(RIGHT.left, RIGHT.width, below - 30))
    record = the_record(document)
    assert record.abstract == ABSTRACT and record.title == TITLE and record.date == "2022-03-07"


def test_abstract_counts_before_summary_and_other_languages():
    document = begun()
    document.line("Résumé", font=BOLD, size=11, y=600)
    below = document.flow(
        "Nous proposons une perte simple par paires. Elle est meilleure que toutes les autres pertes connues.", Box(110, 392, 585)
    )
    document.line("Abstract", font=BOLD, size=11, y=below - 10)
    below = document.flow(ABSTRACT, Box(110, 392, below - 26))
    document.line("Zusammenfassung", font=BOLD, size=11, y=below - 10)
    document.flow("Wir schlagen einen einfachen Verlust vor. Er ist besser.", Box(110, 392, below - 26))
    assert the_record(document).abstract == ABSTRACT


def test_an_abstract_behind_a_title_page_is_found():
    document = begun()
    document.page()
    document.line("Abstract", font=BOLD, size=14)
    document.flow(ABSTRACT, Box(110, 392, 680))
    record = the_record(document)
    assert record.abstract == ABSTRACT and record.title == TITLE


def test_ligatures_letters_beyond_latin_1_and_raised_figures():
    document = PaperPDF()
    document.line("Efﬁcient and Difﬁcult Workﬂows in Łódë", font=UNICODE, size=16)
    document.line("Łukasz Michałó, Çağla Öztürk and José Núñez", font=UNICODE, size=11)
    document.line("Abstract", font=BOLD, size=12, y=620)
    text = (
        "We ﬁnd that efﬁcient workﬂows are difﬁcult to deﬁne. Łukasz’s ﬁrst proof shows it for 84.5 % of them, and others ﬁll the gap "
        "that is left by the authors of the earlier work."
    )
    below = document.flow(text, WHOLE, font=UNICODE)
    document.line("It costs 10", font=UNICODE, left=WHOLE.left, y=below)
    after = WHOLE.left + stringWidth("It costs 10", UNICODE, 10)
    document.line("−3", font=UNICODE, size=7, left=after, y=below + 4)
    document.line("euros.", font=UNICODE, left=after + 16, y=below)
    record = the_record(document)
    assert record.title == "Efficient and Difficult Workflows in Łódë"
    assert record.authors == ("Łukasz Michałó", "Çağla Öztürk", "José Núñez")
    assert record.abstract.startswith("We find that efficient workflows are difficult to define. Łukasz’s first proof")
    assert record.abstract.endswith("It costs 10⁻³ euros.")


def test_accents_drawn_over_letters_belong_to_them():
    """TeX's old fonts have no é: the accent is drawn on its own, before the letter, behind it or after the whole line."""
    document = PaperPDF()
    document.line(TITLE, font=BOLD, size=16)
    name, size = "Jose Munoz and Lucie Zuric", 12.0
    left, y = 200.0, document.y
    for accent, letter in (("´", 3), ("˜", 7)):
        middle = left + stringWidth(name[:letter], ROMAN, size) + stringWidth(name[letter], ROMAN, size) / 2
        document.line(accent, size=size, left=middle - stringWidth(accent, ROMAN, size) / 2, y=y)
    document.line(name, size=size, left=left)
    middle = left + stringWidth(name[:22], ROMAN, size) + stringWidth("u", ROMAN, size) / 2
    document.line("¨", size=size, left=middle - stringWidth("¨", ROMAN, size) / 2, y=y)
    assert the_record(with_abstract(document)).authors == ("José Muñoz", "Lucie Züric")


def test_hyphens_of_the_author_stay_and_those_of_the_typesetter_go():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, y=580)
    lines = (
        "We study zero-shot transfer and the self-", "supervised learning of image-", "text pairs, an image-text trans-", "former, and a post-pro-",
        "cessing step of GPT-", "4 that we des-", "cribe with care in the following long text of this abstract here.",
    )  # fmt: skip
    for place, line in enumerate(lines):
        document.line(line, left=WHOLE.left, y=560 - 12 * place)
    expected = (
        "We study zero-shot transfer and the self-supervised learning of image-text pairs, an image-text transformer, and a "
        "post-processing step of GPT-4 that we describe with care in the following long text of this abstract here."
    )
    assert the_record(document).abstract == expected


# What stands around the abstract


def with_abstract(document: PaperPDF) -> PaperPDF:
    document.line("Abstract", font=BOLD, size=12, y=580)
    document.flow(ABSTRACT, WHOLE)
    return document


@pytest.mark.parametrize(
    ("stamp", "date"),
    [("arXiv:2303.15343v1  [cs.CV]  27 Mar 2023", "2023-03-27"), ("arXiv:2303.15343v4  [cs.CV]  27 Sep 2023", "2023-03")],
)
def test_the_stamp_of_arxiv_names_id_category_and_date(stamp, date):
    document = with_abstract(begun())
    document.stamp(stamp)
    record = the_record(document)
    assert (record.arxiv_id, record.categories, record.date) == ("2303.15343", ("cs.CV",), date)
    assert record.abstract == ABSTRACT and record.title == TITLE and record.origin.record_id == "2303.15343"


def test_an_old_stamp_and_the_name_of_a_download_give_the_id_too():
    document = with_abstract(begun())
    document.stamp("arXiv:hep-th/9901001v3  1 Jan 1999")
    assert the_record(document).arxiv_id == "hep-th/9901001"
    record = the_record(with_abstract(begun()), "2303.15343v2.pdf")
    assert record.arxiv_id == "2303.15343" and record.date == "2023-03"


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "untitled",
        "paper.dvi",
        "Microsoft Word - final_v3.docx",
        "main",
        "1234.5678",
        "Manuscript",
        "LaTeX template of a journal",
    ],
)
def test_metadata_that_are_no_title_are_left(junk):
    assert the_record(with_abstract(begun(title=TITLE) if not junk else _titled(junk))).title == TITLE


def _titled(metadata_title: str) -> PaperPDF:
    document = PaperPDF(title=metadata_title, author="xzhai")
    document.line(TITLE, font=BOLD, size=16)
    document.line("Xiaohua Zhai", size=12)
    return document


def test_a_journal_s_name_in_larger_letters_is_no_title():
    document = PaperPDF(title=TITLE, author="Xiaohua Zhai; Lucas Beyer")
    document.line("Pattern Recognition of Everything", font=ROMAN, size=20)
    document.line(TITLE.upper(), font=ROMAN, size=15)
    document.line("X. Zhai (1), L. Beyer (2)", size=9)
    assert the_record(with_abstract(document)).title == TITLE
    other = PaperPDF()
    other.line("International Journal of Computer Vision", size=20)
    other.line("RESEARCH ARTICLE", size=18)
    other.line(TITLE, size=15)
    assert the_record(with_abstract(other)).title == TITLE


def test_a_title_of_several_lines_is_one():
    document = PaperPDF()
    document.line("Sigmoid Loss for Language", font=BOLD, size=16)
    document.line("Image Pre-", font=BOLD, size=16)
    document.line("Training*", font=BOLD, size=16)
    assert the_record(with_abstract(document)).title == TITLE


def test_a_title_in_small_capitals_is_read_in_ordinary_letters():
    document = PaperPDF()
    left, y = 120.0, document.y
    for word in ("SIGMOID", "LOSS", "for LANGUAGE", "IMAGE", "PRE-TRAINING"):
        for letter in word:
            size = 17 if letter == word[0] or word[:3] == "for" and letter == "L" else 13.6
            document.line(letter.upper(), size=size, left=left, y=y)
            left += stringWidth(letter.upper(), ROMAN, size)
        left += 5
    document.y -= 20
    assert the_record(with_abstract(document)).title == "Sigmoid Loss For Language Image Pre-training"


def test_the_numbers_of_a_manuscript_s_lines_are_no_text():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, y=580)
    below = document.flow(ABSTRACT, WHOLE)
    document.line("1 Introduction", font=BOLD, size=12, left=WHOLE.left, y=below - 12)
    document.flow(BODY, Box(WHOLE.left, WHOLE.width, below - 24))
    for number in range(40):
        text = str(number + 1)
        document.line(text, size=7, left=80 - stringWidth(text, ROMAN, 7), y=560 - 12 * number)
    assert the_record(document).abstract == ABSTRACT


def test_the_mark_of_a_footnote_behind_the_last_sentence_is_left_out():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, y=580)
    last = "Code is there for all who want it."
    below = document.flow(ABSTRACT, WHOLE)
    document.line(last, left=WHOLE.left, y=below)
    document.line("1", size=7, left=WHOLE.left + stringWidth(last, ROMAN, 10) + 0.5, y=below + 4)
    assert the_record(document).abstract == f"{ABSTRACT} {last}"


def test_a_title_over_the_left_column_stands_beside_text():
    document = PaperPDF()
    for place, line in enumerate((TITLE[:25], TITLE[26:], "Xiaohua Zhai and Lucas Beyer")):
        document.line(line, font=BOLD if place < 2 else ROMAN, size=14 if place < 2 else 10, left=LEFT.left, y=700 - 18 * place)
    document.line("Abstract", font=BOLD, size=12, left=LEFT.left, y=620)
    below = document.flow(ABSTRACT, Box(LEFT.left, LEFT.width, 600))
    document.line("1. Introduction", font=BOLD, size=12, left=LEFT.left, y=below - 20)
    document.flow(BODY, Box(LEFT.left, LEFT.width, below - 40), Box(RIGHT.left, RIGHT.width, 700))
    record = the_record(document)
    assert (record.abstract, record.title, record.authors) == (ABSTRACT, TITLE, ("Xiaohua Zhai", "Lucas Beyer"))


def test_a_letter_set_lower_stays_in_its_word():
    document = begun()
    document.line("Abstract", font=BOLD, size=12, y=580)
    below = document.flow(ABSTRACT, WHOLE)
    document.line("Set in T", left=WHOLE.left, y=below)
    after = WHOLE.left + stringWidth("Set in T", ROMAN, 10) - 1
    document.line("E", left=after, y=below - 2.2)
    document.line("X by us.", left=after + 5, y=below)
    assert the_record(document).abstract == f"{ABSTRACT} Set in TEX by us."


def test_a_sidebar_beside_the_abstract_is_no_part_of_it():
    document = begun()
    sidebar = "OPEN ACCESS Citation: Zhai X (2019) Sigmoid loss. Editor: Ann Lee, University of Somewhere, GERMANY. Received: May 3, 2019. "
    document.flow(sidebar * 4, Box(40, 130, 600), size=8)
    document.line("Abstract", font=BOLD, size=14, left=200, y=600)
    below = document.flow(ABSTRACT, Box(200, 370, 580))
    document.line("Introduction", font=BOLD, size=14, left=200, y=below - 20)
    document.flow(BODY, Box(200, 370, below - 40))
    assert the_record(document).abstract == ABSTRACT


def test_blocks_of_authors_side_by_side():
    document = PaperPDF()
    document.line(TITLE, font=BOLD, size=16)
    people = (
        (80, "Ann Lee", "University of Somewhere"),
        (260, "Bo van den Chen", "Google Research"),
        (430, "C. D. Ek", "Acme Inc."),
    )
    for left, name, place in people:
        document.line(name, size=11, left=left, y=690)
        document.line(place, font=ITALIC, left=left, y=677)
        document.line("New York, USA", left=left, y=664)
    assert the_record(with_abstract(document)).authors == ("Ann Lee", "Bo van den Chen", "C. D. Ek")


def test_a_doi_in_the_metadata_or_alone_on_the_page():
    assert the_record(with_abstract(begun(subject="Journal of X, doi:10.1000/xyz.123"))).doi == "10.1000/xyz.123"
    document = with_abstract(begun())
    document.line("https://doi.org/10.1109/TPAMI.2021.1234567", size=8, y=30)
    assert the_record(document).doi == "10.1109/tpami.2021.1234567"
    document = with_abstract(begun())
    document.line("as shown before (doi:10.1000/a.1) and (doi:10.1000/b.2)", y=300)
    assert the_record(document).doi is None


def test_a_date_of_publication_counts_before_the_copyright():
    document = with_abstract(begun())
    document.line("Received 1 May 2019; accepted 3 June 2019; published online 12 March 2020", size=8, y=60)
    document.line("© 2021 The Authors", size=8, y=50)
    assert the_record(document).date == "2020-03-12"


# What cannot be read


def test_an_empty_damaged_or_false_pdf_is_named_with_its_reason():
    whole = with_abstract(begun()).data()
    assert "empty" in why_skipped(b"")
    assert "damaged" in why_skipped(b"%PDF-1.7\n%%EOF")
    assert "damaged" in why_skipped(b"<!doctype html><p>Sign in to read</p>")
    assert "damaged" in why_skipped(random.Random(1).randbytes(5000))
    assert "gzip" in why_skipped(gzip.compress(whole)[:-200], "paper.pdf.gz")


def test_a_pdf_cut_short_is_read_as_far_as_it_goes_or_named():
    whole = with_abstract(begun()).data()
    for share in (0.1, 0.4, 0.7, 0.95):
        result = read(whole[: int(len(whole) * share)])
        assert len(result.records) + len(result.skipped) == 1


def test_a_pdf_with_noise_in_it_breaks_nothing():
    whole = bytearray(with_abstract(begun(compresses=False)).data())
    chance = random.Random(7)
    for _ in range(8):
        noisy = bytearray(whole)
        for _ in range(60):
            noisy[chance.randrange(20, len(noisy))] = chance.randrange(256)
        result = read(bytes(noisy))
        assert len(result.records) + len(result.skipped) == 1


def test_an_encrypted_pdf_needs_no_password_where_only_its_owner_has_one():
    assert "encrypted" in why_skipped(with_abstract(begun(password="secret")))
    assert the_record(with_abstract(begun(owner_password="secret"))).abstract == ABSTRACT


def test_a_scan_is_named_as_one():
    document = PaperPDF()
    document.canvas.rect(50, 50, 500, 700, fill=1)
    assert "scan" in why_skipped(document)


def test_a_paper_without_an_abstract_is_named_with_its_title():
    document = begun()
    document.line("Contents", font=BOLD, size=12)
    for place in range(12):
        document.line(f"{place} Chapter {place} . . . . . {place * 10}")
    assert TITLE in why_skipped(document)


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(pdf_lines, "_SECONDS", 0.001)
    assert "seconds" in why_skipped(with_abstract(begun()))


def test_a_pdf_that_is_too_large_is_not_opened(monkeypatch):
    monkeypatch.setattr(pdf_lines, "MOST_BYTES", 1 << 20)
    assert "larger than 1 MB" in why_skipped(b"%PDF-1.7" + bytes(2 << 20))


def test_a_page_of_ten_thousand_scraps_is_read_in_time():
    document = PaperPDF()
    chance = random.Random(3)
    for _ in range(10_000):
        document.line("ab", size=chance.uniform(4, 30), left=chance.uniform(0, 600), y=chance.uniform(0, 780))
    result = read(document)
    assert len(result.records) + len(result.skipped) == 1


def test_only_the_first_pages_are_read():
    document = with_abstract(begun())
    for number in range(300):
        document.page()
        document.line(f"Chapter {number}", size=14)
        document.line(f"All that stands here is of no use to the reader, and so it is for {number} pages.")
    assert the_record(document).abstract == ABSTRACT


# In a collection


def test_a_gzipped_pdf_joins_the_paper_of_another_file(tmp_path: Path):
    document = with_abstract(begun())
    document.stamp("arXiv:2303.15343v4  [cs.CV]  27 Sep 2023")
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "zhai.pdf.gz").write_bytes(gzip.compress(document.data()))
    (folder / "named_wrongly.txt").write_bytes(with_abstract(begun()).data())
    scan = PaperPDF()
    scan.canvas.rect(50, 50, 500, 700, fill=1)
    (folder / "scan.pdf").write_bytes(scan.data())
    entry = (
        f"title={{{TITLE}}}, author={{Zhai, Xiaohua}}, eprint={{2303.15343}}, archiveprefix={{arXiv}}, abstract={{{ABSTRACT}}}"
    )
    (folder / "zhai.bib").write_text(f"@article{{zhai2023, {entry}}}")
    report = ingest([folder], settings=Settings(_env_file=None, data_dir=tmp_path / "data"))
    assert (report.records, report.papers) == (3, 1)
    assert [(skipped.file, "scan" in skipped.reason) for skipped in report.skipped] == [("scan.pdf", True)]


def test_a_folder_of_pdfs_is_read_file_by_file(tmp_path):
    (tmp_path / "a.pdf").write_bytes(with_abstract(begun()).data())
    (tmp_path / "B.PDF").write_bytes(with_abstract(begun()).data())
    assert [len(read_file(tmp_path / name).records) for name in ("a.pdf", "B.PDF")] == [1, 1]
