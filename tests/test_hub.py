"""A hub that does not answer costs one short question, whatever its client would do."""

import socket
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from huggingface_hub import constants

from workbench import hub
from workbench.errors import MissingSourceError
from workbench.inputs import checkpoints


@pytest.fixture
def listening(monkeypatch, tmp_path):
    """A port that takes connections and says nothing; the hub is there, and its cache is empty."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "ANSWERS_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield server


@pytest.mark.parametrize("is_silent", [True, False])
def test_weights_of_a_hub_out_of_reach_are_one_sentence_at_once(listening, is_silent, caplog):
    if not is_silent:
        listening.close()
    started = time.monotonic()
    with pytest.raises(MissingSourceError, match=r"resnet18\.a1_in1k could not be had \(the hub cannot be reached"):
        checkpoints.load("resnet18.a1_in1k")
    assert time.monotonic() - started < 5
    assert "Retrying" not in caplog.text
    assert not constants.HF_HUB_OFFLINE


def test_a_hub_that_answers_is_asked_as_ever(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # it answers 501, as none of ours would
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.handle_request).start()
        with hub.asked_once() as is_there:
            assert (is_there, constants.HF_HUB_OFFLINE) == (True, False)


def test_who_wants_no_network_is_not_asked_for_it(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_answers", lambda: pytest.fail("asked"))
    with hub.asked_once() as is_there:
        assert not is_there
    assert constants.HF_HUB_OFFLINE
