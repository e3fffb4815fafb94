"""A person who writes a data file is told every fault, each at its line."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.datafile import DataFile, read_toml
from pro_app.errors import DataFileError


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "file.toml"
    path.write_bytes(text.encode(encoding))
    return path


def read(folder: Path, text: str) -> DataFile:
    return read_toml(write(folder, text))


def faults(folder: Path, text: str) -> str:
    with pytest.raises(DataFileError) as caught:
        read(folder, text)
    return str(caught.value.params["faults"])


def test_a_key_is_found_at_its_line(tmp_path: Path) -> None:
    file = read(tmp_path, "# a comment\na = 1\n\n[t]\nb = 2\n")
    assert (file.line_of("a"), file.line_of("t"), file.line_of("t", "b")) == (2, 4, 5)


def test_a_key_nobody_wrote_is_looked_for_in_the_table_that_should_hold_it(tmp_path: Path) -> None:
    file = read(tmp_path, "\n[t]\nb = { c = 1 }\n")
    assert file.line_of("t", "missing") == 2
    assert file.line_of("t", "b", "c") == 3
    assert file.line_of("nowhere") == 1


def test_arrays_of_tables_are_counted_from_zero_with_their_own_tables(tmp_path: Path) -> None:
    file = read(tmp_path, "[[s]]\nc = 1\n[s.in]\nd = 1\n[[s]]\nc = 2\n[[s.deep]]\ne = 1\n[[s.deep]]\ne = 2\n")
    assert [file.line_of("s", 0, "c"), file.line_of("s", 0, "in", "d")] == [2, 4]
    assert [file.line_of("s", 1, "c"), file.line_of("s", 1, "deep", 1, "e")] == [6, 10]
    assert file.line_of("s") == 1


def test_dotted_and_quoted_names_are_found_by_every_part(tmp_path: Path) -> None:
    file = read(tmp_path, "a.\"b.c\".'d' = 1\n[x . 'y z']\nk = 1\n")
    assert file.line_of("a", "b.c", "d") == file.line_of("a", "b.c") == file.line_of("a") == 1
    assert file.line_of("x", "y z", "k") == 3
    assert file.line_of("x") == 2


@pytest.mark.parametrize(
    "value",
    [
        '[\n  ["x = 1", "b"]\n]',
        "[\n  [1, 2]\n  , [3] # ]\n]",
        '"""\n[table]\nkey = 1\n"""',
        "'''\n[table]\nkey = \\'''",
        '"""\nfour quotes end it: """"',
        '"""\nthese do not: \\""" \\\n"""',
        '"# [ no comment"\n# [ a comment',
        "'\"\"\"' # '''\n",
        '""\n\n',
    ],
)
def test_what_stands_inside_a_long_value_is_no_key_and_no_table(tmp_path: Path, value: str) -> None:
    text = f"first = {value}\nsecond = 2\n"
    file = read(tmp_path, text)
    assert set(file.data) == {"first", "second"}
    assert set(file.lines) == {("first",), ("second",)}
    assert file.line_of("second") == text.rstrip("\n").count("\n") + 1


def test_a_file_from_a_windows_editor_is_read_with_the_right_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "a = 1\r\nb = '''x\r\ny'''\r\nc = 3\r\n", "utf-8-sig")
    file = read_toml(path)
    assert file.data == {"a": 1, "b": "x\ny", "c": 3}
    assert file.line_of("c") == 4


def test_every_fault_is_listed_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = read(tmp_path, "a = 1\nb = 2\n")
    file.fault(("b",), "is two")
    file.fault(("a",), "is one")
    with pytest.raises(DataFileError) as caught:
        file.finish()
    assert caught.value.params["faults"] == "file.toml:1: is one\nfile.toml:2: is two"
    assert caught.value.params["count"] == 2


def test_a_file_without_faults_finishes_quietly(tmp_path: Path) -> None:
    read(tmp_path, "a = 1\n").finish()


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    assert faults(tmp_path, "a = 1\nb 2\n").startswith("file.toml:2: not valid TOML: Expected '='")
    assert faults(tmp_path, "a = ").startswith("file.toml: not valid TOML:")


def test_a_file_that_is_missing_or_unreadable_or_not_text_says_so(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none.toml", "none.toml: the file does not exist"),
        (tmp_path, f"{tmp_path.name}: the file can't be read: Is a directory"),
        (write(tmp_path, "a = 'é'", "latin-1"), "file.toml: the file is not UTF-8 text"),
    ):
        with pytest.raises(DataFileError) as caught:
            read_toml(path)
        assert caught.value.params["faults"] == reason


def test_brackets_without_end_are_a_fault_and_no_crash(tmp_path: Path) -> None:
    assert "file.toml:" in faults(tmp_path, "a = " + "[" * 100_000)


NAMES = st.text(st.sampled_from("abcxyz019_-"), min_size=1, max_size=6)
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        "1",
        '"x"',
        '"a = 1"',
        "[\n1,\n2\n]",
        '"""\n[t]\nk = 1\n"""',
        "'''\n[[t]]\n'''",
        "{ a = 1, b = [1] }",
        '"#"',
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, max_size=4)), max_size=5))
def test_every_key_of_a_written_file_is_found_where_it_was_written(
    tables: list[tuple[str, dict[str, str]]],
) -> None:
    lines: list[str] = []
    wanted: dict[tuple[str | int, ...], int] = {}
    for name, keys in tables:
        number = sum(1 for place in wanted if place[0] == name and len(place) == 2)
        lines.extend(f"[[{name}]] # {{".split("\n"))
        wanted[name, number] = len(lines)
        for key, value in keys.items():
            wanted[name, number, key] = len(lines) + 1
            lines.extend(f"{key} = {value} # ]".split("\n"))
    with tempfile.TemporaryDirectory() as folder:
        file = read(Path(folder), "\n".join(lines))
    assert {place: file.line_of(*place) for place in wanted} == wanted
