"""Tiny CLIP models with random weights, made on the spot and saved: what they predict means nothing."""

import json
from pathlib import Path

import open_clip
import pytest
import torch

VISION = {"image_size": 32, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 4, "layers": 3}
SIMPLE = {"tiny-clip": {"embed_dim": 48, "vision_cfg": VISION, "text_cfg": TEXT}}


def variant(name, text=None, **more):
    return {name: SIMPLE["tiny-clip"] | {"text_cfg": TEXT | (text or {})} | more}


# Towers whose positions depend on what comes before them alone, of every kind that open_clip's configurations have.
CAUSAL = {
    **SIMPLE,
    **variant("tiny-quick", quick_gelu=True),
    **variant("tiny-custom", custom_text=True),
    **variant("tiny-eos", {"pool_type": "eos", "eos_id": 49407}, custom_text=True),
    **variant("tiny-scaled", {"ls_init_value": 0.3, "mlp_ratio": 2.0}),
    **variant("tiny-bias", {"proj_bias": True}, custom_text=True),
    **variant("tiny-none", {"proj_type": "none", "width": 48}, custom_text=True),
    **variant("tiny-short", {"context_length": 12}),
}
# Towers that see what comes after, or are made of other parts.
OTHERS = {
    **variant("tiny-whole", {"no_causal_mask": True}, custom_text=True),
    **variant("tiny-last", {"pool_type": "last"}, custom_text=True),
    **variant("tiny-cosine", {"scale_attn": True}),
    **variant("tiny-cls", {"embed_cls": True}, custom_text=True),
}


@pytest.fixture(scope="session")
def configured(tmp_path_factory) -> Path:
    """The folder of the tiny configurations, which open_clip knows."""
    folder = tmp_path_factory.mktemp("configurations")
    for name, config in (CAUSAL | OTHERS).items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    return folder


@pytest.fixture(scope="session")
def towers(configured):
    """``towers("tiny-clip")``: a model with random weights, larger ones than usual so that differences show."""
    made = {}

    def make(name):
        if name not in made:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                made[name] = open_clip.create_model(name).eval()
                for parameter in made[name].parameters():
                    if parameter.ndim:
                        parameter.data += 0.05 * torch.randn_like(parameter)
        return made[name]

    return make


@pytest.fixture(scope="session")
def saved(towers, tmp_path_factory):
    """``saved("tiny-clip")``: the file of a model's weights."""
    folder = tmp_path_factory.mktemp("weights")

    def save(name):
        torch.save(towers(name).state_dict(), folder / f"{name}.pt")
        return folder / f"{name}.pt"

    return save


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test finds the class embeddings of another."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """The hub does not answer, wherever the tests run."""

    def session():
        raise ConnectionError

    monkeypatch.setattr("huggingface_hub.get_session", session)
