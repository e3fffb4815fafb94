"""A file in sealed chunks: read again from any place, and never read wrongly."""

import hashlib
import io

import pytest

from pro_app.exports.chunks import CHUNK, ChunkBroken, Chunked, count_of, new_key, sealed

BODY = hashlib.shake_256(b"an export").digest(2 * CHUNK + 1000)
KEY = new_key()


def cut(job: str = "a", body: bytes = BODY, key: bytes = KEY) -> dict[int, bytes]:
    return dict(enumerate(sealed(io.BytesIO(body), job, key, count_of(len(body)))))


def opened(chunks: dict[int, bytes], size: int = len(BODY), body: bytes = BODY) -> Chunked:
    return Chunked("a", KEY, size, hashlib.sha256(body).hexdigest(), chunks.get)


def whole(file: Chunked) -> bytes:
    return b"".join(iter(lambda: file.read(100_000), b""))


def test_it_is_read_as_it_was_written_and_nothing_of_it_lies_open() -> None:
    chunks = cut()
    assert len(chunks) == 3
    assert whole(opened(chunks)) == BODY
    assert not any(
        BODY[place : place + 16] in b"".join(chunks.values()) for place in (0, CHUNK, len(BODY) - 16)
    )


@pytest.mark.parametrize(
    "place", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, len(BODY) - 1, len(BODY), len(BODY) + 9]
)
def test_it_is_read_from_any_place(place: int) -> None:
    file = opened(cut())
    assert file.seek(place) == file.tell() == place
    assert whole(file) == BODY[place:]
    assert file.seek(-5, io.SEEK_END) == len(BODY) - 5
    assert file.read() == BODY[-5:]


def test_only_the_chunks_that_are_wanted_are_fetched() -> None:
    chunks, fetched = cut(), []

    def fetch(number: int) -> bytes:
        fetched.append(number)
        return chunks[number]

    file = Chunked("a", KEY, len(BODY), hashlib.sha256(BODY).hexdigest(), fetch)
    file.seek(2 * CHUNK + 7)
    assert file.read(10) == BODY[2 * CHUNK + 7 : 2 * CHUNK + 17]
    assert file.read(10) == BODY[2 * CHUNK + 17 : 2 * CHUNK + 27]
    assert fetched == [2]


def test_a_chunk_that_was_changed_moved_taken_from_elsewhere_or_lost_does_not_open() -> None:
    good = cut()
    flipped = bytes([good[1][0] ^ 1]) + good[1][1:]
    wrong = [
        {**good, 1: flipped},
        {**good, 1: good[0]},
        {**good, 1: cut(job="b")[1]},
        {**good, 1: cut(key=new_key())[1]},
        {0: good[0], 2: good[2]},
    ]
    for chunks in wrong:
        file = opened(chunks)
        assert file.read(10) == BODY[:10]
        with pytest.raises(ChunkBroken):
            whole(file)


def test_a_file_that_was_cut_off_does_not_pass_for_a_shorter_one() -> None:
    with pytest.raises(ChunkBroken):
        opened(cut(), size=2 * CHUNK).look()


def test_the_last_chunk_is_kept_back_when_the_whole_has_another_hash() -> None:
    file = opened(cut(), body=b"another")
    assert file.read() + file.read() == BODY[: 2 * CHUNK]
    with pytest.raises(ChunkBroken):
        file.read()
