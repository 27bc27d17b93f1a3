"""All that a Redis holds, as bytes in which a test looks for what must not be there."""

import redis


def dump_redis(client: redis.Redis, pattern: str = "*") -> bytes:
    """Every key that matches the pattern, and its value."""
    keys = list(client.scan_iter(pattern))
    return b"\n".join([*keys, *(_read_value(client, key) for key in keys)])


def _read_value(client: redis.Redis, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            return bytes(client.get(key) or b"")
        case b"list":
            return repr(client.lrange(key, 0, -1)).encode()
        case b"hash":
            return repr(client.hgetall(key)).encode()
        case b"stream":
            return repr(client.xrange(key)).encode()
        case b"zset":
            return repr(client.zrange(key, 0, -1, withscores=True)).encode()
        case other:
            raise ValueError(f"expected a string, a list, a hash, a sorted set or a stream, given {other!r}")
