"""Read text files from a ZIP archive."""

import io
import zipfile
import zlib
from collections.abc import Sequence

from models.data.datasets.movielens.tables import FetchError


def read_texts(archive: bytes, names: Sequence[str], encoding: str) -> list[str]:
    """The named files of an archive, decoded.

    Raises FetchError if it is not a ZIP archive, is damaged, or lacks a file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            missing = sorted(set(names) - set(files.namelist()))
            if missing:
                raise FetchError(
                    f"expected an archive with {', '.join(names)}, given one without {missing[0]}"
                )
            return [files.read(name).decode(encoding) for name in names]
    except (zipfile.BadZipFile, zlib.error) as error:
        raise FetchError(f"expected a whole ZIP archive, given {error}") from error
    except UnicodeDecodeError as error:
        raise FetchError(f"expected texts in {encoding}, given {error.reason}") from error
