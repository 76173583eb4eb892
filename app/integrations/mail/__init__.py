"""Where a mail goes: to an SMTP server, or into a folder."""

from app.integrations.mail.folder import FolderPost
from app.integrations.mail.smtp import SmtpPost

__all__ = ["FolderPost", "SmtpPost"]
