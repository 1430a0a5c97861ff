"""The evidence as a static site: pages that open from disk, ask no server, and show the words behind each figure."""

from __future__ import annotations

from extractor.report.site.writing import SiteSummary, write_site

__all__ = ["SiteSummary", "write_site"]
