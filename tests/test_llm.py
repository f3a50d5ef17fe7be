"""The LLM client: the real openai package against a local server that answers, stalls, lies and breaks."""

from __future__ import annotations

import gc
import random
import subprocess
import sys

import pytest
from fake_llm_server import (
    FakeLLMServer,
    Step,
    answer,
    broken_json,
    context_too_long,
    cut,
    empty_choices,
    error_in_stream,
    failure,
    html,
    slow,
    stalled,
    unfinished,
)

from qa_bot.config import load_settings
from qa_bot.llm import LLMError, open_llm
from qa_bot.llm.addresses import api_roots
from qa_bot.llm.wire import answer_tokens
from qa_bot.llm.thinking import Visible

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which loss?"}]


def connect(server, **settings):
    chosen = {"llm_base_url": server.url, "llm_model": "test-model", "llm_max_retries": 0} | settings
    return open_llm(load_settings(**chosen))


def failing(*steps, settings=None, **server_options):
    """Play the steps to one request and return the LLMError and the server."""
    with FakeLLMServer(*steps, **server_options) as server:
        with pytest.raises(LLMError) as caught:
            list(connect(server, **(settings or {})).stream(MESSAGES))
    assert "\n" not in str(caught.value)
    return caught.value, server


def test_a_stream_grows_to_its_final_reply():
    with FakeLLMServer(answer("SigLIP uses a sigmoid loss [1].")) as server:
        replies = list(connect(server).stream(MESSAGES))
    texts = [reply.text for reply in replies]
    assert all(later.startswith(earlier) for earlier, later in zip(texts, texts[1:]))
    assert len(texts) > 5 and [reply.is_final for reply in replies] == [False] * (len(replies) - 1) + [True]
    assert replies[-1].text == "SigLIP uses a sigmoid loss [1]."
    assert replies[-1].usage == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    assert replies[-1].model == "test-model"


def test_the_request_says_what_the_settings_say():
    with FakeLLMServer(key="sk-secret") as server:
        connect(server, llm_api_key=" sk-secret\n", llm_temperature=0.3, llm_max_tokens=99).complete(MESSAGES)
    body = server.chats[0].body
    assert body["messages"] == MESSAGES and body["model"] == "test-model"
    assert (body["temperature"], body["max_tokens"]) == (0.3, 99)


def test_complete_takes_its_own_limit():
    with FakeLLMServer(answer("short")) as server:
        reply = connect(server).complete(MESSAGES, max_tokens=17)
    assert reply.text == "short" and reply.is_final and server.chats[0].body["max_tokens"] == 17


def test_split_utf8_and_keep_alives_do_no_harm():
    with FakeLLMServer(answer("Hénaff’s 日本語 answer – 67.4 %", size=1, keep_alives=True)) as server:
        assert connect(server).complete(MESSAGES).text == "Hénaff’s 日本語 answer – 67.4 %"


def test_a_gateway_that_does_not_stream_is_understood():
    with FakeLLMServer(answer("All at once.", reasoning="hm", always_json=True)) as server:
        reply = connect(server).complete(MESSAGES)
    assert reply.text == "All at once." and reply.usage["total_tokens"] == 18


def test_typed_content_parts_are_read():
    parts = {"content": [{"type": "thinking", "text": "secret"}, {"type": "text", "text": "Seen."}]}
    with FakeLLMServer(Step(pieces=(parts,))) as server:
        assert connect(server).complete(MESSAGES).text == "Seen."


def test_an_answer_that_ran_into_its_limit_says_so():
    with FakeLLMServer(answer("It uses a", finish="length")) as server:
        reply = connect(server).complete(MESSAGES)
    assert reply.text == "It uses a" and reply.usage["truncated"] is True


def test_a_server_without_usage_reports_none():
    with FakeLLMServer(answer("ok", usage={})) as server:
        assert connect(server).complete(MESSAGES).usage == {}


def test_a_babbling_server_is_stopped():
    with FakeLLMServer(answer("blah " * 5000, size=50)) as server:
        reply = connect(server, llm_max_tokens=64).complete(MESSAGES)
    assert reply.usage["truncated"] is True and len(reply.text) < 5000


# --- thinking


