"""Models behind a server that speaks OpenAI's API: ``openai:MODEL@URL`` (vLLM, llama.cpp, ollama, a provider).

The client sends each question again after a rate limit (429), an error of the server (5xx), a timeout or a cut
connection, as late as the server asks for, else after 0.5 s, 1 s, 2 s and so on up to 8 s.
"""

import json
import math
import os
import re
import threading
import time
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import InputError, MissingSourceError, NoReplyError, WorkbenchError
from workbench.predict.asking import messages
from workbench.predict.asking.replies import Mode, Reply

OPENAI = "openai:"  # begins the names of models behind a server
KEY = "OPENAI_API_KEY"
RETRIES = 8  # a server that is back within half a minute is waited for
RETRIES_ALONE = 2  # before anything was answered: more likely the URL is wrong than the server busy
ALIKE_S = 2.0  # so long after a question asked alone failed, others fail without being sent
TIMEOUT_S = 300.0  # without a byte; a server may queue what is in flight
NO_SECRET = 8  # characters; what is shorter (EMPTY, none) may be part of an answer
OF_THE_QUESTION = (400, 413, 415, 422)  # a picture too large, of a strange kind, stopped by a filter
FIXED = {"temperature": 0, "seed": 42}
LIKELIHOOD = {"max_tokens": 1, "logprobs": True, "top_logprobs": 20}  # 20 is the most that OpenAI's API gives
OPTIONAL = {"max_tokens": "max_completion_tokens", "temperature": None, "seed": None}  # what takes their place
ADVICE = {
    401: f"set {KEY} to a key of this server",
    402: "see what is left to pay with",
    403: f"see what the key in {KEY} is allowed",
    404: "see which models its page /models lists; most such URLs end in /v1",
}


