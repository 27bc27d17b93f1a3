"""The arguments of the offline commands that have several."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.access.arguments import REDIS
from app.number_arguments import read_count, read_duration, read_minutes, read_replay, read_share
from models.contract.description_limits import LANGUAGES, MOST_PARALLEL, MOST_VARIANTS, PARALLEL, TIMEOUT_S
from models.contract.update_pace import PASSES, REPLAY

Arguments = Mapping[str, Mapping[str, Any]]
"""Name -> keyword arguments of add_argument."""

FETCH: Arguments = {
    "name": {"help": "movielens-100k"},
    "--out": {"type": Path, "required": True, "help": "folder for its files"},
}
DESCRIBE: Arguments = {
    "job": {"type": Path, "help": "the job's YAML file"},
    "--out": {"type": Path, "required": True, "help": "the file of the descriptions, .jsonl or .parquet"},
    "--language": {
        "action": "append",
        "choices": LANGUAGES,
        "help": "the language of the descriptions; may be given several times; default en",
    },
    "--variants": {
        "type": read_count,
        "help": f"descriptions of an item in a language, up to {MOST_VARIANTS}; default 1",
    },
    "--limit": {"type": read_count, "help": "the first items of the table; default all"},
    "--parallel": {
        "type": read_count,
        "help": f"requests of the language model at once, up to {MOST_PARALLEL}; default {PARALLEL}",
    },
    "--timeout": {
        "type": read_duration,
        "help": f"the longest wait for one answer, such as 30s; default {TIMEOUT_S:g}s",
    },
}
TRAIN: Arguments = {
    "job": {"type": Path, "help": "the job's YAML file"},
    "--out": {"type": Path, "required": True, "help": "the bundle's folder"},
    "--force": {"action": "store_true", "help": "publish even over a better bundle"},
}
UPDATE: Arguments = {
    "bundle": {"type": Path, "help": "the published bundle"},
    "--log": {"type": Path, "required": True, "help": "the folder that 'chorus log export' wrote"},
    "--out": {"type": Path, "required": True, "help": "the new bundle's folder; may be that of the bundle"},
    "--job": {"type": Path, "help": "the job's YAML file; default the one that the bundle was trained from"},
    "--passes": {
        "type": read_count,
        "default": PASSES,
        "help": f"passes over the new events; default {PASSES}",
    },
    "--replay": {
        "type": read_replay,
        "default": REPLAY,
        "help": f"older events in a pass for each new one, against forgetting; default {REPLAY:g}",
    },
    "--force": {"action": "store_true", "help": "publish even if it is worse than the published bundle"},
}
TUNE: Arguments = {
    "job": {"type": Path, "help": "the job's YAML file"},
    "--out": {"type": Path, "required": True, "help": "the study's folder; a study there goes on"},
    "--trials": {"type": read_count, "default": 20, "help": "trials of the study in all; default 20"},
    "--minutes": {"type": read_minutes, "help": "time limit of this search; default none"},
}
DIVERSITY: Arguments = {
    "job": {"type": Path, "help": "the job's YAML file"},
    "--out": {"type": Path, "required": True, "help": "folder for the frontier's files"},
    "--bundle": {
        "type": Path,
        "help": "a bundle of the job with export.fit train; default: a network is trained for it",
    },
    "--searched": {
        "type": read_count,
        "default": 10,
        "help": "lists of a protocol that the searches order, seconds for each; default 10",
    },
}
LOG_EXPORT: Arguments = {
    "--out": {
        "type": Path,
        "required": True,
        "help": "folder for a Parquet file of events a day; that of impressions is in its folder impressions",
    },
    "--tenant": {
        "default": "",
        "help": "the tenant whose events are exported; default that of keys without one",
    },
    "--every": {
        "type": read_duration,
        "help": "the time between exports, such as 30s or 5m, until the command is stopped; default one export",
    },
    "--window": {
        "type": read_duration,
        "help": "how long after an answer an event counts as taken from it, such as 30m or 24h; default 24h",
    },
    "--bundle": {
        "type": Path,
        "help": "the bundle whose job says which actions take an item; default the usual roles of actions",
    },
    **REDIS,
}
LOOP: Arguments = {
    "job": {"type": Path, "nargs": "?", "help": "the job's YAML file"},
    "--bundle": {"type": Path, "required": True, "help": "the published bundle, which the loop replaces"},
    "--every": {"type": read_duration, "default": 3600.0, "help": "the time between rounds; default 1h"},
    "--full-every": {
        "type": read_count,
        "help": "every n-th round that learns is a full training; default none is",
    },
    "--service": {
        "metavar": "URL",
        "help": "the service that reloads a new bundle; its key is CHORUS_API_KEY",
    },
    "--log": {"type": Path, "help": "folder of the exported log; default log in the loop's work folder"},
    "--tenant": {
        "default": "",
        "help": "the tenant whose events are learned; default that of keys without one",
    },
    "--rounds": {"type": read_count, "help": "end after so many rounds; default never"},
    "--show": {"action": "store_true", "help": "print the table of the rounds so far, and end"},
    **REDIS,
}
VERIFY_ERASURE: Arguments = {
    "bundle": {"type": Path, "help": "the bundle's folder"},
    "--user": {"action": "append", "default": [], "help": "the id of a user; may be given several times"},
    "--erasures": {
        "type": Path,
        "action": "append",
        "default": [],
        "help": "a list of erased users, which 'chorus log export' writes; may be given several times",
    },
}
WHAT_IF: Arguments = {
    "log": {"type": Path, "help": "an exported log, or the folder of its impressions"},
    "--weights": {"required": True, "help": "the target policy's weights, such as next=1,like=.5"},
    "--diversity": {
        "default": "none",
        "help": "the target policy's diversity, such as mmr:.2 (with --bundle); default none",
    },
    "--strength": {
        "type": read_share,
        "default": 0.1,
        "help": "the target policy's exploration by softmax, 0 for the greedy list; default 0.1",
    },
    "--reward": {"choices": ("taken", "value"), "default": "taken", "help": "what counts; default taken"},
    "--places": {"type": read_count, "help": "the first places that count; default all"},
    "--scene": {"help": "the answers of one scene; default all"},
    "--bundle": {
        "type": Path,
        "help": "the scales of the heads, and the items' vectors; default from the log",
    },
    "--json": {"action": "store_true", "help": "as JSON"},
}
BENCHMARK: Arguments = {
    "name": {
        "help": "movielens-1m or amazon-office, each also with -cold-items, movielens-100k, kuairand-april, "
        "kuairand-april-histories or kuairand-april-tasks"
    },
    "--data": {
        "type": Path,
        "default": Path("../shared/data"),
        "help": "the folder that has the data set's folder, such as ml-1m; default ../shared/data",
    },
    "--out": {"type": Path, "help": "folder for its files; default bench-quality/NAME"},
}
