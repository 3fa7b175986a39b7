"""The extractor of rules: rows of data in files by theme, read by one engine.

Free of I/O.
"""

from streams.extraction.rules.extractor import ExtractorByTenant, RuleExtractor
from streams.extraction.rules.table import RuleRow, rules_table
from streams.extraction.rules.yields import found_in

__all__ = ["ExtractorByTenant", "RuleExtractor", "RuleRow", "found_in", "rules_table"]
