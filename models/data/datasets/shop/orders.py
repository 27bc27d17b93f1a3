"""Generate the shop's log: views, purchases and returns of customers with tastes, and the faults of an export."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from models.data.datasets.shop.products import Products

CUSTOMERS = 300
VISITS = 8
"""Mean visits of a customer."""
START = datetime(2025, 3, 1, tzinfo=UTC)
DAYS = 180
TASTES = 2
"""Category paths that a customer mostly buys from."""
FAITHFUL = 0.85
"""The share of visits to one of these paths."""
RETURNED = 0.06
FAULTY = 0.015
"""The share of rows with each kind of fault."""
DEVICES = ("Handy", "Rechner")

Row = tuple[str, ...]
"""Customer, article, time, action, quantity, price, device: as the export writes them."""


def generate_orders(random: np.random.Generator, products: Products) -> list[Row]:
    """The rows of the log in order of time, some of them faulty."""
    members = [
        np.flatnonzero([path == name for path in products.paths]) for name in sorted(set(products.paths))
    ]
    popularity = [random.permutation(1 / np.arange(1, len(rows) + 1)) for rows in members]
    rows: list[tuple[datetime, Row]] = []
    for customer in range(CUSTOMERS):
        tastes = random.choice(len(members), TASTES, replace=False)
        for start in _visit_times(random):
            path = random.choice(tastes) if random.random() < FAITHFUL else random.integers(len(members))
            shares = popularity[path] / popularity[path].sum()
            viewed = random.choice(members[path], random.integers(2, 5), replace=False, p=shares)
            rows += _visit(random, products, f"K{customer:04d}", start, viewed.tolist())
    rows.sort(key=lambda row: row[0])
    return [faulty for _, row in rows for faulty in _spoil(random, row)]


def _visit_times(random: np.random.Generator) -> list[datetime]:
    minutes = random.integers(0, DAYS * 24 * 60, 1 + random.poisson(VISITS - 1))
    return [START + timedelta(minutes=int(minute)) for minute in np.sort(minutes)]


def _visit(
    random: np.random.Generator, products: Products, customer: str, start: datetime, viewed: Sequence[int]
) -> Iterator[tuple[datetime, Row]]:
    """Views of a few products of one category, then perhaps a purchase, and perhaps its return ten days later."""
    device = DEVICES[random.integers(len(DEVICES))]
    for step, product in enumerate(viewed):
        yield _row(products, customer, start + timedelta(minutes=2 * step), product, "Ansicht", device)
    if random.random() < 0.5:
        bought = int(viewed[-1])
        yield _row(products, customer, start + timedelta(minutes=20), bought, "Kauf", device)
        if random.random() < RETURNED:
            yield _row(products, customer, start + timedelta(days=10), bought, "Retoure", device)


def _row(
    products: Products, customer: str, time: datetime, product: int, action: str, device: str
) -> tuple[datetime, Row]:
    quantity = {"Ansicht": "0", "Kauf": "1", "Retoure": "-1"}[action]
    price = f"{products.prices[product]:.2f}".replace(".", ",")
    text = f"{time:%d.%m.%Y %H:%M:%S}"
    return time, (customer, products.numbers[product], text, action, quantity, price, device)


def _spoil(random: np.random.Generator, row: Row) -> list[Row]:
    """The row as the export has it: written twice, without its article, with another date format or a wrong price."""
    customer, article, time, action, quantity, price, device = row
    fault = random.random() / FAULTY
    if fault < 1:
        return [row, row]
    if fault < 2:
        return [(customer, "NULL", time, action, quantity, price, device)]
    if fault < 3:
        return [(customer, article, time[:10].replace(".", "/"), action, quantity, price, device)]
    if fault < 3.2:
        return [(customer, article, time, action, quantity, "9999999,00", device)]
    return [row]
