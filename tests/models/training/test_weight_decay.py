"""Which weights decay."""

import torch

from models.job.training_config import Balancing, TrainingConfig
from models.training.corpus import PART_TRAIN, PART_VALID
from models.training.loop import Trainer
from models.training.objective import Balance

CPU = torch.device("cpu")
TRAIN, VALID = frozenset({PART_TRAIN}), frozenset({PART_VALID})
CONFIG = TrainingConfig(weight_decay=0.07)


def test_weight_decay_leaves_embeddings_biases_and_norms_alone(shop_data, make_network):
    network = make_network()
    trainer = Trainer(network, shop_data.corpus, CONFIG, CPU, TRAIN, VALID)
    decayed, plain = trainer._groups(Balance({"next": 1.0}, Balancing.UNCERTAINTY))
    assert (decayed["weight_decay"], plain["weight_decay"]) == (CONFIG.weight_decay, 0.0)
    name_of = {id(value): name for name, value in network.named_parameters()}
    of = {name_of[id(value)] for value in decayed["params"]}
    assert {"items.content.weight", "items.bias.weight", "users.blocks.0.out.weight"} <= of
    tables = {"items.ids.weight", "items.id_bias.weight", "items.tokens.weight", "users.actions.weight"}
    assert not of & (tables | {"users.tokens.weight", "scorer.context.weight", "users.after.weight"})
    assert len(decayed["params"]) + len(plain["params"]) == len(name_of) + 1
