"""Feeding the ledger: folders of CSV files, read in a stream and merged set-based.

`book.import_book` is the way in. The steps, each in a module:
`reading` (lines of a file), `checks` (one value), `layout` (which columns), `staging` (COPY into
temporary tables), `merging` (staging into the ledger), `consents`, `rejects`, `book` (all of it).
"""
