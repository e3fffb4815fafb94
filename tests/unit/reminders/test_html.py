"""The HTML of an e-mail says what its text says, and nothing gets in unescaped."""

import re
from html import unescape

from pro_app.letters.html import as_html

LINK = "https://follow.example.cn/v/abc.baseline.x_y-z"
TEXT = f"您好：\n\n请打开您的专用链接：\n{LINK}\n\n也可以打开 https://follow.example.cn，输入代码 ACDEFG。\n"


def words_of(html: str) -> str:
    body = html.partition("<body")[2].partition(">")[2]
    return "".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_word_of_the_text_is_in_the_html() -> None:
    html = as_html("随访提醒", TEXT, LINK, "ACDEFG", "zh-Hans", "上海长征医院")

    for line in TEXT.split():
        assert "".join(line.split()) in words_of(html)
    assert 'lang="zh-Hans"' in html
    assert "打开随访" in html


def test_the_link_is_a_button_and_can_also_be_read() -> None:
    html = as_html("Follow-up", TEXT, LINK, "ACDEFG", "en", "Site")

    assert html.count(f'href="{LINK}"') == 2
    assert f">{LINK}</a>" in html
    assert "Open my follow-up" in html


def test_nothing_is_loaded_from_anywhere() -> None:
    html = as_html("Follow-up", TEXT, LINK, "ACDEFG", "en", "Site")

    assert not re.search(r"<img|<script|<link|src=|url\(", html)


def test_what_is_put_in_is_escaped() -> None:
    html = as_html("<b>", "a <script> & b", "https://x/?a=1&b=2", "", "en", "A & B")

    assert "<script>" not in html
    assert "a &lt;script&gt; &amp; b" in html
    assert "<title>&lt;b&gt;</title>" in html
    assert "A &amp; B" in html
