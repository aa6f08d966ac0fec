"""A CLIP model as a checkpoint: its image tower, then the class embeddings as a fixed head with the logit scale.

``clip:ARCH/TAG`` takes the weights that open_clip knows by TAG from the hub, ``clip:ARCH@FILE`` takes them from a file,
``clip:ARCH/TAG@FILE`` takes those of TAG, with its normalisation, from a file. Behind it may stand
``,names=openai`` or ``,names=FILE`` and ``,templates=FILE`` or ``,templates=a photo of a {}.``
(:func:`workbench.inputs.prompts.choose`).
"""

import hashlib
import json
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from workbench.errors import InputError, MissingSourceError, reason
from workbench.inputs import checkpoints, prompts, sources
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.prompts import Prompts
from workbench.predict.zeroshot import head, weights
from workbench.predict.zeroshot.weights import Name
from workbench.progress import Listener, silent


class Classifier(nn.Module):
    """Pictures to 1000 logits: cosines with the class embeddings (1000, d) times the logit scale, plus its bias."""

    embeddings: torch.Tensor

    def __init__(self, model: Any, embeddings: torch.Tensor) -> None:
        super().__init__()
        self.visual = model.visual
        self.scale, bias = model.logit_scale.exp().item(), getattr(model, "logit_bias", None)
        self.bias = 0.0 if bias is None else bias.item()
        self.register_buffer("embeddings", embeddings)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Logits (n, 1000), in fp64: bf16 would round those near 25 to eighths, and casts to bf16 leave fp64 alone."""
        features = self.visual(pictures)
        features = features[0] if isinstance(features, tuple) else features  # CoCa's tower gives its tokens, too
        directions = functional.normalize(features.double(), dim=-1)
        return functional.linear(directions, self.embeddings.double()) * self.scale + self.bias


def load(text: str, *, device: str = "cpu", on_event: Listener = silent) -> Checkpoint:
    """A zero-shot classifier by its name; its head is made on `device`, once for its weights and prompts, and kept.

    Raises `MissingSourceError` where open_clip, the weights or the tokenizer cannot be had, `UnknownNameError` for an
    architecture or tag that open_clip does not know, `InputError` for weights that do not fit, `DamagedFileError` for
    a file that cannot be read as plain tensors.
    """
    if find_spec("open_clip") is None:
        raise MissingSourceError(f"{text} needs open_clip; pip install -e '.[clip]'")
    name = Name.parse(text)
    asked = prompts.choose(name.names, name.templates)
    known, path = weights.known(name), weights.find(name)
    model = weights.read(name, known, path)
    called, sha256 = name.called(asked), sources.sha256(path)
    kept = sources.cache_dir() / "zero-shot" / f"{_digest(name, known, sha256, asked)}.npz"
    words = {"file": kept, "called": f"class embeddings of {called}", "on_event": on_event}
    embeddings = head.build(model.to(device), _Tokenizer(name.arch), asked, **words).cpu()
    classifier = Classifier(model.to("cpu"), embeddings)
    made = checkpoints.from_module(called, classifier, _input(called, model.visual.preprocess_cfg), sha256=sha256)
    # A trace of a ViT is no faster (13.8 against 13.2 pictures a second and core), and keeps open_clip's casts to fp32.
    return replace(made, choices=asked.choices(), traces=False)


class _Tokenizer:
    """open_clip's tokenizer of an architecture, made when it is first needed: some come from the hub."""

    def __init__(self, arch: str) -> None:
        self.arch = arch

    def __call__(self, texts: list[str]) -> torch.Tensor:
        import open_clip

        try:
            return open_clip.get_tokenizer(self.arch)(texts)
        except Exception as error:  # transformers and the hub's client raise a dozen unrelated types
            seen = f"the tokenizer of {self.arch} could not be had ({type(error).__name__}: {reason(error)})"
            raise MissingSourceError(f"{seen}; it needs transformers, and the network or the hub's cache") from error


def _input(called: str, seen: dict) -> dict:
    """open_clip's preprocessing in timm's terms."""
    modes = {"shortest": "center", "squash": "squash"}
    if seen["resize_mode"] not in modes:
        raise InputError(f"{called} fits pictures by {seen['resize_mode']!r}; expected one of {', '.join(modes)}")
    size = (seen["size"], seen["size"]) if isinstance(seen["size"], int) else tuple(seen["size"])
    interpolation = "bilinear" if seen["interpolation"] == "bilinear" else "bicubic"
    shape = {"input_size": (3, *size), "crop_pct": 1.0, "crop_mode": modes[seen["resize_mode"]]}
    return shape | {"interpolation": interpolation, "mean": tuple(seen["mean"]), "std": tuple(seen["std"])}


def _digest(name: Name, known: dict, sha256: str, asked: Prompts) -> str:
    """The name of a head in the cache: of all that it depends on."""
    import open_clip

    facts = [open_clip.get_model_config(name.arch), known["quick_gelu"], sha256, asked.choices()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
