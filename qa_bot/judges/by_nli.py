"""Knows how an NLI model is asked: pairs of premise and hypothesis to the /predict of a text-embeddings-inference server.

Leaves what a verdict changes to `joining`. Its API: https://huggingface.github.io/text-embeddings-inference/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa_bot.config import Settings, address_parts, without_password
from qa_bot.judges.opinions import Doubt, JudgeError, Opinion, Opinions, shown_name
from qa_bot.llm.failures import may_pass, retry_after_seconds, server_words
from qa_bot.schema import Span

if TYPE_CHECKING:
    import httpx

# A label counts from this probability on; below it the model is as good as undecided, which changes nothing upwards.
SURE = 0.7
PAIRS_PER_REQUEST = 32  # what such a server takes at once unless it says otherwise in /info
_LONGEST_TEXT = 8_000  # characters; the server cuts to its model's window
_LABELS = {
    "entailment": "entailment entail entails entailed supports supported support consistent",
    "contradiction": "contradiction contradict contradicts contradicted refutes refuted refute",
    "neutral": "neutral notenoughinfo nei notentailment notentailed unrelated inconsistent unsupported",
}
_LABEL_OF = {name: label for label, names in _LABELS.items() for name in names.split()}
_NAME_LABELS = "Serve a model whose labels are entailment, neutral and contradiction."


class _Refused(Exception):
    """A reply with an error status, as `llm.failures` reads one."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response, self.status_code = response, response.status_code
        try:
            self.body: Any = response.json()
        except ValueError:
            self.body = response.text


