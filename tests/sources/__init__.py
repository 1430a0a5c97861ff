"""Tests of extractor.sources."""
