"""Models that run here: ``hf:NAME`` of the hub, or ``hf:FOLDER``, through transformers (the extra ``vlm``)."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.errors import InputError, MissingSourceError, reason
from workbench.inputs import images, sources
from workbench.inputs.questions import LETTERS
from workbench.predict import options
from workbench.predict.asking.replies import Mode, Reply

HF = "hf:"  # begins their names


def load(text: str, *, mode: Mode, max_tokens: int, device: str = "auto", precision: str = "auto") -> "Local":
    """The model that ``hf:NAME-or-FOLDER`` names, in evaluation mode: tensors from safetensors, and no code of its own.

    Raises `MissingSourceError` without the extra and where the model cannot be had, `InputError` for one that is none
    of transformers' image-text-to-text models.
    """
    if find_spec("transformers") is None:
        raise MissingSourceError(f"{text} needs transformers; pip install -e '.[vlm]'")
    import torch
    import transformers

    where, device = text.removeprefix(HF), options.pick_device(device)
    precision = options.pick_precision(precision, device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
    if dtype is None:
        raise InputError(f"precision is {precision!r}; expected one of {', '.join(options.PRECISIONS)}")
    safely: dict[str, Any] = {"trust_remote_code": False}
    try:
        processor = transformers.AutoProcessor.from_pretrained(where, **safely)
        of = transformers.AutoModelForImageTextToText
        model: Any = of.from_pretrained(where, dtype=dtype, use_safetensors=True, **safely)
    except OSError as error:
        seen = f"{where} could not be had ({reason(error)})"
        advice = "check the name and the network, or give a folder with its config, processor and .safetensors files"
        raise MissingSourceError(f"{seen}; {advice}") from error
    except Exception as error:  # transformers raises what a foreign configuration leads it to
        seen = f"{where} cannot be loaded ({reason(error)})"
        raise InputError(f"{seen}; expected an image-text-to-text model of transformers") from error
    folder = Path(where)
    name = f"{HF}{folder.resolve().name if folder.is_dir() else where}"
    weights = _digests(folder) if folder.is_dir() else getattr(model.config, "_commit_hash", None)
    settings = {"weights": weights, "precision": precision, "device": device.split(":")[0]}
    return Local(name, model.eval().to(device), processor, mode=mode, max_tokens=max_tokens, settings=settings)


def _digests(folder: Path) -> dict[str, str]:
    return {file.name: sources.sha256(file) for file in sorted(folder.glob("*.safetensors"))}


class Local:
    """A model of transformers with its processor, a `Respondent` that is asked one question at a time."""

    in_flight = 1

    def __init__(
        self, name: str, model: Any, processor: Any, *, mode: Mode, max_tokens: int, settings: dict | None = None
    ) -> None:
        self.name, self.mode, self._model, self._processor = name, mode, model, processor
        self._tokenizer = getattr(processor, "tokenizer", processor)
        self._max_tokens, self._settings = max_tokens, settings or {}
        self._letters = [_tokens(self._tokenizer, letter) for letter in LETTERS] if mode == "likelihood" else []
        if not all(self._letters):
            raise InputError(f"{name} has no token for some letter from A to J; ask it with --answer generate")

    @property
    def provenance(self) -> dict:
        """Weights, precision and length of a reply; as `versions` those of the libraries."""
        import torch
        import transformers

        versions = {"torch": str(torch.__version__), "transformers": transformers.__version__}
        length = {"max_tokens": self._max_tokens} if self.mode == "generate" else {}
        return self._settings | length | {"versions": versions}

    def reply(self, question: str, picture: bytes) -> Reply:
        """The model's reply: written greedily, or the probabilities of the letters as its first token."""
        import torch

        inputs = self._inputs(question, images.decode(picture, "of this question"))
        with torch.inference_mode():
            return self._scored(inputs) if self.mode == "likelihood" else self._written(inputs)

    def _inputs(self, question: str, picture: Any) -> Any:
        if getattr(self._processor, "chat_template", None):
            content = [{"type": "image", "image": picture}, {"type": "text", "text": question}]
            how = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
            made = self._processor.apply_chat_template([{"role": "user", "content": content}], **how)
        else:
            text = f"{getattr(self._processor, 'image_token', '<image>')}\n{question}\n"
            made = self._processor(text=text, images=[picture], return_tensors="pt")
        made = made.to(self._model.device)
        for name, tensor in made.items():
            if hasattr(tensor, "is_floating_point") and tensor.is_floating_point():
                made[name] = tensor.to(self._model.dtype)
        return made

    def _written(self, inputs: Any) -> Reply:
        greedy = {"do_sample": False, "num_beams": 1, "temperature": None, "top_p": None, "top_k": None}
        found = self._model.generate(**inputs, max_new_tokens=self._max_tokens, **greedy)[0]
        if not self._model.config.is_encoder_decoder:
            found = found[inputs["input_ids"].shape[1] :]
        ends = self._model.generation_config.eos_token_id
        ended = len(found) > 0 and int(found[-1]) in (ends if isinstance(ends, list) else [ends])
        text = self._tokenizer.decode(found, skip_special_tokens=True)
        return Reply(text, len(found), truncated=len(found) >= self._max_tokens and not ended)

    def _scored(self, inputs: Any) -> Reply:
        import torch

        chances = self._model(**inputs).logits[0, -1].float().log_softmax(dim=0)
        letters = torch.stack([chances[tokens].logsumexp(dim=0) for tokens in self._letters])
        if not letters.isfinite().all():
            raise InputError(f"{self.name} gives NaN or infinite outputs; try --precision fp32")
        return Reply(None, 1, tuple(letters.softmax(dim=0).tolist()))


def _tokens(tokenizer: Any, letter: str) -> list[int]:
    """Every token that is this letter alone, with a space before it or without."""
    made = [tokenizer.encode(text, add_special_tokens=False)[-1:] for text in (letter, f" {letter}")]
    known = tokenizer.get_vocab()
    found = {token for tokens in made for token in tokens}
    found |= {known[piece] for piece in (letter, f"Ġ{letter}", f"▁{letter}") if piece in known}
    return sorted(token for token in found if tokenizer.decode([token]).strip() == letter)