class NLIJudge:
    """An NLI model behind a text-embeddings-inference server; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        if not settings.judge_base_url:
            raise JudgeError("QA_BOT_JUDGE_KIND=nli needs the server's address: set QA_BOT_JUDGE_BASE_URL, as in http://localhost:8080.")
        self.url = _address(settings.judge_base_url)
        self._named = settings.judge_model
        self._key = (settings.judge_api_key.get_secret_value() if settings.judge_api_key else "").strip()
        self._seconds, self._retries = settings.judge_timeout_seconds, settings.llm_max_retries
        if not (self._key.isascii() and self._key.isprintable()):
            raise JudgeError("QA_BOT_JUDGE_API_KEY holds characters that no key has. Copy it again.")

    @property
    def where(self) -> str:
        return f"The judge at {without_password(self.url)}"

    def opinions(self, doubts: Sequence[Doubt], *, is_wanted: Callable[[], bool] = lambda: True) -> Opinions:
        """Ask about all doubts, in one request where the server takes as many pairs at once."""
        name, batch = self._info
        pairs, owners = [], []
        for number, doubt in enumerate(doubts):
            for place, premise, span in _premises(doubt):
                pairs.append([premise[:_LONGEST_TEXT], doubt.claim[:_LONGEST_TEXT]])
                owners.append((number, place, span))
        rows: list[dict[str, float]] = []
        for start in range(0, len(pairs), batch):
            if not is_wanted():
                raise JudgeError(f"{self.where} was not waited for any longer.", kind="timeout")
            rows += self._predict(pairs[start : start + batch])
        by_doubt: dict[int, list[tuple[int, Span | None, dict[str, float]]]] = {}
        for (number, place, span), row in zip(owners, rows, strict=True):
            by_doubt.setdefault(number, []).append((place, span, row))
        return Opinions(name, {number: _opinion(found) for number, found in by_doubt.items()})

    def try_out(self) -> str:
        row = self._predict([["Sparrows nest in the walls of old barns.", "Sparrows nest in old barns."]])[0]
        said = ", ".join(f"{label} {score:.2f}" for label, score in sorted(row.items(), key=lambda item: -item[1]))
        return f"{self._info[0]} at {without_password(self.url)} judges (an easy pair: {said})"

    @cached_property
    def _info(self) -> tuple[str, int]:
        """Return the model's name and how many pairs the server takes at once, as far as it tells."""
        try:
            said = self._send("GET", "/info")
        except JudgeError as error:
            if error.kind in ("key", "connection", "timeout"):
                raise
            said = {}  # other servers know /predict alone
        said = said if isinstance(said, Mapping) else {}
        batch = said.get("max_client_batch_size")
        is_number = isinstance(batch, int) and not isinstance(batch, bool) and batch > 0
        return shown_name(self._named or str(said.get("model_id") or "") or "nli"), min(batch, 256) if is_number else PAIRS_PER_REQUEST

    def _predict(self, pairs: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        said = self._send("POST", "/predict", {"inputs": [list(pair) for pair in pairs], "truncate": True, "raw_scores": False})
        if not isinstance(said, list) or len(said) != len(pairs):
            raise JudgeError(f"{self.where} did not answer with one list of labels for each of {len(pairs)} pairs. {_NAME_LABELS}", kind="reply")
        return [self._scores(row) for row in said]

    def _scores(self, row: Any) -> dict[str, float]:
        """Return the probability of each label by our names for them."""
        scores: dict[str, float] = {}
        for entry in row if isinstance(row, list) else ():
            label, score = (entry.get("label"), entry.get("score")) if isinstance(entry, Mapping) else (None, None)
            known = _LABEL_OF.get(re.sub(r"[^a-z]", "", str(label).lower()))
            is_probability = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score) and -1e-6 <= score <= 1 + 1e-6
            if known and is_probability:
                scores[known] = scores.get(known, 0.0) + float(score)
        if "entailment" not in scores:
            labels = ", ".join(shown_name(str(entry.get("label"))) for entry in row[:4] if isinstance(entry, Mapping)) if isinstance(row, list) else ""
            raise JudgeError(f"{self.where} gives no probability of entailment (its labels: {labels or 'none'}). {_NAME_LABELS}", kind="reply")
        return scores

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        import httpx
        from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

        def attempt() -> Any:
            response = self._client.request(method, self.url + path, json=body)
            if not response.is_success:
                raise _Refused(response)
            return response.json()

        def pause(state: RetryCallState) -> float:
            asked = retry_after_seconds(state.outcome.exception()) if state.outcome else None
            return asked if asked is not None else 0.5 * 2 ** (state.attempt_number - 1)

        stop = stop_after_attempt(self._retries + 1)
        try:
            return Retrying(stop=stop, wait=pause, retry=retry_if_exception(may_pass), reraise=True)(attempt)
        except _Refused as error:
            raise self._refusal(error) from error
        except httpx.TimeoutException as error:
            words = f"{self.where} was silent for {self._seconds:g} seconds. Raise QA_BOT_JUDGE_TIMEOUT_SECONDS, or look whether it is busy."
            raise JudgeError(words, kind="timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            words = f"{self.where} cannot be reached ({' '.join(str(error).split())[:120]}). Start that server, or correct QA_BOT_JUDGE_BASE_URL."
            raise JudgeError(words, kind="connection") from error
        except (ValueError, RecursionError) as error:
            raise JudgeError(f"{self.where} did not answer with JSON. Check QA_BOT_JUDGE_BASE_URL.", kind="reply") from error

    def _refusal(self, error: _Refused) -> JudgeError:
        said = server_words(error, secret=self._key)
        quoted = f' (it says: "{said}")' if said else ""
        status = error.status_code
        if status in (401, 403):
            step = "Correct QA_BOT_JUDGE_API_KEY." if self._key else "Set QA_BOT_JUDGE_API_KEY."
            return JudgeError(f"{self.where} does not let us in{quoted}. {step}", kind="key")
        if status in (404, 405):
            step = "QA_BOT_JUDGE_BASE_URL must be that of a text-embeddings-inference server; for an LLM set QA_BOT_JUDGE_KIND=llm."
            return JudgeError(f"{self.where} has no /predict (HTTP {status}){quoted}. {step}", kind="model")
        if status == 424:
            return JudgeError(f"{self.where} serves a model that does not classify{quoted}. {_NAME_LABELS}", kind="model")
        if status == 413:
            return JudgeError(f"{self.where} takes fewer pairs at once{quoted}. Lower QA_BOT_JUDGE_MAX_SENTENCES.", kind="server")
        if status == 429:
            return JudgeError(f"{self.where} receives too many requests{quoted}. Ask again in a moment.", kind="rate_limit")
        return JudgeError(f"{self.where} failed (HTTP {status}){quoted}. Look at that server's log.", kind="server")

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        # A proxy from the environment is no way to reach a server on this very machine.
        is_near = (urlsplit(self.url).hostname or "") in ("localhost", "127.0.0.1", "::1", "0.0.0.0")
        timeout = httpx.Timeout(self._seconds, connect=min(self._seconds, 10.0))
        return httpx.Client(headers=headers, timeout=timeout, trust_env=not is_near)


def _premises(doubt: Doubt) -> list[tuple[int, str, Span | None]]:
    """Return (place of the source, premise, its words in the abstract): each cited abstract whole, and the words found in it."""
    found = [(place, span.text, span) for place, span in doubt.local.spans if place < len(doubt.sources)]
    whole = [(place, f"{source.title}. {source.text}", None) for place, source in enumerate(doubt.sources)]
    return [*found, *whole]


def _opinion(found: Sequence[tuple[int, Span | None, dict[str, float]]]) -> Opinion:
    """Return what the model's probabilities over all premises of one sentence amount to.

    Supported where some premise surely entails it and none surely contradicts it; contradicted where it is the other way round;
    unsupported where none comes near to entailing it; else weak.
    """
    quotes = tuple((place, span) for place, span, _ in found if span)
    entailed = max(row.get("entailment", 0.0) for _, _, row in found)
    contradicted = max(row.get("contradiction", 0.0) for _, _, row in found)
    if entailed >= SURE > contradicted:
        return Opinion("supported", quotes)
    if contradicted >= SURE > entailed:
        return Opinion("unsupported", quotes, contradicts=True)
    return Opinion("weak" if entailed > 1 - SURE else "unsupported", quotes)


def _address(base_url: str) -> str:
    parts = address_parts(base_url)
    if not parts:
        raise JudgeError(f"QA_BOT_JUDGE_BASE_URL is not a web address: {base_url}. Write it like http://localhost:8080.")
    return parts._replace(path=parts.path.rstrip("/").removesuffix("/predict").rstrip("/"), query="", fragment="").geturl()
