"""Generate the shop's product table: names, category paths, prices and stock."""

from dataclasses import dataclass

import numpy as np

PATHS = {
    "Küche > Kochen > Töpfe": ("Schmortopf", "Milchtopf", "Suppentopf", "Bräter"),
    "Küche > Kochen > Pfannen": ("Bratpfanne", "Grillpfanne", "Wok", "Crêpepfanne"),
    "Küche > Backen": ("Springform", "Gugelhupfform", "Backmatte", "Teigrolle"),
    "Küche > Messer": ("Kochmesser", "Brotmesser", "Schälmesser", "Wetzstahl"),
    "Garten > Pflanzen": ("Tomatensamen", "Rosenstock", "Kräutertopf", "Blumenzwiebeln"),
    "Garten > Werkzeug": ("Spaten", "Rosenschere", "Laubrechen", "Gießkanne"),
    "Wohnen > Licht > Tischleuchten": ("Leselampe", "Tischleuchte", "Nachtlicht", "Schreibtischlampe"),
    "Wohnen > Licht > Kerzen": ("Stumpenkerze", "Duftkerze", "Laterne", "Teelichthalter"),
    "Wohnen > Textilien": ("Wolldecke", "Kissenbezug", "Vorhang", "Läufer"),
    "Sport > Wandern": ("Rucksack", "Wanderstock", "Trinkflasche", "Regenjacke"),
    "Sport > Radfahren": ("Fahrradhelm", "Luftpumpe", "Satteltasche", "Radhandschuhe"),
    "Spielzeug > Holz": ("Bauklötze", "Kugelbahn", "Steckpuzzle", "Holzeisenbahn"),
}
"""Category path -> kinds of products."""
VARIANTS = ("klein", "groß", "Eiche", "blau")


@dataclass(frozen=True, slots=True)
class Products:
    """n products, ordered by article number."""

    numbers: tuple[str, ...]  # with leading zeros: "00123"
    names: tuple[str, ...]
    paths: tuple[str, ...]  # "Küche > Kochen > Töpfe"
    prices: tuple[float, ...]  # euros
    stock: tuple[int, ...]


def generate_products(random: np.random.Generator) -> Products:
    """Every kind of product in every variant, with shuffled article numbers from 00100 upwards."""
    rows = [
        (f"{kind} {variant}", path) for path, kinds in PATHS.items() for kind in kinds for variant in VARIANTS
    ]
    order = random.permutation(len(rows))
    prices = np.exp(random.normal(3.2, 0.7, len(rows)))
    stock = random.poisson(12, len(rows)) * (random.random(len(rows)) > 0.06)
    return Products(
        numbers=tuple(f"{100 + row:05d}" for row in range(len(rows))),
        names=tuple(rows[row][0] for row in order),
        paths=tuple(rows[row][1] for row in order),
        prices=tuple(np.round(prices, 2).tolist()),
        stock=tuple(stock.tolist()),
    )
