"""Every model here has random weights: its answers are compared with open_clip's own, and say nothing of pictures."""

import hashlib
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
from huggingface_hub import constants
from PIL import Image
from torch import nn

from workbench import cli
from workbench.errors import DamagedFileError, InputError, MissingSourceError, UnknownNameError
from workbench.inputs import checkpoints, classes, images, prompts
from workbench.predict import engine, options, pixels, store
from workbench.predict.pixels import resizing
from workbench.predict.runner import Runner
from workbench.predict.zeroshot import checkpoint, head, weights

ONE = ",templates=a photo of a {}."


@pytest.fixture
def tiny_clip(saved):
    """``tiny_clip()``: the saved model as a user names it, with one template."""
    return lambda more=ONE, name="tiny-clip": f"clip:{name}@{saved(name)}{more}"


def own_logits(model, transform: Any, pictures, names):
    """open_clip's zero-shot evaluation: one picture after the other, through its own transform and classifier."""
    classifier = open_clip.build_zero_shot_classifier(
        model, open_clip.get_tokenizer("tiny-clip"), names, ["a photo of a {}."]
    )
    with torch.inference_mode():
        batch = torch.cat([transform(picture)[None] for picture in pictures])
        return model.logit_scale.exp() * model.encode_image(batch, normalize=True) @ classifier


# --- against open_clip ---------------------------------------------------------------------------------------


def test_logits_and_classes_are_open_clips_own_on_200_pictures(tiny_clip, saved, thousand_classes_sample, run):
    model: Any
    transform: Any
    model, _, transform = open_clip.create_model_and_transforms("tiny-clip", pretrained=str(saved("tiny-clip")))
    pictures = [images.decode(thousand_classes_sample.read(one), one) for one in thousand_classes_sample.images]
    expected = own_logits(model.eval(), transform, pictures, prompts.choose().names)
    made = checkpoint.load(tiny_clip())
    with torch.inference_mode():
        logits = made.model(torch.cat([transform(picture)[None] for picture in pictures]))
    torch.testing.assert_close(logits.float(), expected, rtol=0, atol=1e-5)
    found = run(made, thousand_classes_sample, protocol="crop", topk=5)
    assert found.classes[:, 0].tolist() == expected.argmax(dim=1).tolist()
    assert len(set(found.classes[:, 0].tolist())) > 1
    chances = np.take_along_axis(expected.softmax(dim=1).numpy(), found.classes.astype(int), axis=1)
    np.testing.assert_allclose(found.scores, chances, rtol=1e-4)


@pytest.mark.parametrize("mode", ["shortest", "squash"])
@pytest.mark.parametrize("size", [32, (32, 48)], ids=["square", "wide"])
def test_crop_gives_the_pixels_of_open_clips_own_transform(thousand_classes_sample, mode, size):
    seen = open_clip.transform.PreprocessCfg(size=size, resize_mode=mode)
    whole: Any = open_clip.transform.image_transform_v2(seen, is_train=False)
    *steps, _mode, _tensor, _normalise = whole.transforms
    resize = resizing.resizer(pixels.geometry(checkpoint._input("tiny", vars(seen)), "crop"))
    for one in thousand_classes_sample.images[:10]:
        picture = expected = images.decode(thousand_classes_sample.read(one), one)
        for step in steps:
            expected = step(expected)
        assert np.array_equal(resize(picture), np.asarray(expected))


def test_resize_scales_without_a_crop(tiny_clip):
    geometry = pixels.geometry(checkpoint.load(tiny_clip()).input, "resize")
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8))
    assert np.array_equal(
        resizing.resizer(geometry)(picture), np.asarray(picture.resize((32, 32), Image.Resampling.BICUBIC))
    )


def test_a_picture_that_is_letterboxed_is_refused():
    with pytest.raises(InputError, match=r"mine fits pictures by 'longest'; expected one of shortest, squash"):
        checkpoint._input("mine", vars(open_clip.transform.PreprocessCfg(resize_mode="longest")))


def test_the_bias_of_sigmoid_models_and_the_tokens_of_coca_are_taken_as_they_come():
    class Two(nn.Module):
        def forward(self, x):
            return x, None

    class Model:
        visual, logit_scale, logit_bias = Two(), torch.tensor(2.0).log(), torch.tensor(-10.0)

    logits = checkpoint.Classifier(Model, torch.eye(3))(torch.tensor([[3.0, 0, 4]]))
    torch.testing.assert_close(logits, torch.tensor([[-8.8, -10, -8.4]], dtype=torch.float64))


