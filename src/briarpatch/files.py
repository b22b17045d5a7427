"""Files and folders that are written whole or not at all, and folders that nobody else can put anything into.

What is written goes into a workshop: a folder of its own beside the target, with a name and a mark that only this program
makes. It is flushed to the disk and renamed; a lock says that its process lives. What a killed process left behind is
removed by the next one, if name, mark, owner and lock all say that it is this program's and abandoned; when one of them
leaves a doubt, it stays.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from .errors import RequestError

TEMPORARY = ".briarpatch-"
"""How the names of workshops begin."""
_WORKSHOP = re.compile(re.escape(TEMPORARY) + r"[0-9a-f]{16}\.writing")
_MARK = "briarpatch-is-writing-here"
_MOST_LINKS = 40


def is_workshop(name: str) -> bool:
    """Return True when `name` is one that a workshop may have."""
    return _WORKSHOP.fullmatch(name) is not None


def _words(name: str) -> bytes:
    """Return what the mark of a workshop says: the one that it was made for, and the machine that writes in it."""
    return f"briarpatch writes in {name} on {platform.node()}; it removes this folder when it is done\n".encode()


@contextlib.contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """Yield a marked folder in `parent`, held by this process, that vanishes when the block ends."""
    parent.mkdir(parents=True, exist_ok=True)
    for _ in range(10):  # another process may sweep it away before it is held
        folder, handle = parent / f"{TEMPORARY}{secrets.token_hex(8)}.writing", None
        os.mkdir(folder, 0o700)
        with contextlib.suppress(FileNotFoundError):
            handle = lock(folder)
            (folder / _MARK).write_bytes(_words(folder.name))
            if handle is not None or os.name == "nt":
                break
        if handle is not None:
            os.close(handle)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary name; what is written there becomes `target` when the block ends well.

    It is on the disk before it gets its name, and replaces what was there; else it vanishes. Raises RequestError when
    it cannot be written.
    """
    try:
        with _workshop(target.parent) as folder:
            temporary = folder / target.name[-80:]
            os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644))
            yield temporary
            _flush_file(temporary)
            os.replace(temporary, target)
            flush_folder(target.parent)
    except OSError as cause:
        raise RequestError(f"{target} cannot be written: {cause.strerror or cause}") from cause


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `target` when the block ends well, and else vanishes.

    Raises RequestError when it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target.parent)
        with _workshop(target.parent) as folder:
            temporary = folder / "content"
            temporary.mkdir()
            yield temporary
            _flush(temporary)
            if target.is_dir() and is_empty(target):
                target.rmdir()
            os.rename(temporary, target)
            flush_folder(target.parent)
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise RequestError(f"{target} cannot be written: {reason}; name another folder with --out") from cause


def sweep(parent: Path) -> None:
    """Remove the workshops that killed processes left in `parent`; whatever leaves a doubt stays."""
    if os.name == "nt":  # nothing can be held there, so nothing is known to be abandoned
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            if is_workshop(name):
                with contextlib.suppress(OSError):
                    _remove_abandoned(parent / name)


