"""Write the shop's export into a folder: bestellungen.csv and artikel.csv, as a German spreadsheet program does."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from models.contract.replaced_file import name_temporary
from models.data.datasets.shop.orders import generate_orders
from models.data.datasets.shop.products import generate_products

ENCODING = "cp1252"
SEED = 2026


def write_shop(folder: Path) -> Path:
    """The folder with both files, the same on every call: semicolons, decimal commas, and the encoding cp1252."""
    random = np.random.default_rng(SEED)
    products = generate_products(random)
    orders = generate_orders(random, products)
    prices = [f"{price:.2f}".replace(".", ",") for price in products.prices]
    articles = zip(products.numbers, products.names, products.paths, prices, products.stock, strict=True)
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "bestellungen.csv",
        ("Kundennr", "Artikelnr", "Zeitpunkt", "Vorgang", "Menge", "Preis", "Gerät"),
        orders,
    )
    _write(folder / "artikel.csv", ("Artikelnr", "Bezeichnung", "Warengruppe", "Preis", "Bestand"), articles)
    return folder


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    temporary = name_temporary(path)
    with temporary.open("w", encoding=ENCODING, newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    temporary.replace(path)
