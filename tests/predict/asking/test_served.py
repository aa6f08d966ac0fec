import base64
import io
import json
import math
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from PIL import Image

from workbench.errors import InputError, MissingSourceError, NoReplyError
from workbench.predict.asking import messages, served

KEY = "sk-test-0123456789abcdef"
QUESTION = "Which of these does the picture show?\nA. tench\nB. goldfish"


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def model(server):
    """The model behind the server, by options of `served.load`."""

    def load(mode="generate", *, in_flight=1, retries=1, timeout=5.0):
        text = f"openai:org/tiny:7b@{server.url}"
        return served.load(text, mode=mode, max_tokens=32, in_flight=in_flight, retries=retries, timeout=timeout)

    return load


def top(**logprobs) -> dict:
    """The part of a reply that gives the first token's likeliest; `_B` stands for " B"."""
    likeliest = [{"token": token.replace("_", " "), "logprob": value} for token, value in logprobs.items()]
    return {"logprobs": {"content": [{"token": "x", "logprob": -1.0, "top_logprobs": likeliest}]}}


# The name


def test_a_name_holds_model_and_url():
    assert served.parse("openai:gpt-4o@https://api.openai.com/v1") == ("gpt-4o", "https://api.openai.com/v1")
    assert served.parse("openai:llava:7b@http://localhost:11434/v1/") == ("llava:7b", "http://localhost:11434/v1")
    assert served.parse("openai:@cf/llava/1.5@https://host/a/v1") == ("@cf/llava/1.5", "https://host/a/v1")


@pytest.mark.parametrize(
    "text",
    [
        "openai:gpt-4o",
        "openai:@http://localhost/v1",
        "openai:m@localhost:8000/v1",
        "openai:m@ftp://host/v1",
        "openai:m@http://",
        "openai:m@http:///v1",
        "openai:m n@http://host/v1",
    ],
)
def test_other_names_are_refused(text):
    with pytest.raises(InputError, match=r"expected .*http://localhost:8000/v1"):
        served.parse(text)


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{KEY}@host/v1",
        f"http://{KEY}@host/v1",
        f"https://host/v1?api-key={KEY}",
        f"https://host/v1#{KEY}",
        f"http://u:{KEY}@http://host/v1",
        f"host/v1?key={KEY}",
        f"user:{KEY}@host",
    ],
)
def test_a_url_with_a_secret_is_refused_and_not_repeated(url):
    with pytest.raises(InputError) as caught:
        served.parse(f"openai:m@{url}")
    assert KEY not in str(caught.value)


def test_without_the_extra_the_message_names_it(monkeypatch):
    monkeypatch.setattr(served, "find_spec", lambda name: None)
    with pytest.raises(MissingSourceError, match=r"pip install -e '\.\[openai\]'"):
        served.load("openai:m@http://localhost/v1", mode="generate", max_tokens=1, in_flight=1)


def test_the_client_is_imported_when_a_model_is_loaded():
    code = "import sys, workbench.predict.asking.served; print('openai' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# What is sent


def test_a_question_is_one_message_with_the_picture_before_the_words(server, model, picture):
    reply = model().reply(QUESTION, picture())
    assert (reply.text, reply.tokens, reply.scores) == ("A", 2, None)
    (body,) = server.bodies
    (message,) = body.pop("messages")
    assert body == {"model": "org/tiny:7b", "max_tokens": 32, "temperature": 0, "seed": 42}
    assert message["role"] == "user"
    shown, said = message["content"]
    assert shown["image_url"]["url"] == "data:image/jpeg;base64," + base64.b64encode(picture()).decode()
    assert said == {"type": "text", "text": QUESTION}
    assert server.paths == ["/v1/chat/completions"]


