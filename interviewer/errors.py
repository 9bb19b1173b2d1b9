"""The error tree: everything that can go wrong, in one sentence a user can act on.

    InterviewerError
    ├── SettingsError      an environment variable or flag has an unusable value
    ├── ContentError       a document can't be read: names file and line
    │   └── ImportPageError    a page can't be turned into a document
    ├── PromptError        a template is missing, broken or lacks a variable
    ├── ModelFileError     the embedded model can't be fetched, verified or loaded
    ├── ProviderError      a model endpoint failed: names host, status and what to do
    │   ├── ProviderUnreachable   no connection, or it broke off
    │   ├── ProviderTimeout       no reply in time
    │   ├── ProviderRefused       key, quota or permission
    │   ├── ProviderBusy          429 or overload, after the SDK's own retries
    │   └── ProviderUnsupported   the endpoint doesn't have this API or model
    ├── ReplyError         a model replied, but not in the shape asked for
    ├── RecordingError     a recording is missing or stale: names the command that makes it again
    ├── HearingError       a recording can't be written down: too long, unreadable, or nothing was said
    ├── AnswersError       a line of an answers file can't be read: names file and line
    ├── DisputeError       another verdict can't be taken down: says what it lacks
    ├── BundleError        a file of exported interviews can't be read: names the file and what is wrong
    └── StoreError         saving or reading an interview failed

Raised where the fact is known, caught only at the edges (page, terminal, command line).
"""

from __future__ import annotations


class InterviewerError(Exception):
    """Root of the tree; `str()` is one clear sentence: what, where, what to do."""


class SettingsError(InterviewerError):
    """An environment variable or flag has an unusable value."""


class ContentError(InterviewerError):
    """A document can't be read; the message opens with `FILE:LINE:`."""


class ImportPageError(ContentError):
    """A page can't be turned into a document; the message opens with `FILE:LINE:`."""


class PromptError(InterviewerError):
    """A template is missing, broken, or was given too few variables."""


class ModelFileError(InterviewerError):
    """The embedded model can't be fetched, verified or loaded."""


class ProviderError(InterviewerError):
    """A model endpoint failed."""


class ProviderUnreachable(ProviderError):
    """No connection, or the connection broke off."""


class ProviderTimeout(ProviderError):
    """No reply in time."""


class ProviderRefused(ProviderError):
    """The endpoint refused: key, quota or permission."""


class ProviderBusy(ProviderError):
    """Rate limit or overload, after the SDK's own retries."""


class ProviderUnsupported(ProviderError):
    """The endpoint doesn't have this API or this model."""


class ReplyError(InterviewerError):
    """A model replied, but not in the shape it was asked for."""


class RecordingError(InterviewerError):
    """A recording is missing or stale; the message names the command that makes it again."""


class HearingError(InterviewerError):
    """A recording of somebody's speech can't be written down."""


class AnswersError(InterviewerError):
    """A line of an answers file can't be read; the message opens with `FILE:LINE:`."""


class DisputeError(InterviewerError):
    """A verdict that somebody sees otherwise can't be taken down."""


class BundleError(InterviewerError):
    """A file of exported interviews can't be read; the message opens with `FILE:`."""


class StoreError(InterviewerError):
    """Saving or reading an interview failed."""
