"""What tells readers of papers, put together for `wiring`: saved queries, digests, the outbox."""

from email.utils import parseaddr
from typing import TypedDict

from broadsheet.mail import FolderMailer, MailPress, Signer, SmtpMailer, WebHooks
from broadsheet.model.errors import SettingsError
from broadsheet.model.harvest import About
from broadsheet.model.ports import Clock, Reading
from broadsheet.model.reader_ports import Letters
from broadsheet.model.saved_ports import Mailer, Percolating
from broadsheet.model.settings import MailSettings, Settings
from broadsheet.model.source_ports import Web
from broadsheet.services.alerts import AlertService
from broadsheet.services.digests import DigestService, TrendingNow
from broadsheet.services.letters import AccountLetters, NoLetters
from broadsheet.services.prose.plain import to_plain
from broadsheet.services.returning import ReturningService
from broadsheet.services.sending import SendingService
from broadsheet.services.subscribing import MailHouse, SubscribingService
from broadsheet.store import SqlPost, SqlSavedQueries
from broadsheet.store.database import Database
from broadsheet.web.addresses import paper_address
from broadsheet.wiring_secrets import secret_in

_HOOKS = About(name="webhook", title="Webhooks", gives="nothing", rules="", home="")
_HOOK_BYTES = 65_536
_HOOK_S = 15.0


class Telling(TypedDict):
    """Fields of `services.bundle.Services`."""

    alerts: AlertService
    subscribing: SubscribingService
    digests: DigestService
    sending: SendingService
    returning: ReturningService


def telling_of(
    settings: Settings,
    store: Database,
    reading: Reading,
    percolating: Percolating,
    trending: TrendingNow,
    clock: Clock,
) -> Telling:
    """Return what tells readers of papers, over the database of a library.

    Raises:
        SettingsError: mail is set by half.
    """
    post, saved = SqlPost.beside(store), SqlSavedQueries.beside(store)
    house, press = mail_house(settings)
    subscribing = SubscribingService(post=post, press=press, house=house, clock=clock)
    return Telling(
        alerts=AlertService(
            reading=reading,
            saved=saved,
            percolating=percolating,
            clock=clock,
            address=settings.address,
        ),
        subscribing=subscribing,
        digests=DigestService(
            post=post,
            saved=saved,
            reading=reading,
            trending=trending,
            subscribing=subscribing,
            press=press,
            house=house,
            clock=clock,
        ),
        returning=ReturningService(post=post),
        sending=SendingService(
            post=post,
            saved=saved,
            mailer=_mailer(settings.mail) if house else None,
            hooks=WebHooks(make_web=_way_to_hooks, about=_HOOKS, clock=clock),
        ),
    )


def letters_of(settings: Settings, store: Database, clock: Clock) -> Letters:
    """Return what sends the letters that accounts need, where mail is set up."""
    house, press = mail_house(settings)
    if house is None or press is None:
        return NoLetters()
    return AccountLetters(post=SqlPost.beside(store), press=press, house=house, clock=clock)


def mail_house(settings: Settings) -> tuple[MailHouse | None, MailPress | None]:
    """Return how this paper writes, and what sets its letters; None where mail is off.

    Raises:
        SettingsError: it is set by half.
    """
    mail = settings.mail
    if not mail.host and mail.folder is None:
        return None, None
    if not settings.address or "@" not in mail.sender:
        raise SettingsError(
            "Mail needs `address` (as https://paper.example.org) and `mail.sender` "
            "(as Broadsheet <paper@example.org>)."
        )
    press = MailPress(
        title=settings.title, address=settings.address, plain=to_plain, paper_path=paper_address
    )
    house = MailHouse(title=settings.title, address=settings.address, sender=mail.sender)
    return house, press


def _way_to_hooks() -> Web:
    # Loaded when the first webhook is called: it brings every format of papers with it.
    from broadsheet.sources import HttpWeb

    return HttpWeb(hops=0, max_body_bytes=_HOOK_BYTES, read_s=_HOOK_S, whole_s=_HOOK_S)


def _mailer(mail: MailSettings) -> Mailer:
    if mail.folder is not None:
        return FolderMailer(folder=mail.folder)
    signer = None
    if mail.dkim_domain:
        if mail.dkim_key_file is None or not mail.dkim_selector:
            raise SettingsError("mail.dkim_domain needs dkim_selector and dkim_key_file.")
        signer = Signer(
            domain=mail.dkim_domain, selector=mail.dkim_selector, key_file=mail.dkim_key_file
        )
    password = mail.password
    if mail.password_file is not None:
        password = secret_in(mail.password_file, setting="mail.password_file")
    return SmtpMailer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password=password,
        bounce_to=mail.bounce_to or parseaddr(mail.sender)[1],
        signer=signer,
    )
