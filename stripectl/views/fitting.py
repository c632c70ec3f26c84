"""Parts of a text that give way where it would grow too long: the last rows go, and it is said how many."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stripectl.views.markup import length

GAP = "\n\n"
"""Between two sections."""


def _more(number: int) -> str:
    return f"… and {number:,} more."


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and rows, of which the last ones can be left out."""

    heading: str
    rows: tuple[str, ...]
    """Written out, one line or several each."""
    opening: str = ""
    """What stands before the first row: the head of a table, the beginning of a fold."""
    closing: str = ""
    """What stands behind the last row."""
    beyond: int = 0
    """Further rows, which are never shown."""
    told: Callable[[int], str] = _more
    """What is said of so many rows that are left out."""
    is_detail: bool = False
    """Gives way before all that is none."""

    def text(self, shown: int) -> str:
        """With its first `shown` rows, and a word on the others."""
        hidden = len(self.rows) - shown + self.beyond
        body = [self.opening, *self.rows[:shown], self.closing] if shown else []
        parts = (self.heading, "\n".join(filter(None, body)), self.told(hidden) if hidden else "")
        return GAP.join(filter(None, parts))

    def within(self, room: int) -> str:
        """As many rows as fit into `room` characters; empty where not even a word on them does."""
        every = len(self.rows)
        if length(self.text(every)) <= room:
            return self.text(every)
        fitting = bisect_right(range(every), room, key=lambda shown: length(self.text(shown)))
        return self.text(fitting - 1) if fitting else ""


def fitted(sections: Sequence[Section], room: int) -> tuple[str, ...]:
    """The texts of the sections, `room` characters together with the gaps before them.

    Details get what the rest leaves. One that has no room at all is empty.
    """
    texts = dict.fromkeys(range(len(sections)), "")
    for is_detail in (False, True):
        places = [place for place, each in enumerate(sections) if each.is_detail is is_detail]
        wanted = [length(GAP + sections[place].text(len(sections[place].rows))) for place in places]
        for place, share in zip(places, shares(wanted, room), strict=True):
            texts[place] = sections[place].within(share - len(GAP))
        room -= sum(length(GAP + texts[place]) for place in places if texts[place])
    return tuple(texts.values())


def shares(wanted: Sequence[int], room: int) -> list[int]:
    """Room for each; what wants less than an equal part leaves the rest of it to the others."""
    given = [0] * len(wanted)
    left = max(0, room)
    ascending = sorted(range(len(wanted)), key=wanted.__getitem__)
    for served, place in enumerate(ascending):
        given[place] = min(wanted[place], left // (len(wanted) - served))
        left -= given[place]
    return given
