"""The examples of the README run as they stand."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_examples_of_the_engine_run(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}

    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)

    assert len(blocks) == 2
    assert "cells" in capsys.readouterr().out
    assert names["ids"][0, :2].tolist() == [0, 7]  # one vector, two ids
