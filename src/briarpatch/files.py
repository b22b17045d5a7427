"""Files and folders that are written whole or not at all.

What is written goes under a temporary name beside its target, is flushed to the disk, and is renamed; a lock says that its
process lives, and what a killed process left behind is removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import RequestError

TEMPORARY = ".briarpatch-"
"""How the names of what is being written begin."""


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary name beside `target`; what is written there becomes `target` when the block ends well.

    It is on the disk before it gets its name, and replaces what was there; else it vanishes. Raises RequestError when
    it cannot be written.
    """
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(6)}-{target.name[-80:]}")
    handle = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        hold(handle)
        yield temporary
        os.fsync(handle)
        if os.name == "nt":  # an open file cannot be renamed there
            os.close(handle)
            handle = None
        os.replace(temporary, target)
        flush_folder(target.parent)
    except OSError as cause:
        raise RequestError(f"{target} cannot be written: {cause.strerror or cause}") from cause
    finally:
        if handle is not None:
            os.close(handle)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `target` when the block ends well, and else vanishes.

    Raises RequestError when it cannot be written.
    """
    temporary, handle = None, None
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            sweep(target.parent)
            for _ in range(10):
                temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=target.parent))
                handle = lock(temporary)
                if handle is not None or os.name == "nt":
                    break
            os.chmod(temporary or target.parent, 0o755)
            assert temporary is not None
            yield temporary
            _flush(temporary)
            if target.is_dir() and is_empty(target):
                target.rmdir()
            os.rename(temporary, target)
            temporary = None
            flush_folder(target.parent)
        except OSError as cause:
            reason = cause.strerror or str(cause)
            raise RequestError(f"{target} cannot be written: {reason}; name another folder with --out") from cause
    finally:
        if handle is not None:
            os.close(handle)
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove what killed processes left in `parent`; what a living process is writing stays."""
    for left in parent.glob(f"{TEMPORARY}*"):
        with contextlib.suppress(OSError):
            held = lock(left)
            if held is not None:
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
                os.close(held)


def lock(folder: Path) -> int | None:
    """Return a handle that holds a file or folder until it is closed or this process dies; None when it is held."""
    if os.name == "nt":  # folders cannot be locked there, and an open one cannot be removed
        return None
    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        hold(handle)
        if os.stat(folder, follow_symlinks=False).st_ino != os.fstat(handle).st_ino:
            raise BlockingIOError
    except OSError:
        os.close(handle)
        return None
    return handle


def hold(handle: int, wait: bool = False) -> None:
    """Lock what `handle` is open on until it is closed; when another process holds it, wait or raise OSError."""
    if os.name != "nt":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def flush_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Have every file and folder under `folder` on the disk before anybody sees it."""
    for where, _, names in os.walk(folder, topdown=False):
        for name in names:
            handle = os.open(os.path.join(where, name), os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        flush_folder(Path(where))


def is_empty(folder: Path) -> bool:
    """Return True when nothing is in a folder."""
    with os.scandir(folder) as found:
        return next(found, None) is None
