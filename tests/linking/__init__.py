"""Tests of the linking stage."""