@pytest.mark.parametrize(
    "written, seen",
    [
        ("<think>plan</think>Answer.", "Answer."),
        ("\n<think>\nplan\n</think>\n\nAnswer.", "Answer."),
        ("<think>a</think>One. <think>b</think>Two.", "One. Two."),
        ("One. <think>never closed", "One."),
        ("plan without a beginning</think>Answer.", "Answer."),
        ("<THINKING>x</Thinking>Answer.", "Answer."),
        ("[THINK]x[/THINK]Answer [1].", "Answer [1]."),
        ("The tag `<think>` marks thoughts, `</think>` ends them.", "The tag `<think>` marks thoughts, `</think>` ends them."),
        ("p < 0.05 and a <b", "p < 0.05 and a <b"),
        ("see [1] and <th", "see [1] and <th"),
        ("<think>a <b> c</think>x", "x"),
    ],
)
def test_thinking_is_not_shown_however_it_is_cut(written, seen):
    whole = Visible()
    whole.feed(written)
    assert whole.finish().strip() == seen
    rng = random.Random(7)
    for _ in range(60):
        visible, place, shown = Visible(), 0, []
        while place < len(written):
            size = rng.randint(1, 6)
            shown.append(visible.feed(written[place : place + size]))
            place += size
        assert visible.finish().strip() == seen
        assert not any("<think" in text and "`<think" not in text for text in shown)


def test_thinking_is_kept_out_of_the_stream():
    with FakeLLMServer(answer("<think>the plan</think>Seen.", reasoning="more plan", size=3)) as server:
        replies = list(connect(server).stream(MESSAGES))
    assert not any("plan" in reply.text or "<" in reply.text for reply in replies)
    assert replies[0].is_thinking and replies[-1].text == "Seen." and not replies[-1].is_thinking


@pytest.mark.parametrize("text", ["<think>only that", ""])
def test_thinking_alone_is_no_answer(text):
    error, _ = failing(answer(text, reasoning="so many thoughts"))
    assert error.kind == "reply" and "only thought" in str(error)
    error, _ = failing(answer(text, reasoning="so many thoughts", finish="length"))
    assert error.kind == "reply" and "QA_BOT_LLM_MAX_TOKENS" in str(error)


# --- failures a person understands


@pytest.mark.parametrize(
    "step, kind, words",
    [
        (failure(401, "bad key"), "key", "QA_BOT_LLM_API_KEY"),
        (failure(403, "not allowed here"), "key", "QA_BOT_LLM_API_KEY"),
        (failure(402, "Insufficient Balance"), "rate_limit", "no credit"),
        (failure(429, "You exceeded your current quota", code="insufficient_quota"), "rate_limit", "no credit"),
        (failure(429, "slow down", headers={"Retry-After": "7"}), "rate_limit", "in 7 seconds"),
        (failure(500, "CUDA out of memory"), "server", "CUDA out of memory"),
        (failure(504, "late"), "timeout", "504"),
        (html(502, "Bad gateway"), "server", "Bad gateway"),
        (html(200), "reply", "web page"),
        (empty_choices(), "reply", "empty answer"),
        (answer(""), "reply", "empty answer"),
        (answer(" \n "), "reply", "no answer"),
        (broken_json(), "reply", "not an OpenAI-compatible reply"),
        (broken_json("It uses"), "reply", "after 7 characters"),
        (Step(body=b"not json"), "reply", "not an OpenAI-compatible reply"),
        (Step(body=b'{"error": {"message": "no GPU"}}'), "server", "no GPU"),
        (unfinished("It uses a sigmoid"), "reply", "stopped in the middle"),
        (cut("It uses"), "connection", "broke after 7 characters"),
        (error_in_stream("engine died", "It uses"), "server", "engine died"),
        (error_in_stream("Too many requests", code=429), "rate_limit", "too many requests"),
        (answer("x", finish="content_filter"), "reply", "content filter"),
        (context_too_long(4096), "context", "QA_BOT_LLM_CONTEXT_WINDOW to 4096"),
        (
            failure(400, "the request exceeds the available context size, try increasing it"),
            "context",
            "QA_BOT_LLM_CONTEXT_WINDOW",
        ),
        (failure(413, "too large"), "context", "QA_BOT_LLM_CONTEXT_WINDOW"),
        (failure(400, "messages: something odd"), "server", "messages: something odd"),
    ],
)
def test_failures_are_readable_and_of_a_kind(step, kind, words):
    error, server = failing(step, settings={"llm_api_key": "sk-secret"})
    assert error.kind == kind and words in str(error)
    assert len(server.chats) == 1


def test_the_context_limit_is_told_apart_from_a_refused_parameter():
    said = "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 2048 tokens."
    error, server = failing(failure(400, said))
    assert error.kind == "context" and error.context_limit == 2048 and len(server.chats) == 1


def test_a_wrong_key_is_not_printed():
    error, _ = failing(key="sk-right", settings={"llm_api_key": "sk-wrong-but-private"})
    assert error.kind == "key" and "sk-wrong-but-private" not in str(error)