# --- as any other checkpoint -------------------------------------------------------------------------------


def test_the_checkpoint_says_what_it_is(tiny_clip, saved):
    made = checkpoint.load(tiny_clip())
    assert made.name == "clip:tiny-clip@tiny-clip,templates=a photo of a {}."
    assert made.sha256 == hashlib.sha256(saved("tiny-clip").read_bytes()).hexdigest()
    assert not made.model.training
    assert made.input["input_size"] == (3, 32, 32)
    assert made.input["mean"] == open_clip.OPENAI_DATASET_MEAN
    assert (made.choices["class_names"], made.choices["templates"]) == ("unique", "a photo of a {}.")
    assert not any("text" in key or "token" in key for key in made.model.state_dict())
    assert checkpoints.family(made.name) == "clip"
    assert checkpoints.expand([made.name, f"{tiny_clip('')},names=x.txt"]) == [
        made.name,
        f"{tiny_clip('')},names=x.txt",
    ]


def test_it_goes_through_one_pass_with_others_and_the_key_holds_names_and_templates(
    tiny, tiny_clip, pictures, tmp_path
):
    names = [tiny("plain"), tiny_clip(), tiny_clip(f",names=openai{ONE}")]
    found = engine.predict(names, pictures(9), device="cpu", precision="fp32", out=tmp_path)
    assert [one.checkpoint for one in found] == [
        "plain",
        f"clip:tiny-clip@tiny-clip{ONE}",
        f"clip:tiny-clip@tiny-clip,names=openai{ONE}",
    ]
    keys = [one.provenance["key"] for one in found]
    assert [key.get("class_names") for key in keys] == [None, "unique", "openai"]
    assert keys[1]["class_names_sha256"] != keys[2]["class_names_sha256"]
    assert found[1].provenance["versions"]["open_clip"] == open_clip.__version__
    assert sorted(file.name for file in tmp_path.glob("clip*")) == sorted(one.file_name for one in found[1:])
    assert not any(sign in one.file_name for one in found for sign in "/:")
    again = engine.predict(names[1:], pictures(9), device="cpu", precision="fp32", out=tmp_path)
    assert [one.provenance for one in again] == [one.provenance for one in found[1:]]


def test_other_templates_under_the_same_name_do_not_go_on_with_a_file(tiny_clip, pictures, tmp_path):
    asked, settings = tmp_path / "mine.txt", {"device": "cpu", "precision": "fp32", "out": tmp_path / "out"}
    asked.write_text("a {}.")
    engine.predict([tiny_clip(f",templates={asked}")], pictures(3), **settings)
    asked.write_text("the {}.")
    with pytest.raises(InputError, match=r"other settings \(templates_sha256 was"):
        engine.predict([tiny_clip(f",templates={asked}")], pictures(3), **settings)


def test_neighbours_and_the_size_of_a_batch_change_nothing(tiny_clip, pictures, run, assert_same):
    made = checkpoint.load(tiny_clip())
    together = run(made, pictures(21), topk=1000)
    alone = images.ImageSet("small", pictures(21).images[20:], pictures(21).read)
    assert_same(together.take([20]), run(made, alone, topk=1000))
    few, many = (Runner(made, options.Options("crop", "fp32", "cpu", None, 1000, "off")) for _ in range(2))
    many.chunk = 21
    batch = torch.randint(0, 256, (21, 32, 32, 3), dtype=torch.uint8)
    torch.testing.assert_close(few(batch)[1], many(batch)[1], rtol=0, atol=1e-7)


def test_in_bf16_classes_do_not_tie(tiny_clip, pictures, run):
    made = checkpoint.load(tiny_clip())
    made.model.scale = 100.0  # as trained models have it
    exact, fast = (run(made, pictures(16), precision=one, topk=1000) for one in ("fp32", "bf16"))
    assert min(len(set(row)) for row in fast.scores.tolist()) > 900
    agree = np.log(np.take_along_axis(fast.scores, fast.classes.argsort(), 1))
    assert np.abs(agree - np.log(np.take_along_axis(exact.scores, exact.classes.argsort(), 1))).max() < 1


def test_the_head_is_made_by_a_model_in_evaluation_mode(tiny_clip, monkeypatch):
    seen = []
    monkeypatch.setattr(head, "build", lambda model, *_, **__: seen.append(model.training) or torch.eye(1000, 48))
    checkpoint.load(tiny_clip())
    assert seen == [False]


