"""The file of tokens: read as it is written, refused with a reason, changed in one step."""

from __future__ import annotations

import stat
import tempfile
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.access import token_file
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.errors import OperatorError

NOW = datetime(2027, 1, 1, tzinfo=UTC)
HASH = token_file.hash_of("t")

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=0)
)
scopes = st.frozensets(st.sampled_from(["metrics", "predict:*", "admin:iris_model", "predict:a.b-c"]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


def record(name: str = "a", **changes: object) -> TokenRecord:
    values: dict[str, object] = {"sha256": HASH, "scopes": frozenset({"predict:*"}), "created": NOW}
    return TokenRecord(name, **(values | changes))  # type: ignore[arg-type]


def test_no_two_tokens_are_alike_and_each_is_one_word_with_256_random_bits() -> None:
    made = {token_file.new_token() for _ in range(100)}
    assert len(made) == 100
    assert {(token[:4], len(token)) for token in made} == {("tml_", 47)}


@given(st.dictionaries(names, st.tuples(scopes, times, st.none() | times), max_size=4))
def test_what_is_written_is_read_back(tokens: dict[str, tuple[frozenset[str], datetime, datetime | None]]) -> None:
    records = {
        name: record(name, scopes=allowed, created=created, expires=expires)
        for name, (allowed, created, expires) in tokens.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tokens.toml")
        with token_file.changing(path) as changed:
            changed.update(records)
        assert token_file.read(path) == records


def test_a_token_expires_at_its_time() -> None:
    expiring = record(expires=NOW)
    assert not expiring.has_expired(NOW - timedelta(seconds=1))
    assert expiring.has_expired(NOW)
    assert not record().has_expired(NOW)


def test_a_file_may_be_written_by_hand(path: Path) -> None:
    path.write_text(f'[tokens.ann]\nsha256 = "{HASH}"\nscopes = []\ncreated = 2027-01-01T01:00:00+01:00 # in Berlin\n')
    assert token_file.read(path) == {"ann": record("ann", scopes=frozenset())}


GOOD = f'sha256 = "{HASH}"\nscopes = ["predict:*"]\ncreated = 2027-01-01T00:00:00Z\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it must have tables [tokens.NAME] and nothing else"),
        ("tokens = 1", "it must have tables [tokens.NAME] and nothing else"),
        ("[tokens]\n[more]", "it must have tables [tokens.NAME] and nothing else"),
        ("[tokens", "Expected ']'"),
        ("[tokens]\na = 1", "[tokens.a] must be a table"),
        ("[tokens.a]", "[tokens.a] must have sha256, scopes and created"),
        (f"[tokens.a]\n{GOOD}secret = 1", "and nothing else"),
        (f'[tokens."a b"]\n{GOOD}', "'a b' is no name of a token"),
        (f"[tokens.a]\n{GOOD.replace(HASH, 'tml_x')}", "sha256 must be 64 hexadecimal digits"),
        (f"[tokens.a]\n{GOOD.replace(HASH, HASH.upper())}", "in lower case"),
        (f"[tokens.a]\n{GOOD.replace('predict:*', 'all')}", "'all' is no scope"),
        (f"[tokens.a]\n{GOOD.replace('[', '').replace(']', '')}", "scopes must be a list of strings"),
        (f"[tokens.a]\n{GOOD.replace('T00:00:00Z', '')}", "created must be a date and time with an offset"),
        (f"[tokens.a]\n{GOOD}expires = 2027-01-01T00:00:00", "expires must be a date and time with an offset"),
        ("[tokens]\n# \udcff", "codec can't decode"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_reason(path: Path, text: str, reason: str) -> None:
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(OperatorError) as refused:
        token_file.read(path)
    assert str(refused.value).startswith(f"The token file {path} is wrong: ")
    assert reason in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    with pytest.raises(OperatorError, match=r"tokens.toml cannot be read: No such file or directory\.$"):
        token_file.read(path)


def test_a_new_file_is_its_owners_alone_and_one_that_is_there_keeps_its_mode(path: Path) -> None:
    with token_file.changing(path) as records:
        records["a"] = record()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with token_file.changing(path) as records:
        records.clear()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert token_file.read(path) == {}, "a file without tokens is a good one"
    assert list(path.parent.iterdir()) == [path]


def test_a_change_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    with token_file.changing(path) as records:
        records["a"] = record()
    with pytest.raises(KeyError), token_file.changing(path) as records:
        del records["b"]
    assert set(token_file.read(path)) == {"a"}
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    with token_file.changing(link) as records:
        records["a"] = record()
    assert link.is_symlink()
    assert set(token_file.read(path)) == {"a"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be written: No such file"), token_file.changing(tmp_path / "a/b"):
        pass


def test_of_many_who_change_it_at_once_nobody_undoes_what_another_did(path: Path) -> None:
    def add(name: str) -> None:
        with token_file.changing(path) as records:
            records[name] = record(name)

    threads = [threading.Thread(target=add, args=(f"t{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(token_file.read(path)) == 20


def test_times_are_kept_in_utc(path: Path) -> None:
    berlin = timezone(timedelta(hours=1))
    with token_file.changing(path) as records:
        records["a"] = record(created=NOW.astimezone(berlin))
    assert "created = 2027-01-01T00:00:00Z" in path.read_text()
