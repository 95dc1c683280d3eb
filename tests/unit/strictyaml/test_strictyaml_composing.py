"""Text into plain values: what YAML is read, and what is refused."""

import pytest
import yaml

import strictyaml.composing
from strictyaml.composing import MAX_DEPTH, Composition, compose


@pytest.fixture(params=[yaml.SafeLoader, yaml.CSafeLoader], autouse=True)
def _both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two is there depends on how PyYAML was built."""
    monkeypatch.setattr(strictyaml.composing, "_LOADER", request.param)


def data_of(text: str) -> object:
    composition = compose(text, file="a.yaml")
    assert composition.mistakes == ()
    assert len(composition.trees) == 1
    return composition.trees[0].data


def told(composition: Composition) -> str:
    return "\n".join(str(mistake) for mistake in composition.mistakes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 5_000_000", {"a": 5_000_000}, id="ok/a number with separators"),
        pytest.param("a: -7", {"a": -7}, id="ok/a negative number"),
        pytest.param("a: 1.5", {"a": 1.5}, id="ok/a decimal"),
        pytest.param("a: TRUE", {"a": True}, id="ok/true in capitals"),
        pytest.param("a: 'yes'", {"a": "yes"}, id="ok/a quoted yes is text"),
        pytest.param("a: 'true'", {"a": "true"}, id="ok/a quoted true is text"),
        pytest.param("a:", {"a": None}, id="ok/nothing"),
        pytest.param("a: 2026-11-22", {"a": "2026-11-22"}, id="ok/a date stays text"),
        pytest.param("2026-11-22: a", {"2026-11-22": "a"}, id="ok/a date as a key"),
        pytest.param("a: 收货单位", {"a": "收货单位"}, id="ok/Chinese"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="ok/a byte order mark"),
        pytest.param("- [a, {b: c}]", [["a", {"b": "c"}]], id="ok/flow style"),
        pytest.param("a: |\n  x\n  y\n", {"a": "x\ny\n"}, id="ok/a block of text"),
    ],
)
def test_plain_yaml_is_read(text: str, expected: object) -> None:
    assert data_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3", "a.yaml:3: a: the key stands here already, in line 1", id="twice"
        ),
        pytest.param("a: &x 1", "a.yaml:1: a: an anchor (`&name`) is not read", id="anchor"),
        pytest.param("a: *x", "a.yaml:1: a: an alias (`*name`) is not read", id="alias"),
        pytest.param("a: !!python/name:os.system x", "a.yaml:1: a: the tag", id="tag"),
        pytest.param("a: !x [1]", "a.yaml:1: a: the tag `!x` is not read", id="own tag"),
        pytest.param("&x a: 1", "a key has no anchor or tag", id="anchor on a key"),
        pytest.param("<<: {a: 1}", "write the entries out", id="merge key"),
        pytest.param("on: 1", "`on` as a key is not text", id="on as a key"),
        pytest.param("? [a]\n: 1", "a key must be text", id="list as a key"),
        pytest.param("a: no", "`no` means true or false", id="Norway"),
        pytest.param("a: 010", "`010` is not a plain decimal number", id="octal"),
        pytest.param("a: 12:30:45", "`12:30:45` is not a plain", id="sexagesimal"),
        pytest.param("a: 0xff", "`0xff` is not a plain", id="hexadecimal"),
        pytest.param("a: .inf", "`.inf` is not a plain", id="infinity"),
        pytest.param("a: 9223372036854775808", "at most 64 bits", id="65 bits"),
        pytest.param("a: " + "9" * 5000, "at most 64 bits", id="5000 digits"),
        pytest.param("a: [", "not YAML", id="open list"),
        pytest.param("a:\n\tb: 1", "indent with spaces", id="tab"),
        pytest.param("a: b: c", "a.yaml:1: not YAML", id="two colons"),
        pytest.param('a: "\\ud800"', "a.yaml:1:", id="half a surrogate pair, escaped"),
        pytest.param('a: "x\\0y"', "a NUL or half", id="NUL, escaped"),
        pytest.param("a: \ud800", "a.yaml:1:", id="half a surrogate pair"),
        pytest.param("a: \x07", "a.yaml:1:", id="a control character"),
    ],
)
def test_what_is_not_plain_yaml_is_a_mistake(text: str, expected: str) -> None:
    assert expected in told(compose(text, file="a.yaml"))


def test_a_yaml_bomb_does_not_expand() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    composition = compose("a0: &a0 lol\n" + levels, file="bomb.yaml")
    assert len(composition.mistakes) == 9 + 8 * 9


def test_deep_nesting_ends_the_reading() -> None:
    composition = compose("[" * 100_000, file="deep.yaml")
    assert f"nested deeper than {MAX_DEPTH} levels" in told(composition)
    assert not composition.whole


def test_a_large_text_is_not_even_parsed() -> None:
    composition = compose("é" * 20, file="a.yaml", max_bytes=39)
    assert "the file has 40 bytes, more than the 39 that are read" in told(composition)
    assert composition.trees == ()


def test_empty_documents_are_left_out() -> None:
    composition = compose("# nothing\n---\na: 1\n---\n# nothing\n---\nb: 2\n", file="a.yaml")
    assert [tree.data for tree in composition.trees] == [{"a": 1}, {"b": 2}]
    assert [tree.line(()) for tree in composition.trees] == [3, 7]


def test_documents_before_a_syntax_error_are_kept() -> None:
    composition = compose("a: 1\n---\nb: [", file="a.yaml")
    assert [tree.data for tree in composition.trees] == [{"a": 1}]
    assert not composition.whole


def test_lines_are_those_of_the_keys() -> None:
    tree = compose("a:\n  b:\n    - x\n    - y: 1\n", file="a.yaml").trees[0]
    assert tree.line(("a", "b")) == 2
    assert tree.line(("a", "b", 1)) == 4
    assert tree.line(("a", "b", 1, "missing")) == 4
    assert tree.mistake(("a", "b", 1, "y"), "m", "c").path == "a.b[1].y"


def test_of_two_equal_keys_the_first_stays() -> None:
    composition = compose("a: {b: 1}\na: {b: *x}\nc: 2", file="a.yaml")
    assert composition.trees[0].data == {"a": {"b": 1}, "c": 2}
    assert len(composition.mistakes) == 2


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\x85", "\r", "\u202e", "\u2066"])
def test_what_editors_show_within_a_comment_is_no_line_of_its_own(letter: str) -> None:
    read = compose(f"a: 1\n# harmless {letter}kind: Role\n", file="a.yaml")
    assert read.trees == ()
    assert not read.whole
    (mistake,) = read.mistakes
    assert (mistake.file, mistake.line) == ("a.yaml", 2)
    assert f"U+{ord(letter):04X}" in mistake.message


@pytest.mark.parametrize("text", [r'a: "\u2028"', r'a: "b\u202Ec"', r'"\u2066": 1'])
def test_nor_may_it_be_written_as_an_escape(text: str) -> None:
    assert "U+20" in told(compose(text, file="a.yaml"))


def test_lines_may_end_as_windows_ends_them() -> None:
    assert data_of("a: 1\r\nb: |\r\n  x\r\n") == {"a": 1, "b": "x\n"}