def load(
    text: str, *, mode: Mode, max_tokens: int, in_flight: int, retries: int = RETRIES, timeout: float = TIMEOUT_S
) -> "Served":
    """The model that ``openai:MODEL@URL`` names; the key is that of OPENAI_API_KEY, which servers of your own need not.

    `mode` is generate or likelihood; `timeout` is in seconds. Raises `InputError` for a text of another form, a URL
    with a user, a password or a query, or a key that no header can carry; `MissingSourceError` without the extra.
    """
    model, url = parse(text)
    if find_spec("openai") is None:
        raise MissingSourceError(f"{OPENAI}{model} needs the client of OpenAI's API; pip install -e '.[openai]'")
    import openai

    key = os.environ.get(KEY, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise InputError(f"{KEY} holds blanks or characters that no key has; set it to the key alone")
    client = openai.OpenAI(
        api_key=key or "none",
        base_url=url,
        max_retries=retries,
        timeout=openai.Timeout(timeout, connect=min(10.0, timeout)),
        http_client=openai.DefaultHttpxClient(event_hooks={"response": [messages.mark_nonsense]}),
    )
    return Served((model, url), client, mode=mode, max_tokens=max_tokens, in_flight=in_flight)


def parse(text: str) -> tuple[str, str]:
    """Model and URL of ``openai:MODEL@URL``; the URL ends without a slash. Raises `InputError` for another form.

    >>> parse("openai:Qwen/Qwen3-VL-2B-Instruct@http://localhost:8000/v1/")
    ('Qwen/Qwen3-VL-2B-Instruct', 'http://localhost:8000/v1')
    """
    match = re.fullmatch(rf"{OPENAI}(\S+?)@(https?://\S+)", text)
    if match is None:  # what follows an @ may be a password: it is not repeated
        seen = f"{text.split('@')[0]!r} names no model behind a server"
        raise InputError(f"{seen}; expected {OPENAI}MODEL@URL, as in {OPENAI}llava@http://localhost:8000/v1")
    model, url = match.groups()
    parts = urlsplit(url)
    if "@" in url or parts.query or parts.fragment or not parts.hostname:
        seen = f"the URL of {model} holds a user, a query or no host"
        raise InputError(f"{seen}; expected one such as http://localhost:8000/v1, and the key in {KEY}")
    return model, url.rstrip("/")


class RefusedError(NoReplyError):
    """A server that refuses one question, and may reply to others."""


class Served:
    """A model behind a server, a `Respondent`. At first, and after a question without a reply, one is asked alone.

    So a wrong key, model or URL is met once, and a setting that the model refuses is left out of all questions alike.
    """

    def __init__(self, address: tuple[str, str], client: Any, *, mode: Mode, max_tokens: int, in_flight: int) -> None:
        self._model, self._url = address
        self.name, self.mode, self.in_flight = f"{OPENAI}{self._model}", mode, in_flight
        settings = {"max_tokens": max_tokens} | FIXED | (LIKELIHOOD if mode == "likelihood" else {})
        self._asked_for, self._settings = settings, dict(settings)
        self._client, self._hasty = client, client.with_options(max_retries=min(RETRIES_ALONE, client.max_retries))
        self._alone, self._careful, self._answered = threading.Lock(), True, False
        self._failure, self._failed_at = WorkbenchError(), -math.inf
        self._served_as: set[str] = set()

    @property
    def provenance(self) -> dict[str, Any]:
        """Endpoint and settings; as `versions` the client's, the server's names of the model, settings it refused."""
        import openai

        refused = sorted(self._asked_for.keys() - self._settings.keys())
        versions = {"openai": openai.__version__, "served_as": sorted(self._served_as), "settings_refused": refused}
        return {"endpoint": self._url, "settings": self._asked_for, "versions": versions}

    def reply(self, question: str, picture: bytes) -> Reply:
        """The model's reply to a question about an encoded picture; `in_flight` threads may ask at once.

        Raises `NoReplyError` where the server gives none after all tries or refuses this question alone, `InputError`
        where it would refuse every one.
        """
        if self._careful:
            with self._alone:
                if self._careful:
                    return self._ask_alone(question, picture)
        return self._ask(question, picture)

    def _ask_alone(self, question: str, picture: bytes) -> Reply:
        if time.monotonic() < self._failed_at + ALIKE_S:
            raise self._failure
        try:
            reply = self._ask(question, picture)
        except RefusedError:
            raise
        except WorkbenchError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise
        self._careful, self._answered = False, True
        return reply

    def _ask(self, question: str, picture: bytes) -> Reply:
        import openai

        try:
            body = self._completion(messages.message(question, picture))
        except openai.APIStatusError as error:
            raise self._refused(error) from None  # the error's request holds the key
        except openai.APIError as error:
            raise self._none(str(error)) from None
        tokens, scores = messages.tokens(body), self._scores(body) if self.mode == "likelihood" else None
        if isinstance(named := messages.at(body, "model"), str):
            self._served_as.add(self._redacted(named))
        text = messages.text(body) if scores is None else None
        return Reply(None if text is None else self._redacted(text), tokens, scores, messages.truncated(body))

    def _completion(self, message: dict) -> Any:
        """The body of a chat completion. A setting that the model refuses at first is replaced or left out."""
        import openai

        client = self._hasty if self._careful else self._client
        create = client.chat.completions.with_raw_response.create
        while True:
            try:
                return json.loads(create(model=self._model, messages=[message], **self._settings).text)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                said = json.dumps(error.body)
                refused = next((name for name in OPTIONAL if name in self._settings and name in said), None)
                if self._answered or refused is None:
                    raise
                value = self._settings.pop(refused)
                if other := OPTIONAL[refused]:
                    self._settings[other] = value

    def _scores(self, body: Any) -> tuple[float, ...]:
        scores = messages.letter_scores(body)
        if not self._answered and not any(scores):
            seen = f"{self._model} at {self._url} gives no probability of any letter from A to J as its first token"
            raise InputError(f"{seen}; ask it with --answer generate")
        return scores

    def _refused(self, error: Any) -> WorkbenchError:
        code, said = error.status_code, self._said(error)
        if code in (408, 409, 429) or code >= 500:
            return self._none(said)
        if "logprobs" in self._settings and "logprobs" in said:
            return InputError(
                f"{self._model} at {self._url} gives no probabilities ({said}); ask with --answer generate"
            )
        if code in OF_THE_QUESTION or (code == 403 and self._answered):
            return RefusedError(f"{self._url} refuses this question ({said}); see that {self._model} takes pictures")
        mend = ADVICE.get(code, "see what it says")
        return InputError(f"{self._url} refuses every question to {self._model} ({said}); {mend}")

    def _none(self, said: str) -> NoReplyError:
        self._careful = True
        return NoReplyError(f"{self._url} gives no reply ({self._redacted(said)}); see that the server runs")

    def _said(self, error: Any) -> str:
        words = messages.at(error.body, "message") or error.body or error.response.reason_phrase
        return f"{error.status_code}: {self._redacted(' '.join(str(words).split()))[:200]}"

    def _redacted(self, text: str) -> str:
        key = self._client.api_key
        return text.replace(key, f"[{KEY}]") if len(key) >= NO_SECRET else text
