"""Rows of documents and records, written inside a transaction that the store begins and ends."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from extractor.records import Article, Record
from extractor.store.indexing import Indexer
from extractor.store.model import pack_record

__all__ = ["now", "put_document", "put_record", "storable", "withdraw_documents"]


def now() -> str:
    """Return the present time as the store writes it: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def storable(text: str) -> str:
    """File names may hold bytes that are not UTF-8; SQLite takes only what is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def put_document(db: sqlite3.Connection, article: Article) -> int:
    """Return the row number of the document with the text of ``article``, which is stored if it is new; another address
    of a known text is kept as a copy."""
    row = db.execute(
        "SELECT id, document_id, ifnull(url, '') FROM documents WHERE sha256 = ?", (article.sha256,)
    ).fetchone()
    if row is not None:
        if row[1:] != (article.id, article.url or ""):
            db.execute(
                "INSERT OR IGNORE INTO copies VALUES (?, ?, ?, ?)",
                (row[0], article.id, article.url or "", article.source),
            )
        return int(row[0])
    taken = db.execute("SELECT 1 FROM documents WHERE key = ?", (article.id,)).fetchone()
    names = article.identifiers
    cursor = db.execute(
        "INSERT INTO documents (key, sha256, document_id, kind, title, url, source, language, published, pmid, pmcid, "
        "doi) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"{article.id}@{article.sha256[:12]}" if taken else article.id,
            *(article.sha256, article.id, article.kind, article.title, article.url, article.source),
            *(article.language, article.published, names.pmid, names.pmcid, names.doi),
        ),
    )
    return int(cursor.lastrowid or 0)


def put_record(db: sqlite3.Connection, indexer: Indexer, document: int, record: Record, run: int | None) -> int:
    """Store ``record`` as the current one of row number ``document``; return 1, or 0 where it is that already."""
    version = record.extractor.version
    same = "FROM records WHERE document = ? AND extractor_version = ? AND current ="
    if db.execute(f"SELECT 1 {same} 1", (document, version)).fetchone() is not None:
        return 0
    db.execute(f"DELETE {same} 0", (document, version))
    _make_way(db, indexer, [document, *_earlier_versions(db, document, record.document.id)])
    cursor = db.execute(
        "INSERT INTO records (document, extractor_name, extractor_version, run, current, body) "
        "VALUES (?, ?, ?, ?, 1, ?)",
        (document, record.extractor.name, version, run, pack_record(record)),
    )
    indexer.add(int(cursor.lastrowid or 0), record)
    db.execute("INSERT INTO changes (document) SELECT key FROM documents WHERE id = ?", (document,))
    return 1


def _make_way(db: sqlite3.Connection, indexer: Indexer, documents: list[int]) -> None:
    """Make the current records of ``documents`` earlier ones, which are kept but not indexed."""
    for document in documents:
        current = db.execute("SELECT id FROM records WHERE document = ? AND current = 1", (document,)).fetchone()
        if current is not None:
            indexer.remove([current[0]])
            db.execute("UPDATE records SET current = 0 WHERE id = ?", current)
            db.execute("INSERT INTO changes (document) SELECT key FROM documents WHERE id = ?", (document,))


def withdraw_documents(db: sqlite3.Connection, document_id: str) -> int:
    """Delete the documents with this id and all that was read in them; return how many there were."""
    db.execute("DELETE FROM copies WHERE document_id = ?", (document_id,))
    chosen = "(SELECT id FROM documents WHERE document_id = ?)"
    current = db.execute(f"SELECT id FROM records WHERE current = 1 AND document IN {chosen}", (document_id,))
    Indexer(db).remove([row[0] for row in current])
    db.execute("INSERT INTO changes (document) SELECT key FROM documents WHERE document_id = ?", (document_id,))
    return db.execute("DELETE FROM documents WHERE document_id = ?", (document_id,)).rowcount


_LASTING_IDS = ("pmid:", "pmcid:", "nct:", "http://", "https://")


def _earlier_versions(db: sqlite3.Connection, document: int, document_id: str) -> list[int]:
    """Return the documents that an article took the place of: same lasting id, other text, stored before.

    File names are no lasting ids: two folders may hold different articles of one name.
    """
    if not document_id.startswith(_LASTING_IDS):
        return []
    rows = db.execute("SELECT id FROM documents WHERE document_id = ? AND id < ?", (document_id, document))
    return [int(row[0]) for row in rows]
