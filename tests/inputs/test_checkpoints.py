import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.inputs import checkpoints


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        ("tf_efficientnet_lite0.in1k", "efficientnet"),
        ("tf_efficientnetv2_l.in21k_ft_in1k", "efficientnetv2"),
        ("convnextv2_huge.fcmae_ft_in1k", "convnextv2"),
        ("inceptionv3", "inceptionv3"),
        ("senet154", "senet"),
        ("resnet50", "resnet"),
        ("resnetv2_50.a1h_in1k", "resnetv2"),
        ("vit_large_patch14_clip_336.openai_ft_in1k", "vit"),
        ("convnext_base.fb_in22k_ft_in1k", "convnext"),
        ("volo_d5_512.sail_in1k", "volo"),
        ("vgg16_bn", "vgg"),
        ("12345", "12345"),
    ],
)
def test_family(checkpoint, expected):
    assert checkpoints.family(checkpoint) == expected


def test_a_prefix_that_says_who_trained_it_does_not_make_a_family():
    assert checkpoints.family("legacy_seresnet50.in1k") == checkpoints.family("seresnet50.ra2_in1k")


@pytest.mark.parametrize(
    ("name", "size"),
    [("tf_efficientnet_lite0.in1k", 224), ("tf_efficientnet_lite1.in1k", 240), ("tf_efficientnet_lite2.in1k", 260)],
)
def test_sample_checkpoints_load_with_the_weights_that_their_file_name_promises(name, size):
    checkpoint = checkpoints.load(name)
    package = Path(find_spec(checkpoints.SAMPLE[name]).origin).parent
    (weights,) = (package / "models").glob("*.pth")
    assert checkpoint.name == name
    assert checkpoint.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    # efficientnet-lite0-57934424.pth: the name ends in the first digits of the hash
    assert checkpoint.sha256.startswith(weights.stem.rsplit("-", 1)[1])
    assert checkpoint.model.num_classes == 1000
    assert not checkpoint.model.training
    assert checkpoint.input["input_size"] == (3, size, size)


def test_sample_is_at_hand():
    assert checkpoints.sample_state() == "at hand"


def test_a_checkpoint_that_timm_does_not_know_is_refused_by_name():
    with pytest.raises(InputError, match="'resnet5000'"):
        checkpoints.load("resnet5000")
