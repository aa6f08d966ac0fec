import errno
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import papermill
import pytest
import typer
from PIL import Image

import workbench
from workbench import cli
from workbench.errors import WorkbenchError
from workbench.inputs import images, labels, sources
from workbench.predict import engine, journal, options, store
from workbench.progress import Event
from workbench.reproduce import provenance

MIRROR = os.environ.get("WORKBENCH_MIRROR")
COMMAND = Path(sys.executable).parent / "workbench"
IMPORT = "import {} --checkpoint net --image-set mine --protocol resize --out out.parquet"
# Three pictures with one, two and no labels. Best class right for a.png only: ReaL is 1/2; b.png has one of its two
# labels among the first two: subgroup 1 is 1, subgroup 2 is 1/2, ASMA is 3/4. The original is best for a.png and c.png.
LABELS = {"a.png": [1], "b.png": [3, 4], "c.png": []}
ORIGINAL = {"a.png": [1], "b.png": [3], "c.png": [7]}
CLASSES = [[1, 2], [9, 4], [7, 8]]
EXPECTED = {
    ("top1", None): 2 / 3,
    ("real", None): 1 / 2,
    ("subgroup", 1): 1.0,
    ("subgroup", 2): 1 / 2,
    ("asma", None): 3 / 4,
}
SCORE = "score good.parquet --labels labels.json --original original.json --label-counts 1,2"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: ``run("score x.parquet")`` -> code, out, err. A traceback fails the test."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def call(line):
        monkeypatch.setattr(sys, "argv", ["workbench", *shlex.split(line)])
        with pytest.raises(SystemExit) as stop:
            sys.exit(cli.main())
        out, err = capsys.readouterr()
        return SimpleNamespace(code=stop.value.code or 0, out=out, err=err)

    return call


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with good and bad files, as the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("labels.json").write_text(json.dumps(LABELS))
    Path("original.json").write_text(json.dumps(ORIGINAL))
    Path("partial.json").write_text(json.dumps({"a.png": [1], "c.png": [7]}))
    Path("cut.json").write_text('{"a.png": [1')
    Path("wide.json").write_text('{"a.png": [1000]}')
    Path("ids.txt").write_text("a.png\nb.png\nc.png\n")
    Path("text.csv").write_text("image,c0\na.png,cat\nb.png,dog\n")
    Path("what.txt").write_text("1 2 3")
    np.save("classes.npy", np.array(CLASSES))
    np.save("narrow.npy", np.zeros((3, 999)))
    np.save("nan.npy", np.full((3, 1000), np.nan))
    np.save("short.npy", np.array(CLASSES[:2]))
    np.save("thousand.npy", np.array(CLASSES) + 992)
    np.save("pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    Path("cut.npy").write_bytes(Path("classes.npy").read_bytes()[:-3])
    store.write(store.from_arrays("net", "mine", list(LABELS), np.array(CLASSES)), "good.parquet")
    for name, image_set in (("other", "mine"), ("else", "yours")):
        store.write(store.from_arrays("net", image_set, list(LABELS), np.array(CLASSES)), f"{name}.parquet")
    Path("cut.parquet").write_bytes(Path("good.parquet").read_bytes()[:-9])
    pd.DataFrame({"image": ["a.png"]}).to_parquet("foreign.parquet")
    Path("folder.parquet").mkdir()
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


BAD = [
    *[
        (IMPORT.format(f"{name} --images ids.txt"), named)
        for name, named in [
            ("absent.npy", "no file absent.npy"),
            ("cut.npy", r"cut\.npy.*truncated"),
            ("pickled.npy", r"pickled\.npy.*pickle"),
            ("narrow.npy", r"\(3, 999\)"),
            ("nan.npy", "NaN"),
            ("short.npy", "2 rows.*3 image ids"),
            ("thousand.npy", "1001.*'b.png'"),
            ("text.csv", "text.csv"),
            ("what.txt", "'.txt'"),
        ]
    ],
    (IMPORT.format("classes.npy"), "--images"),
    (
        IMPORT.format("classes.npy --images ids.txt").replace("--image-set mine", "--image-set v1"),
        "3 of 3 pictures, 'a.png' among them, are not named like V1's",
    ),
    (
        IMPORT.format("classes.npy --images ids.txt").replace("--protocol resize ", ""),
        "--protocol is missing.*resize if.*crop if",
    ),
    (IMPORT.format("classes.npy --images absent.txt"), "absent.txt"),
    (IMPORT.format("classes.npy --images labels.json"), "labels.json holds no list"),
    (
        "import classes.npy --images ids.txt --checkpoint n --image-set m --protocol crop --out ids.txt/x.parquet",
        "ids.txt",
    ),
    (
        "import classes.npy --images ids.txt --checkpoint n --image-set m --protocol crop --out /proc/x.parquet",
        "/proc/x.parquet",
    ),
    (
        "import classes.npy --images ids.txt --checkpoint n --image-set m --protocol crop --out folder.parquet",
        "folder.parquet",
    ),
    ("score good.parquet", "'mine'.*--labels"),
    ("score good.parquet --labels v1-reel", "did you mean 'v1-real'"),
    ("score good.parquet --labels absent.json", "absent.json"),
    ("score good.parquet --labels cut.json", "cut.json.*truncated"),
    ("score good.parquet --labels wide.json", "1000"),
    ("score good.parquet --labels labels.json --label-counts 1,2,3,4,5", "top-5 classes.*top-2"),
    ("score good.parquet --labels labels.json --label-counts 3", "top-3 classes.*top-2"),
    ("score good.parquet --labels labels.json --label-counts 0,1", "from 1 up"),
    ("score good.parquet --labels labels.json --label-counts one", "'one'"),
    ("score good.parquet --labels labels.json --label-counts ''", "''"),
    ("score good.parquet --labels partial.json --label-counts 1", "1 of the 3 images.*'b.png'.*--drop-unlabelled"),
    ("score good.parquet --labels v1-real --label-counts 1 --drop-unlabelled", "3 of the 3 images"),
    ("score cut.parquet --labels labels.json", r"cut\.parquet.*truncated"),
    ("score foreign.parquet --labels labels.json", r"foreign\.parquet.*workbench import"),
    ("score absent.parquet --labels labels.json", r"absent\.parquet"),
    ("collect absent", "there is no folder absent"),
    ("verify good.parquet", "on mine.*about v1"),
    ("verify absent.parquet", r"absent\.parquet"),
    ("verify good.parquet --leaderboard absent.csv", r"absent\.csv"),
    ("verify good.parquet --leaderboard text.csv", r"text\.csv has no column for the model"),
    ("verify good.parquet --leaderboard cut.json", r"cut\.json.*truncated"),
    ("compare good.parquet good.parquet --labels labels.json", "good.parquet and good.parquet are one file"),
    ("compare good.parquet absent.parquet --labels labels.json", r"absent\.parquet"),
    ("compare good.parquet cut.parquet --labels labels.json", r"cut\.parquet.*truncated"),
    ("compare good.parquet else.parquet --labels original.json", r"good\.parquet is on mine, else\.parquet on yours"),
    ("compare good.parquet other.parquet --labels labels.json", "several labels.*--metric real"),
    ("compare good.parquet other.parquet", "'mine'.*--labels"),
    ("fetch v1-images --mirror nowhere", "'nowhere', which is no folder"),
    ("fetch v1-image", "did you mean 'v1-images'"),
    ("reproduce --out new --only 40-by-label-counts", "did you mean '40-by-label-count'"),
    ("reproduce --out new -p label_count 3", "did you mean 'label_counts'"),
    ("reproduce --out new -p label_counts hello", "'label_counts'.*list.*'hello'"),
    ("reproduce --out new -p movers 1.5", "'movers'.*int.*'1.5'"),
    ("reproduce --out new -p recompute maybe", "'recompute'.*bool.*'maybe'"),
    ("reproduce --out new -p outputs x", "--out"),
    ("reproduce --out new --only 60-rank-shift -p label_counts [1]", "label_counts"),
    ("reproduce --out new -p seed 7 --parameter movers -1.5", "'movers'.*int.*'-1.5'"),
    ("reproduce --out new -p movers=3 7", "no parameter 'movers=3'"),
    ("reproduce --out ids.txt/new --only 00-start", "ids.txt.*--out"),
]


@pytest.mark.parametrize(("line", "named"), BAD, ids=[line for line, _ in BAD])
def test_a_mistake_is_one_sentence_and_exit_code_2_and_changes_no_file(here, run, monkeypatch, line, named):
    monkeypatch.setenv("WORKBENCH_MIRROR", "")
    monkeypatch.setenv("WORKBENCH_CACHE", str(here / "cache"))
    before = contents(here)
    result = run(line)
    assert result.code == 2
    assert result.out == ""
    (sentence,) = result.err.splitlines()
    assert sentence.startswith("workbench: ")
    assert re.search(named, sentence)
    assert contents(here) == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "doctor"),
        ("patchml", "build"),
        ("predicted", "predicted"),
        ("score", "Missing argument"),
        ("import classes.npy", "Missing option"),
        (f"{SCORE} --format xml", "xml"),
        ("compare good.parquet", "Missing argument"),
        ("compare good.parquet other.parquet --metric asma", "asma"),
        ("reproduce --jobs 0", "--jobs"),
        ("reproduce --out new -p movers", "'-p' requires 2 arguments"),
        ("reproduce --out new --parameter=movers", "'--parameter' requires 2 arguments"),
    ],
)
def test_a_wrong_call_is_exit_code_2(here, run, line, says):
    result = run(line)
    assert result.code == 2
    assert says in result.out + result.err  # a command of commands lists them
    assert "--install-completion" not in result.out + result.err
    assert not Path("new").exists()


