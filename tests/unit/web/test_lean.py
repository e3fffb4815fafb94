"""What is taken out of scripts and style sheets on their way out, and what must stay."""

from pro_app.web.assets import STATIC, Assets
from pro_app.web.lean import lean_script, lean_style


def test_comments_and_indentation_of_a_script_go_and_its_lines_stay() -> None:
    script = """// What this is.

/** Told in
 * two lines. */
export function add(a, b) {
  // why
  return a + b; // stays: it shares its line with code
}
"""
    assert lean_script(script) == (
        "export function add(a, b) {\nreturn a + b; // stays: it shares its line with code\n}\n"
    )


def test_an_address_in_a_script_is_no_comment() -> None:
    assert lean_script('const home = "https://example.org/";\n') == 'const home = "https://example.org/";\n'


def test_a_text_over_several_lines_keeps_its_script_as_it_is() -> None:
    script = "const poem = `\n  // not a comment\n`;\n"
    assert lean_script(script) == script


def test_rules_of_a_style_sheet_stand_one_behind_the_other() -> None:
    sheet = """/* Buttons. */
.go,
.back {
  color: var(--ink);
  font:
    16px serif;
}
@media print { .go { display: none; } }
"""
    assert lean_style(sheet) == (
        ".go,.back{color: var(--ink);font: 16px serif}@media print{ .go{ display: none; } }"
    )


def test_no_comment_of_a_whole_line_leaves_the_house() -> None:
    served = Assets().files
    assert len([name for name in served if name.endswith(".js")]) == len(list(STATIC.rglob("*.js")))
    for name, file in served.items():
        if name.endswith(".js"):
            assert not any(line.startswith(("//", "/**")) for line in file.body.decode().splitlines()), name
