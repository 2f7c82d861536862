"""How lines are written: whole, by many threads at once."""

import json
import os
import select
import threading
from concurrent.futures import ThreadPoolExecutor

from payment_service.log import Lines

WRITERS = 8
COUNT = 100


def test_lines_of_any_length_stay_whole_though_many_threads_write_them() -> None:
    reading, writing = os.pipe()
    lines = Lines(writing)
    # More than a pipe holds, so it is written bit by bit as the reader makes room.
    long = "x" * 40 * select.PIPE_BUF
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        for count in range(COUNT):
            lines.event("test", writer=writer, count=count, text=long if writer < 2 else "")

    def read() -> list[str]:
        with os.fdopen(reading, encoding="utf-8") as pipe:
            return pipe.readlines()

    with ThreadPoolExecutor() as reader, ThreadPoolExecutor(WRITERS) as writers:
        everything = reader.submit(read)
        list(writers.map(write, range(WRITERS)))
        os.close(writing)
        records = [json.loads(line) for line in everything.result()]

    assert sorted((line["writer"], line["count"]) for line in records) == [
        (writer, count) for writer in range(WRITERS) for count in range(COUNT)
    ]
    assert {line["text"] for line in records} == {"", long}
    assert lines.lost == 0
