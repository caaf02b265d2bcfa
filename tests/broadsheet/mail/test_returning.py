"""Reports of mail servers: what is read in them, and what is none."""

import random
import subprocess
import sys

import pytest
from tests.broadsheet.mail.reports import report_of

from broadsheet.model.errors import InvalidValueError
from broadsheet.services.returning import ReturningService, report_in
from broadsheet.store import SqlPost

ID = "<digest.abc.2026.11.16@example.org>"


@pytest.mark.parametrize("whole", [False, True])
def test_a_report_says_which_letter_and_why(whole):
    report = report_in(report_of(ID, whole=whole))
    assert (report.message_id, report.is_final) == (ID, True)
    assert report.said == "5.1.1 smtp; 550 no such user"


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.7"), ("failed", "4.2.2"), ("delivered", "2.0.0")]
)
def test_what_is_no_final_failure_counts_nothing(library, action, status):
    service = ReturningService(post=SqlPost.beside(library.store))
    assert "delayed" in service.take(report_of(ID, action=action, status=status))


@pytest.mark.parametrize("id", ["", "<x@example.org>", "<%@example.org>", "<_______@x>", "\0"])
def test_a_letter_that_nobody_sent_changes_nothing(library, id):
    service = ReturningService(post=SqlPost.beside(library.store))
    assert "nothing was done" in service.take(report_of(id))


@pytest.mark.parametrize("message", [b"", b"Subject: I am away\n\nUntil Monday.", b"\xff" * 99])
def test_what_is_no_report_is_refused(message):
    with pytest.raises(InvalidValueError, match="no report"):
        report_in(message)
    with pytest.raises(InvalidValueError, match="bytes at most"):
        report_in(message + b"x" * 1_000_001)


def test_damaged_reports_are_read_or_refused():
    chance, whole = random.Random(4), report_of(ID)
    for _ in range(2_000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 9)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            report = report_in(bytes(data))
        except InvalidValueError:
            continue
        assert len(report.said) <= 300


def test_the_command_reads_what_a_mail_server_hands_it(tmp_path):
    command = [sys.executable, "-m", "broadsheet", "-L", str(tmp_path / "l"), "digest", "returned"]
    subprocess.run([*command[:5], "init"], check=True, capture_output=True)
    done = subprocess.run(command, input=report_of(ID), capture_output=True, check=False)
    assert (done.returncode, b"nothing was done" in done.stdout) == (0, True)
    none = subprocess.run([*command, str(tmp_path / "x")], capture_output=True, check=False)
    assert none.returncode == 2
    assert b"cannot be read" in none.stderr
