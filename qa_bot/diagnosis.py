"""Knows what to look at when something does not work: the installation, the collection, the endpoints.

Leaves repair to the user: every finding that is not fine says what to do.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import version

from qa_bot.config import VARIABLES, ConfigError, Settings, address_parts, resource_dir, unknown_names
from qa_bot.embedding import open_embedding
from qa_bot.ingest import fingerprint_of
from qa_bot.judges import open_judge
from qa_bot.llm import open_llm
from qa_bot.prompts import load_templates
from qa_bot.schema import QABotError
from qa_bot.store import CopyIsOlder, VectorsUnavailable, open_store


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_fine: bool
    finding: str


def diagnose(settings: Settings) -> list[Check]:
    """Look at everything once, in the order in which a question needs it. Never raises a QABotError."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("chromadb", "llama-index-core", "openai", "gradio", "tantivy", "onnxruntime"))
    looks = {
        "settings": lambda: _settings(settings),
        "prompts": lambda: f"{len(load_templates(settings.prompts_dir).digest) and 'all files valid'} ({settings.prompts_dir or resource_dir('prompts')})",
        "embedding": lambda: _embedding(settings),
        "collection": lambda: _collection(settings),
        "chroma": lambda: _chroma(settings),
        "llm": lambda: _llm(settings),
        "judge": lambda: _judge(settings),
    }
    checks = [Check("installation", True, f"Python {platform.python_version()}, {packages}")]
    for name, look in looks.items():
        try:
            checks.append(Check(name, True, look()))
        except QABotError as error:
            checks.append(Check(name, False, str(error)))
    urls = [url.strip() for url in (settings.llm_base_url, settings.embed_base_url, settings.judge_base_url, settings.chroma_url) if url]
    judges_at_openai = settings.judge_model and not settings.judge_base_url
    if (settings.llm_model or judges_at_openai) and not settings.llm_base_url:
        urls.append("https://api.openai.com")
    hosts = sorted({parts.netloc.rpartition("@")[2] for url in urls if (parts := address_parts(url))})  # without a password
    checks.append(Check("network", True, "contacts " + ", ".join(hosts) if hosts else "nothing is contacted"))
    return checks


def _settings(settings: Settings) -> str:
    if unknown := unknown_names():
        likely = [get_close_matches(name, VARIABLES, 1) for name in unknown]
        told = ", ".join(name + (f" (is {near[0]} meant?)" if near else "") for name, near in zip(unknown, likely))
        raise ConfigError(f"no setting of qa_bot goes by {told}. Correct it in the environment or in .env; .env.example lists them all.")
    chosen = [f"QA_BOT_{name.upper()}" for name in Settings.model_fields if name in settings.model_fields_set]
    return f"{', '.join(chosen) or 'none'} set; the others are as .env.example says"


def _embedding(settings: Settings) -> str:
    embedding = open_embedding(settings)
    vectors = embedding.embed(["one probe"])
    return f"{embedding.name}, {vectors.shape[1]} dimensions"


def _collection(settings: Settings) -> str:
    store = open_store(settings, fingerprint_of(open_embedding(settings)))
    try:
        papers, chunks = store.truth.count("papers"), store.truth.count("chunks")
        if not papers:
            return f"empty ({settings.data_dir}); the first question takes in the sample papers"
        waiting = f", {store.pending} updates waiting (run `qa-bot ingest`)" if store.pending else ""
        copy = ", a copy of another machine's" if store.is_copy else ""
        return f"{papers} papers, {chunks} chunks, {store.terms.count()} in the term index{waiting}{copy} ({settings.data_dir})"
    finally:
        store.close()


def _chroma(settings: Settings) -> str:
    store = open_store(settings, fingerprint_of(open_embedding(settings)))
    try:
        where = store.vectors.describe() if store.server or not store.is_empty else "embedded"
        if store.is_empty:
            return f"{where}, nothing in it yet"
        found, expected = store.vectors.count(), store.truth.count("chunks")
        lacking = "" if found == expected else f", {expected} are expected"
        lacking += f", {store.truth.pending_count('vectors')} updates waiting" if store.truth.pending_count("vectors") else ""
        if store.server and store.relation_to_server() in ("older", "apart"):
            raise CopyIsOlder(store.notices()[0].message)
        if lacking:
            raise VectorsUnavailable(f"{where}: {found} vectors{lacking}. Run `qa-bot ingest` where the papers are taken in; nothing is embedded twice.")
        return f"{where}: {found} vectors"
    finally:
        store.close()


def _llm(settings: Settings) -> str:
    llm = open_llm(settings)
    if llm is None:
        return "none configured: answers are extractive (set QA_BOT_LLM_BASE_URL to change that)"
    models = llm.list_models()
    reply = llm.complete([{"role": "user", "content": "Reply with the word ready."}], max_tokens=64)
    return f"{reply.model} replies at {settings.llm_base_url or 'the OpenAI API'}; the server lists {', '.join(models[:8]) or 'no models'}"


def _judge(settings: Settings) -> str:
    if not settings.judge_is_configured:
        return "none configured: the package's own check alone judges sentences (set QA_BOT_JUDGE_BASE_URL to have a judge asked as well)"
    judge = open_judge(settings.model_copy(update={"judge_max_sentences": max(1, settings.judge_max_sentences)}))
    asked = "about sentences in doubt" if settings.judge_max_sentences else "by `qa-bot eval --judge` only (QA_BOT_JUDGE_MAX_SENTENCES is 0)"
    extractive = "" if settings.llm_is_configured else "; without an LLM answers are extractive and it is not asked"
    return f"{judge.try_out()}; it is asked {asked}{extractive}"