def test_a_missing_key_is_called_missing():
    error, _ = failing(key="sk-right")
    assert error.kind == "key" and "none is set" in str(error)


def test_openai_itself_is_not_asked_without_a_key():
    with pytest.raises(LLMError) as caught:
        list(open_llm(load_settings(llm_model="gpt-4o")).stream(MESSAGES))
    assert caught.value.kind == "key"


def test_a_key_that_cannot_be_sent_is_named():
    error, server = failing(settings={"llm_api_key": "sk-“quoted”"})
    assert error.kind == "key" and not server.requests


def test_an_unknown_model_names_those_there_are():
    error, server = failing(strict_models=True, settings={"llm_model": "gpt-99"})
    assert (
        error.kind == "model"
        and "gpt-99" in str(error)
        and "test-model, other-model" in str(error)
        and "QA_BOT_LLM_MODEL" in str(error)
    )


def test_an_unknown_model_is_seen_even_where_the_server_does_not_say_so():
    error, _ = failing(failure(404, "Not Found"), settings={"llm_model": "gpt-99"})
    assert error.kind == "model" and "test-model" in str(error)


def test_an_unknown_model_where_models_cannot_be_listed():
    error, _ = failing(
        failure(404, 'model "x" not found, try pulling it first'), models_step=failure(500), settings={"llm_model": "x"}
    )
    assert error.kind == "model" and "QA_BOT_LLM_MODEL" in str(error)


def test_a_long_list_of_models_is_shortened():
    error, _ = failing(strict_models=True, models=[f"m{i}" for i in range(30)], settings={"llm_model": "x"})
    assert "m7 and 22 more" in str(error)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://nowhere.invalid/v1"])
def test_a_server_that_is_not_there(url):
    with pytest.raises(LLMError) as caught:
        list(open_llm(load_settings(llm_base_url=url, llm_model="m", llm_max_retries=3)).stream(MESSAGES))
    assert caught.value.kind == "connection" and url in str(caught.value) and "QA_BOT_LLM_BASE_URL" in str(caught.value)


def test_a_password_in_the_address_is_not_printed():
    with pytest.raises(LLMError) as caught:
        list(open_llm(load_settings(llm_base_url="http://me:hidden@127.0.0.1:9/v1", llm_model="m")).stream(MESSAGES))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("step", [slow(30), stalled("It uses")])
def test_silence_becomes_a_timeout(step):
    error, _ = failing(step, settings={"llm_timeout_seconds": 0.4, "llm_max_retries": 2})
    assert error.kind == "timeout" and "0.4 seconds" in str(error) and "QA_BOT_LLM_TIMEOUT_SECONDS" in str(error)


def test_slow_but_alive_is_not_silence():
    with FakeLLMServer(answer("abcdefgh", size=1, piece_seconds=0.15)) as server:
        assert connect(server, llm_timeout_seconds=0.8).complete(MESSAGES).text == "abcdefgh"


# --- retries


def test_passing_failures_are_tried_again():
    with FakeLLMServer(failure(503, "Loading model"), failure(429, headers={"Retry-After": "0"}), answer("ok")) as server:
        assert connect(server, llm_max_retries=2).complete(MESSAGES).text == "ok"
    assert len(server.chats) == 3


def test_the_servers_pause_is_kept():
    import time

    with FakeLLMServer(failure(429, headers={"Retry-After": "1.2"}), answer("ok")) as server:
        started = time.monotonic()
        assert connect(server, llm_max_retries=1).complete(MESSAGES).text == "ok"
        assert time.monotonic() - started >= 1.2


def test_a_pause_longer_than_patience_is_reported_at_once():
    error, server = failing(failure(429, headers={"Retry-After": "90"}), settings={"llm_max_retries": 5})
    assert error.kind == "rate_limit" and "90 seconds" in str(error) and len(server.chats) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_lasting_failures_are_not(status):
    _, server = failing(failure(status, "no"), settings={"llm_max_retries": 3, "llm_api_key": "k"})
    assert len(server.chats) == 1


def test_the_number_of_tries_is_the_setting():
    _, server = failing(failure(500), settings={"llm_max_retries": 1})
    assert len(server.chats) == 2


def test_a_stream_is_tried_again_only_before_its_first_piece():
    with FakeLLMServer(cut(""), answer("ok")) as server:
        assert connect(server, llm_max_retries=1).complete(MESSAGES).text == "ok"
    error, server = failing(cut("It uses"), answer("ok"), settings={"llm_max_retries": 3})
    assert error.kind == "connection" and len(server.chats) == 1


# --- servers that refuse parts of a request

