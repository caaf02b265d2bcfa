"""Reports of mail servers, as they come back to the envelope's sender."""

REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b0"

--b0
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b0
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Mon, 16 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; a@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b0
Content-Type: {kind}

Message-ID: {message_id}
Subject: A digest
{body}
--b0--
"""


def report_of(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 no such user",
    whole: bool = False,
) -> bytes:
    """Return the report that a letter could not be delivered, with its headers or all of it."""
    kind, body = ("message/rfc822", "\nText.\n") if whole else ("text/rfc822-headers", "")
    text = REPORT.format(
        message_id=message_id, action=action, status=status, said=said, kind=kind, body=body
    )
    return text.replace("\n", "\r\n").encode()
