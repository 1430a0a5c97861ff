"""Tests mirror the package; they use no network beyond this machine."""
