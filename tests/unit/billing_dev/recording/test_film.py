"""A recording becomes the screens that a terminal would have shown."""

from billing_dev.recording.cast import Cast, Event
from billing_dev.recording.film import LAST_SECONDS, MARKED_SECONDS, Film, Span, film


def filmed(*events: Event, width: int = 20, height: int = 3) -> Film:
    return film(Cast(width, height, "", 1.0, events))


def texts(of: Film) -> list[list[str]]:
    return [["".join(span.text for span in row) for row in frame.rows] for frame in of.frames]


def test_each_change_is_a_screen_and_the_last_one_stays() -> None:
    made = filmed(Event(0.5, "one\r\n"), Event(1.0, "two"))

    assert texts(made) == [["", "", ""], ["one", "", ""], ["one", "two", ""]]
    assert [frame.seconds for frame in made.frames] == [0, 0.5, 1.0]
    assert made.seconds == 1.0 + LAST_SECONDS


def test_what_is_printed_in_one_go_is_one_screen() -> None:
    made = filmed(Event(0.5, "a"), Event(0.51, "b"), Event(0.52, "c"), Event(0.6, "d"))

    assert texts(made) == [["", "", ""], ["abc", "", ""], ["abcd", "", ""]]
    assert [frame.seconds for frame in made.frames] == [0, 0.5, 0.6]


def test_what_shows_nothing_new_is_no_screen() -> None:
    made = filmed(Event(0.5, "a"), Event(0.8, "\x1b[0m"), Event(1.0, "b"))

    assert [frame.seconds for frame in made.frames] == [0, 0.5, 1.0]


def test_a_long_wait_is_cut_and_a_marked_screen_stays_longer() -> None:
    made = filmed(
        Event(0.5, "a"), Event(60.5, "b"), Event(60.6, "look", marker=True), Event(61, "c")
    )

    assert texts(made)[-1] == ["abc", "", ""]
    assert [round(frame.seconds, 3) for frame in made.frames] == [0, 0.5, 1.5, 2 + MARKED_SECONDS]


def test_looks_are_kept_and_blanks_at_the_end_are_not() -> None:
    command = "\x1b[1;32m$ \x1b[0;1mls\x1b[0m   \x1b[31mred"
    made = filmed(Event(0.5, command), Event(1.5, "\x1b[0m\r\x1b[K x "))

    first, second = (frame.rows[0] for frame in made.frames[1:])
    assert first == (
        Span("$ ", "green", bold=True),
        Span("ls", bold=True),
        Span("   "),
        Span("red", "red"),
    )
    assert second == (Span(" x"),)


def test_a_line_that_is_too_long_goes_on_in_the_next_and_the_top_scrolls_away() -> None:
    made = filmed(Event(0.5, "abcdef"), Event(1, "\r\nx\r\ny"), width=4)

    assert texts(made)[1:] == [["abcd", "ef", ""], ["ef", "x", "y"]]


def test_the_cursor_is_where_the_next_character_comes_unless_it_is_hidden() -> None:
    made = filmed(Event(0.5, "ab"), Event(1, "\r\nabcd"), Event(1.5, "\x1b[?25l"), width=4)

    assert [frame.cursor for frame in made.frames] == [(0, 0), (2, 0), (3, 1), None]
