"""The weights that a ``clip:`` checkpoint names: taken apart, found, read into open_clip's model."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DamagedFileError, InputError, MissingSourceError, reason, unknown
from workbench.inputs import prompts
from workbench.inputs.checkpoints import CLIP
from workbench.inputs.prompts import Prompts

SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")


@dataclass(frozen=True)
class Name:
    """What a user wrote, taken apart."""

    arch: str
    tag: str
    file: Path | None
    names: str
    templates: str

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Raises `InputError` for what has another form."""
        weights, *pairs = re.split(r",(names|templates)=", text.removeprefix(CLIP))
        model, _, file = weights.partition("@")
        arch, _, tag = model.partition("/")
        given = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if not arch or not (tag or file) or not all(given.values()):
            raise InputError(
                f"{text!r} names no weights; expected clip:ARCH/TAG or clip:ARCH@FILE, then perhaps ,names="
            )
        chosen = {"names": prompts.NAMES, "templates": prompts.TEMPLATES} | given
        return cls(arch, tag, Path(file) if file else None, **chosen)

    def called(self, asked: Prompts) -> str:
        """The checkpoint's name: what is chosen as everybody does is left out."""
        weights = f"{CLIP}{self.arch}/{self.tag}" if self.tag else f"{CLIP}{self.arch}"
        parts = [weights if self.file is None else f"{weights}@{self.file.stem}"]
        parts += [f"names={asked.names_called}"] * (self.names != prompts.NAMES)
        parts += [f"templates={asked.templates_called}"] * (self.templates != prompts.TEMPLATES)
        return ",".join(parts)


def known(name: Name) -> dict:
    """What open_clip knows of an architecture's weights by their tag."""
    import open_clip

    if name.arch not in open_clip.list_models():
        raise unknown("architecture of open_clip", name.arch, open_clip.list_models(), "open_clip.list_models()")
    tags = open_clip.list_pretrained_tags_by_model(name.arch)
    if name.tag and name.tag not in tags:
        raise unknown(f"weights of {name.arch} in open_clip", name.tag, tags)
    facts = open_clip.get_pretrained_cfg(name.arch, name.tag) if name.tag else {}
    return {"quick_gelu": False} | facts


def find(name: Name) -> Path:
    """The file of weights, from the hub where none is named."""
    import open_clip

    if name.file is not None:
        if name.file.suffix not in SUFFIXES:
            raise InputError(f"{name.file} ends in {name.file.suffix!r}; weights are {', '.join(SUFFIXES)}")
        if not name.file.is_file():
            raise InputError(f"there is no weights file {name.file}; put the state_dict of {name.arch} there")
        return name.file
    facts = open_clip.get_pretrained_cfg(name.arch, name.tag)
    try:
        with _hub():
            return Path(open_clip.download_pretrained(facts))
    except Exception as error:  # the hub's client raises a dozen unrelated types when it is out of reach
        hub = facts.get("hf_hub", "").rstrip("/")
        place = facts.get("url") if not hub else f"https://huggingface.co/{hub}"
        seen = f"the weights of {CLIP}{name.arch}/{name.tag} could not be had ({type(error).__name__})"
        advice = f"fetch them where there is a network, from {place}, and name the file"
        raise MissingSourceError(f"{seen}; {advice}: {CLIP}{name.arch}/{name.tag}@FILE") from error


@contextmanager
def _hub() -> Iterator[None]:
    """Where the hub does not answer, its client looks into its cache alone; else it would try again for a minute."""
    import huggingface_hub
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    try:
        huggingface_hub.get_session().head(constants.ENDPOINT, timeout=5)
    except Exception:  # the client raises a dozen unrelated types
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def read(name: Name, known: dict, path: Path) -> Any:
    """The model with its weights, in evaluation mode and fp32; the file is read as tensors only, never as code."""
    import open_clip

    settings = {"force_preprocess_cfg": known, "force_quick_gelu": known["quick_gelu"]}
    try:
        model = open_clip.create_model(name.arch, pretrained=str(path), weights_only=True, **settings)
    except Exception as error:  # a state_dict that does not fit is a RuntimeError; each format has its own errors
        if "state_dict" in str(error):
            seen = " ".join(str(error).split())[:200]
            raise InputError(f"the tensors of {path} do not fit {name.arch}: {seen}") from error
        seen = f"{path} cannot be read as plain tensors of {name.arch} ({reason(error)})"
        raise DamagedFileError(f"{seen}; save the model's state_dict") from error
    return model.eval()
