"""Where the workers are: on this machine, behind a scheduler's address, or in a batch system that YAML describes."""

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import InputError, WorkbenchError, reason
from workbench.files import parsing

PROTOCOLS = ("tcp", "tls", "ws", "wss")
SETTINGS = {
    # The schedule tries suspects itself: dask is to say at once that a worker was killed.
    "distributed.scheduler.allowed-failures": 0,
    # It takes the interpreter's lock from the computing thread a hundred times a second.
    "distributed.worker.profile.enabled": False,
}


@contextmanager
def opened(where: str) -> Iterator[Any]:
    """A dask client: ``local:N`` starts N workers here, which listen on loopback only; ``tls://HOST:PORT`` and its like
    is a scheduler that runs, with dask's own TLS settings; a ``.yaml`` file describes a cluster of dask-jobqueue.

    Raises `InputError` for anything else, and where no scheduler answers.
    """
    try:
        import distributed
        from dask import config
    except ImportError as error:
        raise InputError("--cluster needs the extra cluster: pip install 'imagenet-workbench[cluster]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # lost workers are told by the schedule
    with ExitStack() as stack:
        stack.enter_context(config.set(SETTINGS))
        scheme = where.split("://")[0]
        if local := re.fullmatch(r"local:([1-9]\d*)", where):
            cluster = stack.enter_context(_local(int(local.group(1))))
        elif scheme in PROTOCOLS and "://" in where:
            cluster = _address(where)
        elif Path(where).suffix in (".yaml", ".yml"):
            cluster = stack.enter_context(_queued(Path(where)))
        else:
            known = "local:N, a scheduler's address (tcp://HOST:PORT, tls://HOST:PORT) or a .yaml file of dask-jobqueue"
            raise InputError(f"--cluster is {where!r}; expected {known}")
        try:
            client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        except (OSError, TimeoutError) as error:
            raise InputError(f"no scheduler answers at {where} ({reason(error)}); is it running?") from error
        yield client


def _address(where: str) -> str:
    """The address of a scheduler. Raises `InputError` for what dask would take a minute, and a traceback, to refuse."""
    from distributed import Security

    parts = urlsplit(where)
    try:
        whole = bool(parts.hostname) and parts.port is not None
    except ValueError:  # the port is no number, or too large
        whole = False
    if not whole:
        raise InputError(f"--cluster is {where!r}; expected a host and a port, like tcp://10.0.0.1:8786")
    if parts.scheme in ("tls", "wss"):
        try:
            settings = Security().get_connection_args("client").get("ssl_context")
        except (OSError, ValueError) as error:  # the files that are named are not there, or no certificates
            seen = f"dask's TLS settings cannot be used ({reason(error)})"
            raise InputError(f"{seen}; mend distributed.comm.tls") from error
        if settings is None:
            named = "distributed.comm.tls: ca-file, client.cert and client.key"
            raise InputError(f"{where} needs dask's TLS settings, and there are none; set {named}")
    return where


def _local(n: int) -> Any:
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=n,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        silence_logs=logging.CRITICAL,  # what fails on a worker is told by name
    )


def _queued(path: Path) -> Any:
    """``cluster: SLURMCluster``, ``jobs: 8``, and under ``options`` what that class takes."""
    import dask_jobqueue
    import yaml

    if not path.is_file():
        raise InputError(f"there is no file {path}")
    with parsing(path, "is it YAML?"):
        described = yaml.safe_load(path.read_text())
    known = [name for name in dir(dask_jobqueue) if name.endswith("Cluster")]
    if not isinstance(described, dict) or {*described} - {"cluster", "jobs", "options"}:
        raise InputError(f"{path} is no description of a cluster; expected the keys cluster, jobs and options")
    if described.get("cluster") not in known:
        raise InputError(f"{path}: cluster is {described.get('cluster')!r}; expected one of {', '.join(known)}")
    jobs, options = described.get("jobs", 1), described.get("options") or {}
    if not isinstance(jobs, int) or jobs < 1 or not isinstance(options, dict):
        raise InputError(f"{path}: jobs is {jobs!r} and options {options!r}; expected 1 or more, and names with values")
    try:
        cluster = getattr(dask_jobqueue, described["cluster"])(**options)
        cluster.scale(jobs=jobs)
    except WorkbenchError:
        raise
    except Exception as error:  # each class of dask-jobqueue refuses in its own way
        raise InputError(f"{path}: {described['cluster']} cannot be started: {reason(error)}") from error
    return cluster
