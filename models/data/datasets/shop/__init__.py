"""A generated export of a German shop, with the faults of real exports: the data of docs/first-week.md."""

from models.data.datasets.shop.fetch import write_shop

__all__ = ["write_shop"]