def test_reproduce_lists_what_became_of_each_notebook(here, run, monkeypatch):
    asked = {}

    def execute(source, target, *, parameters, **_):
        name = Path(source).stem
        asked[name] = parameters
        if name == "30-accuracy-gap":
            raise ValueError("no\nluck")

    monkeypatch.setattr(papermill, "execute_notebook", execute)
    monkeypatch.setenv("WORKBENCH_STATIC", "")  # a run sets it; afterwards it is as it was
    line = "reproduce --out new --only 30-accuracy-gap --only 20-label-counts"
    result = run(f"{line} -p recompute true --parameter seed 7 --jobs 1")
    first, second, third = result.out.splitlines()
    assert re.fullmatch(r"  20-label-counts {8} +\d+\.\d s  ok", first)
    assert re.fullmatch(r"  30-accuracy-gap {8} +\d+\.\d s  FAILED: ValueError: no", second)
    assert third == "Open new/index.html"
    assert result.code == 1
    assert asked["30-accuracy-gap"] == {"recompute": True, "seed": 7, "outputs": str(here / "new")}
    assert run("reproduce --out new --only 20-label-counts").code == 0
    everything = {*asked}
    assert run("reproduce --out new").code == 1
    assert {*asked} > everything


@pytest.mark.parametrize("swallowed", [True, False])
def test_a_signal_that_a_library_makes_another_error_of_stops_the_command(here, run, monkeypatch, swallowed):
    def predict(*_, on_event, **__):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit as error:
            if not swallowed:
                raise WorkbenchError("weights cannot be read") from error
        on_event(Event("pass"))
        pytest.fail("it went on")

    (here / "a.png").write_bytes(b"")
    monkeypatch.setattr(engine, "predict", predict)
    before = signal.getsignal(signal.SIGTERM)
    try:
        result = run("predict test_resnet --images . --image-set few")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert result.code == 143
    assert "workbench: stopped; the same command goes on where this one stopped" in result.err