def _remove_abandoned(folder: Path) -> None:
    handle = lock(folder)
    if handle is None:
        return
    try:
        facts = os.fstat(handle)
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
            return
        if is_empty(folder):  # its process died before it made the mark
            os.rmdir(folder)
        elif len(os.listdir(folder)) <= 2 and _mark_of(handle) == _words(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _mark_of(folder: int) -> bytes:
    """Return what the mark in a folder says; raises OSError when there is none."""
    with os.fdopen(os.open(_MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
        return file.read(1000) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""


def lock(folder: Path) -> int | None:
    """Return a handle that holds a file or folder until it is closed or this process dies; None when it is held."""
    if os.name == "nt":  # folders cannot be locked there, and an open one cannot be removed
        return None
    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
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


def _flush_file(file: Path) -> None:
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Have every file and folder under `folder` on the disk before anybody sees it."""
    for where, _, names in os.walk(folder, topdown=False):
        for name in names:
            _flush_file(Path(where, name))
        flush_folder(Path(where))


def check_place(target: Path, remedy: str) -> None:
    """Raise RequestError when nothing can be written as `target`, because of the folders above it."""
    above = target.absolute().parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise RequestError(f"{target} cannot be written: {above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise RequestError(f"{target} cannot be written: no permission to write in {above}; {remedy}")


def is_empty(folder: Path) -> bool:
    """Return True when nothing is in a folder."""
    with os.scandir(folder) as found:
        return next(found, None) is None


# ------------------------------------------------------------------------------------------ what is the user's alone


def private_folder(folder: Path) -> Path:
    """Make `folder` if it is missing, and every missing folder above, open to the user alone; return it.

    Raises RequestError when somebody else could put something into it (see `check_private`), OSError when it cannot
    be made.
    """
    missing = [one for one in (folder, *folder.parents) if not os.path.lexists(one)]
    for one in reversed(missing):
        one.mkdir(0o700, exist_ok=True)
    check_private(folder)
    if not folder.is_dir():
        raise NotADirectoryError(20, os.strerror(20), str(folder))
    return folder


_ELSEWHERE = "or set BRIARPATCH_CACHE to a folder of your own"


def check_private(folder: Path, otherwise: str = _ELSEWHERE) -> None:
    """Raise RequestError when anybody but the user and root could put something into `folder`.

    Whoever may write to one of the folders above could put another in its place, unless that one lets people rename only
    what is theirs (the sticky bit of /tmp). A group of which the user is the only member counts as the user. `otherwise`
    ends the message: what else can be done.
    """
    if os.name == "nt":
        return
    at, left, links = "/", [*reversed(Path(os.path.abspath(folder)).parts[1:])], 0
    _check(at, os.stat(at), bool(left), otherwise)
    while left:
        name = left.pop()
        if name in ("", ".", ".."):
            at = os.path.dirname(at) if name == ".." else at
            continue
        there = os.path.join(at, name)
        try:
            facts = os.lstat(there)
        except OSError:  # nothing is there, or nothing that can be reached
            return
        if stat.S_ISLNK(facts.st_mode):
            links += 1
            if links > _MOST_LINKS:
                return
            _check_owner(there, facts, otherwise)
            goal = os.readlink(there)
            at = "/" if goal.startswith("/") else at
            left += reversed(goal.split("/"))
        else:
            _check(there, facts, bool(left), otherwise)
            at = there


def read_private(file: Path, otherwise: str = _ELSEWHERE) -> bytes:
    """Return the content of a file that nobody but the user and root could have written.

    Raises RequestError when somebody else could, OSError when it cannot be read.
    """
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as opened:
        if os.name != "nt":
            _check(str(file), os.fstat(handle), False, otherwise)
        return opened.read()


def _check(path: str, facts: os.stat_result, is_above: bool, otherwise: str) -> None:
    _check_owner(path, facts, otherwise)
    sticky = is_above and facts.st_mode & stat.S_ISVTX
    if facts.st_mode & stat.S_IWOTH and not sticky:
        raise _unsafe(path, "everybody may write to it", f"`chmod o-w '{path}'`, ", otherwise)
    if facts.st_mode & stat.S_IWGRP and not sticky and not _is_own_group(facts.st_gid):
        raise _unsafe(path, "its group may write to it", f"`chmod g-w '{path}'`, ", otherwise)


def _check_owner(path: str, facts: os.stat_result, otherwise: str) -> None:
    if facts.st_uid not in (0, os.geteuid()):
        raise _unsafe(path, f"it belongs to another user (number {facts.st_uid})", "", otherwise.removeprefix("or "))


def _unsafe(path: str, why: str, remedy: str, otherwise: str) -> RequestError:
    return RequestError(f"{path} is not safe to keep compiled code in: {why}; {remedy}{otherwise}")


def _is_own_group(number: int) -> bool:
    """Return True when nobody but the user and root is a member of a group, and it is named after one of them."""
    import grp
    import pwd

    try:
        group, own = grp.getgrgid(number), {pwd.getpwuid(os.geteuid()).pw_name, "root"}
    except KeyError:
        return False
    return group.gr_name in own and set(group.gr_mem) <= own
