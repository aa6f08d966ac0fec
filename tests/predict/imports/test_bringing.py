import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.predict import imports

IDS = ["x/b.png", "a.png"]
CLASSES = np.array([[3, 1, 0], [999, 2, 7]])
LOGITS = np.random.default_rng(1).normal(size=(2, 1000))
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(IDS) + "\n")
    return path


def load(path, images=None, **options):
    return imports.import_file(
        path, **{"checkpoint": "net", "image_set": "mine", "protocol": "resize", "images": images} | options
    )


def save(path, array):
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, classes=array, images=np.array(IDS))
    elif path.suffix == ".csv":
        pd.DataFrame(array).assign(image=IDS).to_csv(path, index=False)
    else:
        pd.DataFrame(array).rename(columns=str).assign(image=IDS).to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".parquet"])
def test_classes_of_every_format_are_kept_in_order(tmp_path, listed, suffix):
    path = save(tmp_path / f"mine{suffix}", CLASSES)
    found = load(path, listed if suffix == ".npy" else None, protocol="crop")
    assert found.images.tolist() == IDS
    assert found.classes.tolist() == CLASSES.tolist()
    assert found.scores is None
    assert (found.checkpoint, found.image_set, found.protocol) == ("net", "mine", "crop")
    assert found.provenance == {"imported_from": path.name}


def test_lists_in_cells_are_classes(tmp_path):
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"image": IDS, "classes": CLASSES.tolist()}).to_parquet(path)
    assert load(path).classes.tolist() == CLASSES.tolist()


def test_scores_beside_classes_are_kept(tmp_path, listed):
    scores = np.array([[0.5, 0.25, 0.25], [0.9, 0.1, 0.0]])
    np.savez(tmp_path / "mine.npz", classes=CLASSES, scores=scores, images=np.array(IDS))
    pd.DataFrame({"image": IDS, "classes": CLASSES.tolist(), "scores": scores.tolist()}).to_parquet(
        tmp_path / "mine.parquet"
    )
    for name in ("mine.npz", "mine.parquet"):
        np.testing.assert_allclose(load(tmp_path / name).scores, scores, rtol=1e-6)
    np.savez(tmp_path / "outputs.npz", logits=LOGITS, scores=scores)
    both = load(tmp_path / "outputs.npz", listed, topk=3).scores
    assert both is not None
    assert both[0, 0] == pytest.approx(SOFTMAX[0].max(), rel=1e-5)


def test_the_16_best_classes_are_kept_and_the_protocol_is_never_assumed(tmp_path, listed):
    path = save(tmp_path / "mine.npy", LOGITS)
    assert load(path, listed).topk == 16
    with pytest.raises(TypeError, match="protocol"):
        imports.import_file(path, checkpoint="net", image_set="mine", images=listed)


def test_lists_of_different_lengths_are_refused_by_column(tmp_path):
    pd.DataFrame({"image": IDS, "classes": [[1, 2], [3]]}).to_parquet(tmp_path / "mine.parquet")
    with pytest.raises(InputError, match=r"mine\.parquet: the lists in 'classes' differ in length"):
        load(tmp_path / "mine.parquet")


def test_names_of_pictures_in_bytes_are_text(tmp_path):
    np.savez(tmp_path / "mine.npz", classes=CLASSES, images=np.array([b"x/b.png", b"a.png"]))
    assert load(tmp_path / "mine.npz").images.tolist() == IDS


def test_an_npz_of_other_arrays_is_refused_with_their_names(tmp_path):
    np.savez(tmp_path / "mine.npz", speed=[1], size=[2])
    with pytest.raises(InputError, match=r"mine\.npz holds speed, size; expected 'classes', 'logits' or"):
        load(tmp_path / "mine.npz")


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.uint64])
def test_one_class_a_row_is_a_top_1(tmp_path, listed, kind):
    path = save(tmp_path / "mine.npy", np.array([5, 6], dtype=kind))
    assert load(path, listed).classes.tolist() == [[5], [6]]


def test_ids_become_canonical_and_the_list_overrules_the_file(tmp_path):
    listed = tmp_path / "ids.txt"
    listed.write_text("val/ILSVRC2012_val_00000293.JPEG\nb.png\n")
    found = load(save(tmp_path / "mine.csv", CLASSES), listed)
    assert found.images.tolist() == ["ILSVRC2012_val_00000293", "b.png"]


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
@pytest.mark.parametrize("outputs", [LOGITS, SOFTMAX], ids=["logits", "probabilities"])
def test_logits_and_probabilities_give_the_same_classes_and_softmax_scores(tmp_path, listed, suffix, outputs):
    found = load(save(tmp_path / f"mine{suffix}", outputs), listed, topk=4)
    order = np.argsort(-SOFTMAX, axis=1)[:, :4]
    assert found.classes.tolist() == order.tolist()
    np.testing.assert_allclose(found.scores, np.take_along_axis(SOFTMAX, order, axis=1), rtol=1e-5)


