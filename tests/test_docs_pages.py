"""Pages of the documentation that are made from records are what their records give. Nothing is random."""

import json
from dataclasses import replace

from reports import benchmark_page, errata_page
from reports.check_record import load, shipped


def test_errata_are_those_of_the_record():
    record = load(shipped())
    page = errata_page.PAGE.read_text()
    assert page == errata_page.markdown(record)
    assert page.count("\n## ") == sum(row["erratum"] is not None for row in record.rows)
    fewer = tuple(row for row in record.rows if row["id"] != "eq-42")
    assert page != errata_page.markdown(replace(record, rows=fewer))


def test_benchmarks_are_those_of_the_record():
    path = benchmark_page.DOCS / "benchmarks" / "timings.json"
    record = json.loads(path.read_text())
    page = (benchmark_page.DOCS / "benchmarks.md").read_text()
    assert page == benchmark_page.markdown(record)
    record["timings"][0]["median"] *= 2
    assert page != benchmark_page.markdown(record)


def test_what_is_kept_of_a_benchmark():
    timed = {
        "fullname": "benchmarks/test_bench_worlds.py::test_sampling[fold]",
        "name": "test_sampling[fold]",
        "options": {"timer": "process_time"},
        "stats": {"median": 0.0123456, "iqr": 2e-5, "rounds": 7, "data": [1, 2]},
    }
    record = {
        "datetime": "2026-01-02T03:04:05",
        "commit_info": {"id": "a" * 40, "dirty": True},
        "machine_info": {"cpu": {"brand_raw": "a processor"}, "python_version": "3.11.0"},
        "benchmarks": [timed, timed | {"options": {"timer": "perf_counter"}}],
    }
    page = benchmark_page.markdown(benchmark_page.kept(record))
    assert "2 timings on one thread (a processor, Python 3.11.0): medians of wall time" in page
    assert "| sampling[fold] | 12.3 ms | 20 µs | 7 |" in page
    assert "## worlds" in page
    assert "(commit aaaaaaaaaa with local changes)" in page
    record["benchmarks"].pop()
    assert "medians of CPU time" in benchmark_page.markdown(benchmark_page.kept(record))
