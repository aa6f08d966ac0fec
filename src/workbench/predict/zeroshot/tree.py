"""The text tower over a tree of prompts: every distinct beginning of a prompt is computed once.

In a causal tower the state of a position depends on the tokens up to it and on nothing after them. So prompts that
begin alike ("a photo of the ...", "... great white shark") share the states of their beginning, and nothing after a
prompt's end is computed at all. 80 templates of 1000 names need 4.1 states a prompt in place of 77.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def fits(model: nn.Module) -> bool:
    """Whether the tower of an open_clip model is one that :func:`embed` computes: causal, of plain blocks."""
    from open_clip.transformer import ResidualAttentionBlock

    tower: Any = _tower(model)
    mask = getattr(tower, "attn_mask", None)
    blocks = getattr(getattr(tower, "transformer", None), "resblocks", ())
    return (
        isinstance(mask, torch.Tensor)
        and torch.equal(mask, torch.full_like(mask, -torch.inf).triu(1))
        and getattr(tower, "cls_emb", None) is None
        and _pooling(tower) in ("argmax", "eos")
        and all(type(block) is ResidualAttentionBlock and block.attn.batch_first for block in blocks)
    )


def ends(model: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """The position that is read out of each row of tokens (n, context)."""
    tower: Any = _tower(model)
    if _pooling(tower) == "argmax":
        return tokens.argmax(dim=1)
    eos = tower.text_eos_id if hasattr(tower, "text_eos_id") else tower.eos_id
    return (tokens == eos).int().argmax(dim=1)


@dataclass(frozen=True)
class Tree:
    """N nodes, one for each distinct beginning of a prompt: its last token, its depth, the nodes that it sees, which
    are those on the way to it and itself (N, N); and the node at which each prompt ends.
    """

    token: torch.Tensor
    depth: torch.Tensor
    seen: torch.Tensor
    leaf: torch.Tensor


def grow(tokens: np.ndarray, ends: np.ndarray) -> Tree:
    """The tree of sorted rows of tokens (n, context), each read up to the position `ends`."""
    places = np.arange(ends.max() + 1)
    tokens = tokens[:, : len(places)]
    shared = np.zeros(len(tokens), dtype=int)  # how many leading tokens a row has in common with the one before
    shared[1:] = (tokens[1:] == tokens[:-1]).cumprod(axis=1).sum(axis=1)
    new = (places >= shared[:, None]) & (places <= ends[:, None])
    number = new.cumsum().reshape(new.shape) - 1
    node = np.maximum.accumulate(np.where(new, number, 0), axis=0)  # a shared beginning is that of the row before
    row, depth = np.nonzero(new)
    above = places <= depth[:, None]
    seen = np.zeros((len(row), len(row)), dtype=bool)
    seen[np.nonzero(above)[0], node[row][above]] = True
    leaf = node[np.arange(len(tokens)), ends]
    return Tree(*(torch.from_numpy(part) for part in (tokens[new], depth, seen, leaf)))


def embed(model: nn.Module, tree: Tree) -> torch.Tensor:
    """What ``encode_text(..., normalize=True)`` gives for the prompts of a tree, shape (n, d).

    The tree goes through the tower as one sequence in which each node attends to those that it sees.
    """
    tower: Any = _tower(model)
    tree = Tree(*(part.to(tower.positional_embedding.device) for part in vars(tree).values()))
    x = tower.token_embedding(tree.token) + tower.positional_embedding[tree.depth]
    mask = torch.zeros(tree.seen.shape, device=x.device).masked_fill_(~tree.seen, -torch.inf)
    *blocks, last = tower.transformer.resblocks
    for block in blocks:
        x = _block(block, x, mask)
    x = tower.ln_final(_block(last, x, mask, only=tree.leaf))
    project = tower.text_projection
    if project is not None:
        x = project(x) if isinstance(project, nn.Module) else x @ project
    return functional.normalize(x, dim=-1)


def _block(block: Any, x: torch.Tensor, mask: torch.Tensor, only: torch.Tensor | None = None) -> torch.Tensor:
    """One residual block: all nodes are attended to; `only` some of them, where it is the last, attend."""
    y, attention, width = block.ln_1(x), block.attn, x.shape[1]
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    if only is None:
        parts = functional.linear(y, weight, bias).split(width, dim=1)
    else:
        x, mask, q = x[only], mask[only], functional.linear(y[only], weight[:width], bias[:width])
        parts = (q, *functional.linear(y, weight[width:], bias[width:]).split(width, dim=1))
    heads = (part.view(1, len(part), attention.num_heads, -1).transpose(1, 2) for part in parts)
    mixed = functional.scaled_dot_product_attention(*heads, attn_mask=mask)
    x = x + block.ls_1(attention.out_proj(mixed.transpose(1, 2).reshape(len(x), width)))
    return x + block.ls_2(block.mlp(block.ln_2(x)))


def _tower(model: Any) -> Any:
    """What holds the text tower's parts: the model itself in open_clip's CLIP, its `text` in the others."""
    return getattr(model, "text", model)


def _pooling(tower: Any) -> str:
    return getattr(tower, "text_pool_type", None) or getattr(tower, "pool_type", "")
