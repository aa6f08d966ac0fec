"""The head of a zero-shot classifier: an embedding for each class, from all its prompts."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from workbench.files import writing
from workbench.inputs.prompts import Prompts
from workbench.predict import flow, options
from workbench.predict.zeroshot import tree
from workbench.progress import Event, Listener, silent, telling

CHUNK = {"cpu": 64, "cuda": 512}  # prompts through the tower at a time: some 300 nodes are its fastest on a core
KEEP_EVERY_S = 10  # what a kill may cost


def build(
    model: nn.Module,
    tokenizer: Callable[[list[str]], torch.Tensor],
    prompts: Prompts,
    *,
    file: Path | None = None,
    called: str = "class embeddings",
    on_event: Listener = silent,
) -> torch.Tensor:
    """Class embeddings, fp32 (classes, d): those of a class's prompts normalised, averaged, normalised again.

    They equal open_clip's ``build_zero_shot_classifier`` to 1e-6 in less time: each distinct prompt is computed once,
    causal towers by :mod:`.tree`, others with their full context. `file` keeps what is done while it runs, and all of
    it afterwards: a later call with it goes on from there. `model` is an open_clip model in fp32 and evaluation mode.
    """
    kept = _Sums(file, len(prompts.names))
    if not kept.whole:
        texts = prompts.texts()
        tokens, place = np.unique(tokenizer(texts).numpy().astype(np.int32), axis=0, return_inverse=True)
        order = np.argsort(place, kind="stable")  # prompts in the order of the rows that they are
        owner, starts = order // len(prompts.templates), np.searchsorted(place[order], np.arange(len(tokens) + 1))
        begin = Event(called, done=kept.done, total=len(tokens), unit="prompt")
        with telling(on_event, begin) as tell:
            for rows, embeddings in _embedded(model, tokens, kept.done):
                mine = slice(starts[rows.start], starts[rows.stop])
                kept.add(owner[mine], embeddings[place[order[mine]] - rows.start], rows.stop)
                tell(done=rows.stop)
        kept.finish()
    return functional.normalize(torch.from_numpy(kept.sums).float(), dim=1)


def _embedded(model: nn.Module, tokens: np.ndarray, done: int) -> Any:
    """Pairs of a range of rows and their embeddings (n, d), in order, from row `done` on."""
    device = next(model.parameters()).device.type
    chunk, workers = CHUNK[device], options.cores() if device == "cpu" else 1
    by_tree = tree.fits(model)

    def embed(rows: slice) -> tuple[slice, np.ndarray]:
        part = torch.from_numpy(tokens[rows])
        with torch.inference_mode():
            if by_tree:
                found = tree.embed(model, tree.grow(tokens[rows], tree.ends(model, part).numpy()))
            else:
                whole: Any = model
                found = whole.encode_text(part.long().to(device), normalize=True)
        return rows, found.float().cpu().numpy()

    starts = range(done, len(tokens), chunk)
    with flow.one_thread_each(device):
        yield from flow.ahead(embed, [slice(start, min(start + chunk, len(tokens))) for start in starts], workers)


class _Sums:
    """Sums of embeddings of each class over the rows that are `done`, kept in a file (or in memory, without one)."""

    def __init__(self, file: Path | None, classes: int) -> None:
        self.file, self.classes, self.saved = file, classes, time.monotonic()
        self.sums, self.done, self.whole = np.zeros((classes, 0)), 0, False
        if file is not None and file.is_file():
            try:
                with np.load(file, allow_pickle=False) as kept:
                    self.sums, self.done, self.whole = kept["sums"], int(kept["done"]), bool(kept["whole"])
            except Exception:  # zip, zlib and numpy each have their own errors; what is damaged is made again
                file.unlink()

    def add(self, owner: np.ndarray, embeddings: np.ndarray, done: int) -> None:
        """Add embeddings (n, d) to the sums of their classes (n,), in float64: their order then leaves no trace."""
        if not self.done:
            self.sums = np.zeros((self.classes, embeddings.shape[1]))
        np.add.at(self.sums, owner, embeddings)
        self.done = done
        if time.monotonic() - self.saved > KEEP_EVERY_S:
            self._keep()

    def finish(self) -> None:
        """All rows are done."""
        self.whole = True
        self._keep()

    def _keep(self) -> None:
        self.saved = time.monotonic()
        if self.file is not None:
            with writing(self.file) as stream:
                np.savez(stream, sums=self.sums, done=self.done, whole=self.whole)