NO_MAX_TOKENS = failure(
    400,
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    code="unsupported_parameter",
    param="max_tokens",
)
NO_TEMPERATURE = failure(
    400,
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
    code="unsupported_value",
    param="temperature",
)


def picky(body):
    if "max_tokens" in body:
        return NO_MAX_TOKENS
    return NO_TEMPERATURE if "temperature" in body else answer("from a reasoning model")


def test_reasoning_models_get_the_parameters_they_take_and_that_is_remembered():
    with FakeLLMServer(default=picky) as server:
        model = connect(server)
        assert model.complete(MESSAGES).text == "from a reasoning model"
        assert len(server.chats) == 3
        model.complete(MESSAGES)
    assert len(server.chats) == 4
    assert server.chats[-1].body["max_completion_tokens"] == 1024 and "temperature" not in server.chats[-1].body


def test_a_template_without_a_system_role_gets_one_message():
    def gemma(body):
        return failure(400, "System role not supported") if body["messages"][0]["role"] == "system" else answer("ok")

    with FakeLLMServer(default=gemma) as server:
        assert connect(server).complete(MESSAGES).text == "ok"
    assert server.chats[-1].body["messages"] == [{"role": "user", "content": "Be brief.\n\nWhich loss?"}]


def test_an_old_server_without_stream_options():
    def old(body):
        return failure(422, "extra fields not permitted: stream_options") if "stream_options" in body else answer("ok")

    with FakeLLMServer(default=old) as server:
        assert connect(server).complete(MESSAGES).text == "ok"


def test_a_refusal_that_stays_ends_the_bargaining():
    _, server = failing(NO_TEMPERATURE)
    assert len(server.chats) == 2


# --- addresses and names


@pytest.mark.parametrize(
    "given, roots",
    [
        (None, ("https://api.openai.com/v1",)),
        ("http://localhost:11434/v1/", ("http://localhost:11434/v1",)),
        ("http://localhost:8000/v1/chat/completions", ("http://localhost:8000/v1",)),
        ("http://localhost:8000/v1/models/", ("http://localhost:8000/v1",)),
        ("http://localhost:11434", ("http://localhost:11434/v1", "http://localhost:11434")),
        ("http://localhost:11434/", ("http://localhost:11434/v1", "http://localhost:11434")),
        ("localhost:1234/v1", ("http://localhost:1234/v1",)),
        ("192.168.1.5:1234/v1", ("http://192.168.1.5:1234/v1",)),
        ("openrouter.ai/api/v1", ("https://openrouter.ai/api/v1",)),
        (" 'http://gpu-box:8000/v1' ", ("http://gpu-box:8000/v1",)),
        ("https://x.openai.azure.com/openai/v1?api-version=preview", ("https://x.openai.azure.com/openai/v1",)),
    ],
)
def test_addresses_are_taken_as_people_write_them(given, roots):
    assert api_roots(given) == roots


def test_an_address_that_is_none_says_so():
    with pytest.raises(LLMError, match="QA_BOT_LLM_BASE_URL"):
        open_llm(load_settings(llm_base_url="http://[::1"))


@pytest.mark.parametrize("root", ["/v1", ""])
def test_an_address_without_a_path_finds_the_api(root):
    with FakeLLMServer(root=root) as server:
        model = connect(server, llm_base_url=server.address)
        model.complete(MESSAGES)
        before = len(server.requests)
        model.complete(MESSAGES)
    assert len(server.requests) == before + 1
    assert model.url == server.url


@pytest.mark.parametrize("tail", ["/chat/completions", "/", "?key=value"])
def test_a_full_or_slashed_address_works(tail):
    with FakeLLMServer(default=answer("ok")) as server:
        if "?" in tail:
            with pytest.raises(LLMError):  # this server knows no query; what matters is that it arrived behind the path
                connect(server, llm_base_url=server.url + tail).complete(MESSAGES)
            assert server.chats == [] and server.requests[0].path == "/v1/chat/completions?key=value"
        else:
            assert connect(server, llm_base_url=server.url + tail).complete(MESSAGES).text == "ok"


def test_a_wrong_path_says_how_the_address_ends():
    with FakeLLMServer() as server, pytest.raises(LLMError) as caught:
        connect(server, llm_base_url=server.address + "/api").complete(MESSAGES)
    assert caught.value.kind == "connection" and "/v1" in str(caught.value)


def test_an_unknown_model_behind_an_address_without_a_path():
    with FakeLLMServer(strict_models=True) as server, pytest.raises(LLMError) as caught:
        connect(server, llm_base_url=server.address, llm_model="gpt-99").complete(MESSAGES)
    assert caught.value.kind == "model" and "test-model" in str(caught.value)


