"""Training in bfloat16 where the processor has it: weights and losses stay in float32."""

import torch

from models.training.precision import autocast, has_bfloat16


def test_autocast_follows_the_processor():
    with autocast(torch.device("cpu")):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if has_bfloat16() else torch.float32)
    assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
