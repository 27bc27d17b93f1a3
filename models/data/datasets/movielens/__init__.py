"""Fetch MovieLens-100k from its first reachable source, and write it as three CSV files.

GroupLens Research collected the ratings and does not allow others to redistribute them, so every user fetches
them: https://files.grouplens.org/datasets/movielens/ml-100k-README.txt (Harper and Konstan 2015). If that host
cannot be reached, the same ratings are read from the recbole package.
"""

from models.data.datasets.movielens.fetch import fetch_movielens_100k
from models.data.datasets.movielens.tables import FetchError

__all__ = ["FetchError", "fetch_movielens_100k"]
