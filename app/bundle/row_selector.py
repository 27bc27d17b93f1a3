"""The selection of rows in a search by FAISS."""

import faiss
import numpy as np

from models.contract.arrays import Mask


def select_rows(allowed: Mask) -> faiss.IDSelector:
    """A selector of the allowed rows [n] of an index of n rows. The stubs of faiss lack its arguments."""
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[call-arg, arg-type]