def test_an_end_from_outside_is_an_exit_that_leaves_no_half_written_file(run):
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run("--help").code == 0
        with pytest.raises(SystemExit) as stop:
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.value.code == 143
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError("odd"), "the file system: odd;"),
        (OSError(errno.EACCES, "Permission denied", "a/b"), "a/b: Permission denied;"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(run, monkeypatch, error, says):
    def fetch(name, **_):
        raise error

    monkeypatch.setattr(sources, "fetch", fetch)
    result = run("fetch v2-refined")
    assert (result.code, result.out) == (2, "")
    assert f"workbench: {says} check the path, its permissions and the space left\n" in result.err


def test_import_then_score_is_what_one_computes_by_hand(here, run):
    done = run(IMPORT.format("classes.npy --images ids.txt").replace("resize", "crop"))
    assert (done.code, done.err) == (0, "")
    assert "3 images, top-2 classes of net on mine" in done.out
    line = SCORE.replace("good.parquet", "out.parquet")
    from_csv = pd.read_csv(io.StringIO(run(f"{line} --format csv").out))
    from_json = pd.DataFrame(json.loads(run(f"{line} --format json").out))
    for frame in (from_csv, from_json):
        assert set(frame["protocol"]) == {"crop"}
        found = {
            (r.metric, None if pd.isna(r.label_count) else int(r.label_count)): r.value for r in frame.itertuples()
        }
        assert {key: found[key] for key in EXPECTED} == pytest.approx(EXPECTED, abs=1e-6)
    printed = [row.split() for row in run(f"{line} --all").out.splitlines()]
    shown = {(row[4], None if row[5] == "all" else int(row[5])): row[6] for row in printed[1:]}
    assert {key: shown[key] for key in EXPECTED} == {key: f"{100 * value:.2f}" for key, value in EXPECTED.items()}


@pytest.fixture
def pair(here):
    """400 pictures of class 1: `one` is right on the first 300, `two` on the last 280; both on 180 of them."""
    ids = [f"{i:03}.png" for i in range(400)]
    Path("single.json").write_text(json.dumps({image: [1] for image in ids}))
    right = {"one": np.arange(400) < 300, "two": np.arange(400) >= 120}
    for name, hit in right.items():
        best = np.where(hit, 1, 2)
        classes = np.stack([best, 3 - best], axis=1)
        store.write(store.from_arrays(name, "mine", ids, classes, protocol="crop"), f"{name}.parquet")
        store.write(
            store.from_arrays(name, "mine", ids[:200], classes[:200], protocol="resize"), f"{name}-half.parquet"
        )


COMPARE = "compare one.parquet two.parquet --labels single.json"


def test_compare_is_what_one_computes_by_hand(pair, run):
    """75 and 70 %; 120 pictures only the first gets right, 100 only the second."""
    result = run(COMPARE)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "top1 on 400 pictures of mine, labels single"
    assert [line.split(maxsplit=1) for line in lines[1:3]] == [["one", "75.00 %"], ["two", "70.00 %"]]
    assert re.search(r"difference +\+5\.00 points, from -\d\.\d\d to \+\d+\.\d\d \(95 %, paired bootstrap\)", lines[3])
    assert lines[4].endswith("120 pictures only one gets right, 100 only two")
    assert "0.2 (McNemar's exact test): not told apart at 5 %" in lines[5]
    assert re.search(r"about 1,7\d\d pictures tell such a difference apart", lines[6])
    of_csv = pd.read_csv(io.StringIO(run(f"{COMPARE} --format csv").out)).iloc[0]
    of_json = json.loads(run(f"{COMPARE} --format json --metric real").out)[0]
    for row in (of_csv, of_json):
        assert (row["difference"], row["only_first"], row["only_second"]) == (pytest.approx(0.05), 120, 100)
        assert row["p"] == pytest.approx(0.2002, abs=1e-3)
        assert row["ci_low"] < 0.05 < row["ci_high"]
    assert (of_csv["metric"], of_json["metric"]) == ("top1", "real")


def test_compare_says_what_it_leaves_out_and_what_it_mixes(pair, run):
    result = run("compare one.parquet two-half.parquet --labels single.json")
    assert result.code == 0
    assert "note: one was run with protocol crop, two with resize" in result.err
    assert "note: one has 400 images, two 200; compared on the 200 that both have" in result.err
    assert "top1 on 200 pictures" in result.out
    assert "p           below 0.0001 (McNemar's exact test): apart at 5 %" in result.out


def test_compare_of_a_copy_finds_no_difference_and_names_the_files(pair, run):
    Path("copy.parquet").write_bytes(Path("one.parquet").read_bytes())
    out = run("compare one.parquet copy.parquet --labels single.json").out
    assert "difference    +0.00 points, from +0.00 to +0.00" in out
    assert "0 pictures only one.parquet gets right, 0 only copy.parquet" in out
    assert "the difference is zero: no number of pictures tells them apart" in out
    assert (
        json.loads(run("compare one.parquet copy.parquet --labels single.json --format json").out)[0]["images_needed"]
        is None
    )


def test_sixteen_classes_are_kept_unless_another_number_is_asked_for(here, run):
    np.save("logits.npy", np.random.default_rng(0).normal(size=(3, 1000)))
    assert "top-16 classes" in run(IMPORT.format("logits.npy --images ids.txt")).out
    assert "top-3 classes" in run(IMPORT.format("logits.npy --images ids.txt --topk 3")).out


def test_collect_is_one_table_of_what_can_be_scored(here, run):
    Path("deep").mkdir()
    Path("good.parquet").rename("deep/good.parquet")
    Path(".partial").mkdir()
    Path(".partial/long.journal").write_bytes(b"{}\n")
    Path("else.parquet").unlink()
    chosen = "--labels labels.json --original original.json"
    result = run(f"collect . {chosen} --metric top1 --metric real --format csv")
    assert result.code == 1
    rows = pd.read_csv(io.StringIO(result.out))
    assert rows["metric"].tolist() == ["top1", "real"] * 2
    assert {row.metric: row.value for row in rows.itertuples()} == pytest.approx(
        {"top1": 2 / 3, "real": 1 / 2}, abs=1e-6
    )
    told = result.err.splitlines()
    assert "note: net on mine (resize, run) is there more than once, in several files" in told
    assert "note: long.parquet is not finished; the command that began it goes on with it" in told
    assert sum(line.startswith("left out: cut.parquet: ") for line in told) == 1
    assert sum(line.startswith("left out: foreign.parquet: ") for line in told) == 1
    whole = run(f"collect deep {chosen} --by-label-count --format csv")
    assert whole.code == 0
    rows = pd.read_csv(io.StringIO(whole.out)).query("metric == 'subgroup'")
    assert dict(zip(rows["label_count"], rows["value"], strict=True)) == {1: 1.0, 2: 0.5}
    assert run("collect deep").err.startswith(
        "left out: deep/good.parquet: image set 'mine' has no label set of its own"
    )


def test_without_originals_there_is_no_top1(here, run):
    frame = pd.read_csv(io.StringIO(run("score good.parquet --labels labels.json --label-counts 1,2 --format csv").out))
    assert set(frame["metric"]) == {"real", "subgroup", "asma"}


def test_dropping_unlabelled_images_goes_on_and_says_how_many(here, run):
    result = run("score good.parquet --labels partial.json --label-counts 1 --drop-unlabelled --format csv")
    assert result.code == 0
    assert re.fullmatch(r"note: 1 of the 3 images .*left out.*\n", result.err)
    frame = pd.read_csv(io.StringIO(result.out))
    assert frame.loc[frame["metric"] == "top1", ["value", "n_images"]].to_numpy().tolist() == [[1, 2], [1, 2]]


@pytest.fixture
def resnet50(public_files, here):
    """The public predictions of ResNet-50 on V1 (76.13 % right) under timm's name, and as a net of one's own."""
    classes = np.load(sources.locate("recht2019")["imagenet-validation-original/resnet50"])
    ids = labels.load("v1-original").images
    store.write(store.from_arrays("resnet50.tv_in1k", "v1", ids, classes, protocol="crop"), "tv.parquet")
    store.write(store.from_arrays("mynet", "v1", ids, classes, protocol="resize"), "resized.parquet")
    store.write(store.from_arrays("mynet", "v1", ids, classes, protocol="crop"), "mynet.parquet")
    return here


def test_verify_compares_the_published_number(resnet50, run):
    result = run("verify tv.parquet --format csv")
    assert (result.code, result.err) == (0, "")
    assert len(result.out.splitlines()) == 2
    (row,) = pd.read_csv(io.StringIO(result.out)).to_dict("records")
    assert (row["model"], row["reported"], row["own"], row["own_status"]) == ("resnet-50", 0.7615, 0.7613, "reproduced")
    assert "76.15" in run("verify tv.parquet").out


@pytest.mark.parametrize(
    ("claimed", "code", "status"),
    [(76.2295, 0, "reproduced"), (76.2305, 1, "missed"), (76.0305, 0, "reproduced"), (76.0295, 1, "missed")],
)
def test_verify_is_exit_code_1_when_a_number_is_missed(resnet50, run, claimed, code, status):
    Path("board.json").write_text(json.dumps({"mynet": claimed, "another": 99}))
    result = run("verify mynet.parquet --leaderboard board.json --format json")
    assert result.code == code
    assert [row["own_status"] for row in json.loads(result.out)] == [status]
    assert run("verify mynet.parquet --leaderboard board.json --tolerance 0.5").code == 0


def test_verify_never_mixes_protocols(resnet50, run):
    Path("board.json").write_text('{"mynet": 76.13}')
    result = run("verify resized.parquet --leaderboard board.json")
    assert (result.code, result.out) == (2, "")
    assert "--protocol crop" in result.err
    both = run("verify resized.parquet mynet.parquet --leaderboard board.json")
    assert (both.code, both.err) == (0, "another protocol: not compared; predict with --protocol crop\n")


def test_verify_names_what_is_on_no_leaderboard(resnet50, run):
    result = run("verify mynet.parquet")
    assert result.code == 2
    assert "no entry of codesota, overview-2025 is mynet" in result.err


def test_fetch_leaves_out_the_optional_unless_named(here, run, no_sources, monkeypatch):
    found = {
        name: sources.Source(
            name, "MIT", "a test", (sources.File(f"a/{name}", "http://127.0.0.1:9/c", "0" * 64, 1),), name == "b"
        )
        for name in "ab"
    }
    wanted = []
    monkeypatch.setattr(sources, "registry", lambda: found)
    monkeypatch.setattr(sources, "fetch", lambda name, **_: wanted.append(name))
    assert run("fetch").code == run("fetch b").code == 0
    assert wanted == ["a", "b"]


def test_fetch_without_network_says_so_and_keeps_nothing(here, run, no_sources, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    source = sources.Source("tiny", "MIT", "a test", (sources.File("a/b/c", "http://127.0.0.1:9/c", "0" * 64, 1),))
    monkeypatch.setattr(sources, "registry", lambda: {"tiny": source})
    result = run("fetch tiny")
    assert result.code == 2
    assert "127.0.0.1:9/c could not be downloaded" in result.err
    assert not [path for path in sources.cache_dir().rglob("*") if path.is_file()]


def test_fetch_from_a_mirror_fills_the_cache(public_files, no_sources, run, monkeypatch):
    if not MIRROR:
        pytest.skip("the public files are in the cache, not in a mirror")
    monkeypatch.setenv("WORKBENCH_MIRROR", "")
    assert run(f"fetch v2-refined --mirror {MIRROR}").code == 0
    monkeypatch.setenv("WORKBENCH_MIRROR", "")
    assert [path.stem for path in sources.locate("v2-refined").values()] == ["imagenetv2_refined_labels"]


def test_doctor_prints_versions_sources_and_device(run, no_sources, monkeypatch):
    found = {
        name: sources.Source(name, "MIT", "a test", (sources.File(f"a/b/{name}", "", "0" * 64, 1_234_567),), optional)
        for name, optional in [("kept", False), ("wanted", False), ("extra", True)]
    }
    monkeypatch.setattr(sources, "registry", lambda: found)
    (no_sources / "mirror").mkdir()
    monkeypatch.setattr(sources, "available", lambda name: name == "kept")
    result = run("doctor")
    assert (result.code, result.err) == (0, "")
    text = result.out
    assert text.startswith("Packages\n  altair ")
    assert "Extras\n  open_clip_torch      " in text
    assert f"  numpy                {np.__version__}\n" in text
    assert (
        f"Public files (cache: {no_sources / 'cache'}; mirror: none)\n"
        "  kept                     1.2 MB  at hand\n"
        "  wanted                   1.2 MB  missing; get it with: workbench fetch wanted\n"
        "  extra                    1.2 MB  optional; get it with: workbench fetch extra\n"
        "Sample checkpoints and pictures\n  "
    ) in text
    assert "\nGPU\n  " in text
    monkeypatch.setenv("WORKBENCH_MIRROR", "")
    assert f"mirror: {no_sources / 'mirror'})" in run(f"doctor --mirror {no_sources / 'mirror'}").out


def test_doctor_says_how_to_get_an_extra_that_is_not_there(run, no_sources, monkeypatch):
    def version(package, _version=provenance.version):
        if package in ("openai", "transformers", "open_clip_torch"):
            raise PackageNotFoundError(package)
        return _version(package)

    monkeypatch.setattr(provenance, "version", version)
    listed = run("doctor").out.partition("Extras\n")[2].splitlines()[:3]
    assert listed == [
        "  open_clip_torch      not installed; CLIP models need it: pip install -e '.[clip]'",
        "  transformers         not installed; models that are asked questions need it: pip install -e '.[vlm]'",
        "  openai               not installed; models behind a server need it: pip install -e '.[openai]'",
    ]


def test_messages_name_only_commands_and_options_that_exist():
    whole: Any = typer.main.get_command(cli.app)
    commands = whole.commands
    every = [*commands.values(), *commands["patchml"].commands.values()]
    options = {name for command in every for option in command.params for name in option.opts}
    for path in Path(workbench.__file__).parent.rglob("*.py"):
        text = path.read_text()
        assert set(re.findall(r"['`]workbench (\w+)", text)) <= set(commands), path.name
        assert set(re.findall(r"(?:with|give|or|set by) (--[a-z-]+)", text)) <= options, path.name


def test_the_installed_command_lists_its_commands():
    done = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
    for name in ("reproduce", "import", "score", "collect", "verify", "fetch", "doctor"):
        assert re.search(rf"\b{name}\b", done.stdout)


def test_the_installed_command_fails_without_a_traceback(here):
    done = subprocess.run([COMMAND, "score", "cut.parquet"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("workbench: cut.parquet")
    assert "Traceback" not in done.stderr


def test_the_installed_command_names_the_command_that_gets_a_missing_file(here, no_sources):
    command = [COMMAND, "score", "good.parquet", "--labels", "v2-refined"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "workbench fetch v2-refined" in done.stderr
    assert "Traceback" not in done.stderr


# --- predict ------------------------------------------------------------------------------------------------

PREDICT = "predict tf_efficientnet_lite0.in1k --images {} --image-set mine --protocol crop --precision fp32 --out out"
FILE = Path("out") / "tf_efficientnet_lite0.in1k--mine--crop.parquet"


@pytest.fixture
def six(tmp_path, monkeypatch):
    """Six of the sample pictures in a folder ``six``, in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("six").mkdir()
    sample = images.sample()
    for image in sample.images[:6]:
        (Path("six") / image).write_bytes(sample.read(image))
    return tmp_path


def test_predict_writes_a_file_once_and_refuses_other_settings(six, run):
    first = run(PREDICT.format("six --json-log log.jsonl"))
    assert (first.code, first.err) == (0, "")
    assert re.fullmatch(rf"{FILE}: 6 of 6 pictures, [0-9.]+ images/s\n", first.out)
    truth = [int(image.split("_")[-1].removesuffix(".jpg")) for image in store.read(FILE).images]
    assert (store.read(FILE).classes[:, 0] == truth).sum() >= 5
    assert json.loads(Path("log.jsonl").read_text().splitlines()[-1])["done"] == 6
    assert store.read(FILE).topk == 16
    before = contents(six / "out"), FILE.stat().st_mtime_ns

    assert run(PREDICT.format("six")).code == 0
    assert (contents(six / "out"), FILE.stat().st_mtime_ns) == before

    other = run(PREDICT.format("six").replace("fp32", "bf16"))
    assert (other.code, other.out) == (2, "")
    assert re.fullmatch(rf"workbench: {FILE} .*\(precision was fp32, now bf16\).*--restart\n", other.err)
    assert (contents(six / "out"), FILE.stat().st_mtime_ns) == before

    assert run(PREDICT.format("six --restart").replace("fp32", "bf16")).code == 0
    assert store.read(FILE).provenance["key"]["precision"] == "bf16"


def test_a_line_a_checkpoint_and_the_long_table_without_empty_rows(here, run):
    short = run(SCORE.replace("good.parquet", "."))
    assert run(SCORE).out.splitlines()[0].split()[:4] == ["checkpoint", "image_set", "protocol", "pictures"]
    assert len(run(SCORE).out.splitlines()) == 2
    assert short.code == 2  # the folder has damaged files, too, and they are named
    Path("folder").mkdir()
    shutil.copy("good.parquet", "folder")
    assert run(SCORE.replace("good.parquet", "folder")).out == run(SCORE).out
    assert "66.67 [20.77, 93.85]" in run(SCORE).out
    assert "nan" not in run(SCORE).out
    only = run(f"{SCORE} --metric asma").out
    assert ("ASMA (%)" in only, "top-1" in only) == (True, False)
    long = run(f"{SCORE} --all").out
    assert "subgroup" in long
    assert "nan" not in long
    assert "there is no file or folder nowhere" in run("score nowhere").err
    Path("empty").mkdir()
    assert "the folder empty holds no predictions" in run("score empty").err


def test_the_best_come_first(here, run):
    for name, third in (("low", 9), ("high", 7)):
        best = np.array([[1], [9], [third]])
        store.write(store.from_arrays(name, "mine", list(LABELS), best), f"{name}.parquet")
    line = "score low.parquet high.parquet --labels labels.json --original original.json --label-counts 1 --metric top1"
    assert [row.split()[0] for row in run(line).out.splitlines()[1:]] == ["low", "high"]
    assert [row.split()[0] for row in run(f"{line} --sort top1").out.splitlines()[1:]] == ["high", "low"]


def test_the_version_is_that_of_the_package(run):
    from importlib.metadata import version

    assert run("--version").out == f"workbench {version('imagenet-workbench')}\n"


def test_predict_says_what_it_leaves_out(six, run):
    (six / "six" / "broken.jpg").write_text("no picture")
    result = run(PREDICT.format("six").replace("predict ", "predict resnet5000 "))
    assert result.code == 1  # one of the two checkpoints is not there
    assert "6 of 7 pictures" in result.out
    assert "1 of 2 checkpoints could not be had, see above" in result.err
    assert re.search(r"^note: left out: .*'resnet5000'", result.err, re.MULTILINE)
    assert (
        "1 picture is left out; reasons in out/mine--failures.csv; the first: image 'broken.jpg' cannot be decoded"
        in result.err
    )
    assert Path("out/mine--failures.csv").read_text().splitlines()[1].startswith("broken.jpg,")
    labels = json.dumps({image: [1] for image in store.read(FILE).images})
    Path("labels.json").write_text(labels)
    assert "on mine: 1 picture could not be read or decoded, and in no" in run(f"score {FILE} --labels labels.json").err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_predict_that_is_stopped_says_that_it_goes_on_and_does(six, run, number, code):
    many = Path("many")
    many.mkdir()
    for copy in range(15):
        for path in Path("six").iterdir():
            (many / f"{copy}-{path.name}").symlink_to(path.resolve())
    process = subprocess.Popen(
        [COMMAND, *shlex.split(PREDICT.format("many"))],
        stderr=-1,
        text=True,
        # A shell may start its background jobs deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    kept = journal.path_of(FILE)
    end = time.monotonic() + 120
    while not kept.exists() or kept.stat().st_size < 3000:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert (
        said
        == "workbench: stopped; the same command goes on where this one stopped; what is done so far is kept in out\n"
    )
    assert kept.stat().st_size >= 3000
    log = "log.jsonl"
    assert run(f"{PREDICT.format('many')} --json-log {log}").code == 0
    assert json.loads(Path(log).read_text().splitlines()[0])["done"] > 0


@pytest.mark.parametrize("name", ["resnet5000", "resnet50.no_such_tag", "resnet18.a1_in1k"])
def test_a_checkpoint_that_cannot_be_had_is_one_sentence(six, run, monkeypatch, name):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(six / "cache"))
    result = run(f"predict {name} --images six --image-set mine --out new")
    assert (result.code, result.out) == (2, "")
    (sentence,) = result.err.splitlines()
    assert sentence.startswith("workbench: ")
    assert name in sentence


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_stdout_is_named():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, text=True)
    told = "workbench: standard output: No space left on device; check the path, its permissions and the space left\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_predict_on_a_full_disk_is_one_sentence_and_goes_on_afterwards(six, run, monkeypatch):
    append = journal.Journal.append

    def full(self, rows, classes, scores):
        if len(self.records()) >= 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(self, rows, classes, scores)

    monkeypatch.setattr(journal.Journal, "append", full)
    monkeypatch.setattr(options, "CPU_CHUNK", 2)
    result = run(PREDICT.format("six"))
    assert (result.code, result.out) == (2, "")
    assert re.fullmatch(r"workbench: .*/?out/\.partial/.*\.journal: No space left on device.*\n", result.err)
    assert not FILE.exists()
    monkeypatch.setattr(journal.Journal, "append", append)
    assert run(PREDICT.format("six --json-log log.jsonl")).code == 0
    assert json.loads(Path("log.jsonl").read_text().splitlines()[0])["done"] == 2
    assert len(store.read(FILE)) == 6


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (PREDICT.format("absent"), "absent is no folder"),
        (PREDICT.format("empty"), "empty holds no picture"),
        (PREDICT.format("absent.tar"), r"no file absent\.tar"),
        (PREDICT.format("six --batch-size 0"), "batch size 0"),
        (PREDICT.format("six --device toaster"), "'toaster'"),
        (PREDICT.format("six --compile maybe"), "'maybe'"),
        (PREDICT.format("six").replace("fp32", "fp8"), "'fp8'"),
        (PREDICT.format("six").replace("tf_efficientnet_lite0.in1k", "'nothing_like_this*'"), "'nothing_like_this"),
        (PREDICT.format("six").replace("lite0.in1k", "lite0.in1k@absent.pth"), r"weights file absent\.pth"),
        (PREDICT.format("six").replace("--out out", "--out six/note.txt"), r"note\.txt"),
    ],
)
def test_a_mistake_with_predict_is_exit_code_2_and_the_last_line_names_it(six, run, line, named):
    Path("empty").mkdir()
    Path("six/note.txt").touch()
    before = contents(six)
    result = run(line)
    assert (result.code, result.out) == (2, "")
    sentence = result.err.splitlines()[-1]
    assert sentence.startswith("workbench: ")
    assert re.search(named, sentence)
    assert contents(six) == before


# --- patchml ------------------------------------------------------------------------------------------------


@pytest.fixture
def annotated(tmp_path, monkeypatch):
    """Four pictures with two boxes each."""
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    rows = ["image,class,xmin,ymin,xmax,ymax"]
    for i in range(4):
        image = np.random.default_rng(i).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(image).save(f"pictures/p{i}.png")
        rows += [f"p{i}.png,{2 * i},0,0,30,40", f"p{i}.png,{2 * i + 1},30,0,60,20"]
    Path("boxes.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


BUILD = "patchml build --annotations boxes.csv --images pictures --out out --counts 2,3 --canvas 96"


def test_patchml_is_built_predicted_and_scored(annotated, run):
    built = run(f"{BUILD} --seed 1 --seed 2 --format plan")
    assert (built.code, built.err) == (0, "")
    assert "patchml-2.parquet: 6 composites of 8 patches; 4 with 2 labels, 2 with 3 labels" in built.out
    line = "predict tf_efficientnet_lite0.in1k --images {} --image-set patchml-1 --out {} --precision fp32"
    assert run(line.format("patchml:out/patchml-1.parquet", "one")).code == 0
    assert run(f"{BUILD} --seed 1 --format tar").code == 0
    assert run(line.format("out/patchml-1.tar", "two")).code == 0
    one, two = (store.read(next(Path(name).glob("*.parquet"))) for name in ("one", "two"))
    assert (one.classes == two.classes).all()
    file = next(Path("one").glob("*.parquet"))
    scored = run(f"score {file} --labels out/patchml-1.json --label-counts 2 --format csv")
    assert scored.code == 0
    assert re.search("2 of the 6 composites of patchml-1 show another number of labels", scored.err)
    rows = pd.read_csv(io.StringIO(scored.out)).query("metric == 'subgroup'")
    assert rows["n_images"].tolist() == [4]


def test_the_sample_needs_neither_boxes_nor_pictures(here, run):
    built = run("patchml build --out out --number 2 --format folder")
    assert built.code == 0
    assert len(pictures := list(Path("out/patchml-1").iterdir())) == 10
    assert Image.open(pictures[0]).size == (480, 480)


def test_composites_whose_patches_share_a_class_show_fewer_labels(annotated, run):
    rows = Path("boxes.csv").read_text().splitlines()
    one_class = [rows[0], *(re.sub(r"^(.+?),\d,", r"\1,5,", row) for row in rows[1:])]
    Path("boxes.csv").write_text("\n".join(one_class) + "\n")
    built = run(f"{BUILD} --sizes 40,30 --format plan")
    assert (built.code, built.err) == (0, "")
    assert "patchml-1.parquet: 6 composites of 8 patches; 0 with 2 labels, 0 with 3 labels" in built.out


def test_boxes_of_pictures_that_are_not_there_are_left_out_only_where_asked(annotated, run):
    Path("pictures/p3.png").unlink()
    refused = run(f"{BUILD} --format plan")
    assert (refused.code, refused.out) == (2, "")
    assert "p3.png" in refused.err
    built = run(f"{BUILD} --format plan --drop-missing")
    assert built.code == 0
    assert "composites of 6 patches" in built.out


def test_a_plan_of_other_pictures_under_the_same_name_is_not_taken_for_finished(annotated, run):
    line = "predict tf_efficientnet_lite0.in1k --images patchml:out/patchml-1.parquet --image-set patchml-1 --out p"
    assert run(f"{BUILD} --format plan").code == run(line).code == 0
    other = run(f"{BUILD} --format plan".replace("96", "120"))
    assert (other.code, "another plan of seed 1" in other.err) == (2, True)
    Path("out/patchml-1.parquet").unlink()
    assert run(f"{BUILD} --format plan".replace("96", "120")).code == 0
    again = run(line)
    assert again.code == 2
    assert "images_sha256" in again.err


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("patchml build --out out --annotations boxes.csv", "--annotations and --images together"),
        (BUILD.replace("boxes.csv", "none.csv"), r"no file none\.csv"),
        (BUILD.replace("pictures", "nowhere"), "nowhere is no folder"),
        (BUILD.replace("96", "0"), "canvas is 0"),
        (f"{BUILD} --sizes 48,60", "3 patches of 60 pixels.*up to 48 pixels fit"),
        (f"{BUILD} --sizes 48", "--sizes has 1 numbers"),
        (f"{BUILD} --sizes x,y", "--sizes is 'x,y'"),
        (BUILD.replace("2,3", "9"), "8 patches, fewer than the 9"),
        (BUILD.replace("2,3", "two"), "--counts is 'two'"),
        (f"{BUILD} --seed -1", "seed is -1"),
        ("predict tf_efficientnet_lite0.in1k --images patchml:none.parquet --image-set a", r"no plan none\.parquet"),
        ("predict tf_efficientnet_lite0.in1k --images patchml:boxes.csv --image-set a", r"boxes\.csv cannot be read"),
    ],
)
def test_a_mistake_with_patchml_is_exit_code_2_and_writes_nothing(annotated, run, line, named):
    before = contents(annotated)
    result = run(line)
    assert (result.code, result.out) == (2, "")
    sentence = result.err.splitlines()[-1]
    assert sentence.startswith("workbench: ")
    assert re.search(named, sentence)
    assert contents(annotated) == before


def test_imagenet_x_comes_in_and_gives_what_top_1_suffices_for(public_files, here, run):
    """The public predictions of ResNet-50, its best class alone, in the columns of ImageNet-X: 76.13 % on V1."""
    best = np.load(sources.locate("recht2019")["imagenet-validation-original/resnet50"])[:, 0]
    names = labels.load("v1-original").images + ".JPEG"
    table = pd.DataFrame({"file_name": names, "predicted_class": best, "predicted_probability": 0.5})
    table.to_csv("all.csv", index=False)
    table.iloc[:49_000].to_csv("fewer.csv", index=False)
    line = "import {}.csv --checkpoint net --image-set v1 --protocol crop --out {}.parquet"
    done = run(line.format("all", "all"))
    assert (done.code, done.err) == (0, "")
    assert done.out == "all.parquet: 50,000 images, top-1 classes of net on v1\n"
    result = run("score all.parquet --format csv")
    assert result.code == 0
    depth = (
        "only the top-1 of each image is stored; subgroup accuracy at 2, 3, 4, 5 labels and ASMA ask for more, and are"
    )
    assert result.err == f"note: net on v1: {depth} left out\n"
    frame = pd.read_csv(io.StringIO(result.out))
    found = {metric: frame[(frame["metric"] == metric) & frame["label_count"].isna()] for metric in ("top1", "real")}
    assert {metric: round(100 * row["value"].item(), 2) for metric, row in found.items()} == {
        "top1": 76.13,
        "real": 82.96,
    }
    assert frame.loc[frame["metric"] == "subgroup", "label_count"].tolist() == [1]
    assert run(line.format("fewer", "fewer")).code == 0
    told = run("score fewer.parquet --format csv").err.splitlines()
    assert told[0] == "note: net on v1: 49,000 of the 50,000 images are there; scores are over these"
    assert len(told) == 2


def test_a_refused_table_names_its_columns_and_those_that_would_do(here, run):
    Path("odd.csv").write_text("picture,answer\na.png,3\n")
    result = run(IMPORT.format("odd.csv"))
    assert (result.code, result.out) == (2, "")
    assert "odd.csv has the columns 'picture', 'answer'; expected a picture ('image', 'file_name', " in result.err
    assert "'class', 'prediction', 'predicted_class'" in result.err


def test_pictures_in_class_folders_are_scored_by_their_folders(here, run):
    sha1 = ["0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a1" + end for end in "0123"]
    Path("mine.csv").write_text("path,class\n" + "".join(f"b-33/{n}/{one}.jpeg,1\n" for n, one in enumerate(sha1)))
    assert run(IMPORT.format("mine.csv")).code == 0
    frame = pd.read_csv(io.StringIO(run("score out.parquet --format csv").out))
    assert frame["labels"].unique().tolist() == ["folders"]
    assert frame.loc[frame["metric"] == "top1", "value"].iloc[0] == 1 / 4
