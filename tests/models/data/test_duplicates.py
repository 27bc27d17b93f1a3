"""Repeated rows: found by hand, and as a plain set finds them."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from models.data.duplicates import combine_codes, find_duplicates, find_shared_times
from models.data.readers.parsing import TextCodes, code_texts


def codes(*texts: str) -> TextCodes:
    return code_texts(pa.array(texts, pa.string()))


def test_by_hand():
    times = np.array([5.0, 3, 5, 5, 3, 7])
    users, items = codes("a", "b", "a", "b", "b", "a"), codes("x", "y", "x", "x", "z", "x")
    assert find_duplicates(times, [users, items]).tolist() == [False, False, True, False, False, False]
    assert find_duplicates(times, [users]).tolist() == [False, False, True, False, True, False]
    assert find_shared_times(times).tolist() == [True, True, True, True, True, False]
    assert find_duplicates(times[:0], [users.take(np.arange(0))]).tolist() == []


rows = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.sampled_from("xy")), max_size=40)


@given(rows)
def test_every_row_but_the_first_of_its_kind(drawn):
    seen = set()
    expected = [row in seen or seen.add(row) is not None for row in drawn]
    times = np.array([row[0] for row in drawn], np.float64)
    columns = [codes(*(row[place] for row in drawn)) for place in (1, 2)]
    assert find_duplicates(times, columns).tolist() == expected


def test_columns_that_do_not_fit_one_key_keep_theirs():
    class Names:
        """Stands for a column of 2^31 distinct names."""

        def __len__(self) -> int:
            return 2**31 - 2

    large = TextCodes(Names(), np.array([2**31 - 3, 4], np.int32))
    keys = combine_codes([large, large, large])
    assert [key.tolist() for key in keys] == [
        [(2**31 - 3) * (2**31 - 1) + 2**31 - 3, 4 * (2**31 - 1) + 4],
        [2**31 - 3, 4],
    ]
