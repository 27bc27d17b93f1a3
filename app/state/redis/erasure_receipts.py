"""The receipts of erasures in Redis: a hash, its order by time, and the first bundles; those that expire are keys."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from app.state.protocol import RECEIPT_PAGE, ErasureReceipt
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.codec import CorruptValueError
from app.state.redis.keys import Keys
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

# A full Redis refuses the first write of a script that needs memory, and no write after a deletion.
PUT = Script("""
-- KEYS: receipts, order, receipt that expires. ARGV: id, receipt, erased_at, 1 if lasting, ttl_s
redis.call('DEL', KEYS[3])
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else
  redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[5])
end
return 1
""")

READ = Script("""
-- KEYS: receipts, first bundles, receipt that expires. ARGV: id
-- Answers the receipt and the first bundle, '' for none.
local receipt = redis.call('HGET', KEYS[1], ARGV[1]) or redis.call('GET', KEYS[3]) or ''
return {receipt, redis.call('HGET', KEYS[2], ARGV[1]) or ''}
""")

LIST = Script("""
-- KEYS: receipts, order, first bundles. ARGV: start, last
-- Answers receipt and first bundle in turn, '' for none.
local answer = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2])) do
  answer[#answer + 1] = redis.call('HGET', KEYS[1], id) or ''
  answer[#answer + 1] = redis.call('HGET', KEYS[3], id) or ''
end
return answer
""")

NOTE = Script("""
-- KEYS: receipts, first bundles. ARGV: model version, ids
for at = 2, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[at]) == 1 then redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[1]) end
end
return 1
""")


class RedisReceipts:
    """The ReceiptStore in Redis. A receipt that cannot be read counts as absent."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._values = values
        self._ttl_s = settings.limits.ttl_s
        self._deadline_s = settings.write_timeout_s

    async def put(self, receipt: ErasureReceipt, lasting: bool) -> None:
        """One atomic script."""
        keys, receipt_id = self._keys, receipt.receipt_id
        arguments: list[Argument] = [
            *(receipt_id, json.dumps(asdict(receipt)), repr(receipt.erased_at)),
            *(int(lasting), self._ttl_s),
        ]
        places = (keys.receipts, keys.receipt_order, keys.expiring_receipt(receipt_id))
        await self._run(PUT, places, arguments)

    async def read(self, receipt_id: str) -> ErasureReceipt | None:
        """One script that only reads."""
        keys = self._keys
        places = (keys.receipts, keys.first_bundles, keys.expiring_receipt(receipt_id))
        packed, first = await self._run(READ, places, [receipt_id])
        return self._unpack(packed, first) if packed else None

    async def list_lasting(self, start: int = 0, count: int = RECEIPT_PAGE) -> Sequence[ErasureReceipt]:
        """One script that only reads."""
        places = (self._keys.receipts, self._keys.receipt_order, self._keys.first_bundles)
        answer = await self._run(LIST, places, [start, start + count - 1])
        pairs = zip(answer[::2], answer[1::2], strict=True)
        receipts = (self._unpack(packed, first) for packed, first in pairs)
        return [receipt for receipt in receipts if receipt is not None]

    async def note_bundle(self, receipt_ids: Sequence[str], model_version: str) -> None:
        """One script a page."""
        places = (self._keys.receipts, self._keys.first_bundles)
        for start in range(0, len(receipt_ids), RECEIPT_PAGE):
            page = receipt_ids[start : start + RECEIPT_PAGE]
            await self._run(NOTE, places, [model_version, *page])

    async def _run(self, script: Script, places: tuple[str, ...], arguments: list[Argument]) -> Any:
        return await self._client.run_script(script, Call(places, arguments), self._deadline_s)

    def _unpack(self, packed: bytes, first: bytes) -> ErasureReceipt | None:
        receipt: ErasureReceipt | None = self._values.unpack(_unpack_receipt, packed, None)
        return receipt and replace(receipt, first_bundle=first.decode() or receipt.first_bundle)


def _unpack_receipt(packed: bytes) -> ErasureReceipt:
    """Raises CorruptValueError."""
    try:
        values: dict[str, Any] = json.loads(packed)
        return ErasureReceipt(**{**values, "users": tuple(values["users"])})
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptValueError(f"expected a receipt, given {packed[:80]!r}") from error
