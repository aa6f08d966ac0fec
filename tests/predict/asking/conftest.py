"""A world of six pictures and their questions, and a respondent that says what it is told to."""

import io
import threading
from dataclasses import dataclass, field
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