def test_it_is_never_traced(tiny_clip, pictures):
    made = checkpoint.load(tiny_clip())
    wanted = options.decided(options.Options("crop", "fp32", "cpu", None, 5, "on"))
    assert wanted.key(made, pictures(3))["compiled"] is False


def test_a_head_is_made_once_for_weights_names_and_templates(tiny_clip, saved, own_cache, monkeypatch):
    first: Any = checkpoint.load(tiny_clip()).model
    second: Any = checkpoint.load(tiny_clip(",names=openai" + ONE)).model
    assert len(list((own_cache / "zero-shot").glob("*.npz"))) == 2
    rows = ((first.embeddings - second.embeddings).abs() > 1e-5).any(dim=1).nonzero().flatten()
    assert rows.tolist() == [744, 836]
    assert torch.equal(second.embeddings[744], second.embeddings[657])
    checkpoint.load(f"clip:tiny-quick@{saved('tiny-clip')}{ONE}")  # the same weights in another architecture
    assert len(list((own_cache / "zero-shot").glob("*.npz"))) == 3
    monkeypatch.setattr(head, "_embedded", lambda *_: 1 / 0)
    assert torch.equal(checkpoint.load(tiny_clip()).model.embeddings, first.embeddings)


def test_the_command_predicts_and_scores(tiny_clip, tmp_path, monkeypatch, capsys, thousand_classes_sample, run):
    folder = tmp_path / "pictures"
    for one in thousand_classes_sample.images[:4]:
        place = folder / Path(one).name.partition("_")[0] / Path(one).name
        place.parent.mkdir(parents=True)
        place.write_bytes(thousand_classes_sample.read(one))
    out = ["--device", "cpu", "--precision", "fp32", "--out", str(tmp_path / "out")]
    arguments = ["predict", tiny_clip(), "--images", str(folder), "--image-set", "few", "--protocol", "crop", *out]

    def command(*words):
        monkeypatch.setattr("sys.argv", ["workbench", *words])
        with pytest.raises(SystemExit) as ended:
            sys.exit(cli.main())
        assert ended.value.code in (0, None)
        return capsys.readouterr().out

    command(*arguments)
    (file,) = (tmp_path / "out").glob("*.parquet")
    made = store.read(file)
    assert made.checkpoint == f"clip:tiny-clip@tiny-clip{ONE}"
    right = np.mean(
        [best == classes.index()[one.split("/")[0]] for one, best in zip(made.images, made.classes[:, 0], strict=True)]
    )
    for words in (("score", str(file), "--labels", "folders"), ("collect", str(tmp_path / "out"), "--metric", "top1")):
        rows = pd.read_csv(io.StringIO(command(*words, "--format", "csv")))
        (top1,) = rows.query("metric == 'top1' and label_count.isna()")["value"]
        assert (top1, rows["checkpoint"].unique().tolist()) == (right, [made.checkpoint])


# --- what cannot be had ------------------------------------------------------------------------------------


def test_without_open_clip_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(checkpoint, "find_spec", lambda package: None)
    with pytest.raises(MissingSourceError, match=r"needs open_clip; pip install -e '\.\[clip\]'"):
        checkpoint.load("clip:ViT-B-32/laion2b_s34b_b79k")


def test_without_a_network_one_sentence_says_what_to_fetch_and_where_to_put_it(monkeypatch):
    monkeypatch.setattr(open_clip, "download_pretrained", lambda known: (_ for _ in ()).throw(ConnectionError("no")))
    with pytest.raises(MissingSourceError) as raised:
        checkpoint.load("clip:ViT-B-32/laion2b_s34b_b79k")
    assert str(raised.value) == (
        "the weights of clip:ViT-B-32/laion2b_s34b_b79k could not be had (ConnectionError); fetch them where there is "
        "a network, from https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K, and name the file: "
        "clip:ViT-B-32/laion2b_s34b_b79k@FILE"
    )


