"""The window without a browser: what an answer looks like as HTML, what the server does with questions and faults."""

from __future__ import annotations

import html
import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from window_engine import (
    ANSWERED,
    DECLINED,
    HOSTILE,
    HOSTILE_ANSWER,
    PAPERS,
    PARTIAL,
    ScriptedEngine,
    ScriptError,
    answer_with,
    paper,
)

from qa_bot.config import load_settings
from qa_bot.schema import Problem, QABotError
from qa_bot.window.answer_html import render_answer, render_failure, render_question
from qa_bot.window.evidence_html import byline, difference, link
from qa_bot.window.examples import example_questions
from qa_bot.window.inert import blocks, tokens
from qa_bot.window.references import bibliography, bibtex, ris
from qa_bot.window.turnstile import Turnstile

BY_ID = {p.paper_id: p for p in PAPERS}


class Reading(HTMLParser):
    """What a reader gets of a piece of HTML: its tags with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def classed(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]


def visible(source: str) -> str:
    """The text without the hidden evidence and without what only screen readers get."""
    shown = source.split('<div class="qa-evidence"')[0]
    spaced = re.sub(r"<(p|li|div|span|button|a)\b", r" <\1", re.sub(r'<span class="qa-sr">.*?</span>', "", shown))
    return " ".join(Reading(spaced).text.split())


# --- an answer as HTML ---


def test_citations_are_numbered_marks_that_know_their_sentence_and_source():
    page = Reading(render_answer(ANSWERED, papers=BY_ID))
    assert [c["class"].split()[1:] for c in page.classed("qa-cite")] == [["qa-src-1", "qa-of-0"], ["qa-src-1", "qa-of-1"], ["qa-src-2", "qa-of-2"]]
    assert "Source 1: PaliGemma" in page.text


def test_weak_and_unsupported_sentences_carry_their_reason_and_supported_ones_no_mark():
    page = Reading(render_answer(ANSWERED))
    notes = [note["title"] for note in page.classed("qa-note")]
    assert notes == ["weak support: The abstract says it weakly.", "unsupported: The abstract says it unsupportedly."]
    assert "The abstract says it weakly." in page.text  # for those who cannot point at it
    assert [len(page.classed(name)) for name in ("qa-weak", "qa-unsupported", "qa-sentence")] == [1, 1, 3]


def test_an_invented_citation_is_struck_out_and_not_a_button():
    page = render_answer(ANSWERED)
    assert re.search(r'<s class="qa-invented"[^>]*>\[9\]</s>', page)
    assert "qa-src-9" not in page


def test_a_number_without_a_source_is_invented_once_the_answer_is_final():
    text = "One. [1] Two. [7]"
    assert "qa-invented" in render_answer(answer_with(text))
    assert "qa-invented" not in render_answer(answer_with(text, is_final=False))


def test_cited_titles_are_listed_by_number_with_year_and_link():
    shown = visible(render_answer(ANSWERED))
    assert "Cited papers [1] PaliGemma: A versatile 3B VLM for transfer Lucas Beyer, Andreas Steiner, 2024 arXiv" in shown
    assert "[3]" not in shown


def test_the_quiet_line_names_mode_model_and_seconds():
    assert "Written by tiny-1 · 1.2 s · 2 of 3 retrieved papers cited" in visible(render_answer(ANSWERED))
    extractive = replace(ANSWERED, mode="extractive", model=None, timings={"total_seconds": 0.0316})
    assert "Extractive, no language model · 32 ms" in visible(render_answer(extractive))


def test_problems_are_said():
    answer = replace(ANSWERED, problems=(Problem("llm_refused", "The LLM did not answer: connection <refused>."),))
    assert "connection <refused>." in visible(render_answer(answer))


def test_the_three_states_differ_and_two_of_them_offer_the_nearest_papers():
    pages = {answer.status: render_answer(answer) for answer in (ANSWERED, PARTIAL, DECLINED)}
    for status, page in pages.items():
        assert Reading(page).classed(f"qa-{status}")
        assert ("Nearest papers" in page) == (status != "answered")
    assert "Only one of two figures is there." in visible(pages["partial"])
    assert visible(pages["declined"]).count("PaliGemma: A versatile 3B VLM for transfer") == 1
    assert "No abstract speaks of this." in visible(pages["declined"])


def test_the_abstract_carries_the_quoted_words_in_a_mark_and_loses_nothing():
    page = render_answer(ANSWERED, papers=BY_ID)
    abstract = re.search(r'qa-card-1 .*?<p class="qa-abstract">(.*?)</p>', page)[1]
    assert '<mark class="qa-ev qa-ev-0">based on the SigLIP-So400m vision encoder and the Gemma-2B language model</mark>' in abstract
    assert Reading(abstract).text == PAPERS[0].abstract


def test_overlapping_evidence_is_cut_so_that_every_mark_knows_its_sentences():
    answer = answer_with("One. [1] Two. [1]", quotes=((1, "open Vision-Language Model"), (1, "Vision-Language Model (VLM)")))
    page = render_answer(answer)
    assert '<mark class="qa-ev qa-ev-0 qa-ev-1">Vision-Language Model</mark><mark class="qa-ev qa-ev-1"> (VLM)</mark>' in page


def test_cards_stand_cited_first_and_show_versions_side_by_side():
    page = render_answer(PARTIAL, papers=BY_ID)
    assert [c["class"].split()[1] for c in Reading(page).classed("qa-card")] == ["qa-card-2", "qa-card-1", "qa-card-3"]
    assert "2 versions of this abstract" in page
    assert "<ins>67.4%</ins>" in page
    assert "<del>66.4%</del>" in page


def test_a_growing_snapshot_has_no_sources_yet_and_says_that_it_grows():
    page = render_answer(replace(ANSWERED, text="PaliGemma builds", is_final=False, sentences=()))
    assert Reading(page).classed("qa-streaming")
    assert "qa-evidence" not in page
    assert "qa-titles" not in page


def test_a_follow_up_shows_how_it_was_understood():
    assert "Understood as: What does BootsTAP reach?" in visible(
        render_answer(replace(PARTIAL, question="What does it reach?", standalone_question="What does BootsTAP reach?"))
    )
    assert "Understood" not in render_answer(replace(PARTIAL, question="Same?", standalone_question="Same?"))


@pytest.mark.parametrize("answer", [HOSTILE_ANSWER, replace(HOSTILE_ANSWER, reason=HOSTILE, status="partial", problems=(Problem("x", HOSTILE),), model=HOSTILE)])
def test_nothing_in_an_answer_becomes_markup_a_template_or_a_fetch(answer):
    papers = {p.paper_id: replace(p, venue=HOSTILE, title_is_stand_in=True) for p in PAPERS}
    sources = tuple(replace(s, url="javascript:alert(1)", categories=(HOSTILE,)) for s in answer.sources)
    for page in (
        render_answer(replace(answer, sources=sources), papers=papers),
        render_answer(replace(answer, is_final=False)),
        render_question(HOSTILE),
        render_failure(HOSTILE),
    ):
        seen = Reading(page)
        assert {tag for tag, _ in seen.tags} <= {
            "div", "p", "span", "button", "ol", "ul", "li", "a", "mark", "s", "q", "strong", "em", "br", "pre", "details", "summary", "ins", "del",
        }  # fmt: skip
        assert not [a for _, a in seen.tags if any(name.startswith("on") or name == "src" for name in a)]
        assert not re.search(r"\$\{|\{\{|javascript:", page)
        assert "\n" not in page


def test_links_lead_to_web_pages_only():
    assert 'href="https://arxiv.org/abs/1?a=1&amp;b=&quot;2"' in link('https://arxiv.org/abs/1?a=1&b="2')
    assert link("javascript:alert(1)") == link("data:text/html,x") == link("//evil.invalid") == link(None) == ""


def test_markdown_of_a_model_is_read_and_its_images_are_not():
    text = "Two things:\n\n- **First** is $x_2$. [1]\n- Second `a*b` costs $5 and 10$.\n\n1. One\n\n## Head\n![pic](http://evil.invalid/x.png) snake_case_name"
    page = render_answer(answer_with(text))
    assert "<strong>First</strong>" in page
    assert r'<span class="qa-maths">\(x_2\)</span>' in page
    assert "<code>a*b</code>" in page
    assert "$5 and 10$" in html.unescape(page)
    assert "evil.invalid" not in page.split("qa-evidence")[0]
    assert "snake_case_name" in page
    assert page.count("<li>") == 2


def test_inline_offsets_cover_the_text():
    text = "A **bold** and *unclosed [1] ~~[2]~~ `code` $y^2$ end"
    cut = tokens(text, 0, len(text))
    assert all(a.end <= b.start for a, b in itertools.pairwise(cut))
    assert [t.numbers for t in cut if t.numbers] == [(1,), (2,)]
    assert [b.kind for b in blocks("# T\n\npara\nmore\n- a\n- b\n1. c\n```\ncode\n```\n")] == ["heading", "paragraph", "item", "item", "numbered", "code"]


def test_byline_names_three_and_says_that_there_are_more():
    many = paper("p", "T", "A.", authors=("A", "B", "C", "D"))
    assert byline(many) == "A, B, C et al., 2024"
    assert byline(replace(many, authors=("A",), authors_complete=False)) == "A et al., 2024"
    assert byline(replace(many, authors=(), date=None)) == ""


def test_difference_marks_words_of_each_side():
    assert difference("a b c", "a x c") == ("a <del>b</del> c", "a <ins>x</ins> c")


def test_references_escape_and_keep_keys_apart():
    one = paper("p1", "50% of {things} & more", "A.", authors=("Ärger, Zoë",))
    two = replace(one, paper_id="p2", title="50 words more")
    entry = bibtex(one)
    assert entry.startswith("@misc{arger202450,")
    assert r"title = {{50\% of \{things\} \& more}}" in entry
    keys = re.findall(r"^@misc\{(.*),$", bibliography([one, two, one]), re.MULTILINE)
    assert len(keys) == len(set(keys)) == 2
    assert ris([one, one]).count("TY  - ") == 1
    assert "AN  - arXiv:2407.07726" in ris([one])


def test_examples_fit_the_collection():
    assert example_questions(PAPERS)[0].endswith("PaliGemma based on?")
    other = [paper(f"q{n}", f"A study of very particular things number {n}", "A.") for n in range(9)]
    assert all("number" in question for question in example_questions(other))
    assert len(example_questions(other)) == 4
    assert example_questions(()) == ()


def test_the_examples_are_answered_by_the_papers_that_they_stand_for(seed_engine):
    questions = example_questions(seed_engine.papers(), most=9)
    assert len(questions) == 6
    for question in questions:
        answer = seed_engine.ask(question)
        assert answer.status == "answered", question
        assert all(sentence.support == "supported" for sentence in answer.sentences), question


# --- the server ---


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve() -> Iterator:
    from qa_bot.app import launch

    windows = []

    def start(factory):
        window = launch(load_settings(), port=free_port(), opens_browser=False, engine_factory=factory, blocks=False)
        windows.append(window)
        return window

    yield start
    for window in windows:
        window.close(verbose=False)


def client_of(window):
    from gradio_client import Client

    return Client(window.local_url, verbose=False)


def answer_of(result) -> str:
    """The HTML of the last message in what the `ask` endpoint returns."""
    chat = next(part for part in result if isinstance(part, list))
    content = chat[-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def until(claim, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def test_asking_over_the_api_streams_and_keeps_the_history(serve):
    engine = ScriptedEngine(pause_seconds=0.03)
    client = client_of(serve(lambda: engine))
    job = client.submit("Which encoder does PaliGemma use?", api_name="/ask")
    assert "SigLIP-So400m" in answer_of(job.result(timeout=30))
    growing = [answer_of(part) for part in job.outputs()]
    assert any("qa-streaming" in page for page in growing[:-1])
    assert "qa-streaming" not in growing[-1]
    client.predict("and the figures?", api_name="/ask")
    assert engine.histories == [[], [("user", "Which encoder does PaliGemma use?"), ("assistant", ANSWERED.text)]]


def test_the_window_is_served_while_the_papers_are_still_being_opened(serve):
    import httpx

    may_open = threading.Event()

    def factory(say):
        say("First run: embedding papers, 3 of 9")
        may_open.wait(20)
        return ScriptedEngine()

    window = serve(factory)
    assert httpx.get(window.local_url, trust_env=False).status_code == 200
    job = client_of(window).submit("Which encoder?", api_name="/ask")
    until(lambda: any("embedding papers, 3 of 9" in answer_of(part) for part in job.outputs()))
    may_open.set()
    assert "SigLIP-So400m" in answer_of(job.result(timeout=30))


@pytest.mark.parametrize(
    ("question", "said"), [("break please", "Start it, then ask again."), ("a bug please", "ZeroDivisionError: a bug"), ("fine again", "SigLIP-So400m")]
)
def test_a_failure_is_a_message_with_the_next_step(serve, question, said):
    client = client_of(serve(lambda: ScriptedEngine()))
    assert said in answer_of(client.predict(question, api_name="/ask"))
    assert "SigLIP-So400m" in answer_of(client.predict("Which encoder?", api_name="/ask"))


def test_papers_that_cannot_be_opened_are_said_and_tried_again(serve):
    is_busy = True

    def factory():
        if is_busy:
            raise ScriptError("The collection is in use by another qa-bot. Close that one.")
        return ScriptedEngine()

    client = client_of(serve(factory))
    for _ in range(2):
        assert "Close that one." in answer_of(client.predict("Which encoder?", api_name="/ask"))
    is_busy = False
    assert "SigLIP-So400m" in answer_of(client.predict("Which encoder?", api_name="/ask"))


def test_one_slow_answer_holds_up_nobody(serve):
    engine = ScriptedEngine(pause_seconds=0.02)
    window = serve(lambda: engine)
    slow = client_of(window).submit("endless", api_name="/ask")
    clients = [client_of(window) for _ in range(4)]
    jobs = [client.submit("Which encoder?", api_name="/ask") for client in clients]
    assert all("SigLIP-So400m" in answer_of(job.result(timeout=30)) for job in jobs)
    assert not slow.done()
    slow.cancel()
    until(lambda: engine.closed_streams == 5)  # stopping reaches the engine


def test_who_waits_is_told_the_place_in_the_queue(serve):
    window = serve(lambda: ScriptedEngine(pause_seconds=0.02))
    window.shared.turnstile = Turnstile(1)
    first = client_of(window).submit("endless", api_name="/ask")
    until(lambda: any("qa-text" in answer_of(part) for part in first.outputs()))
    second = client_of(window).submit("Which encoder?", api_name="/ask")
    until(lambda: any("your place in the queue is 1" in answer_of(part) for part in second.outputs()))
    first.cancel()
    assert "SigLIP-So400m" in answer_of(second.result(timeout=30))


def test_questions_wait_while_papers_are_taken_in(serve):
    window = serve(lambda: ScriptedEngine())
    window.shared.changing = "New papers are being taken in: reading files, 1 of 2"
    job = client_of(window).submit("Which encoder?", api_name="/ask")
    until(lambda: any("reading files, 1 of 2" in answer_of(part) for part in job.outputs()))
    window.shared.changing = None
    assert "SigLIP-So400m" in answer_of(job.result(timeout=30))


def test_a_taken_port_is_said_with_the_way_out(serve):
    from qa_bot.app import launch

    window = serve(lambda: ScriptedEngine())
    with pytest.raises(QABotError, match=f"{window.server_port} on 127.0.0.1 is taken.*--port {window.server_port + 1}"):
        launch(load_settings(), port=window.server_port, opens_browser=False, engine_factory=ScriptedEngine, blocks=False)


def test_an_address_of_another_machine_is_said():
    from qa_bot.app import launch

    with pytest.raises(QABotError, match="--host 127.0.0.1"):
        launch(load_settings(), host="192.0.2.1", port=free_port(), opens_browser=False, engine_factory=ScriptedEngine, blocks=False)


def test_the_page_names_nothing_outside(serve):
    import httpx

    page = httpx.get(serve(lambda: ScriptedEngine()).local_url, trust_env=False).text
    fetched = re.findall(r'<(?:script|link|img|iframe)[^>]*?(?:src|href)=["\'](https?:)?//([^/"\']+)', page)
    assert not [host for _, host in fetched if not host.startswith(("127.0.0.1", "localhost"))], fetched
