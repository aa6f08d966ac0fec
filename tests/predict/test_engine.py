import io

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data import create_transform

from workbench.errors import InputError
from workbench.inputs import checkpoints, images, labels
from workbench.predict import engine, store

LITE0 = "tf_efficientnet_lite0.in1k"


@pytest.fixture(scope="module")
def lite0():
    return checkpoints.load(LITE0)


@pytest.fixture(scope="module")
def cropped(tmp_path_factory):
    """The sample pictures, predicted on the CPU in batches of 7 and written, with the folder written to."""
    folder = tmp_path_factory.mktemp("predictions")
    (one,) = engine.predict([LITE0], images.sample(), protocol="crop", device="cpu", batch_size=7, out=folder)
    return one, folder


def picture(size=(300, 200), mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(image, format="PNG"):
    stream = io.BytesIO()
    image.save(stream, format)
    return stream.getvalue()


def broken_set(data):
    return images.ImageSet("broken", ("good.png", "bad.png"), {"good.png": encoded(picture()), "bad.png": data}.get)


def test_crop_is_timms_own_evaluation(lite0, cropped):
    own = create_transform(**lite0.input, is_training=False)
    sample = images.sample()
    pictures = [own(Image.open(io.BytesIO(sample.read(image))).convert("RGB")) for image in sample.images]
    with torch.inference_mode():
        expected = lite0.model(torch.stack(pictures)).softmax(dim=1).numpy()
    one, _ = cropped
    assert one.images.tolist() == list(sample.images)
    assert one.classes[:, 0].tolist() == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose(one.scores, np.take_along_axis(expected, one.classes.astype(int), axis=1), atol=1e-4)


def test_lite0_gets_18_of_the_20_sample_pictures_right(cropped):
    one, _ = cropped
    truth = labels.load("sample-original")
    assert truth.table[truth.rows(one.images), one.classes[:, 0]].sum() == 18


def test_what_is_written_is_what_is_returned_with_its_provenance(cropped):
    one, folder = cropped
    again = store.read(folder / f"{LITE0}--sample--crop.parquet")
    assert again.classes.tolist() == one.classes.tolist()
    assert again.topk == 16
    assert again.provenance["weights_sha256"].startswith("57934424")
    assert again.provenance["versions"]["torch"] == torch.__version__
    assert (again.provenance["device"], again.provenance["precision"]) == ("cpu", "fp32")


def test_resize_squashes_the_whole_picture_to_the_input_size(lite0):
    source = picture()
    height, width = lite0.input["input_size"][1:]
    pixels = np.asarray(source.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32) / 255
    expected = (pixels - np.float32(lite0.input["mean"])) / np.float32(lite0.input["std"])
    found = engine.transform(lite0.input, "resize")(source)
    np.testing.assert_allclose(found.numpy(), expected.transpose(2, 0, 1), atol=1e-5)


def test_crop_sees_less_of_the_picture_than_resize(lite0):
    """A frame of noise around a grey middle: the centre crop of 0.875 must not reach the outermost pixels."""
    framed = picture((224, 224))
    framed.paste((128, 128, 128), (8, 8, 216, 216))
    corners = {p: float(engine.transform(lite0.input, p)(framed)[:, :4, :4].std()) for p in store.PROTOCOLS}
    assert corners["resize"] > 0.3
    assert corners["crop"] < 0.01


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "1"])
def test_pictures_of_every_mode_become_rgb(mode):
    format = "JPEG" if mode == "CMYK" else "PNG"
    decoded = engine.decode(encoded(picture(mode=mode), format), "x")
    assert (decoded.mode, decoded.size) == ("RGB", (300, 200))


@pytest.mark.parametrize("data", [b"", b"no picture", encoded(picture())[:2000], encoded(picture(), "JPEG")[:2000]])
def test_an_undecodable_picture_is_named(data):
    with pytest.raises(InputError, match=r"'bad\.png' cannot be decoded"):
        engine.predict([LITE0], broken_set(data), device="cpu")


def test_nothing_is_written_for_a_set_with_a_broken_picture(tmp_path):
    with pytest.raises(InputError):
        engine.predict([LITE0], broken_set(b""), device="cpu", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"protocol": "squash"}, "'squash'"),
        ({"precision": "fp8"}, "'fp8'"),
        ({"device": "toaster"}, "'toaster'"),
        ({"batch_size": 0}, "0"),
        ({"topk": 0}, "0"),
        ({"topk": 1001}, "1001"),  # there are 1000 classes: never fewer than asked for
    ],
)
def test_an_option_that_cannot_be_is_refused_by_value(options, named):
    with pytest.raises(InputError, match=named):
        engine.predict([LITE0], images.sample(), **({"device": "cpu"} | options))


def test_an_unknown_checkpoint_is_refused_by_name():
    with pytest.raises(InputError, match="'resnet5000'"):
        engine.predict(["resnet5000"], images.sample(), device="cpu")


def test_pick_device():
    assert engine.pick_device("cpu") == "cpu"
    assert engine.pick_device("auto") == ("cuda:0" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"'cuda:0'.*there is 'cpu'"):
        engine.pick_device("cuda:0")
