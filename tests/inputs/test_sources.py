import hashlib
import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from zipfile import ZipFile

import pytest

from workbench.errors import DamagedFileError, InputError, MissingSourceError, UnknownNameError
from workbench.inputs import sources

CONTENTS = {"some/one.txt": b"first", "some/two.txt": b"second"}
FOLDERS = ("imagenet-validation-original", "imagenetv2-b-33")
HOSTS = r"https://(raw\.githubusercontent|github|storage\.googleapis)\.com"
WHEEL = "tiny-1.0-py3-none-any.whl"
NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def register(no_sources, monkeypatch):
    """Replace the registry by one source, 'tiny', with the two files of CONTENTS."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(sources, "data_dir", lambda: no_sources)

    def write(url=NOBODY_LISTENS):
        lines = [
            "[tiny]",
            'repository = "who/what"',
            f'url = "{url}/{{path}}"',
            'licence = "MIT"',
            'purpose = "a test"',
        ]
        lines.append("[tiny.files]")
        for path, data in CONTENTS.items():
            lines.append(f'"{path}" = {{ sha256 = "{hashlib.sha256(data).hexdigest()}", bytes = {len(data)} }}')
        (no_sources / "sources.toml").write_text("\n".join(lines))
        sources.registry.cache_clear()

    write()
    yield write
    sources.registry.cache_clear()


@pytest.fixture
def mirror(register, tmp_path, monkeypatch):
    """A whole copy of 'tiny', named by WORKBENCH_MIRROR."""
    fill(tmp_path / "mirror" / "who" / "what")
    monkeypatch.setenv("WORKBENCH_MIRROR", str(tmp_path / "mirror"))
    return tmp_path / "mirror"


@pytest.fixture
def server(register, tmp_path):
    """A web server that serves the folder it returns; 'tiny' points there."""
    folder = tmp_path / "served"
    fill(folder)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        register(f"http://127.0.0.1:{http.server_port}")
        yield folder
        http.shutdown()


@pytest.fixture
def package(register, tmp_path, monkeypatch):
    """A package in a folder that pip looks into, in place of an index; 'tiny' is that package."""
    wheel = tmp_path / "links" / WHEEL
    wheel.parent.mkdir()
    with ZipFile(wheel, "w") as archive:
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    facts = f'sha256 = "{sources.sha256(wheel)}", bytes = {wheel.stat().st_size}'
    (sources.data_dir() / "sources.toml").write_text(
        '[tiny]\nrepository = "who/what"\npackage = "tiny==1.0"\nlicence = "MIT"\npurpose = "a test"\n'
        f'[tiny.files]\n"{WHEEL}" = {{ {facts} }}\n'
    )
    sources.registry.cache_clear()
    return wheel


def fill(folder):
    for path, data in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def cached_files():
    return {p.relative_to(sources.cache_dir()).as_posix() for p in sources.cache_dir().rglob("*") if p.is_file()}


def test_every_registered_file_has_origin_checksum_size_and_licence():
    for source in sources.registry().values():
        assert all([source.licence, source.purpose, source.files])
        for file in source.files:
            assert (
                re.fullmatch(HOSTS + r"/[^{}]+", file.url) if file.url else re.fullmatch(r"\w+==[\d.]+", file.package)
            )
            if source.name == "mistakes-logits":  # nobody published their checksums: the reader verifies the contents
                assert (file.sha256, file.bytes) == (None, 0)
                continue
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.bytes > 0


def test_what_is_large_or_rarely_needed_is_optional():
    optional = {name for name, source in sources.registry().items() if source.optional}
    assert optional == {"v1-multilabel", "openai-class-names", "mistakes-logits", "clip-benchmark-names"}
    assert sum(source.bytes for name, source in sources.registry().items() if name not in optional) < 175e6


def test_registry_has_67_models_on_each_of_two_sets():
    paths = [file.path for file in sources.source("recht2019").files]
    assert len(set(paths)) == 134
    v1, v2 = ({p.rsplit("/", 1)[1] for p in paths if f"/{name}/" in p} for name in FOLDERS)
    assert len(v1) == 67
    assert v1 == v2


@pytest.mark.parametrize(("wrong", "near"), [("v1-image", "v1-images"), ("recht2018", "recht2019")])
def test_an_unknown_source_is_refused_with_the_nearest_name(wrong, near):
    with pytest.raises(UnknownNameError, match=f"did you mean '{near}'"):
        sources.source(wrong)


def test_a_missing_source_is_named_with_the_command_that_gets_it(register):
    assert not sources.available("tiny")
    with pytest.raises(MissingSourceError, match=r"tiny.*workbench fetch tiny.*WORKBENCH_MIRROR"):
        sources.locate("tiny")


def test_several_missing_sources_are_named_with_one_command():
    one, two = sources.source("v1-images"), sources.source("v2-images")
    assert sources.how_to_fetch("v1-images") == (
        f"not at hand: v1-images ({one.purpose}; {one.bytes / 1e6:.1f} MB); get it with 'workbench fetch v1-images', "
        "or set WORKBENCH_MIRROR to a local copy"
    )
    assert (
        f"v2-images ({two.purpose}; {two.bytes / 1e6:.1f} MB); get them with 'workbench fetch v1-images v2-images'"
        in (sources.how_to_fetch("v1-images", "v2-images"))
    )
    assert one.bytes == sum(file.bytes for file in one.files) > 0


def test_a_mirror_serves_files_without_a_copy_in_the_cache(mirror):
    assert sources.available("tiny")
    found = sources.locate("tiny")
    assert {key: path.read_bytes() for key, path in found.items()} == {"some/one": b"first", "some/two": b"second"}
    assert not sources.cache_dir().exists()


def test_the_cache_serves_what_the_mirror_lacks(mirror):
    sources.fetch("tiny")
    (mirror / "who/what/some/two.txt").unlink()
    assert sources.available("tiny")
    assert sources.locate("tiny")["some/two"].is_relative_to(sources.cache_dir())


def test_a_mirror_that_is_no_folder_is_refused_by_name(register, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"WORKBENCH_MIRROR.*nowhere"):
        sources.locate("tiny")


def test_fetch_copies_the_mirror_into_the_cache(mirror):
    seen = []
    paths = sources.fetch("tiny", on_event=seen.append)
    assert [path.read_bytes() for path in paths] == list(CONTENTS.values())
    sizes = [len(text) for text in CONTENTS.values()]
    assert [(event.kind, event.done) for event in seen] == [
        ("begin", 0),
        ("step", sizes[0]),
        ("step", sum(sizes)),
        ("end", sum(sizes)),
    ]
    assert {(event.task, event.total, event.unit) for event in seen} == {("tiny", sum(sizes), "B")}
    assert cached_files() == {"who/what/some/one.txt", "who/what/some/two.txt"}


def test_a_second_fetch_needs_neither_mirror_nor_network(mirror):
    first = sources.fetch("tiny")
    shutil.rmtree(mirror / "who")
    assert sources.fetch("tiny") == first


def test_fetch_replaces_a_damaged_file_in_the_cache(mirror):
    path = sources.fetch("tiny")[0]
    path.write_bytes(b"damaged")
    sources.fetch("tiny")
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize("contents", [b"", b"firsT", b"first and more"])
def test_a_mirror_with_other_contents_is_refused_and_nothing_is_cached(mirror, contents):
    (mirror / "who/what/some/one.txt").write_bytes(contents)
    for use in (sources.locate, sources.fetch):
        with pytest.raises(DamagedFileError, match=rf"one\.txt.*{len(contents)} bytes"):
            use("tiny")
    assert cached_files() == set()


def test_damage_after_a_first_look_is_noticed(mirror):
    sources.locate("tiny")
    (mirror / "who/what/some/one.txt").write_bytes(b"other")
    with pytest.raises(DamagedFileError, match=r"one\.txt"):
        sources.locate("tiny")


def test_fetch_downloads_and_verifies(server):
    assert [path.read_bytes() for path in sources.fetch("tiny")] == list(CONTENTS.values())
    assert cached_files() == {f"who/what/{path}" for path in CONTENTS}


def test_a_file_registered_without_a_checksum_is_fetched_and_handed_out_as_it_is(server):
    toml = sources.data_dir() / "sources.toml"
    toml.write_text(re.sub(r"{ sha256 .*?}", "{}", toml.read_text()))
    sources.registry.cache_clear()
    (server / "some/one.txt").write_bytes(b"anything")
    assert [path.read_bytes() for path in sources.fetch("tiny")] == [b"anything", b"second"]
    assert sources.locate("tiny")["some/one"].read_bytes() == b"anything"
    assert sources.source("tiny").size == "of unknown size"


def test_a_download_with_another_checksum_is_refused_and_not_kept(server):
    (server / "some/one.txt").write_bytes(b"a login page")
    with pytest.raises(DamagedFileError, match=r"one\.txt"):
        sources.fetch("tiny")
    assert cached_files() == set()


def test_a_package_comes_through_pip_and_is_verified(package):
    before = package.read_bytes()
    assert sources.fetch("tiny") == [sources.cache_dir() / "who/what" / WHEEL]
    package.unlink()
    assert sources.fetch("tiny")[0].read_bytes() == before
    assert sources.locate("tiny")[f"what/{package.stem}"].read_bytes() == before
    assert cached_files() == {f"who/what/{WHEEL}"}


def test_a_package_in_the_mirror_needs_no_pip(package, tmp_path, monkeypatch):
    copy = tmp_path / "mirror/who/what" / WHEEL
    copy.parent.mkdir(parents=True)
    package.rename(copy)
    monkeypatch.setenv("WORKBENCH_MIRROR", str(tmp_path / "mirror"))
    assert sources.fetch("tiny")[0].read_bytes() == copy.read_bytes()


def test_a_package_that_pip_cannot_get_is_a_missing_source_with_the_command(package):
    package.unlink()
    folder = re.escape(str(sources.cache_dir() / "who/what"))
    command = rf"pip download --no-deps --only-binary=:all: tiny==1\.0 -d {folder}"
    with pytest.raises(MissingSourceError, match=rf"pip could not get tiny==1\.0 \(.*tiny.*\); .*{command}"):
        sources.fetch("tiny")
    assert cached_files() == set()


def test_without_pip_it_is_a_missing_source_too(package, tmp_path, monkeypatch):
    (tmp_path / "python").write_text("#!/bin/sh\necho No module named pip >&2\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(MissingSourceError, match=r"tiny==1\.0 \(No module named pip\)"):
        sources.fetch("tiny")


def test_a_package_with_another_checksum_is_refused_and_not_kept(package):
    with ZipFile(package, "a") as archive:
        archive.writestr("more.txt", "more")
    with pytest.raises(DamagedFileError, match=r"pip's tiny==1\.0 returned is not the registered file"):
        sources.fetch("tiny")
    assert cached_files() == set()


def test_a_file_that_the_server_lacks_is_a_missing_source(server):
    (server / "some/two.txt").unlink()
    with pytest.raises(MissingSourceError, match=r"two\.txt.*HTTPError"):
        sources.fetch("tiny")
    assert cached_files() == {"who/what/some/one.txt"}


def test_a_download_without_network_leaves_no_partial_file(register):
    with pytest.raises(MissingSourceError, match=r"127\.0\.0\.1:9/some/one\.txt.*WORKBENCH_MIRROR"):
        sources.fetch("tiny")
    assert cached_files() == set()


def test_the_public_predictions_are_whole(public_files):
    found = sources.locate("recht2019")
    assert len(found) == 134
    assert {key.split("/")[0] for key in found} == set(FOLDERS)
