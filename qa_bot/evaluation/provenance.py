"""Knows what a run was made with: settings without secrets, models, prompts, packages, and digests of code, corpus and questions.

Leaves running to `runs`. Nothing here may hold a key, a path of this machine or a user's name: runs are shared.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import platform
import tokenize
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from qa_bot.evaluation.questions import Question, questions_digest
from qa_bot.llm import EndpointModel
from qa_bot.schema import Paper

PACKAGES = ("chromadb", "llama-index-core", "numpy", "onnxruntime", "openai", "qa-bot", "tantivy", "tiktoken", "tokenizers")
_PRIVATE = ("data_dir", "prompts_dir")
# How long to wait and who judges change no answer; an interrupted run may go on with other values.
_PATIENCE = ("llm_timeout", "llm_max_retries", "judge_")
_CONTENT = frozenset(".py .md .txt .json .jsonl .onnx .npz .npy .csv .tsv .gz .bin .safetensors".split())
_SECRET = ("key", "token", "password", "secret")
# Files of the package that cannot change an answer or a figure.
_NOT_ANSWERING = (
    "__main__.py",
    "app",
    "cli",
    "diagnosis.py",
    "window/",
    "query_engine.py",
    "evaluation/report",
    "evaluation/compare.py",
    "evaluation/readme.py",
    "evaluation/command.py",
    "evaluation/judge.py",
    "evaluation/llama_evaluators.py",
    "judges/",
    "prompts/judge_",
)
# What decides whether two runs may share a folder; the rest of the header is for the reader.
IDENTITY = ("mode", "split", "questions", "corpus", "settings", "models", "prompts", "code")


def describe_run(engine: Any, questions: Sequence[Question], *, split: str = "all") -> dict[str, Any]:
    """Return the header of a run of these questions over this engine, as plain data."""
    settings = getattr(engine, "settings", None)
    llm = getattr(engine, "llm", None)
    # A name left to the server is known only once it was asked, so before and after it must read the same.
    is_open = isinstance(llm, EndpointModel) and settings is not None and not settings.llm_model
    return {
        "mode": "llm" if llm is not None else "extractive",
        "split": split,
        "questions": {"count": len(questions), "digest": questions_digest(questions)},
        "corpus": corpus_digest(engine.papers()),
        "settings": public_settings(settings.model_dump() if settings is not None else {}),
        "models": {
            "llm": None if is_open else getattr(llm, "model", None),
            "embedding": getattr(getattr(engine, "embedding", None), "name", None),
        },
        "prompts": getattr(getattr(engine, "templates", None), "digest", None),
        "code": code_digest(),
        "packages": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
    }


def identity_of(header: Mapping[str, Any]) -> str:
    """Return a digest of the parts of a header that decide whether results can be mixed."""
    parts = {name: header.get(name) for name in IDENTITY}
    parts["settings"] = {name: value for name, value in (header.get("settings") or {}).items() if not name.startswith(_PATIENCE)}
    return _sha(parts)


def public_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that may be shown: no secrets, no local paths, no user or query part in URLs."""
    shown = {}
    for name, value in settings.items():
        if name in _PRIVATE or any(word in name.lower().split("_") for word in _SECRET):
            continue
        if isinstance(value, str) and "://" in value:
            parts = urlsplit(value)
            value = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        shown[name] = value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
    return shown


def corpus_digest(papers: Sequence[Paper]) -> dict[str, Any]:
    """Return how many papers there are and a digest of all that an answer can draw on."""
    rows = sorted(
        json.dumps([p.title, p.authors, p.date, p.aliases, p.categories, [v.abstract for v in p.versions]], ensure_ascii=False)
        for p in papers
    )
    return {"papers": len(papers), "digest": _sha(rows)}


@cache
def code_digest(package: Path | None = None) -> str:
    """Return a digest of the package's modules, models and prompts as far as they can change an answer or a figure.

    Comments, docstrings, blank lines and model cards do not count, nor do the window and the command line.
    """
    package = package or Path(__file__).parents[1]
    prompts = package / "prompts" if (package / "prompts").is_dir() else package.parent / "prompts"
    files = {
        path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.suffix in _CONTENT and path.is_file()
    }
    files |= {f"prompts/{path.name}": path for path in prompts.glob("*.md")}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        if (
            name.startswith(_NOT_ANSWERING)
            or "__pycache__" in name
            or name.endswith("/MODEL_CARD.md")
            or name.startswith("seeds/")
            or name == "evaluation/questions.jsonl"
        ):
            continue
        if path.suffix == ".py":
            content = essential_code(path.read_text(encoding="utf-8")).encode()
        elif path.suffix in (".md", ".txt"):
            content = path.read_bytes().replace(b"\r\n", b"\n")
        else:
            content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def essential_code(source: str) -> str:
    """Return a module's text without comments, docstrings, blank lines and trailing blanks."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and body
            and isinstance(body[0], ast.Expr)
        ):
            first = body[0]
            is_text = isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
            if is_text and first.lineno > getattr(node, "lineno", 0):
                for number in range(first.lineno - 1, first.end_lineno or first.lineno):
                    lines[number] = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and lines[token.start[0] - 1]:
            lines[token.start[0] - 1] = lines[token.start[0] - 1][: token.start[1]]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _sha(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
