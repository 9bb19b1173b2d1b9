"""A mock interviewer that grades every answer against the document written for its question."""

__version__ = "0.1.0"