@pytest.mark.parametrize("name", ["logits", "probabilities"])
def test_named_outputs_of_an_npz(tmp_path, listed, name):
    np.savez(tmp_path / "mine.npz", **{name: {"logits": LOGITS, "probabilities": SOFTMAX}[name]})
    assert load(tmp_path / "mine.npz", listed).classes[:, 0].tolist() == SOFTMAX.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 999)), r"shape \(2, 999\); expected \(n, 1000\)"),
        (np.zeros((2, 1001)), r"shape \(2, 1001\)"),
        (np.where(np.arange(1000) == 5, np.nan, LOGITS), "2 rows of outputs hold NaN"),
        (np.where(np.arange(1000) == 5, -np.inf, LOGITS), "2 rows of outputs hold NaN or infinity"),
        (CLASSES[[0, 1, 1]], "3 rows, but there are 2 image ids"),
        (np.array(3), "shape|rows|dimension"),
        (np.array([0.1, 0.9]), r"shape \(2,\)"),
        (np.array([["cat"], ["dog"]]), "holds <U3 values"),
        (np.ones((2, 1000), dtype=complex), "holds complex128 values"),
        (CLASSES + 1, "1000 for image"),
        (np.array([[1, 1], [2, 3]]), "with a class twice"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(tmp_path, listed, array, message):
    with pytest.raises(InputError, match=message):
        load(save(tmp_path / "mine.npy", array), listed)


def test_an_array_without_image_ids_is_refused_with_the_option_to_give(tmp_path):
    with pytest.raises(InputError, match=r"mine\.npy names no images; give --images"):
        load(save(tmp_path / "mine.npy", CLASSES))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_pickle_is_refused_and_never_run(tmp_path, listed, suffix):
    path, trace = tmp_path / f"mine{suffix}", tmp_path / "the bomb went off"
    array = np.array([Bomb(trace), None], dtype=object)
    if suffix == ".npy":
        np.save(path, array, allow_pickle=True)
    else:
        np.savez(path, classes=array)
    with pytest.raises(DamagedFileError, match=rf"mine\{suffix}.*pickle"):
        load(path, listed)
    assert not trace.exists()
    np.load(path, allow_pickle=True)[slice(None) if suffix == ".npy" else "classes"]
    assert trace.exists(), "the bomb must be able to go off, else this test shows nothing"


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
@pytest.mark.parametrize("share", [0, 0.5, 0.95])
def test_a_truncated_file_is_refused_by_name(tmp_path, listed, suffix, share):
    whole = save(tmp_path / f"whole{suffix}", CLASSES).read_bytes()
    (tmp_path / f"cut{suffix}").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DamagedFileError, match=rf"cut\{suffix}.*truncated"):
        load(tmp_path / f"cut{suffix}", listed)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("image,c0\na,cat\nb,dog\n", InputError),
        ("image,c0,c1\na,1,2\nb,3\n", InputError),  # a class is missing
        ("image,c0,c1\na,1,2\n,3,4\n", InputError),  # an image id is missing
        ("image,c0,c1\na,1,2,3\nb,4,5,6\n", InputError),  # pandas would take a and b as the index
        ("image,c0\na,1\na,2\n", InputError),
        ("image\na\nb\n", InputError),
        ("", DamagedFileError),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, text, error):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(error):
        load(tmp_path / "mine.csv")


def test_an_image_called_NA_keeps_its_name(tmp_path):
    (tmp_path / "mine.csv").write_text("image,c0\nNA,1\nnull,2\n")
    assert load(tmp_path / "mine.csv").images.tolist() == ["NA", "null"]


@pytest.mark.parametrize("name", ["mine.txt", "mine", "absent.npy"])
def test_another_format_and_a_missing_file_are_refused_by_name(tmp_path, name):
    with pytest.raises(InputError, match=name):
        load(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ids.txt", "x/b.png\n\na.png"),
        ("ids.csv", "x/b.png,12\na.png,7\n"),
        ("ids.json", json.dumps(IDS)),
        ("ids.json", json.dumps([["x/b.png", "n01440764"], ["a.png", "n01440764"]])),
        ("ids.json", json.dumps({"image_filenames": [["x/b.png", "n01440764"], ["a.png", "n01440764"]]})),
        ("bom.txt", "\ufeffx/b.png\na.png\n"),  # as Windows editors save it
    ],
)
def test_image_lists_of_every_form(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert imports.read_images(tmp_path / name) == IDS


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('["a.png", ', DamagedFileError),
        ("", DamagedFileError),
        ('"a.png"', InputError),
        ('{"images": ["a.png"]}', InputError),
        ("[1, 2]", InputError),
        ("[[], []]", InputError),
        ('[{"image": "a.png"}]', InputError),
        ('["a.png", null]', InputError),
    ],
)
def test_a_broken_image_list_is_refused_by_name(tmp_path, text, error):
    (tmp_path / "ids.json").write_text(text)
    with pytest.raises(error, match=r"ids\.json"):
        imports.read_images(tmp_path / "ids.json")
