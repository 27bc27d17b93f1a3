"""Two small catalogues: films as MovieLens has them, and a shop."""

from collections.abc import Callable

import numpy as np
import pytest

from models.language.use import UseEncoder
from models.language.words.compiler import Compiler
from models.language.words.label_vectors import LabelVectors
from models.language.words.vocabulary import LabelName, NumberField, Vocabulary, read_number_field, title_keys

GENRES = (
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical|Mystery"
    "|Romance|Sci-Fi|Thriller|War|Western"
)
TITLES = ("Heat", "Alien", "Toy Story", "Titanic", "泰坦尼克", "Matrix, The (1999)", "No Country for Old Men")
SHOP = {
    "category": "Shoes|Shirts|Dresses|Jackets|Kitchen|Toys|Garden tools|Headphones|Laptops|Furniture|Books",
    "color": "Black|White|Red|Blue|Green|Yellow|Brown",
    "brand": "Nike|Adidas|Sony|Bosch|Lego",
    "material": "Leather|Cotton|Wood|Steel|Plastic",
}


def evenly(name: str, low: float, high: float) -> NumberField:
    """A field with evenly spaced values: its quartiles are at the quarters of its range."""
    field = read_number_field(name, np.linspace(low, high, 101))
    assert field is not None
    return field


def film_vocabulary() -> Vocabulary:
    titles = {key: (title,) for title in TITLES for key in title_keys(title)}
    labels = [LabelName("genres", genre, genre) for genre in GENRES.split("|")]
    numbers = [evenly("year", 1930, 1998), evenly("runtime", 80, 180)]
    return Vocabulary.of(labels, ["genres"], numbers, titles, ["next", "like", "rating"])


def shop_vocabulary() -> Vocabulary:
    labels = [LabelName(field, name, name) for field, names in SHOP.items() for name in names.split("|")]
    numbers = [evenly("price", 5, 205), evenly("rating", 1, 5), evenly("weight", 1, 50)]
    return Vocabulary.of(labels, ["category"], numbers, heads=["next"])


VOCABULARIES: dict[str, Callable[[], Vocabulary]] = {"films": film_vocabulary, "shop": shop_vocabulary}


@pytest.fixture(scope="session")
def films() -> Compiler:
    """Without a text encoder: words are read by their spelling alone."""
    return Compiler(film_vocabulary())


@pytest.fixture(scope="session")
def compilers() -> dict[str, Compiler]:
    """Catalogue -> its compiler with the default encoder."""
    encode = UseEncoder().encode
    vocabularies = {name: build() for name, build in VOCABULARIES.items()}
    return {name: Compiler(words, LabelVectors.of(words, encode)) for name, words in vocabularies.items()}