def test_nothing_is_sent_before_the_first_request_and_the_name_is_found_then():
    with FakeLLMServer(models=["nomic-embed-text", "qwen3:8b", "other"]) as server:
        model = connect(server, llm_model=None)
        assert model.model == "" and not server.requests
        assert model.complete(MESSAGES).model == "qwen3:8b" == model.model
        model.complete(MESSAGES)
    assert [request.method for request in server.requests] == ["GET", "POST", "POST"]


def test_a_server_with_no_model_says_so():
    error, _ = failing(models=[], settings={"llm_model": None})
    assert error.kind == "model" and "lists no model" in str(error)


def test_models_are_listed():
    with FakeLLMServer() as server:
        assert connect(server).list_models() == ["test-model", "other-model"]


@pytest.mark.parametrize(
    "step, kind",
    [
        (html(), "reply"),
        (Step(body=b'{"object":"list","data":null}'), None),
        (Step(body=b"[]"), "reply"),
        (failure(404), "connection"),
    ],
)
def test_lists_of_models_of_another_shape(step, kind):
    with FakeLLMServer(models_step=step) as server:
        if kind is None:
            assert connect(server).list_models() == []
        else:
            with pytest.raises(LLMError) as caught:
                connect(server).list_models()
            assert caught.value.kind == kind


def test_no_settings_no_model():
    assert open_llm(load_settings()) is None


def test_a_small_window_keeps_room_for_the_prompt():
    assert answer_tokens(8192, 1024) == 1024
    assert answer_tokens(8192, 8000) == 5120
    assert answer_tokens(1024, 1024) == 256


# --- stopping


def test_closing_the_generator_hangs_up():
    with FakeLLMServer(answer("word " * 400, piece_seconds=0.01)) as server:
        replies = connect(server).stream(MESSAGES)
        next(replies)
        replies.close()
        assert server.wait_for(lambda: server.hang_ups == 1)


def test_dropping_the_generator_while_it_thinks_hangs_up():
    with FakeLLMServer(answer("x", reasoning="hm " * 400, piece_seconds=0.01)) as server:
        for reply in connect(server).stream(MESSAGES):
            assert reply.is_thinking
            break
        gc.collect()
        assert server.wait_for(lambda: server.hang_ups == 1)


def test_the_module_imports_neither_openai_nor_httpx():
    code = (
        "import sys, qa_bot.llm, qa_bot.prompts, qa_bot.citations; print([m for m in "
        "('openai','httpx','tenacity','tiktoken','llama_index') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# --- llama-index LLMs


def test_a_llama_index_llm_writes_the_answer():
    from llama_index.core.llms import MockLLM

    model = open_llm(load_settings(), llm=MockLLM())
    replies = list(model.stream(MESSAGES))
    assert "Which loss?" in replies[-1].text and replies[-1].is_final and len(replies) > 2
    assert model.context_window == 3900 and model.list_models() == [model.model]


def test_a_llama_index_llm_that_thinks_fails_or_stays_silent():
    from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse, CustomLLM, LLMMetadata

    class Scripted(CustomLLM):
        texts: list[str]

        @property
        def metadata(self):
            return LLMMetadata(model_name="scripted", context_window=5000)

        def complete(self, prompt, formatted=False, **kwargs):
            return CompletionResponse(text="".join(self.texts))

        def stream_complete(self, prompt, formatted=False, **kwargs):
            raise NotImplementedError

        def stream_chat(self, messages, **kwargs):
            for text in self.texts:
                if text == "raise":
                    raise RuntimeError("the weights\nare gone")
                yield ChatResponse(message=ChatMessage(role="assistant", content=""), delta=text)

    model = open_llm(load_settings(), llm=Scripted(texts=["<thi", "nk>x</think>", "Seen", " it."]))
    assert model.complete(MESSAGES).text == "Seen it." and model.context_window == 5000
    with pytest.raises(LLMError) as caught:
        open_llm(load_settings(), llm=Scripted(texts=["a", "raise"])).complete(MESSAGES)
    assert caught.value.kind == "server" and "the weights are gone" in str(caught.value)
    with pytest.raises(LLMError) as caught:
        open_llm(load_settings(), llm=Scripted(texts=[])).complete(MESSAGES)
    assert caught.value.kind == "reply"


def test_a_chat_model_of_ones_own_is_taken_as_it_is():
    with FakeLLMServer() as server:
        model = connect(server)
        assert open_llm(load_settings(), llm=model) is model
    with pytest.raises(LLMError, match="llama-index"):
        open_llm(load_settings(), llm="gpt-4o")
