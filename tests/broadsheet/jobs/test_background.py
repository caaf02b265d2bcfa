import threading

import pytest

from broadsheet.jobs.background import Background
from broadsheet.model.errors import StoreBusyError
from broadsheet.model.ports import Stop


def test_work_is_repeated_until_it_is_stopped() -> None:
    third = threading.Event()
    runs: list[int] = []

    def work(stop: Stop) -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            third.set()

    background = Background(work, every_s=0.001)
    background.start()
    assert third.wait(10)
    background.stop()
    after = len(runs)
    assert after >= 3
    assert not background._thread.is_alive()


def test_long_work_is_asked_to_leave_off() -> None:
    begun = threading.Event()
    asked: list[bool] = []

    def work(stop: Stop) -> None:
        begun.set()
        while not stop():
            threading.Event().wait(0.001)
        asked.append(True)

    background = Background(work, every_s=60)
    background.start()
    assert begun.wait(10)
    background.stop()
    assert asked == [True]


@pytest.mark.parametrize("error", [StoreBusyError("busy"), RuntimeError("a bug")])
def test_work_that_failed_is_tried_again(error: Exception) -> None:
    again = threading.Event()
    runs: list[int] = []

    def work(stop: Stop) -> None:
        runs.append(1)
        if len(runs) == 1:
            raise error
        again.set()

    failed: list[Exception] = []
    background = Background(work, every_s=0.001, failed=failed.append)
    background.start()
    assert again.wait(10)
    background.stop()
    assert failed == [error]


def test_stopping_before_the_start_does_nothing() -> None:
    Background(lambda stop: None, every_s=1).stop()
