"""Open the FAISS indices of a bundle: over item vectors, and over text vectors."""

from functools import partial
from pathlib import Path

import faiss

from app.bundle.array_files import open_rows, read_archive
from app.bundle.text_index import TextIndex
from app.bundle.vector_index import ExactSearch, FaissSearch, SearchIndex
from models.contract.arrays import Floats
from models.contract.bundle import ITEM_TEXT, TEXT_INDEX, TEXT_SEARCH, BundleError, Manifest
from models.contract.text_search import read_search


def open_index(path: Path | None, vectors: Floats) -> SearchIndex:
    """The bundle's FAISS index, or exact search for a bundle without one (None).

    Raises BundleError for an index that does not have the shape of `vectors` [n, D + 2].
    """
    if path is None:
        return ExactSearch(vectors)
    index = read_index(path)
    if (index.ntotal, index.d) != vectors.shape:
        raise BundleError(
            f"expected an index over {vectors.shape}, given {(index.ntotal, index.d)} in {path}"
        )
    return FaissSearch(index)


def read_index(path: Path, flags: int = 0) -> faiss.Index:
    """The FAISS index in a file; raises BundleError."""
    try:
        return faiss.read_index(str(path), flags)
    except (RuntimeError, MemoryError) as error:  # FAISS raises all its errors as RuntimeError
        raise BundleError(f"expected a FAISS index in {path}, given {error}") from error


def open_text_index(folder: Path, manifest: Manifest, shape: tuple[int, ...]) -> TextIndex | None:
    """The index over the text vectors, of `shape` [n, T]; None for a bundle without one. Its lists are mapped.

    Raises BundleError for an index over others, or one without inverted lists.
    """
    if TEXT_INDEX not in manifest.files:
        return None
    path, (count, size) = folder / TEXT_INDEX, shape
    read = partial(read_search, items=count, size=size)
    search = read_archive(folder / TEXT_SEARCH, "a search of texts", read)
    index = read_index(path, faiss.IO_FLAG_MMAP)
    if (index.ntotal, index.d) != (count, size) or faiss.try_extract_index_ivf(index) is None:
        raise BundleError(f"expected inverted lists over {(count, size)}, given others in {path}")
    return TextIndex(index, search, open_rows(folder / ITEM_TEXT, (count, size)))
