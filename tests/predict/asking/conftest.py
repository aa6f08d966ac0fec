"""Pictures and questions about them; a respondent that says what it is told; a server that speaks OpenAI's API."""

import hashlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.inputs import prompts, questions
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import from_mapping
from workbench.inputs.questions import LETTERS
from workbench.predict.asking.replies import Reply


@dataclass
class Scripted:
    """Replies to the picture of that name with ``says[name]`` (a reply, or an error to raise), else with its text."""

    says: dict = field(default_factory=dict)
    text: str = "A"
    name: str = "hf:some/model"
    mode: Any = "generate"
    in_flight: int = 1
    provenance: dict = field(default_factory=lambda: {"max_tokens": 8, "versions": {"some": "1"}})
    heard: list = field(default_factory=list)  # (picture's name, question), in the order asked
    lock: Any = field(default_factory=threading.Lock)

    def reply(self, question, picture):
        image = Image.open(io.BytesIO(picture)).info["name"]
        with self.lock:
            self.heard.append((image, question))
        said = self.says.get(image, Reply(self.text, 1))
        said = said() if callable(said) else said
        if isinstance(said, BaseException):
            raise said
        return said


def png(name):
    """A picture that knows its name."""
    from PIL.PngImagePlugin import PngInfo

    info, stream = PngInfo(), io.BytesIO()
    info.add_text("name", name)
    pixels = np.random.default_rng(list(name.encode())).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


@pytest.fixture
def scripted():
    return Scripted


@pytest.fixture
def world():
    """``world(6)``: pictures in memory and a question about each."""

    def make(n=6):
        data = {f"p{i}.png": png(f"p{i}.png") for i in range(n)}
        pictures = ImageSet("few", tuple(data), data.__getitem__)
        original = from_mapping("few-original", {image: [i % 1000] for i, image in enumerate(data)})
        return questions.draw("few", original, prompts.choose()), pictures

    return make


@pytest.fixture
def right():
    """``right(questions, row)``: the letter of the right option."""
    return lambda asked, row: LETTERS[asked.answers[row]]


NOW = {"retry-after-ms": "1"}  # the client waits as long as the server asks for


class Handler(BaseHTTPRequestHandler):
    """One connection; keeps it open between requests, as servers do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):  # the name is http.server's
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server: Any = self.server
        behave = server.begin(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        try:
            behave(self, body)
        finally:
            server.end()

    def send(self, status: int, body: bytes | dict, headers: dict | None = None, kind: str = "application/json"):
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    """Answers as `behaviour` says, after what stands in `script`; keeps what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0):
        super().__init__(("127.0.0.1", port), Handler)
        self.behaviour, self.script = answers("A"), []
        self.paths, self.headers, self.bodies = [], [], []
        self.busy, self.most_busy = 0, 0
        self._lock, self._sockets = threading.Lock(), []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def pictures(self) -> list[str]:
        """What was shown, request by request: the SHA-256 of each picture's bytes as they were sent."""
        urls = [body["messages"][0]["content"][0]["image_url"]["url"] for body in list(self.bodies)]
        return [hashlib.sha256(url.encode()).hexdigest() for url in urls]

    def begin(self, path, headers, body):
        with self._lock:
            self.paths.append(path)
            self.headers.append(headers)
            self.bodies.append(body)
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            return self.script.pop(0) if self.script else self.behaviour

    def end(self):
        with self._lock:
            self.busy -= 1

    def get_request(self):
        request, address = super().get_request()
        self._sockets.append(request)
        return request, address

    def handle_error(self, request, client_address):  # a client that is killed is no error of the server
        pass

    def kill(self):
        """Stop as a killed process does: nothing listens, every connection is cut."""
        self.shutdown()
        self.server_close()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


Behaviour = Callable[[Handler, dict], None]


def completion(text, **more) -> dict:
    """A chat completion; `more` goes into its one choice."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}, **more}
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny-7b",
        "choices": [choice],
        "usage": usage,
    }


def answers(text, *, after: float = 0, **more) -> Behaviour:
    """A good reply, `after` some seconds."""

    def behave(handler, _):
        time.sleep(after)
        handler.send(200, completion(text, **more))

    return behave


def fails(status: int, message: str = "no", headers: dict = NOW) -> Behaviour:
    return lambda handler, _: handler.send(status, {"error": {"message": message}}, headers)


def says(data: bytes | dict, kind: str = "application/json") -> Behaviour:
    """A reply with code 200 that may be anything."""
    return lambda handler, _: handler.send(200, data, NOW, kind)


def cuts(handler: Handler, _: dict) -> None:
    """Half a reply, then the connection ends."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"mess')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def server():
    """A server that runs; it answers "A" until told otherwise."""
    one = Server()
    yield one
    with suppress(OSError):
        one.kill()


@pytest.fixture
def behaviours():
    """How a server may behave, by name."""
    from types import SimpleNamespace

    return SimpleNamespace(answers=answers, fails=fails, says=says, cuts=cuts, completion=completion, Server=Server)


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Small encoded pictures, each number another."""

    def encoded(number: int = 0, kind: str = "JPEG") -> bytes:
        stream = io.BytesIO()
        Image.new("RGB", (8, 8), (number % 256, number // 256, 99)).save(stream, kind, comment=str(number))
        return stream.getvalue()

    return encoded
