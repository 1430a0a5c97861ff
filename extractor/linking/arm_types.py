"""The value that says where a group of the trial is named."""

from __future__ import annotations

import msgspec

__all__ = ["ArmMention"]


class ArmMention(msgspec.Struct, frozen=True, kw_only=True):
    """A place that names one group, or several ("both groups").

    Attributes:
        start, end: code points in the text. arm_ids: ids of the arms named. rule: the frame or rule that found it.
    """

    start: int
    end: int
    arm_ids: tuple[str, ...]
    rule: str
