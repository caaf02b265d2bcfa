import subprocess
import sys
from pathlib import Path

import pytest

from broadsheet.cli.output import duration, progress_line, progress_shown


@pytest.mark.parametrize("words", [["sources"], ["sources", "--json"]])
def test_that_nobody_reads_on_is_no_error(tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "broadsheet", "-L", str(tmp_path / "none"), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


def test_a_line_says_how_far_how_fast_and_how_long_still() -> None:
    line = progress_line("embedding", 1_200, 100_000, rate=25.0)
    assert line == "embedding 1,200 of 100,000 · 25/s · 66 min left"


def test_an_unknown_total_is_left_out() -> None:
    assert progress_line("records", 10, None, rate=0.0) == "records 10"


@pytest.mark.parametrize(("seconds", "said"), [(8, "8 s"), (720, "12 min"), (12_240, "3.4 h")])
def test_a_duration_is_said_in_its_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_short_steps_leave_no_trace_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown() as progress:
        progress("words", 1, 2)
        progress("words", 2, 2)
    assert capsys.readouterr() == ("", "")
