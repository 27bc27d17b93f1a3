"""The titles of a live catalogue by their words, for texts that name items: made once for each version."""

from app.bundle.catalogue import Catalogue
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.language.titles import TitleIndex

NAMES = ("title", "name")


def title_field(spec: FeatureSpec) -> str | None:
    """The field with the items' titles: the text field of such a name, else the first one; None without texts."""
    fields = [field.name for field in spec.fields(FieldKind.TEXT)]
    named = (field for name in NAMES for field in fields if name in field.casefold())
    return next(named, fields[0] if fields else None)


class TitleTable:
    """Keeps the index of the newest catalogue that was asked for."""

    def __init__(self) -> None:
        self._made: tuple[Catalogue, TitleIndex] | None = None

    def of(self, catalogue: Catalogue, field: str | None) -> TitleIndex:
        """The index over the rows of the items that are not deleted."""
        made = self._made
        if made is None or made[0] is not catalogue:
            index = TitleIndex.of(
                (row, str(catalogue.item(row).attributes.get(field or "", "")))
                for row in range(0 if field is None else len(catalogue))
                if catalogue.present[row]
            )
            made = self._made = catalogue, index
        return made[1]
