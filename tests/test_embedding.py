"""The embedded model itself, the real OpenAI client against a local server that plays well and badly, llama-index models."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from conftest import SEEDS

from qa_bot.config import load_settings
from qa_bot.embedding import EmbeddingError, OnnxEmbedding, embedded_model, open_embedding
from qa_bot.embedding.embedded import MODEL_DIR
from qa_bot.embedding.endpoint import EndpointEmbedding
from qa_bot.schema import QABotError

TEXTS = [
    "Sigmoid loss for language-image pre-training.",
    "A pairwise sigmoid objective replaces the softmax when images and captions are learnt together.",
    "The harvest of winter wheat in dry years.",
    "",
    "Größe, naïveté, 東京タワー, 🙂, ﬁgure, e\u0301, \x00\x07, \ud83d, \u202e",
    "tokens " * 2000,
    "x" * 50_000,
    "   \n\t ",
]


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b)


# --- the embedded model


def test_embedded_vectors_are_unit_rows_in_order():
    model = open_embedding(load_settings())
    seen: list[int] = []
    vectors = model.embed(TEXTS * 3, on_progress=seen.append)
    assert vectors.shape == (len(TEXTS) * 3, model.dimension) == (24, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert seen == sorted(seen) and seen[-1] == 24
    assert alike(vectors[0], vectors[1]) > 0.5 > 0.25 > alike(vectors[0], vectors[2])


def test_a_vector_does_not_depend_on_its_neighbours_or_on_threads():
    together = OnnxEmbedding(MODEL_DIR, threads=4).embed(TEXTS)
    alone = OnnxEmbedding(MODEL_DIR, threads=1)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(alone.embed([text])[0], vector)
        assert np.array_equal(alone.embed_query(text), vector)


def test_no_texts_give_no_rows():
    assert embedded_model().embed([]).shape == (0, 384)


def test_what_lies_beyond_the_window_is_not_read():
    model = embedded_model()
    long = " ".join(f"word{number}" for number in range(2000))
    assert model.count_tokens(long) > model.window_tokens
    assert np.array_equal(model.embed_query(long), model.embed_query(long + " and more of it"))
    full = "wheat " * (model.window_tokens - 2)
    assert model.count_tokens(full) == model.window_tokens
    assert not np.array_equal(model.embed_query(full), model.embed_query(full.replace("wheat", "car", 300)))


@pytest.mark.parametrize(
    "text",
    [
        "State-of-the-art wheat (T5, GPT-4) yields 3.14 t/ha; see http://a.b/c_d?e=f.\nA second line.",
        "Hénaff & Müller: naïve Bayes – “quoted” 中文 текст 𝔸 ﬁne co\u00adoperation e\u0301",
        "white\u00a0space\u2009of\tmany\x0bkinds\x1cand \x07 signs\x85here\u200b",
        "the [MASK] of [SEP]arate things [UNK]",
        "a" * 300,
        "   ",
    ],
)
def test_tokens_are_counted_as_the_tokenizer_makes_them(text):
    model = embedded_model()
    for _ in range(2):
        assert model.count_tokens(text) == len(model._load_tokenizer().encode(text).ids)


def test_tokens_are_counted_with_their_frame():
    model = embedded_model()
    assert model.count_tokens("") == 2
    assert model.count_tokens("wheat") == 3
    assert model.count_tokens("a\ud800b") > 2


def test_case_does_not_matter():
    model = embedded_model()
    assert np.array_equal(model.embed_query("PaliGemma Encoder"), model.embed_query("paligemma encoder"))


def test_name_and_card_tell_which_file_it_is():
    config = json.loads((MODEL_DIR / "config.json").read_text())
    card = (MODEL_DIR / "MODEL_CARD.md").read_text()
    for file, key in (("model.onnx", "model_sha256"), ("tokenizer.json", "tokenizer_sha256")):
        content = (MODEL_DIR / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == config[key]
        assert config[key] in card and f"{len(content):,} bytes" in card
    assert config["weights_sha256"] in card and "Apache-2.0" in card
    assert embedded_model().name == f"all-MiniLM-L6-v2-int8:{config['vectors_sha256'][:12]}", "further outputs leave the vectors, and so an index, as they are"


def test_vectors_are_those_of_the_original_model():
    """Reference: sentence-transformers with the fp32 weights, rounded to half precision."""
    reference = json.loads((SEEDS.parent / "tests" / "embedding_reference.json").read_text(encoding="utf-8"))
    vectors = embedded_model().embed([entry["text"] for entry in reference])
    for entry, vector in zip(reference, vectors, strict=True):
        expected = np.frombuffer(base64.b64decode(entry["vector"]), dtype="<f2").astype(np.float32)
        assert alike(expected, vector) >= 0.98, entry["text"]


def test_many_threads_may_share_it():
    model = OnnxEmbedding(MODEL_DIR, threads=2)
    expected = embedded_model().embed(TEXTS[:4])
    results: list[np.ndarray] = []
    workers = [threading.Thread(target=lambda: results.append(model.embed(TEXTS[:4]))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 8 and all(np.array_equal(result, expected) for result in results)


def test_an_error_in_progress_stops_the_work():
    class Stop(Exception):
        pass

    def stop(done: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        embedded_model().embed(TEXTS[:3] * 40, on_progress=stop)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.onnx"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_damaged_model_says_what_to_do(tmp_path, file, damage):
    folder = tmp_path / "model"
    shutil.copytree(MODEL_DIR, folder)
    if damage == "gone":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((MODEL_DIR / file).read_bytes()[:100])
    with pytest.raises(EmbeddingError, match="Install qa-bot again") as caught:
        OnnxEmbedding(folder).embed(["text"])
    assert isinstance(caught.value, QABotError)


def test_opening_it_loads_nothing_heavy():
    program = (
        "from qa_bot.config import load_settings; from qa_bot.embedding import open_embedding; import sys\n"
        "model = open_embedding(load_settings()); model.name, model.dimension, model.window_tokens\n"
        "print([m for m in ('onnxruntime', 'tokenizers', 'numpy', 'openai', 'llama_index') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- an endpoint

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


class Server:
    """An embeddings endpoint on this machine. `script` turns a request's body into (status, JSON or bytes[, headers])."""

    def __init__(self, script: Callable[[dict], Reply], models: Any = ()) -> None:
        self.requests: list[dict] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/v1/models":
                    listing = {"object": "list", "data": [{"id": name, "object": "model"} for name in models]}
                    self.reply(200, models if isinstance(models, bytes) else listing)
                else:
                    self.reply(404, {"error": {"message": "no such path"}})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.keys.append(self.headers.get("Authorization"))
                outer.requests.append(body)
                if self.path != "/v1/embeddings":
                    self.reply(404, {"error": {"message": "no such path"}})
                    return
                self.reply(*script(body))

            def reply(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
                is_raw = isinstance(content, bytes)
                data = content if is_raw else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if is_raw else "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(script: Callable[[dict], Reply], **options: Any) -> Server:
        servers.append(Server(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def vector_of(text: str) -> list[float]:
    """A vector that tells the texts apart, of length other than one."""
    seed = hashlib.sha256(text.encode()).digest()
    return [float(byte) - 127 for byte in seed[:8]]


def data_for(body: dict) -> list[dict]:
    return [{"object": "embedding", "index": i, "embedding": vector_of(text)} for i, text in enumerate(body["input"])]


def good(body: dict) -> Reply:
    return 200, {"object": "list", "model": body["model"], "data": data_for(body), "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def expected_rows(texts: list[str]) -> np.ndarray:
    rows = np.array([vector_of(text) for text in texts], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def endpoint(server: Server, **options: Any) -> EndpointEmbedding:
    return EndpointEmbedding(server.url, "some-embedder", **{"timeout_seconds": 5.0, "max_retries": 2} | options)


def test_endpoint_by_settings(serve):
    server = serve(good)
    model = open_embedding(load_settings(embed_base_url=server.url, embed_model="some-embedder", embed_api_key="sk-mine"))
    assert model.name == f"some-embedder@{server.url}"
    assert server.requests == []
    assert model.dimension == 8
    texts = [f"text {number}" for number in range(70)]
    seen: list[int] = []
    vectors = model.embed(texts, on_progress=seen.append)
    assert np.allclose(vectors, expected_rows(texts), atol=1e-6) and vectors.dtype == np.float32
    assert seen[-1] == 70 and len(seen) > 1
    assert all(len(request["input"]) <= 32 for request in server.requests)
    assert set(server.keys) == {"Bearer sk-mine"}
    assert model.embed_query("text 3").shape == (8,)
    assert model.embed([]).shape == (0, 8)
    assert model.count_tokens("wheat") <= model.window_tokens


def test_local_server_needs_no_key_and_no_proxy(serve, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server = serve(good)
    assert open_embedding(load_settings(embed_base_url=server.url, embed_model="m")).dimension == 8


def test_order_is_restored_by_index(serve):
    texts = ["one", "two", "three", "four"]
    server = serve(lambda body: (200, {"data": data_for(body)[::-1]}))
    assert np.allclose(endpoint(server).embed(texts), expected_rows(texts), atol=1e-6)


def test_base64_that_was_not_asked_for_is_read(serve):
    def script(body: dict) -> Reply:
        rows = [base64.b64encode(np.array(vector_of(t), dtype="<f4").tobytes()).decode() for t in body["input"]]
        return 200, {"data": [{"index": i, "embedding": row} for i, row in enumerate(rows)]}

    assert np.allclose(endpoint(serve(script)).embed(["a", "b"]), expected_rows(["a", "b"]), atol=1e-6)


def test_blank_texts_and_odd_unicode_are_sent_as_something_that_servers_take(serve):
    def script(body: dict) -> Reply:
        return good(body) if all(text.strip() for text in body["input"]) else (400, {"error": {"message": "empty input"}})

    server = serve(script)
    assert endpoint(server).embed(["", "  ", "a\ud800b", "fine"]).shape == (4, 8)


def without(body: dict, number: int) -> Reply:
    return 200, {"data": data_for(body)[:number]}


def changed(part: Callable[[list[dict]], Any]) -> Callable[[dict], Reply]:
    def script(body: dict) -> Reply:
        data = data_for(body)
        return 200, {"data": part(data) or data}

    return script


BAD_REPLIES = {
    "one missing": (lambda body: without(body, 2), "2 vectors for 3 texts"),
    "one too many": (changed(lambda d: [*d, d[0] | {"index": 3}]), "4 vectors for 3 texts"),
    "none": (lambda body: (200, {"data": []}), "0 vectors for 3 texts"),
    "index twice": (changed(lambda d: [d[0], d[1], d[1]]), "2 of the texts"),
    "index beyond": (changed(lambda d: [d[0], d[1], d[2] | {"index": 7}]), "2 of the texts"),
    "no index": (changed(lambda d: [{"embedding": item["embedding"]} for item in d]), "did not answer with embeddings"),
    "null": (changed(lambda d: d[1].update(embedding=[None] * 8)), "NaN"),
    "nan": (changed(lambda d: d[1].update(embedding=[float("nan")] * 8)), "NaN"),
    "infinite": (changed(lambda d: d[1].update(embedding=[1e999] * 8)), "NaN or infinite"),
    "ragged": (changed(lambda d: d[1].update(embedding=[1.0] * 5)), "unequal length"),
    "words": (changed(lambda d: d[1].update(embedding=["a"] * 8)), "no numbers"),
    "empty vectors": (changed(lambda d: [item | {"embedding": []} for item in d]), "no plain vector"),
    "token vectors": (changed(lambda d: [item | {"embedding": [item["embedding"]] * 2} for item in d]), "no plain vector"),
    "web page": (lambda body: (200, b"<html><title>Sign in</title></html>"), "did not answer with embeddings"),
    "nothing": (lambda body: (200, b""), "did not answer with embeddings"),
    "broken JSON": (lambda body: (200, b'{"data": [{"index": 0, "emb'), "did not answer with embeddings"),
    "chat": (lambda body: (200, {"choices": [{"message": {"content": "hi"}}]}), "did not answer with embeddings"),
    "error with 200": (lambda body: (200, {"error": {"message": "model is not loaded"}}), "model is not loaded"),
}


@pytest.mark.parametrize("case", BAD_REPLIES)
def test_a_reply_that_cannot_be_trusted_is_refused(serve, case):
    script, message = BAD_REPLIES[case]
    server = serve(script)
    with pytest.raises(EmbeddingError, match=message) as caught:
        endpoint(server).embed(["one", "two", "three"])
    assert "some-embedder" in str(caught.value) and "\n" not in str(caught.value)
    assert "QA_BOT_EMBED" in str(caught.value)


def test_a_dimension_that_changes_is_refused(serve):
    def script(body: dict) -> Reply:
        length = 8 if body["input"] == ["first"] else 6
        return 200, {"data": [item | {"embedding": item["embedding"][:length]} for item in data_for(body)]}

    model = endpoint(serve(script))
    model.embed(["first"])
    with pytest.raises(EmbeddingError, match="6 numbers; before, they had 8"):
        model.embed(["second"])
    assert model.dimension == 8


def openai_error(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    return status, {"error": {"message": message, "type": "error", "param": None, "code": code}}, headers


def failing(reply: Reply) -> Callable[[dict], Reply]:
    return lambda body: reply


@pytest.mark.parametrize(
    ("reply", "tries", "words"),
    [
        (openai_error(401, "Incorrect API key provided: sk-secret-1234"), 1, ["refused the API key", "QA_BOT_EMBED_API_KEY"]),
        (openai_error(403, "not for you"), 1, ["QA_BOT_EMBED_API_KEY"]),
        (openai_error(404, "The model `some-embedder` does not exist", "model_not_found"), 1, ["some-embedder", "nomic", "bge"]),
        (openai_error(400, "This model's maximum context length is 512 tokens"), 1, ["too long", "QA_BOT_EMBED_MODEL"]),
        (openai_error(429, "You exceeded your current quota", "insufficient_quota"), 1, ["no credit"]),
        (openai_error(429, "slow down", **{"Retry-After": "0"}), 3, ["too many requests"]),
        (openai_error(429, "slow down", **{"Retry-After": "3600"}), 1, ["3600 seconds"]),
        (openai_error(500, "out of memory", **{"Retry-After": "0"}), 3, ["500", "out of memory"]),
        (openai_error(503, "loading", **{"Retry-After": "0"}), 3, ["503"]),
        (openai_error(422, "bad input"), 1, ["bad input"]),
        ((502, b"<html><title>Bad gateway</title></html>", {"Retry-After": "0"}), 3, ["502"]),
    ],
)
def test_a_failure_is_told_in_one_line_with_the_next_step(serve, reply, tries, words):
    server = serve(failing(reply), models=["nomic-embed-text", "bge-m3"])
    with pytest.raises(EmbeddingError) as caught:
        endpoint(server, api_key="sk-secret-1234").embed(["one"])
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message and "sk-secret" not in message
    assert len(server.requests) == tries


def test_a_missing_key_is_asked_for(serve):
    with pytest.raises(EmbeddingError, match="wants an API key .* QA_BOT_EMBED_API_KEY"):
        endpoint(serve(failing(openai_error(401, "no key")))).embed(["one"])


def test_a_passing_failure_is_tried_again_as_soon_as_the_server_says(serve):
    replies = [openai_error(429, "slow down", **{"Retry-After": "1"}), openai_error(500, "hiccup", **{"Retry-After": "0"})]
    server = serve(lambda body: replies.pop(0) if replies else good(body))
    start = time.monotonic()
    assert np.allclose(endpoint(server).embed(["one"]), expected_rows(["one"]), atol=1e-6)
    assert len(server.requests) == 3 and time.monotonic() - start >= 1


def test_a_cut_connection_is_tried_again(serve):
    cuts = iter([True])

    def script(body: dict) -> Reply:
        if next(cuts, False):
            raise ConnectionAbortedError  # the server's thread ends without a reply
        return good(body)

    server = serve(script)
    server.http.handle_error = lambda *arguments: None
    assert endpoint(server).dimension == 8
    assert len(server.requests) == 2


def test_wrong_path_is_told(serve):
    server = serve(good)
    with pytest.raises(EmbeddingError, match="QA_BOT_EMBED_BASE_URL"):
        EndpointEmbedding(server.url.replace("/v1", "/v2"), "m", max_retries=0).embed(["one"])


def test_refused_connection_is_told_at_once():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    model = EndpointEmbedding(f"http://127.0.0.1:{port}/v1", "m", max_retries=8)
    start = time.monotonic()
    with pytest.raises(EmbeddingError, match="refused.*QA_BOT_EMBED_BASE_URL"):
        model.embed(["one"])
    assert time.monotonic() - start < 10


def test_silence_is_told(serve):
    release = threading.Event()

    def silent(body: dict) -> Reply:
        release.wait(20)
        return good(body)

    with pytest.raises(EmbeddingError, match="did not answer within 0.3 seconds"):
        endpoint(serve(silent), timeout_seconds=0.3).embed(["one"])
    release.set()


def test_a_base_url_alone_takes_the_only_embedding_model(serve):
    only = serve(good, models=["bge-m3"])
    assert open_embedding(load_settings(embed_base_url=only.url)).name == f"bge-m3@{only.url}"
    among = serve(good, models=["llama3.2", "nomic-embed-text"])
    assert open_embedding(load_settings(embed_base_url=among.url)).name == f"nomic-embed-text@{among.url}"


@pytest.mark.parametrize("models", [["a-embed", "b-embed"], [], ["llama3.2", "qwen3"], b"<html></html>"])
def test_a_base_url_alone_asks_for_a_model_when_it_is_not_clear(serve, models):
    with pytest.raises(EmbeddingError, match="QA_BOT_EMBED_MODEL") as caught:
        open_embedding(load_settings(embed_base_url=serve(good, models=models).url))
    if isinstance(models, list):
        assert all(name in str(caught.value) for name in models)


def test_a_model_alone_is_openai_and_needs_a_key(monkeypatch):
    with pytest.raises(EmbeddingError, match="QA_BOT_EMBED_API_KEY"):
        open_embedding(load_settings(embed_model="text-embedding-3-small"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    model = open_embedding(load_settings(embed_model="text-embedding-3-small"))
    assert model.name == "text-embedding-3-small@https://api.openai.com/v1"


@pytest.mark.parametrize("typed", ["{root}", "{root}/", "{root}/v1/", "{root}/v1/embeddings", " {root}/v1", "{host}/v1", "{host}"])
def test_a_base_url_may_be_typed_loosely(serve, typed):
    server = serve(good)
    root = server.url.removesuffix("/v1")
    url = typed.format(root=root, host=root.removeprefix("http://"))
    model = open_embedding(load_settings(embed_base_url=url, embed_model="m"))
    assert model.name == f"m@{server.url}" and model.dimension == 8


@pytest.mark.parametrize("url", ["ftp://host/v1", "http://", "http://host:notaport/v1", "http://[::1/v1"])
def test_an_impossible_base_url_is_refused(url):
    with pytest.raises(EmbeddingError, match="http://localhost:11434/v1"):
        open_embedding(load_settings(embed_base_url=url, embed_model="m"))


def test_a_password_in_the_url_stays_out_of_the_name():
    model = open_embedding(load_settings(embed_base_url="http://me:hush@127.0.0.1:1/v1", embed_model="m"))
    assert model.name == "m@http://127.0.0.1:1/v1"
    with pytest.raises(EmbeddingError) as caught:
        model.embed(["one"])
    assert "hush" not in str(caught.value)


# --- a llama-index embedding


def test_llama_index_embedding_is_used_as_given():
    from llama_index.core import MockEmbedding

    model = open_embedding(load_settings(), embed_model=MockEmbedding(embed_dim=5))
    seen: list[int] = []
    vectors = model.embed([f"text {n}" for n in range(40)], on_progress=seen.append)
    assert vectors.shape == (40, 5) and vectors.dtype == np.float32 and seen[-1] == 40
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert model.dimension == 5 and model.embed([]).shape == (0, 5)
    assert "MockEmbedding" in model.name and model.window_tokens > 0 and model.count_tokens("wheat") == 3


def test_llama_index_embedding_reads_queries_its_own_way():
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Letters(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return [float(text.count(letter)) for letter in "abcdef"]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(f"{query}fff")

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    model = open_embedding(load_settings(), embed_model=Letters(model_name="letters-1"))
    assert model.name == "Letters:letters-1"
    texts = ["a", "bb", "abc", "xyz"]
    vectors = model.embed(texts)
    assert vectors[0].argmax() == 0 and vectors[1].argmax() == 1
    assert not vectors[3].any(), "a vector of zeros stays one"
    assert model.embed_query("a").argmax() == 5


def test_llama_index_embedding_with_bad_vectors_is_refused():
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Bad(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return [float("nan"), 1.0] if text == "nan" else [1.0] * len(text)

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    model = open_embedding(load_settings(), embed_model=Bad())
    with pytest.raises(EmbeddingError, match="NaN"):
        model.embed(["nan"])
    with pytest.raises(EmbeddingError, match="unequal length"):
        model.embed(["two", "three"])
    assert model.embed(["abc"]).shape == (1, 3)
    with pytest.raises(EmbeddingError, match="4 numbers; before, they had 3"):
        model.embed_query("abcd")


def test_a_model_of_the_own_kind_passes_through_and_anything_else_is_refused():
    assert open_embedding(load_settings(), embed_model=embedded_model()) is embedded_model()
    with pytest.raises(EmbeddingError, match="BaseEmbedding"):
        open_embedding(load_settings(), embed_model="text-embedding-3-small")
