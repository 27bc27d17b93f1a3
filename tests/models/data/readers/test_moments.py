"""Moments of every form: Unix times, ISO 8601, given formats and time zones."""

from datetime import datetime

import numpy as np
import pyarrow as pa

from models.data.readers.moments import UNIX, TimeFormat, parse_moments, to_utc

ISO = TimeFormat("iso")


def test_moments() -> None:
    iso = pa.array(["1970-01-02", "1970-01-01T01:00:00+01:00", "1970-01-01 00:00:01.5Z", "soon", None])
    found, bad = parse_moments(iso, ISO)
    assert found[:3].tolist() == [86_400, 0, 1.5]
    assert bad.tolist() == [False, False, False, True, False]
    assert parse_moments(pa.array(["1500"]), TimeFormat("ms"))[0].tolist() == [1.5]
    assert parse_moments(pa.array([1500]), UNIX)[0].tolist() == [1500]


def test_moments_as_arrow_and_python_read_them() -> None:
    """A moment is the same whether its neighbours are plain, or make the whole chunk be read one by one."""
    plain = ["2024-02-29T12:30:15", "2024-02-29 12:30:15.25Z", "2024-02-29T12:30:15+00:00", "2024-02-29"]
    expected = [1709209815, 1709209815.25, 1709209815, 1709164800]
    assert parse_moments(pa.array(plain), ISO)[0].tolist() == expected
    among, bad = parse_moments(pa.array([*plain, "2024-02-30", "2024-02-29ZZ", "20240229T123015", ""]), ISO)
    assert among[:4].tolist() == expected and among[6] == 1709209815
    assert bad.tolist() == [False] * 4 + [True, True, False, False]


def test_moments_of_a_given_format() -> None:
    cells = pa.array(
        ["01.02.2025 13:45", "1.2.2025 13:45", "31.02.2025 10:00", "2025-02-01", "01.02.2025 13:45 x", None]
    )
    found, bad = parse_moments(cells, TimeFormat(pattern="%d.%m.%Y %H:%M"))
    assert found[:2].tolist() == [1738417500, 1738417500]
    assert bad.tolist() == [False, False, True, True, True, False]
    fine, _ = parse_moments(pa.array(["10:00:00.250 01/02/25"]), TimeFormat(pattern="%H:%M:%S.%f %d/%m/%y"))
    assert fine.tolist() == [1738404000.25]
    zoned, _ = parse_moments(pa.array(["2025-02-01 10:00 +0100"]), TimeFormat(pattern="%Y-%m-%d %H:%M %z"))
    assert zoned.tolist() == [1738400400]


def test_moments_in_a_time_zone() -> None:
    """Berlin is an hour ahead of UTC in winter and two in summer; the hour after 2 of 26 October 2025 occurs twice."""
    texts = ["2025-01-01T12:00:00", "2025-07-01T12:00:00", "2025-07-01T12:00:00Z", "2025-07-01T12:00+02:00"]
    found, _ = parse_moments(pa.array(texts), TimeFormat("iso", zone="Europe/Berlin"))
    assert found.tolist() == [1735729200, 1751364000, 1751371200, 1751364000]
    twice = to_utc(np.array([1761445800.0, np.nan]), "Europe/Berlin")  # 26 October, 02:30
    assert twice[0] == 1761445800 - 7200 and np.isnan(twice[1])
    naive = pa.array([datetime(2025, 1, 1, 12)], pa.timestamp("us"))
    assert parse_moments(naive, TimeFormat(zone="Europe/Berlin"))[0].tolist() == [1735729200]
    assert parse_moments(naive, UNIX)[0].tolist() == [1735732800]
