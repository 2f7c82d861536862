"""Other people's text in what the tools print."""

from billing_dev.printable import printable, printable_line

TEXT = "pod\x1b[2J\r\n\tforged \u2028\u202e\u20ac \\n"


def test_a_text_keeps_its_lines_and_nothing_else_that_a_terminal_acts_on() -> None:
    assert printable(TEXT) == "pod\\x1b[2J\\r\n\tforged \\u2028\\u202e\u20ac \\n"


def test_a_part_of_a_line_has_no_lines_of_its_own() -> None:
    assert printable_line(TEXT) == "pod\\x1b[2J\\r\\n\\tforged \\u2028\\u202e\u20ac \\n"
