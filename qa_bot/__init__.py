"""Ask a collection of papers in plain words; every sentence of the answer shows the words that carry it."""

__version__ = "0.1.0"
