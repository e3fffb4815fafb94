"""Long passwords that are guessed first are told from those that are not."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from pro_app.weak_passwords import weakness

ABOUT = ("nurse.li", "Li Xiaohong", "李晓红", "Shanghai Changzheng Hospital", "上海长征医院", "NCT06120426")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("1qaz2wsx3edc", "password_common"),
        ("123qweasdzxc", "password_common"),
        ("P@ssw0rd2024!", "password_common"),
        ("zhongguo2026!", "password_common"),
        ("woaini1314520", "password_common"),
        ("qwertyuiop123", "password_common"),
        ("abcabcabcabc", "password_pattern"),
        ("aaaaaaaaaaaa" * 16, "password_pattern"),
        ("asdfghjkl;'zxcvbnm", "password_pattern"),
        ("hijklmnopqrstuv", "password_pattern"),
        ("Li.Nurse-2026", "password_personal"),
        ("Changzheng!1978", "password_personal"),
        ("shanghaichangzheng", "password_personal"),
        ("lixiaohong-88-88", "password_personal"),
        ("上海长征医院二〇二六上海", "password_personal"),
        ("李晓红李晓红李晓红李晓红", "password_personal"),
        ("pro-follow-up-2026", "password_personal"),
        ("nct06120426 NCT06120426", "password_personal"),
    ],
)
def test_a_password_that_is_guessed_first_is_told_with_why(password: str, why: str) -> None:
    assert weakness(password, ABOUT) == why


@pytest.mark.parametrize(
    "password",
    [
        "seven lanterns on the river",
        "nine wooden bridges",
        "tram-lantern-vetch",
        "a good password for Li",
        "长河落日圆大漠孤烟直山高月小",
        "8402 7719 3056 44",
    ],
)
def test_what_nobody_expects_is_taken_even_with_a_name_in_it(password: str) -> None:
    assert weakness(password, ABOUT) is None


def test_what_chance_made_is_always_taken() -> None:
    assert not [one for _ in range(100) if weakness(one := secrets.token_urlsafe(12), ABOUT)]


def test_two_who_choose_at_once_are_judged_by_their_own_names() -> None:
    """The library keeps the words about an owner in one place for everybody."""
    names = [f"{letter}wxkvq zjhgf" for letter in "bcdfglmn"]
    weakness("a first one loads the lists")
    with ThreadPoolExecutor(8) as people:
        mine = list(people.map(lambda name: weakness(f"{name} 2026", (name,)), names))
        other = list(people.map(lambda name: weakness(f"{name} pond stone", ("somebody",)), names))
    assert mine == ["password_personal"] * 8
    assert other == [None] * 8
