"""Every error that ziggurat raises on purpose, in one tree.

::

    ZigguratError                 status
      FormatError                 500     not a ziggurat object, or one this version cannot read
      CorruptError                500     bytes that are not what was written: a checksum, a length, a packet
      NotFoundError               404     there is no such image, array or object
      StoreError                  503     the store could not be asked; trying again may help
        ChangedError              503     it holds another image than the one that was opened; opening it again helps
      SourceError                 400     an input file that cannot be ingested as asked
      RequestError                400     a region, level, channel or error that the image does not have
      ConflictError               409     the destination exists already
      BusyError                   503     the server has as much to do as it can bear; trying again soon helps

``status`` is the HTTP status with which a server answers. "Could not tell" is a 500 or 503 and never a 404: a reader takes
a missing chunk for the fill value.
"""

from __future__ import annotations

__all__ = [
    "BusyError",
    "ChangedError",
    "ConflictError",
    "CorruptError",
    "FormatError",
    "NotFoundError",
    "RequestError",
    "SourceError",
    "StoreError",
    "ZigguratError",
]


class ZigguratError(Exception):
    """The root of the tree.

    Parameters
    ----------
    message
        What is wrong and what to do about it, in one sentence.
    where
        The file, object or chunk it is wrong in, when known.

    Attributes
    ----------
    reason
        One word from the codec core (see ``_core.pyi``), such as ``packet_crc``; empty for errors that it did not raise.
    """

    status = 500
    reason: str = ""

    def __init__(self, message: str, *, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def at(self, where: str) -> ZigguratError:
        """Name the place, if no narrower one is named already; returns self, to be raised."""
        self.where = f"{where} {self.where}" if self.where else where
        return self

    @property
    def kind(self) -> str:
        """The class name without ``Error``, lower case: the ``kind`` of a JSON answer."""
        return type(self).__name__.removesuffix("Error").lower()


class FormatError(ZigguratError):
    """Not a ziggurat object, or one of a version or kind that cannot be read."""


class CorruptError(ZigguratError):
    """Stored bytes are not what was written."""


class NotFoundError(ZigguratError):
    """There is no such image, array or object."""

    status = 404


class StoreError(ZigguratError):
    """The store did not answer, or not in time."""

    status = 503


class ChangedError(StoreError):
    """What is stored is no longer the image that was opened: it was written anew, or removed."""


class SourceError(ZigguratError):
    """An input that cannot be ingested."""

    status = 400


class RequestError(ZigguratError):
    """A request that the image cannot answer: the caller's mistake."""

    status = 400


class ConflictError(ZigguratError):
    """The destination exists already."""

    status = 409


class BusyError(ZigguratError):
    """The server has as much to do as it can bear."""

    status = 503
