"""TLS, where the service speaks it itself."""

from __future__ import annotations

import ssl
from pathlib import Path

from tornado_ml.errors import OperatorError
from tornado_ml.settings.declaration import ServerSettings


class Certificate:
    """The certificate that new connections are shown.

    Args:
        certificate: its file.
        key: the file of its key; None if that stands in the same one.

    Raises:
        OperatorError: they cannot be used.
    """

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._certificate = certificate
        self._key = key
        self.context = self._read()

    def reload(self) -> None:
        """Read the files anew. Raises OperatorError if they cannot be used; then the old ones go on."""
        self._read()  # so that a bad pair does not replace half of a good one
        self._load(self.context)

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            self._load(context)
        except OSError as error:
            files = " and ".join(str(path) for path in (self._certificate, self._key) if path)
            why = error.strerror or error
            if isinstance(error, ssl.SSLError):  # "PEM lib" is all that OpenSSL says of a key that is not there
                why = f"there must be a certificate and its key, in PEM, and the key without a password ({why})"
            raise OperatorError(f"The certificate cannot be used ({files}): {why}.") from error
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        # For a key with a password OpenSSL would ask on a terminal that nobody looks at.
        context.load_cert_chain(self._certificate, self._key, password="")


def certificate_of(settings: ServerSettings) -> Certificate | None:
    """The certificate that the settings name; None where plain HTTP is spoken.

    Raises:
        OperatorError: it cannot be used.
    """
    if settings.tls_certificate is None:
        if settings.tls_key is not None:
            raise OperatorError("The settings have server.tls_key, and no server.tls_certificate that it belongs to.")
        return None
    return Certificate(settings.tls_certificate, settings.tls_key)