@pytest.mark.parametrize("answers", [True, False])
def test_where_the_hub_does_not_answer_its_client_does_not_try_again_and_again(saved, monkeypatch, answers):
    class Hub:
        def head(self, url, timeout):
            assert (url, timeout) == ("https://huggingface.co", 5)

    if answers:
        monkeypatch.setattr("huggingface_hub.get_session", Hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "https://huggingface.co")
    asked = []
    monkeypatch.setattr(
        open_clip, "download_pretrained", lambda known: asked.append(constants.HF_HUB_OFFLINE) or "x.pt"
    )
    assert weights.find(weights.Name.parse("clip:ViT-B-32/laion2b_s34b_b79k")) == Path("x.pt")
    assert (asked, constants.HF_HUB_OFFLINE) == ([not answers], False)


def test_weights_of_the_hub_are_those_that_open_clip_downloads(configured, saved, monkeypatch):
    known = {"hf_hub": "someone/tiny/", "mean": (0.5, 0.5, 0.5), "quick_gelu": True}
    monkeypatch.setattr(open_clip, "list_pretrained_tags_by_model", lambda arch: ["first"])
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda arch, tag: known)
    monkeypatch.setattr(
        open_clip, "download_pretrained", lambda asked: str(saved("tiny-clip")) if asked is known else ""
    )
    made = checkpoint.load(f"clip:tiny-clip/first{ONE}")
    assert (made.name, made.input["mean"]) == (f"clip:tiny-clip/first{ONE}", (0.5, 0.5, 0.5))
    other = checkpoint.load(f"clip:tiny-clip/first@{saved('tiny-clip')}{ONE}")
    assert (other.name, other.input) == (f"clip:tiny-clip/first@tiny-clip{ONE}", made.input)
    quick = [type(module).__name__ for module in made.model.modules() if "GELU" in type(module).__name__]
    assert set(quick) == {"QuickGELU"}


@pytest.mark.parametrize(
    ("name", "error", "seen"),
    [
        ("clip:ViT-B32/openai", UnknownNameError, r"architecture of open_clip 'ViT-B32'; did you mean 'ViT-B-32'"),
        ("clip:ViT-B-32/laion2b_s34b", UnknownNameError, r"weights of ViT-B-32.*did you mean 'laion2b_s34b_b79k'"),
        ("clip:ViT-B-32", InputError, r"'clip:ViT-B-32' names no weights; expected clip:ARCH/TAG or clip:ARCH@FILE"),
        ("clip:@mine.pt", InputError, "names no weights"),
        ("clip:ViT-B-32/openai,names=", InputError, "names no weights"),
        ("clip:ViT-B-32@absent.pt", InputError, r"no weights file absent\.pt; put the state_dict of ViT-B-32 there"),
        ("clip:ViT-B-32@mine.onnx", InputError, r"mine\.onnx ends in '\.onnx'; weights are \.safetensors"),
        ("clip:ViT-B-32@x.pt,names=absent.txt", InputError, r"no file absent\.txt"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, error, seen):
    with pytest.raises(error, match=seen):
        checkpoint.load(name)


class Trap(nn.Module):
    """A pickled model that would leave a file behind when it is loaded as code."""

    def __init__(self, sprung):
        super().__init__()
        self.sprung = sprung

    def __reduce__(self):
        return Path.touch, (self.sprung,)


def test_a_pickled_model_is_refused_and_its_code_is_not_run(configured, tmp_path):
    torch.save(Trap(tmp_path / "sprung"), tmp_path / "mine.pt")
    with pytest.raises(DamagedFileError, match=r"mine\.pt cannot be read as plain tensors of tiny-clip"):
        checkpoint.load(f"clip:tiny-clip@{tmp_path / 'mine.pt'}")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("data", [b"", b"no weights"])
def test_a_damaged_file_is_refused_by_name(configured, tmp_path, data):
    (tmp_path / "mine.pt").write_bytes(data)
    with pytest.raises(DamagedFileError, match=r"mine\.pt cannot be read as plain tensors"):
        checkpoint.load(f"clip:tiny-clip@{tmp_path / 'mine.pt'}")


def test_tensors_that_do_not_fit_are_refused_by_name(saved):
    with pytest.raises(InputError, match=r"do not fit tiny-eos: .*state_dict"):
        checkpoint.load(f"clip:tiny-eos@{saved('tiny-bias')}")


def test_a_tokenizer_that_cannot_be_had_is_named(tiny_clip, monkeypatch):
    monkeypatch.setattr(open_clip, "get_tokenizer", lambda arch: (_ for _ in ()).throw(OSError("no hub")))
    with pytest.raises(
        MissingSourceError, match=r"tokenizer of tiny-clip could not be had \(OSError: no hub\); it needs"
    ):
        checkpoint.load(tiny_clip())