def test_pictures_that_servers_may_refuse_are_sent_as_png(picture):
    png = picture(300, "PNG")
    assert messages.data_url(png) == "data:image/png;base64," + base64.b64encode(png).decode()
    for kind in ("WEBP", "BMP", "TIFF", "GIF"):
        stream = io.BytesIO()
        Image.open(io.BytesIO(png)).save(stream, kind, **({"lossless": True} if kind == "WEBP" else {}))
        head, _, data = messages.data_url(stream.getvalue()).partition(",")
        sent = Image.open(io.BytesIO(base64.b64decode(data)))
        assert (head, sent.format) == ("data:image/png;base64", "PNG")
        assert sent.convert("RGB").tobytes() == Image.open(io.BytesIO(png)).tobytes()


def test_the_key_comes_from_the_environment_alone_and_goes_nowhere_else(server, model, picture, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\r\n")  # as files of settings give it
    one = model()
    one.reply(QUESTION, picture())
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(one.provenance) + one.name + repr(one)
    monkeypatch.delenv("OPENAI_API_KEY")
    model().reply(QUESTION, picture())
    assert KEY not in server.headers[1]["authorization"]


@pytest.mark.parametrize("key", ["sk-one sk-two-0123", "sk-schlüssel-0123", "sk-0123\nsk-4567"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key, model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(InputError, match="OPENAI_API_KEY") as caught:
        model()
    assert "sk-" not in str(caught.value)


def test_a_key_that_a_server_repeats_is_redacted(server, model, picture, monkeypatch, behaviours):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.script = [behaviours.answers(f"My key is {KEY}. B"), behaviours.fails(500, f"{'x' * 190} {KEY}")]
    server.behaviour = behaviours.fails(401, f"Incorrect API key provided: {KEY}")
    one = model(retries=0)
    assert one.reply(QUESTION, picture()).text == "My key is [OPENAI_API_KEY]. B"
    for kind in (NoReplyError, InputError):
        with pytest.raises(kind) as caught:
            one.reply(QUESTION, picture())
        assert "sk-test" not in str(caught.value)
        assert caught.value.__cause__ is None  # the client's error holds the request, and its headers


def test_a_key_that_is_none_leaves_answers_as_they_are(server, model, picture, monkeypatch, behaviours):
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    server.behaviour = behaviours.answers("EMPTY is none of them. B")
    assert model().reply(QUESTION, picture()).text == "EMPTY is none of them. B"


def test_provenance_says_what_answered(server, model, picture):
    one = model()
    before = one.provenance
    one.reply(QUESTION, picture())
    after = one.provenance
    assert after["endpoint"] == server.url
    assert after["settings"] == {"max_tokens": 32, "temperature": 0, "seed": 42}
    assert after["versions"]["served_as"] == ["tiny-7b"]
    assert {**before, "versions": None} == {**after, "versions": None}


# What comes back


@pytest.mark.parametrize(
    "content, text",
    [("", ""), (None, None), ([{"type": "text", "text": "It is "}, {"type": "text", "text": "B"}], "It is B")],
)
def test_nothing_is_an_answer_too(server, model, picture, behaviours, content, text):
    server.behaviour = behaviours.answers(content)
    assert model().reply(QUESTION, picture()).text == text
    assert len(server.bodies) == 1


def test_half_a_character_is_replaced(server, model, picture, behaviours):
    server.behaviour = behaviours.answers("B \ud83d")  # an emoji cut by the limit of tokens; no file can hold it
    assert model().reply(QUESTION, picture()).text == "B ?"


def test_a_refusal_in_words_is_an_answer(server, model, picture, behaviours):
    server.behaviour = behaviours.answers(None, message={"role": "assistant", "content": None, "refusal": "I cannot."})
    assert model().reply(QUESTION, picture()).text == "I cannot."


def test_tokens_that_a_server_does_not_count_are_0(server, model, picture, behaviours):
    for usage in (None, {}, 7, {"completion_tokens": None}):
        server.behaviour = behaviours.says(behaviours.completion("B") | {"usage": usage})
        assert model().reply(QUESTION, picture()).tokens == 0


def test_a_slow_server_is_asked_several_questions_at_once(server, model, picture, behaviours):
    server.behaviour = behaviours.answers("A", after=0.2)
    one = model(in_flight=8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: one.reply(QUESTION, picture(number)), range(17)))
    assert server.most_busy == 8
    assert len(set(server.pictures)) == len(server.pictures) == 17


def test_the_first_question_goes_alone(server, model, picture, behaviours):
    server.script, alone = [behaviours.answers("A", after=0.3)], model(in_flight=8)
    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(alone.reply, QUESTION, picture(number))
        time.sleep(0.15)
        assert len(server.bodies) == 1
    assert len(server.bodies) == 8


# Errors that pass


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_an_error_that_may_pass_is_tried_again(server, model, picture, behaviours, status):
    server.script = [behaviours.fails(status)] * 2
    assert model(retries=2).reply(QUESTION, picture()).text == "A"
    assert len(server.bodies) == 3


@pytest.mark.parametrize("unit", ["seconds", "date"])
def test_a_rate_limit_is_waited_for_as_long_as_the_server_says(server, model, picture, behaviours, unit):
    until = datetime.now(UTC) + timedelta(seconds=2)
    server.script = [
        behaviours.fails(
            429, headers={"retry-after": "1.1" if unit == "seconds" else format_datetime(until, usegmt=True)}
        )
    ]
    started = time.monotonic()
    assert model().reply(QUESTION, picture()).text == "A"
    assert time.monotonic() - started > 0.9
    assert len(server.bodies) == 2


NONSENSE = {
    "a page": (b"<html><body>Welcome to the Wi-Fi</body></html>", "text/html"),
    "a page called JSON": (b"<html>", "application/json"),
    "half an object": (b'{"choices": [{"mess', "application/json"),
    "nothing": (b"", "application/json"),
    "a list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
    "another object": ({"answer": "B"}, "application/json"),
    "no choice": ({"choices": []}, "application/json"),
    "choices of words": ({"choices": ["B"]}, "application/json"),
    "a message of words": ({"choices": [{"message": "B"}]}, "application/json"),
    "an error with code 200": ({"error": {"message": "upstream is down"}}, "application/json"),
    "bytes": (b"\xff\xfe\x00", "application/json"),
}


@pytest.mark.parametrize("data, kind", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_tried_again(server, model, picture, behaviours, data, kind):
    server.script = [behaviours.says(data, kind)] * 2
    one = model(retries=2)
    assert one.reply(QUESTION, picture()).text == "A"
    assert len(server.bodies) == 3
    server.behaviour = behaviours.says(data, kind)
    with pytest.raises(NoReplyError, match="gives no reply"):
        one.reply(QUESTION, picture())
    assert len(server.bodies) == 6


def test_a_connection_that_is_cut_midway_is_made_again(server, model, picture, behaviours):
    server.script = [behaviours.cuts]
    assert model().reply(QUESTION, picture()).text == "A"
    assert len(server.bodies) == 2


def test_a_server_that_hangs_is_asked_again(server, model, picture, behaviours):
    server.script = [behaviours.answers("late", after=1.5)]
    started = time.monotonic()
    assert model(timeout=0.3).reply(QUESTION, picture()).text == "A"
    assert time.monotonic() - started < 1.5
    assert len(server.bodies) == 2


@pytest.mark.parametrize("behaviour", ["fails", "says", "cuts", "hangs"])
def test_after_all_tries_there_is_no_reply(server, model, picture, behaviours, behaviour):
    server.script = [behaviours.answers("A")]
    server.behaviour = {
        "fails": behaviours.fails(503, "overloaded"),
        "says": behaviours.says(b"<html>overloaded"),
        "cuts": behaviours.cuts,
        "hangs": behaviours.answers("late", after=0.5),
    }[behaviour]
    one = model(timeout=0.2)
    one.reply(QUESTION, picture(0))
    with pytest.raises(NoReplyError, match=rf"{server.url} gives no reply \(.+\); see that the server runs") as caught:
        one.reply(QUESTION, picture(1))
    assert "overloaded" in str(caught.value) or behaviour in ("cuts", "hangs")
    assert len(server.bodies) == 1 + 2


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server, model, picture, behaviours):
    server.behaviour = behaviours.fails(429, "quota of the day is used up", {"retry-after": "3600"})
    with pytest.raises(NoReplyError, match="quota of the day"):
        model(retries=8).reply(QUESTION, picture())
    assert len(server.bodies) == 1


def test_where_nothing_listens_that_is_said_soon(server, model, picture):
    one = model(in_flight=4, retries=8)
    server.kill()
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        errors = [pool.submit(one.reply, QUESTION, picture(number)).exception() for number in range(4)]
    assert all(isinstance(error, NoReplyError) and "Connection error" in str(error) for error in errors)
    assert time.monotonic() - started < 3  # 0.5 and 1 s between three tries, once for all


def test_after_a_question_without_a_reply_the_next_goes_alone(server, model, picture, behaviours):
    one = model(in_flight=4)
    one.reply(QUESTION, picture())
    server.script = [behaviours.fails(500)] * 2
    with pytest.raises(NoReplyError):
        one.reply(QUESTION, picture())
    server.script, server.most_busy = [behaviours.answers("A", after=0.2)], 0
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(one.reply, QUESTION, picture(number)) for number in range(4)]
        time.sleep(0.1)
        assert server.most_busy == 1
        assert [each.result().text for each in waiting] == ["A"] * 4


def test_a_model_that_failed_can_be_asked_again(server, model, picture, behaviours, monkeypatch):
    server.script = [behaviours.fails(401)]
    monkeypatch.setattr(served, "ALIKE_S", 0.1)
    one = model()
    with pytest.raises(InputError):
        one.reply(QUESTION, picture())
    time.sleep(0.15)
    assert one.reply(QUESTION, picture()).text == "A"


# Errors that stay


@pytest.mark.parametrize(
    "status, advice", [(401, "OPENAI_API_KEY"), (402, "pay"), (403, "OPENAI_API_KEY"), (404, "/models"), (405, "says")]
)
def test_what_every_question_would_meet_is_met_once(server, model, picture, behaviours, status, advice):
    server.behaviour = behaviours.fails(status, "go away")
    one = model(in_flight=8, retries=8)
    with ThreadPoolExecutor(8) as pool:
        errors = [pool.submit(one.reply, QUESTION, picture(number)).exception() for number in range(8)]
    assert all(isinstance(error, InputError) and f"({status}: go away)" in str(error) for error in errors)
    assert advice in str(errors[0])
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_question_that_is_refused_stops_no_other(server, model, picture, behaviours, status):
    server.script = [behaviours.fails(status, "image too large"), behaviours.answers("A"), behaviours.fails(status)]
    one, got = model(in_flight=2, retries=8), []
    for number in range(4):
        try:
            got.append(one.reply(QUESTION, picture(number)).text)
        except NoReplyError as error:
            got.append("image too large" in str(error))
    assert got == [True, "A", False, "A"]
    assert len(server.bodies) == 4


def test_a_question_that_is_forbidden_among_others_stops_no_other(server, model, picture, behaviours):
    server.script = [behaviours.answers("A"), behaviours.fails(403, "your input was flagged")]
    one = model()
    one.reply(QUESTION, picture(0))
    with pytest.raises(NoReplyError, match="flagged"):
        one.reply(QUESTION, picture(1))
    assert one.reply(QUESTION, picture(2)).text == "A"


@pytest.mark.parametrize(
    "name, instead, status",
    [("max_tokens", {"max_completion_tokens": 32}, 400), ("temperature", {}, 400), ("seed", {}, 422)],
)
def test_a_setting_that_a_model_refuses_is_left_out_of_all_questions(
    server, model, picture, behaviours, name, instead, status
):
    server.script = [behaviours.fails(status, f"Unsupported parameter: '{name}' is not supported with this model")]
    one = model()
    for number in range(2):
        assert one.reply(QUESTION, picture(number)).text == "A"
    settings = {"max_tokens": 32, "temperature": 0, "seed": 42}
    del settings[name]
    for body in server.bodies[1:]:
        assert {key: body[key] for key in body if key not in ("model", "messages")} == settings | instead
    assert len(server.bodies) == 3
    assert one.provenance["versions"]["settings_refused"] == [name]
    assert one.provenance["settings"] == {"max_tokens": 32, "temperature": 0, "seed": 42}  # as every start begins


def test_settings_stay_once_a_question_is_answered(server, model, picture, behaviours):
    server.script = [behaviours.answers("A"), behaviours.fails(400, "the seed in this picture is not allowed")]
    one = model()
    one.reply(QUESTION, picture())
    with pytest.raises(NoReplyError, match="the seed"):
        one.reply(QUESTION, picture(1))
    one.reply(QUESTION, picture(2))
    assert [body["seed"] for body in server.bodies] == [42] * 3


def test_a_server_that_refuses_whatever_is_left_out_is_not_asked_for_ever(server, model, picture, behaviours):
    server.behaviour = behaviours.fails(400, "max_tokens, temperature and seed are all wrong")
    with pytest.raises(NoReplyError, match="all wrong"):
        model().reply(QUESTION, picture())
    assert len(server.bodies) == 4


# Probabilities of the letters


def test_letters_are_scored_by_the_first_token(server, model, picture, behaviours):
    likeliest = top(B=math.log(0.4), _B=math.log(0.2), A=math.log(0.2), b=math.log(0.1), The=math.log(0.05))
    server.behaviour = behaviours.answers("B", **likeliest)
    one = model("likelihood")
    reply = one.reply(QUESTION, picture())
    assert reply.text is None
    assert reply.scores == pytest.approx((0.25, 0.75, *[0.0] * 8))
    asked = {"max_tokens": 1, "logprobs": True, "top_logprobs": 20, "temperature": 0, "seed": 42}
    assert asked.items() <= server.bodies[0].items()
    assert one.provenance["settings"] == asked


@pytest.mark.parametrize(
    "more", [{}, {"logprobs": None}, {"logprobs": {"content": []}}, {"logprobs": 3}, top(The=-0.1, a=-2.0, AB=-3.0)]
)
def test_a_model_without_probabilities_of_letters_is_told_at_once(server, model, picture, behaviours, more):
    server.behaviour = behaviours.answers("B", **more)
    with pytest.raises(InputError, match="--answer generate"):
        model("likelihood").reply(QUESTION, picture())
    assert len(server.bodies) == 1


def test_a_server_that_refuses_logprobs_is_told_at_once(server, model, picture, behaviours):
    server.behaviour = behaviours.fails(400, "You are not allowed to request logprobs from this model")
    with pytest.raises(InputError, match=r"not allowed.*--answer generate"):
        model("likelihood").reply(QUESTION, picture())
    assert len(server.bodies) == 1


def test_a_later_question_without_a_likely_letter_has_none(server, model, picture, behaviours):
    server.script = [behaviours.answers("B", **top(B=-0.1)), behaviours.answers("The", **top(The=-0.1))]
    one = model("likelihood")
    assert one.reply(QUESTION, picture(0)).scores == (0.0, 1.0, *[0.0] * 8)
    assert one.reply(QUESTION, picture(1)).scores == (0.0,) * 10


@pytest.mark.parametrize(("reason", "truncated"), [("length", True), ("stop", False), (None, False)])
def test_a_text_that_reached_the_most_tokens_is_known_as_cut_off(server, model, picture, behaviours, reason, truncated):
    server.behaviour = behaviours.answers("The answer is B", finish_reason=reason)
    assert model().reply(QUESTION, picture()).truncated is truncated
