"""Which bundle files a gateway takes: signed by enough, unaltered, the next of the line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bundles.acceptance import TOLERANCE, Standing, acceptable
from gateway.bundles.authority import Authority
from gateway.bundles.building import build
from gateway.bundles.errors import (
    BundleFileError,
    BundleNotBuiltError,
    BundleRefusedError,
    NotWhatItSaysError,
)
from gateway.bundles.manifest import TYP
from gateway.bundles.reading import SealedBundle, read, written
from gateway.statements import LocalSigner, StatementInvalidError, add_signature, unsigned
from strictyaml import MistakesError
from tests.sealed_bundles import AT, FILES, SOURCE, Group, key, person

GROUP = Group()
FIRST = GROUP.published()


def standing(data: bytes, *earlier: bytes) -> Standing:
    sealed = read(data)
    return Standing(
        manifest=sealed.manifest,
        bundle=sealed.bundle,
        authority=Authority.of(sealed.bundle),
        contents=frozenset(read(each).manifest.content for each in (data, *earlier)),
    )


def taken(
    data: bytes, after: Standing | None = None, *, group: Group = GROUP, at: datetime = AT
) -> tuple[str, ...]:
    return acceptable(read(data), standing=after, root=group.root, at=at)


def refused(
    data: bytes, after: Standing | None = None, *, group: Group = GROUP, at: datetime = AT
) -> str:
    with pytest.raises(BundleRefusedError) as error:
        taken(data, after, group=group, at=at)
    assert error.value.cure
    return error.value.why


def test_what_enough_officers_have_signed_is_taken_and_says_who() -> None:
    assert taken(FIRST) == ("li", "wang")


def test_what_is_read_is_what_was_built() -> None:
    sealed = read(FIRST)
    assert sealed.sources == {"all.yaml": SOURCE}
    assert sealed.files == FILES
    expected = GROUP.compile(sealed.sources)
    assert replace(sealed.bundle, digest="", files={}) == replace(expected, digest="", files={})
    assert sealed.bundle.digest == sealed.manifest.content
    assert not any("secrets" in path for path in sealed.files)


def test_the_same_files_make_the_same_bundle() -> None:
    assert GROUP.built() == GROUP.built()


def test_what_nobody_has_signed_is_refused() -> None:
    assert "none of them did" in refused(GROUP.built())


def test_one_signature_short_is_refused() -> None:
    assert "2 of the officers" in refused(GROUP.sign(GROUP.built(), key("li")))


def test_one_officer_with_two_keys_is_one_officer() -> None:
    assert "li of them did" in refused(GROUP.sign(GROUP.built(), key("li"), key("li", 2)))


def test_one_officer_cannot_sign_twice_with_one_key() -> None:
    with pytest.raises(StatementInvalidError, match="has signed it already"):
        GROUP.sign(GROUP.built(), key("li"), key("li"))


def test_a_stranger_is_no_officer() -> None:
    assert refused(GROUP.sign(GROUP.built(), key("li"), key("mallory")))


def test_two_officers_with_one_key_between_them_rule_nothing() -> None:
    same = LocalSigner("wang-1", key("li").key)
    with pytest.raises(BundleNotBuiltError, match="keys are the same"):
        Group(officers=(person("li"), person("wang", same))).built()


def test_more_signatures_than_officers_have_keys_are_never_asked_for() -> None:
    with pytest.raises(BundleNotBuiltError, match="4 officers must sign, and 3 have keys"):
        Group(signatures=4).built()


def test_without_officers_nothing_is_built() -> None:
    with pytest.raises(BundleNotBuiltError, match="kind: Governance"):
        build({"all.yaml": SOURCE}, file=FILES.__getitem__, after=None, at=AT)


def test_a_file_that_is_missing_is_told() -> None:
    def missing(path: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(BundleNotBuiltError, match=r"seal\.pem cannot be read"):
        build({"all.yaml": SOURCE}, file=missing, after=None, at=AT, compile_sources=GROUP.compile)


@given(place=st.integers(0, len(FIRST) - 1), other=st.integers(1, 255))
def test_no_byte_anywhere_can_be_altered(place: int, other: int) -> None:
    altered = bytearray(FIRST)
    altered[place] ^= other
    with pytest.raises((BundleFileError, BundleRefusedError)):
        taken(bytes(altered))


@given(end=st.integers(0, len(FIRST) - 1), more=st.binary(min_size=1, max_size=2000))
def test_nothing_can_be_cut_off_or_added(end: int, more: bytes) -> None:
    for altered in (FIRST[:end], FIRST + more):
        with pytest.raises(BundleFileError):
            read(altered)


def rewritten(sealed: SealedBundle, **changes: object) -> bytes:
    """The file with other parts under the same signatures."""
    parts = {"pieces": sealed.pieces, "files": sealed.files, "sources": sealed.sources, **changes}
    return written(sealed.statement, **parts)  # type: ignore[arg-type]  # parts of a SealedBundle


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: {"files": {**sealed.files, "seal.pem": b"another"}},
        lambda sealed: {"files": {**sealed.files, "more.pem": b"more"}},
        lambda sealed: {"sources": {"all.yaml": sealed.sources["all.yaml"] + "# more\n"}},
        lambda sealed: {
            "pieces": {name: each for name, each in sealed.pieces.items() if "policies" not in name}
        },
    ],
    ids=["a file", "one more file", "the sources", "an object"],
)
def test_parts_that_were_exchanged_are_not_those_of_the_manifest(
    change: Callable[[SealedBundle], dict[str, object]],
) -> None:
    sealed = read(FIRST)
    with pytest.raises(BundleFileError, match="not those that the manifest names"):
        read(rewritten(sealed, **change(sealed)))


def test_nobody_signs_what_is_not_what_the_sources_say() -> None:
    """The compiled part permits what the sources that officers read do not."""
    loose = Group(source=SOURCE.replace("doc.pages < 4", "doc.pages < 400"))
    sealed = read(loose.built())
    forged = msgspec.structs.replace(sealed.manifest, sources=read(GROUP.built()).manifest.sources)
    data = written(
        unsigned(forged.payload),
        pieces=sealed.pieces,
        files=sealed.files,
        sources={"all.yaml": SOURCE},
    )
    with pytest.raises(NotWhatItSaysError, match="policies-0000"):
        GROUP.sign(data)


def test_nobody_signs_policies_whose_own_tests_fail() -> None:
    failing = Group(source=SOURCE.replace("expect: allowed", "expect: denied"))
    with pytest.raises(MistakesError, match="the test `a receipt` expects denied"):
        failing.built()


def test_a_seal_goes_through_its_life_in_order() -> None:
    retired = Group(source=SOURCE.replace("state: active", "state: retired"))
    now = standing(FIRST)
    assert "cannot become retired" in refused(retired.published(after=now.manifest), now)


def test_the_next_one_follows() -> None:
    now = standing(FIRST)
    assert taken(GROUP.published(after=now.manifest), now)


def test_an_older_one_is_refused_though_officers_have_signed_it() -> None:
    second = GROUP.published(after=read(FIRST).manifest)
    assert "number 2 is in force" in refused(FIRST, standing(second, FIRST))
    assert "number 2 is in force" in refused(second, standing(second, FIRST))


def test_another_one_of_the_same_number_is_refused_though_officers_have_signed_it() -> None:
    second = GROUP.published(after=read(FIRST).manifest)
    other = Group(source=SOURCE + "\n# another\n").published(after=read(FIRST).manifest)
    assert "another number 2 is in force" in refused(other, standing(second, FIRST))


def test_one_from_the_future_is_refused_until_its_time_has_come() -> None:
    """One of the two clocks is wrong, and nobody can tell which."""
    early = AT - timedelta(hours=1)
    assert f"here it is {early:%Y-%m-%d %H:%M:%S} UTC" in refused(FIRST, at=early)
    assert taken(FIRST, at=AT - TOLERANCE)


def test_a_clock_that_was_set_back_makes_no_older_one_the_next() -> None:
    """Bundles stand in a line by their numbers; no clock says which is newer."""
    second = GROUP.published(after=read(FIRST).manifest)
    back = AT - timedelta(minutes=4)
    assert "number 2 is in force" in refused(FIRST, standing(second, FIRST), at=back)
    assert taken(second, standing(FIRST), at=back)


def test_one_that_does_not_follow_is_refused() -> None:
    second = read(GROUP.published(after=read(FIRST).manifest))
    other = Group(source=SOURCE + "\n# another\n")
    fork = other.published(after=read(FIRST).manifest)
    third = GROUP.published(after=read(fork).manifest)
    now = standing(GROUP.published(after=read(FIRST).manifest), FIRST)
    assert now.manifest == second.manifest
    assert "follows another bundle" in refused(third, now)


def test_another_group_s_bundle_is_refused() -> None:
    other = Group(name="another")
    assert "group 'another'" in refused(other.published())
    assert "group 'another'" in refused(
        other.published(after=read(FIRST).manifest), standing(FIRST)
    )


def test_the_officers_in_force_decide_not_those_of_the_root_file() -> None:
    """Whoever exchanges the root file afterwards changes nothing."""
    usurpers = Group(officers=(person("mallory"), person("mo")))
    now = standing(FIRST)
    data = usurpers.sign(usurpers.built(after=now.manifest), key("mallory"), key("mo"))
    assert "officers in force" in refused(data, now, group=usurpers)


def test_new_officers_sign_too_so_that_they_can_sign_the_next() -> None:
    changed = Group(officers=(person("li"), person("sun")))
    now = standing(FIRST)
    built = changed.built(after=now.manifest)
    assert "of the bundle itself" in refused(changed.sign(built, key("li"), key("wang")), now)
    everybody = changed.sign(built, key("li"), key("wang"), key("sun"))
    assert taken(everybody, now) == ("li", "sun", "wang")


def test_an_earlier_content_comes_back_only_as_the_next_one_and_signed_anew() -> None:
    second = Group(source=SOURCE + "\n# changed\n").published(after=read(FIRST).manifest)
    now = standing(second, FIRST)
    back = GROUP.rolled_back(FIRST, after=now.manifest)
    assert taken(back, now)
    assert read(back).manifest.sequence == 3
    assert read(back).manifest.content == read(FIRST).manifest.content


def test_a_rollback_to_what_was_never_in_force_is_refused() -> None:
    other = Group(source=SOURCE.replace("doc.pages < 4", "doc.pages < 5"))
    never = other.published()
    now = standing(FIRST)
    back = other.rolled_back(never, after=now.manifest)
    assert "never in force here" in refused(back, now)
    assert "nothing was ever in force" in refused(back)


def test_a_signature_for_something_else_is_none_for_a_bundle() -> None:
    sealed = read(GROUP.sign(GROUP.built(), key("li")))
    frozen = add_signature(sealed.statement, typ="sealgate-freeze", signer=key("wang"))
    data = written(frozen, pieces=sealed.pieces, files=sealed.files, sources=sealed.sources)
    assert TYP != "sealgate-freeze"
    assert refused(data)


def test_first_officers_are_read_as_they_were_written() -> None:
    assert Authority.read(GROUP.root.written()) == GROUP.root
    with pytest.raises(BundleRefusedError, match="is not valid"):
        Authority.read(b"{}")
