"""The invented people of the demonstration: two dozen stories that together show every state there is.

Nobody here exists. Telephone numbers end in zeros, addresses are in example.org.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Behaviour = Literal["keen", "silent_now", "half_now", "misses_second", "late", "never"]
Turn = Literal["", "withdrawn", "paused", "too_ill", "deceased", "cancelled", "unknown"]


@dataclass(frozen=True, slots=True)
class Story:
    """One participant's course: days since surgery (negative: still to come), how they answer, what happens.

    `pain` is the worst pain before surgery, 0-10; `relief` how much of it surgery takes away, 0-1.
    """

    since_surgery: int | None
    behaviour: Behaviour
    pain: int
    relief: float
    turn: Turn = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who plays a story."""

    number: int
    name: str
    language: str
    birth_year: int
    story: Story

    @property
    def phone(self) -> str:
        """Every third person has only a telephone, every fourth has both, the others have only e-mail."""
        return f"138{self.number:04d}0000" if self.number % 3 == 0 or self.number % 4 == 0 else ""

    @property
    def email(self) -> str:
        return "" if self.number % 3 == 0 else f"participant{self.number}@example.org"


STORIES = (
    Story(92, "silent_now", 8, 0.7),
    Story(31, "silent_now", 7, 0.5),
    Story(371, "keen", 9, 0.8),
    Story(-3, "never", 6, 0.5),
    Story(-20, "never", 7, 0.5),
    Story(15, "half_now", 8, 0.4),
    Story(16, "silent_now", 5, 0.6),
    Story(60, "keen", 7, 0.6),
    Story(100, "misses_second", 6, 0.3),
    Story(183, "silent_now", 8, 0.6),
    Story(210, "late", 7, 0.5),
    Story(75, "keen", 9, 0.2, "withdrawn"),
    Story(-6, "keen", 5, 0.5, "cancelled"),
    Story(None, "never", 6, 0.5, "unknown"),
    Story(45, "keen", 7, 0.4, "paused"),
    Story(366, "silent_now", 6, 0.7),
    Story(0, "keen", 8, 0.5),
    Story(-1, "keen", 4, 0.5),
    Story(32, "half_now", 9, 0.1),
    Story(120, "keen", 10, 0.6),
    Story(250, "misses_second", 5, 0.4),
    Story(150, "keen", 8, 0.3, "too_ill"),
    Story(300, "late", 7, 0.9),
    Story(95, "keen", 9, -0.1, "deceased"),
)
CHINESE = (
    "王秀英",
    "李建国",
    "张桂兰",
    "刘志强",
    "陈玉梅",
    "杨海燕",
    "赵永福",
    "黄淑珍",
    "周德明",
    "吴春华",
    "徐国栋",
    "孙丽萍",
)
ENGLISH = ("Mary Ellis", "Thomas Reed", "Anna Novak", "Peter Lang", "Grace Hill", "Omar Aziz")


def people(count: int) -> Iterator[Person]:
    """`count` people, numbered from 1; every third one reads English, the second among them."""
    for index in range(count):
        story = STORIES[index % len(STORIES)]
        english = index % 3 == 1
        names = ENGLISH if english else CHINESE
        yield Person(
            number=index + 1,
            name=names[index % len(names)],
            language="en" if english else "zh-Hans",
            birth_year=1951 + (index * 7) % 45,
            story=story,
        )
