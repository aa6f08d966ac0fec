"""The errors that users meet. Each message says what was seen, what was expected and what to do."""


class WorkbenchError(Exception):
    """Base of every error that the workbench raises on purpose."""


class InputError(WorkbenchError, ValueError):
    """Data or an argument does not have the form that was asked for."""


class UnknownNameError(WorkbenchError, LookupError):
    """A name (of a label set, a source, a notebook, a parameter) is not one of those that exist."""


class MissingSourceError(WorkbenchError, FileNotFoundError):
    """A public file is neither in the mirror nor in the cache, and was not downloaded."""


class DamagedFileError(WorkbenchError, ValueError):
    """A file is truncated, has another checksum than it should, or cannot be parsed."""


class NoReplyError(WorkbenchError, ConnectionError):
    """A model that was asked gave no reply to this question, however often it was asked."""


def counted(n: int, one: str, many: str) -> str:
    """A number with the words that go with it.

    >>> counted(1, "picture is", "pictures are"), counted(1200, "picture is", "pictures are")
    ('1 picture is', '1,200 pictures are')
    """
    return f"{n:,} {one if n == 1 else many}"


def reason(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none.

    >>> reason(EOFError()), reason(ValueError("no"))
    ('EOFError', 'no')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def unknown(kind: str, name: str, known: list[str], listed: str = "") -> UnknownNameError:
    """An error for a name that does not exist, with the nearest one that does.

    `listed` says where all of them are where those are too many for a message.

    >>> str(unknown("label set", "v1-reel", ["v1-real", "v2-refined"]))
    "there is no label set 'v1-reel'; did you mean 'v1-real'? Known: v1-real, v2-refined"
    """
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return UnknownNameError(f"there is no {kind} {name!r}{hint} Known: {listed or ', '.join(known)}")
