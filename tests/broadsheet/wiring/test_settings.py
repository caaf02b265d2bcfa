from pathlib import Path

import pytest

from broadsheet.model.errors import SettingsError
from broadsheet.wiring import read_settings


def test_the_command_line_stands_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "broadsheet.toml").write_text('title = "Ours"\nport = 1\nworkers = 3\n')
    environment = {"BROADSHEET_LIBRARY": str(tmp_path), "BROADSHEET_PORT": "2", "PATH": "/bin"}
    settings = read_settings(environment=environment, port=4, host=None)
    assert (settings.title, settings.port, settings.workers) == ("Ours", 4, 3)
    assert read_settings(environment=environment).port == 2
    assert settings.host == "127.0.0.1"


def test_a_value_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "title").write_text("The Morning Vector\n")
    settings = read_settings(environment={"BROADSHEET_TITLE_FILE": str(tmp_path / "title")})
    assert settings.title == "The Morning Vector"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"BROADSHEET_COLOUR": "red"}, "BROADSHEET_COLOUR"),
        ({"BROADSHEET_PORT": "many"}, "port"),
        ({"BROADSHEET_TRENDING": '{"half_life": 3}'}, "trending.half_life: Extra"),
        ({"BROADSHEET_PORT": "70000"}, "port"),
        ({"BROADSHEET_TITLE_FILE": "/does/not/exist"}, "BROADSHEET_TITLE_FILE"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(environment=environment)


def test_an_unknown_key_of_the_file_is_named_with_its_path(tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text("colour = 'red'\n")
    with pytest.raises(SettingsError, match=r"colour in .*my\.toml"):
        read_settings(config=config, environment={})


def test_a_named_file_must_be_there_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(config=tmp_path / "none.toml", environment={})
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(SettingsError, match="no TOML"):
        read_settings(config=tmp_path / "bad.toml", environment={})
