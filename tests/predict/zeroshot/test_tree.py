import copy

import numpy as np
import open_clip
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.inputs import prompts
from workbench.predict.zeroshot import tree

CAUSAL = ["clip", "quick", "custom", "eos", "scaled", "bias", "none", "short"]  # tiny-..., see conftest.py
OTHERS = ["whole", "last", "cosine", "cls"]
PROMPTS = ["a photo of a great white shark.", "a photo of a great grey owl.", "a photo of a cat", "owl", "a", ""]
PROMPTS += ["a photo of a cat and of so many other things that a short context does not hold all of them", "owl"]


def rows(name):
    tokens = open_clip.get_tokenizer(name)(PROMPTS)
    return torch.from_numpy(np.unique(tokens.numpy(), axis=0))


@pytest.mark.parametrize("name", [f"tiny-{one}" for one in CAUSAL])
def test_embeddings_are_open_clips_own(towers, name):
    model, tokens = towers(name), rows(name)
    assert tree.fits(model)
    with torch.inference_mode():
        found = tree.embed(model, tree.grow(tokens.numpy(), tree.ends(model, tokens).numpy()))
        expected = model.encode_text(tokens, normalize=True)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert (expected[0] - expected[1]).abs().max() > 0.05  # prompts differ, so that the comparison says something


@pytest.mark.parametrize("name", [f"tiny-{one}" for one in OTHERS])
def test_other_towers_do_not_fit(towers, name):
    assert not tree.fits(towers(name))


@given(st.sets(st.lists(st.integers(1, 3), max_size=4).map(tuple), min_size=1))
def test_every_distinct_beginning_is_one_node_and_what_it_sees_spells_it(prompts):
    end = 9  # a sign of its own, as the tokenizer's
    listed = sorted((*prompt, end) for prompt in prompts)
    tokens = np.zeros((len(listed), 6), dtype=int)
    for row, prompt in zip(tokens, listed, strict=True):
        row[: len(prompt)] = prompt
    grown = tree.grow(tokens, np.array([len(prompt) - 1 for prompt in listed]))
    order = [seen.nonzero().flatten() for seen in grown.seen]
    assert [grown.depth[nodes].tolist() for nodes in order] == [list(range(len(nodes))) for nodes in order]
    spelt = [tuple(grown.token[nodes].tolist()) for nodes in order]
    assert len(set(spelt)) == len(spelt)
    assert set(spelt) == {prompt[:length] for prompt in listed for length in range(1, len(prompt) + 1)}
    assert [spelt[leaf] for leaf in grown.leaf.tolist()] == listed


def test_openais_prompts_need_a_seventeenth_of_the_positions():
    asked = prompts.choose()
    some = prompts.Prompts(asked.names[:200], asked.templates[:8])
    tokens = np.unique(open_clip.get_tokenizer("ViT-B-32")(some.texts()).numpy(), axis=0)
    assert len(tree.grow(tokens, tokens.argmax(axis=1)).token) == 7036  # 17.5 times fewer than what is below
    assert tokens.size == 1600 * 77


def test_a_tower_with_another_mask_does_not_fit(towers):
    model = copy.deepcopy(towers("tiny-clip"))
    model.attn_mask[0, 1] = 0  # the first position sees the second
    assert not tree.fits(model)
