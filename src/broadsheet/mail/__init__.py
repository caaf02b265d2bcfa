"""Letters: set in text and HTML, handed to a mail server or laid into a folder."""

from broadsheet.mail.folder import FolderMailer as FolderMailer
from broadsheet.mail.hooks import WebHooks as WebHooks
from broadsheet.mail.press import MailPress as MailPress
from broadsheet.mail.signing import Signer as Signer
from broadsheet.mail.smtp import SmtpMailer as SmtpMailer
