"""Answers that are given twice: kept while nothing that they rest on has changed."""
