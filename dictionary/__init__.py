"""An occupation coder that matches words against a dictionary.

After Ossiander and Milham, "A computer system for coding occupation" (2005). Plain Python:

    >>> from dictionary import Coder, Dictionary, Record
    >>> dictionary = Dictionary.from_texts({"entries.csv": "phrase,code\\nTRUCK DRIVER,715\\n"})
    >>> Coder(dictionary).code(Record("1", "Driver, truck")).code
    '715'
"""

from dictionary.coder import Coder
from dictionary.evaluation import Evaluation, evaluate
from dictionary.faults import DictionaryError, Fault
from dictionary.loading import Dictionary
from dictionary.records import Candidate, Match, Record, Result, Status
from dictionary.tables import Entry, Table

__all__ = [
    "Candidate",
    "Coder",
    "Dictionary",
    "DictionaryError",
    "Entry",
    "Evaluation",
    "Fault",
    "Match",
    "Record",
    "Result",
    "Status",
    "Table",
    "evaluate",
]
