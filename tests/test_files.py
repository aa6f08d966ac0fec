"""Files are whole or not there, one process writes them at a time, and tables are read as they stand."""

import os
import re
import signal
import stat
import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from workbench import files
from workbench.errors import DamagedFileError, InputError

# --- writing ------------------------------------------------------------------------------------------------


def test_a_file_appears_with_its_folders_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "deep" / "a.txt"
    with files.writing(path) as stream:
        stream.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("contents", ["naïve\n", "naïve\n".encode()], ids=["text", "bytes"])
def test_a_whole_file_is_written_from_text_or_bytes(tmp_path, contents):
    files.write_file(tmp_path / "new" / "a.txt", contents)
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"na\xc3\xafve\n"


def fail(path, error):
    with files.writing(path) as stream:
        stream.write(b"half")
        raise error


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError(28, "no room", ".part-xyz")])
def test_a_block_that_fails_leaves_the_older_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        fail(path, error)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_what_the_disk_refuses_is_told_of_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(OSError, match=re.escape(f"[Errno 28] no room: '{tmp_path / 'a.txt'}'")):
        fail(tmp_path / "a.txt", OSError(28, "no room", ".part-xyz"))
    with pytest.raises(OSError, match="nothing that has a number"):
        fail(tmp_path / "a.txt", OSError("nothing that has a number"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"), files.writing(tmp_path / "folder") as stream:
        stream.write(b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_a_killed_writer_leaves_the_older_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    code = f"""
import os, signal
from pathlib import Path
from workbench.files import writing
with writing(Path({str(path)!r})) as stream:
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"


# --- lock ---------------------------------------------------------------------------------------------------

HOLD = "from pathlib import Path; from workbench.files import lock; held = lock(Path({path!r}), Path('x'), ''); "


def test_a_lock_that_is_held_is_refused_with_its_holder_and_the_advice(tmp_path):
    path = tmp_path / "a.lock"
    held = files.lock(path, tmp_path / "a.txt", "wait for it")
    for _ in range(2):  # whoever asks in vain takes nothing away
        with pytest.raises(InputError) as raised:
            files.lock(path, tmp_path / "a.txt", "wait for it")
        pattern = r".*/a\.txt is being written by process (\d+) on (\S+) since \d{4}-\d\d-\d\dT\S+; wait for it"
        found = re.fullmatch(pattern, str(raised.value))
        assert found is not None
        assert (int(found[1]), found[2]) == (os.getpid(), files.socket.gethostname())
    held.close()
    files.lock(path, tmp_path / "a.txt", "wait for it").close()


def test_a_lock_names_its_last_holder_only(tmp_path):
    path = tmp_path / "a.lock"
    path.write_text(" process 1 on a machine of a much longer name than any that there is, since the last century")
    held = files.lock(path, path, "")
    assert path.read_text().count("process") == 1
    assert "century" not in path.read_text()
    held.close()


def test_a_holder_that_did_not_write_its_name_yet_is_another_process(tmp_path):
    path = tmp_path / "a.lock"
    held = files.lock(path, path, "")
    held.truncate(0)
    with pytest.raises(InputError, match="is being written by another process; wait"):
        files.lock(path, path, "wait")
    held.close()


def test_a_killed_process_gives_its_lock_back(tmp_path):
    path = tmp_path / "a.lock"
    code = HOLD.format(path=str(path)) + "print('held', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError, match=f"process {holder.pid} on"):
        files.lock(path, path, "")
    holder.kill()
    holder.communicate()
    files.lock(path, path, "").close()


# --- reading ------------------------------------------------------------------------------------------------


def test_lines_are_stripped_and_empty_ones_are_left_out(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffone\r\n\n  two \n \n".encode())
    assert files.read_lines(tmp_path / "a.txt") == ["one", "two"]


def test_what_is_no_text_is_refused_by_name(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFileError, match=r"a\.txt is no UTF-8 text \(invalid start byte\)"):
        files.read_lines(tmp_path / "a.txt")


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_a_table_as_some_spreadsheets_write_it_is_told_as_such(tmp_path, order):
    (tmp_path / "a.csv").write_bytes("\ufeffimage,class\na,1\n".encode(order))
    with pytest.raises(InputError, match=r"a\.csv is UTF-16 text.*save it as UTF-8"):
        files.read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("read", [files.read_lines, files.read_json, files.read_table])
def test_a_file_that_is_not_there_is_named(tmp_path, read):
    with pytest.raises(InputError, match=r"there is no file .*absent\.csv"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path)


def test_json_is_read_or_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"é": [1, null]}', encoding="utf-8")
    assert files.read_json(tmp_path / "a.json") == {"é": [1, None]}
    for data in (b"", b'{"a"', b"\xff"):
        (tmp_path / "b.json").write_bytes(data)
        with pytest.raises(DamagedFileError, match=r"b\.json cannot be read .*truncated"):
            files.read_json(tmp_path / "b.json")


def test_a_table_is_read_as_it_stands(tmp_path):
    (tmp_path / "a.csv").write_text("image,ImageId,top1\n007,1,0.5\nNA,2,\n")
    table = files.read_table(tmp_path / "a.csv")
    assert table["image"].tolist() == ["007", "NA"]
    assert table["ImageId"].tolist() == ["1", "2"]
    assert table["top1"].isna().tolist() == [False, True]
    table.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(files.read_table(tmp_path / "a.parquet"), table, check_dtype=False)


def test_columns_that_are_named_are_read_as_text_whatever_their_case(tmp_path):
    (tmp_path / "a.csv").write_text("File ,file,top1\n007,008,009\n")
    table = files.read_table(tmp_path / "a.csv", text=("file",))
    assert table.loc[0].tolist() == ["007", "008", 9]


@pytest.mark.parametrize("row", ["a", "a,1,2"])
def test_a_row_of_another_width_than_the_header_is_refused(tmp_path, row):
    (tmp_path / "a.csv").write_text(f"image,top1\nb,1\n{row}\n")
    with pytest.raises(InputError, match=r"a\.csv: .*as wide as the header") as raised:
        files.read_table(tmp_path / "a.csv")
    assert not isinstance(raised.value, DamagedFileError)


@pytest.mark.parametrize(("name", "data"), [("a.csv", b""), ("a.parquet", b"PAR1cut"), ("a.parquet", b"")])
def test_a_table_that_cannot_be_read_is_damaged(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DamagedFileError, match=f"{name} cannot be read .*truncated"):
        files.read_table(tmp_path / name)


def test_damaged_pages_are_refused_before_they_are_decoded_and_files_of_other_programs_are_read(tmp_path):
    table = pa.table({"a": list(range(1000)), "b": ["x"] * 1000})
    files.write_parquet(table, tmp_path / "own.parquet", compression="zstd")
    assert files.read_parquet(tmp_path / "own.parquet").equals(table)
    assert files.read_parquet(tmp_path / "own.parquet", ["b"]).column_names == ["b"]
    data = (tmp_path / "own.parquet").read_bytes()
    foot = len(data) - 8 - parquet.read_metadata(tmp_path / "own.parquet").serialized_size
    for at in (4, 10, foot - 1):
        damaged = bytearray(data)
        damaged[at] ^= 1
        (tmp_path / "own.parquet").write_bytes(damaged)
        with pytest.raises(ValueError, match="its pages have another digest than what was written"):
            files.read_parquet(tmp_path / "own.parquet")
    parquet.write_table(table, tmp_path / "other.parquet")
    assert files.read_parquet(tmp_path / "other.parquet").equals(table)


def test_a_foot_that_claims_more_than_the_file_can_hold_is_refused(tmp_path, monkeypatch):
    lists = pa.FixedSizeListArray.from_arrays(pa.array(range(500)), 5)
    files.write_parquet(pa.table({"a": lists}), tmp_path / "a.parquet")
    size = (tmp_path / "a.parquet").stat().st_size
    monkeypatch.setattr(files, "DENSEST", 499 / size)  # 100 rows of five values
    with pytest.raises(ValueError, match="it claims 500 values in"):
        files.read_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(files, "DENSEST", 500 / size)
    assert len(files.read_parquet(tmp_path / "a.parquet")) == 100
