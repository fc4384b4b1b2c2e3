"""The README: its generated parts come from the kept records, and its code runs."""

import re

import pytest

from reports import readme

TEXT = (readme.ROOT / "README.md").read_text()


def test_generated_parts_are_what_the_records_give():
    assert readme.rendered(TEXT) == TEXT


def test_an_edited_number_is_noticed():
    edited = re.sub(r"(\d+) of (\d+) statements hold", r"999 of \2 statements hold", TEXT)
    assert edited != TEXT
    assert readme.rendered(edited) == TEXT


def test_a_lost_marker_is_named():
    with pytest.raises(ValueError, match="checks: begin"):
        readme.rendered(TEXT.replace("<!-- checks: begin -->", ""))


def test_only_a_quick_report_is_taken_over(tmp_path):
    (tmp_path / "report.json").write_text('{"profile": "worlds"}')
    with pytest.raises(ValueError, match=r"profile 'worlds'.*python -m reports\.kept_report"):
        readme.keep(tmp_path)


def test_every_picture_and_file_it_names_exists():
    for target in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (readme.ROOT / target).is_file()


def test_its_python_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    score, reason = capsys.readouterr().out.split(maxsplit=1)
    assert float(score) > 0.98
    assert reason.strip()
