"""Pyodide, the Python that runs in browsers: where its files come from."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from iptsim import codes
from iptsim.errors import UsageError

VERSION = "314.0.7"
"""The release that is fetched where none is given."""
SHA512 = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
"""Of its tarball, as the registry tells it (`npm view pyodide dist.integrity`)."""
_URL = f"https://registry.npmjs.org/pyodide/-/pyodide-{VERSION}.tgz"
_NEEDED = (
    "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json",
)  # fmt: skip
_PATIENCE, _MOST_BYTES = 60, 200_000_000

Core = Mapping[str, bytes]
"""The files that a page needs, by their names."""


def pyodide_core(given: Path | None = None, environ: Mapping[str, str] = os.environ) -> Core:
    """Pyodide's files: out of a tarball or folder, else of the user's cache, else fetched into it.

    Where no path is given IPTSIM_PYODIDE may tell one. Raises `UsageError`, which says what to do.
    """
    told = given or (Path(environ["IPTSIM_PYODIDE"]) if environ.get("IPTSIM_PYODIDE") else None)
    if told is None:
        return _unpacked(_cached(environ) or _fetched(environ), str(cache_file(environ)))
    if told.is_dir():
        return _of_folder(told)
    try:
        return _unpacked(told.read_bytes(), str(told))
    except OSError as error:
        raise _unread(str(told), error.strerror or str(error)) from None


def is_at_hand(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether no network is needed."""
    return bool(environ.get("IPTSIM_PYODIDE")) or _cached(environ) is not None


def cache_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the fetched tarball is kept (XDG Base Directory Specification)."""
    told = environ.get("XDG_CACHE_HOME", "")
    base = Path(told) if told.startswith("/") else Path.home() / ".cache"
    return base / "iptsim" / f"pyodide-{VERSION}.tgz"


def _of_folder(folder: Path) -> Core:
    """A folder that holds the files, or npm's, which has them in `package`."""
    inner = folder / "package"
    place = inner if inner.is_dir() else folder
    try:
        return {name: (place / name).read_bytes() for name in _NEEDED}
    except OSError as error:
        raise _unread(str(folder), f"{error.filename}: {error.strerror}") from None


def _unpacked(tarball: bytes, name: str) -> Core:
    """The files out of npm's tarball; nothing of it is written by its own name."""
    try:
        with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
            held = {each: archive.extractfile(f"package/{each}") for each in _NEEDED}
            return {each: file.read() for each, file in held.items() if file is not None}
    except (tarfile.TarError, KeyError, OSError, EOFError):
        raise _unread(name, "it is none of npm's tarballs of pyodide") from None


def _cached(environ: Mapping[str, str]) -> bytes | None:
    try:
        tarball = cache_file(environ).read_bytes()
    except OSError:
        return None
    return tarball if _is_pinned(tarball) else None


def _is_pinned(tarball: bytes) -> bool:
    return b64encode(hashlib.sha512(tarball).digest()).decode() == SHA512


def _fetched(environ: Mapping[str, str]) -> bytes:
    """The tarball from npm's registry, kept for the next time."""
    from urllib.request import urlopen  # noqa: PLC0415  # the network is asked here alone

    try:
        with urlopen(_URL, timeout=_PATIENCE) as answer:
            tarball: bytes = answer.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _not_fetched(getattr(reason, "strerror", None) or str(reason)) from None
    if not _is_pinned(tarball):
        raise _not_fetched("what came has another sha512")
    _keep(tarball, cache_file(environ))
    return tarball


def _keep(tarball: bytes, file: Path) -> None:
    """A cache that cannot be written is none."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(tarball)
        fresh.replace(file)
    except OSError:
        return


def _unread(path: str, why: str) -> UsageError:
    message = f"{path} holds no Pyodide (Python for browsers): {why}"
    return UsageError(message, code=codes.NO_PYODIDE, path=path, why=why)


def _not_fetched(why: str) -> UsageError:
    give = f"give --pyodide what `npm pack pyodide@{VERSION}` writes, or its folder"
    message = f"Pyodide (Python for browsers) cannot be fetched from {_URL}: {why}; {give}"
    return UsageError(message, code=codes.PYODIDE_NOT_FETCHED, url=_URL, why=why, version=VERSION)
