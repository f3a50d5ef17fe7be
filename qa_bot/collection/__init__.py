"""Knows the questions about the collection itself (which papers, by whom, when, how many) and answers them from the catalogue.

Leaves what the papers say to `retrieval` and `extractive`: nearest neighbours cannot count, and cannot list all.
"""

from qa_bot.collection.asked import CollectionQuestion, bears, describe, describe_filters, is_first_author, passes, says
from qa_bot.collection.narrowing import filters_in, without_filters
from qa_bot.collection.people import AuthorNames
from qa_bot.collection.reading import understand
from qa_bot.collection.telling import (
    FROM_CATALOGUE,
    by_date,
    describe_paper,
    describe_several,
    facts_of,
    list_papers,
    name_shared,
    order_papers,
    rank_authors,
)

__all__ = [
    "FROM_CATALOGUE", "AuthorNames", "CollectionQuestion", "bears", "by_date", "describe", "describe_filters", "describe_paper", "describe_several", "facts_of", "filters_in",
    "is_first_author", "list_papers", "name_shared", "order_papers", "passes", "rank_authors", "says", "understand", "without_filters",
]  # fmt: skip
