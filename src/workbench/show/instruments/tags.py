"""Words on pictures, kept in a file: what somebody wants to find again."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from workbench.errors import DamagedFileError, InputError, reason
from workbench.files import write_file

HEADER = ["image", "tag"]


class Tags:
    """Pictures and their tags in a CSV file ``image,tag``, written whole at each change; no file before the first.

    The file is read again before a change, so that what was tagged elsewhere in the meantime stays. Raises
    `DamagedFileError` where it is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._of = self._read()

    def of(self, image: str) -> list[str]:
        """The tags of a picture, by alphabet."""
        return sorted(self._of.get(image, ()))

    def names(self) -> list[str]:
        """All tags, by alphabet."""
        return sorted(set().union(*self._of.values()))

    def put(self, images: Iterable[str], tag: str) -> int:
        """Tag pictures; how many had not the tag. Raises `InputError` for an empty tag, `OSError` as writing does."""
        return self._change(images, tag, there=True)

    def take(self, images: Iterable[str], tag: str) -> int:
        """Take a tag from pictures; how many had it. Raises as `put` does."""
        return self._change(images, tag, there=False)

    def _change(self, images: Iterable[str], tag: str, *, there: bool) -> int:
        tag = " ".join(tag.split())
        if not tag:
            raise InputError("the tag is empty; type a word first")
        of = self._read()
        changed = [image for image in images if (tag in of.get(image, ())) != there]
        for image in changed:
            of.setdefault(image, set()).symmetric_difference_update({tag})
        if changed:
            text = io.StringIO()
            rows = [(image, one) for image, tags in of.items() for one in sorted(tags)]
            csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_file(self.path, text.getvalue())
        self._of = of
        return len(changed)

    def _read(self) -> dict[str, set[str]]:
        if not self.path.exists():
            return {}
        of: dict[str, set[str]] = {}
        try:
            header, *rows = csv.reader(io.StringIO(self.path.read_text(encoding="utf-8"), newline=""), strict=True)
            if header != HEADER:
                raise ValueError(f"its first line is {','.join(header)!r}")
            for image, tag in rows:
                of.setdefault(image, set()).add(tag)
        except (ValueError, csv.Error) as error:
            seen = f"{self.path} holds no tags ({reason(error)})"
            raise DamagedFileError(f"{seen}; expected the columns image,tag: mend it or give another file") from error
        return of
