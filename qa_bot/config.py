"""Knows every setting: its name, default and meaning, read from arguments > environment > .env > defaults.

Leaves building clients, models and stores to their owners.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from qa_bot.schema import QABotError


class ConfigError(QABotError):
    """A setting has a value that cannot be used."""


def resource_dir(name: str) -> Path:
    """Return the folder `seeds` or `prompts` that came with the package, installed or in a checkout."""
    package = Path(__file__).parent
    inside = package / "resources" / name
    return inside if inside.is_dir() else package.parent / name


# An empty line in .env (QA_BOT_LLM_MODEL=) means "not set", as in .env.example.
_blank_is_unset = BeforeValidator(lambda value: None if isinstance(value, str) and not value.strip() else value)
OptionalText = Annotated[str | None, _blank_is_unset]
OptionalSecret = Annotated[SecretStr | None, _blank_is_unset]


class Settings(BaseSettings):
    """Every setting of qa_bot; each field is the variable QA_BOT_<NAME IN CAPITALS>."""

    model_config = SettingsConfigDict(
        env_prefix="QA_BOT_", env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("qa_bot")),
        description="Folder that holds all state: the papers, both indexes, feedback, saved runs. Empty: the user's data folder (Linux: ~/.local/share/qa_bot).",
    )
    llm_base_url: OptionalText = Field(
        None, description="OpenAI-compatible endpoint that writes the answers, for example http://localhost:11434/v1. Empty: no LLM, answers are extractive."
    )
    llm_model: OptionalText = Field(
        None, description="Model to ask for. Empty with a base URL: the first model that the server lists. Set without a base URL: OpenAI itself."
    )
    llm_api_key: OptionalSecret = Field(None, description="Key for the LLM endpoint; falls back to OPENAI_API_KEY. Local servers need none.")
    llm_context_window: int = Field(8192, ge=1024, description="Tokens that the model can read and write at once; the prompt is cut to fit.")
    llm_max_tokens: int = Field(1024, ge=64, description="Longest answer in tokens.")
    llm_temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature.")
    llm_timeout_seconds: float = Field(60.0, gt=0, description="Longest silence of the LLM endpoint before it counts as failed.")
    llm_max_retries: int = Field(2, ge=0, le=10, description="How often a request that failed for a passing reason is tried again.")
    embed_base_url: OptionalText = Field(None, description="OpenAI-compatible endpoint for embeddings. Empty: the embedded model, no network.")
    embed_model: OptionalText = Field(None, description="Embedding model to ask that endpoint for.")
    embed_api_key: OptionalSecret = Field(None, description="Key for the embedding endpoint; falls back to OPENAI_API_KEY.")
    judge_base_url: OptionalText = Field(
        None,
        description="Endpoint of a judge: it is asked about sentences of an LLM's answer that the package's own check leaves in doubt, and by "
        "`qa-bot eval --judge`. Empty without a model: no judge, and `--judge` asks the LLM.",
    )
    judge_model: OptionalText = Field(
        None, description="Model that judges; without a base URL, at the LLM endpoint. Empty: the first model that the judge's server lists."
    )
    judge_api_key: OptionalSecret = Field(None, description="Key for the judging endpoint; an LLM's falls back to OPENAI_API_KEY.")
    judge_kind: Literal["llm", "nli"] = Field(
        "llm", description="What the judge is: `llm`, an OpenAI-compatible endpoint; `nli`, the /predict of a text-embeddings-inference server."
    )
    judge_timeout_seconds: float = Field(20.0, gt=0, description="Longest wait for the judge; after it the package's own verdicts stand.")
    judge_max_sentences: int = Field(
        12, ge=0, le=50, description="How many sentences of an answer the judge is asked about. 0: none, it judges in `qa-bot eval --judge` only."
    )
    chroma_url: OptionalText = Field(
        None, description="URL of a Chroma server, as http://localhost:8000 or https://api.trychroma.com. Empty: Chroma embedded in the data folder."
    )
    chroma_api_key: OptionalSecret = Field(
        None, description="Token for the Chroma server, sent as X-Chroma-Token (Chroma Cloud) and, to other servers, as Authorization: Bearer too."
    )
    chroma_headers: OptionalSecret = Field(
        None, description='Further headers for the Chroma server, for a proxy in front of it: lines "Name: value", or a JSON object.'
    )
    chroma_tenant: OptionalText = Field(None, description="Tenant on the Chroma server. Empty: the one that the key belongs to, else the default.")
    chroma_database: OptionalText = Field(None, description="Database on the Chroma server. Empty: the one that the key belongs to, else the default.")
    chroma_timeout_seconds: float = Field(30.0, gt=0, description="Longest silence of the Chroma server before it counts as failed.")
    chroma_max_retries: int = Field(
        4, ge=0, le=10, description="How often an ingest tries the Chroma server again after a passing failure; a question tries once more at most."
    )
    fetch_email: OptionalText = Field(
        None, description="Your address, told to OpenAlex and Crossref by `qa-bot fetch`; both serve callers sooner whom they can write to. Empty: none is told."
    )
    fetch_openalex_key: OptionalSecret = Field(None, description="Key for OpenAlex, free at openalex.org; without one it answers few searches a day.")
    fetch_pause_seconds: float | None = Field(
        None, ge=0, le=3600, description="Least time between two requests of `qa-bot fetch`. Empty: what each service asks for (arXiv: 3 seconds)."
    )
    fetch_arxiv_url: str = Field("https://export.arxiv.org/api/query", description="Address of the arXiv API, for a mirror or a proxy.")
    fetch_openalex_url: str = Field("https://api.openalex.org", description="Address of the OpenAlex API.")
    fetch_crossref_url: str = Field("https://api.crossref.org", description="Address of the Crossref API.")
    prompts_dir: Annotated[Path | None, AfterValidator(lambda path: path and path.expanduser()), _blank_is_unset] = Field(
        None, description="Folder with your own prompt files; a file missing there is taken from the package."
    )
    lexical_weight: float = Field(
        0.5, ge=0, le=1, description="Share of BM25 in the ranking: 0 searches by meaning alone, 1 by words alone."
    )
    top_k: int = Field(6, ge=1, le=50, description="How many papers an answer may draw on.")

    def api_key_for(self, which: str) -> str | None:
        """Return the key of the "llm" or "embed" endpoint in the clear, falling back to OPENAI_API_KEY."""
        secret = getattr(self, f"{which}_api_key")
        return secret.get_secret_value() if secret else os.environ.get("OPENAI_API_KEY")

    @property
    def llm_is_configured(self) -> bool:
        """True when a base URL or a model was named; a key alone never sends anything anywhere."""
        return bool(self.llm_base_url or self.llm_model)

    @property
    def judge_is_configured(self) -> bool:
        """True when a judge was named: its address, its model, or that it is an NLI endpoint."""
        return bool(self.judge_base_url or self.judge_model or self.judge_kind == "nli")


VARIABLES = tuple(f"QA_BOT_{name.upper()}" for name in Settings.model_fields)


def load_settings(**overrides: object) -> Settings:
    """Read the settings; `overrides` win over the environment. Raise ConfigError naming the variable that is wrong."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "QA_BOT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigError(f"{name} has a value that cannot be used: {first['msg']}. Correct it in the environment or in .env.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{Path('.env').absolute()} cannot be read ({error}). Save it as UTF-8 text that you may read, or move it away.") from error


def unknown_names() -> tuple[str, ...]:
    """Return the variables of the environment and of .env that look like settings and are none, as after a slip of the pen."""
    named = {name.upper() for name in (*os.environ, *DotEnvSettingsSource(Settings).env_vars)}
    return tuple(sorted(name for name in named if name.startswith("QA_BOT_") and name not in VARIABLES))


def address_parts(address: str) -> SplitResult | None:
    """Return the parts of a web address as people write it, the scheme added where it was left out; None where it is none."""
    url = address.strip().strip("'\"")
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if is_address else None


def without_password(url: str) -> str:
    """Return an address without a password, a query or a fragment in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
