"""What a bundle is made of, and every way in which it can be wrong."""

import pytest

from policies.bundle import Bundle, sources_digest
from policies.loader import load_bundle
from policies.model import BesideKeyword, OnPage, Stage
from policies.objects.rules import Approvals, ForbidRule, Limits
from policies.objects.seals import PictureStamp, RoundStamp
from policies.objects.systems import SystemKey
from strictyaml import Mistake, MistakesError


def mistakes_of(sources: dict[str, str]) -> tuple[Mistake, ...]:
    with pytest.raises(MistakesError) as caught:
        load_bundle(sources)
    return caught.value.mistakes


@pytest.fixture
def bundle(world: str, receipts: str) -> Bundle:
    return load_bundle({"world.yaml": world, "receipts.yaml": receipts})


def test_all_kinds_become_values_by_name(bundle: Bundle) -> None:
    assert set(bundle.companies) == {"example-group", "example-east"}
    assert bundle.companies["example-east"].parent == "example-group"
    assert bundle.roles["dispatcher"].title == "调度员"
    assert bundle.systems["tms"].keys == (
        SystemKey(id="tms-2026", algorithm="ed25519", public_key=bytes(range(1, 33))),
    )
    assert bundle.systems["wms"].keys == (
        SystemKey(id="wms-2026", algorithm="hmac-sha256", secret_file="secrets/wms"),  # noqa: S106 - a path
    )
    assert bundle.document_types["logistics-receipt"].attributes["waybill"].max_length == 20
    seal = bundle.seals["receipt-east"]
    assert seal.stamp == RoundStamp(
        name="示例物流(华东)有限公司", purpose="回单专用章", serial="3101150000001"
    )
    assert (seal.signature.kind, seal.signature.permission) == ("certification", "no-changes")
    assert seal.placement == OnPage(page="last", left_mm=140.0, top_mm=230.0)
    assert bundle.seals["retired"].frozen_reason == "lost on 2026-03-01"


def test_a_stamp_may_be_a_picture(world: str) -> None:
    picture = "bare.pem, stamp: {picture: {file: stamps/bare.png, widthMillimetres: 38}}"
    bundle = load_bundle({"w": world.replace("bare.pem", picture)})
    assert bundle.seals["bare"].stamp == PictureStamp(file="stamps/bare.png", width_mm=38.0)


def test_a_policy_becomes_rules(bundle: Bundle) -> None:
    policy = bundle.policies["receipts-east"]
    assert policy.time_zone == "Asia/Shanghai"
    automatic, dispatcher = policy.permit
    assert automatic.limits == Limits(per_day=20000, per_hour=3000)
    assert automatic.placement == BesideKeyword(keyword="收货单位", occurrence="last")
    assert dispatcher.approvals == Approvals(
        stages=(Stage(count=2, roles=frozenset({"seal-approver"})),)
    )
    assert policy.forbid == (ForbidRule(id="no-changes-after-signature", when="doc.revisions > 1"),)


def test_tests_may_leave_out_what_they_do_not_need(bundle: Bundle) -> None:
    test = bundle.policies["receipts-east"].tests[0]
    assert test.request.seal == "receipt-east"
    assert test.request.document_type == "logistics-receipt"
    assert test.request.caller.company == "example-east"
    assert test.at.isoformat() == "2026-01-05T10:00:00+08:00"
    assert test.facts.pages == 1
    assert test.rule == "receipts-east/tms-automatic"


def test_a_bundle_cannot_be_changed(bundle: Bundle) -> None:
    with pytest.raises(TypeError):
        bundle.seals["new"] = bundle.seals["bare"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        bundle.digest = "x"  # type: ignore[misc]


def test_the_digest_is_over_names_and_texts_and_not_their_order() -> None:
    digest = sources_digest({"a": "1", "b": "2\n"})
    assert digest == sources_digest({"b": "2\r\n", "a": "1"})
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64
    others = [{"a": "1"}, {"a": "1", "c": "2\n"}, {"a": "2\n", "b": "1"}, {"a1": "", "b": "2\n"}]
    assert len({digest, *map(sources_digest, others)}) == 5


WORLD_MISTAKES = [
    pytest.param("state: active", "state: on", "state", "`on` means true or false", id="on"),
    pytest.param("state: active", "state: live", "spec.state", "'active', 'frozen' or", id="state"),
    pytest.param("kind: Role", "kind: Rolle", "kind", "unknown kind `Rolle`", id="kind"),
    pytest.param("sealgate/v1", "sealgate/v2", "apiVersion", "sealgate/v1", id="version"),
    pytest.param("parent: example-group", "parent: nobody", "spec.parent", "no Company", id="up"),
    pytest.param(
        "spec: {title: 示例物流集团有限公司}",
        "spec: {title: 示例, parent: example-east}",
        "spec.parent",
        "example-group → example-east → example-group",
        id="circle",
    ),
    pytest.param("name: bare", "name: retired", "metadata.name", "one called `retired`", id="2"),
    pytest.param("name: bare", "name: Bare", "metadata.name", "match pattern", id="capital"),
    pytest.param("company: example-east", "company: easy", "spec.company", "no Company", id="co"),
    pytest.param("roles: [dispatcher]", "roles: [boss]", "spec.roles[0]", "no Role", id="role"),
    pytest.param("id: wms-2026", "id: tms-2026", "spec.keys[0].id", "tms has the key id", id="key"),
    pytest.param("AQIDBAUG", "AQID", "spec.keys[0].publicKey", "32 raw bytes", id="short key"),
    pytest.param("AQIDBAUG", "_", "spec.keys[0].publicKey", "32 raw bytes", id="no base64"),
    pytest.param("secretFile: secrets/wms", "publicKey: x", "publicKey", "32 raw", id="half"),
    pytest.param(", secretFile: secrets/wms", "", "keys[0]", "has secretFile and no", id="none"),
    pytest.param(
        "    - {id: wms-2026, algorithm: hmac-sha256, secretFile: secrets/wms}\n",
        "    []\n",
        "spec",
        "could never ask",
        id="no credential",
    ),
    pytest.param("type: boolean", "type: boolean, minimum: 1", "urgent", "no minimum", id="min"),
    pytest.param("minimum: 0, max", "maxLength: 1, max", "amount_cents", "no maxLength", id="len"),
    pytest.param("minimum: 0, max", "minimum: 999999999, max", "amount", "between", id="between"),
    pytest.param("[A-Z]{2}[0-9]+", "(?=a)", "waybill.pattern", "RE2", id="look-ahead"),
    pytest.param("urgent:", "in:", "attributes.in", "doc.attributes.in", id="a word of CEL"),
    pytest.param("urgent:", "Urgent:", "Urgent", "cannot be written", id="attribute name"),
    pytest.param("certificate: bare.pem", "certificate: /b", "certificate", "relative", id="abs"),
    pytest.param("certificate: bare.pem", "certificate: ../b", "certificate", "relative", id="up2"),
    pytest.param(
        "round: {", "picture: {file: a, widthMillimetres: 3}, round: {", "stamp", "", id="s"
    ),
    pytest.param("purpose: 回单专用章", "color: red", "stamp.round.color", "pattern", id="colour"),
    pytest.param("purpose: 回单专用章", "diameterMillimetres: 90", "round", "60", id="large"),
    pytest.param("state: frozen", "state: active", "spec", "no frozenReason", id="not frozen"),
    pytest.param(
        "certificate: bare.pem}",
        "certificate: b, placement: {keyword: x}}",
        "spec",
        "no stamp",
        id="ns",
    ),
]


@pytest.mark.parametrize(("old", "new", "path", "message"), WORLD_MISTAKES)
def test_a_wrong_object_is_a_mistake_at_its_place(
    world: str, old: str, new: str, path: str, message: str
) -> None:
    assert old in world
    wrong = world.replace(old, new, 1)
    line = next(
        number
        for number, (before, after) in enumerate(
            zip(world.split("\n"), wrong.split("\n"), strict=False), start=1
        )
        if before != after
    )
    mistakes = mistakes_of({"world.yaml": wrong})
    found = [mistake for mistake in mistakes if path in mistake.path]
    assert any(message in str(mistake) for mistake in found), MistakesError(mistakes)
    assert all(mistake.cure for mistake in mistakes)
    assert min(abs(mistake.line - line) for mistake in found) <= 8


POLICY_MISTAKES = [
    pytest.param(
        "[receipt-east]", "[bare, bare]", "spec.seals", "`bare` stands here twice", id="twice"
    ),
    pytest.param(
        "  permit:\n", "  permit: []\n  allow:\n", "spec.allow", "unknown key", id="allow"
    ),
    pytest.param(
        "seals: [receipt-east]", "seals: [receipt-west]", "spec.seals[0]", "no Seal", id="s"
    ),
    pytest.param("seals: [receipt-east]", "seals: []", "spec.seals", "at least 1", id="no seals"),
    pytest.param("[receipt-east]", "['*', bare]", "spec", "everything already", id="star and more"),
    pytest.param("[receipt-east]", "['*']", "spec", "only a policy that forbids", id="star permit"),
    pytest.param(
        "[receipt-east]", "[bare]", "permit[0].placement", "bare has no stamp", id="stamp"
    ),
    pytest.param(
        "[logistics-receipt]", "[poem]", "spec.documentTypes[0]", "no DocumentType", id="t"
    ),
    pytest.param(
        "systems: [tms]", "systems: [tsm]", "permit[0].systems[0]", "mean tms", id="system"
    ),
    pytest.param("systems: [tms]", "systems: []", "permit[0]", "be for everybody", id="everybody"),
    pytest.param(
        "roles: [dispatcher]", "roles: [boss]", "permit[1].roles[0]", "no Role", id="role"
    ),
    pytest.param(
        "roles: [dispatcher]", "companies: [x]", "permit[1].companies[0]", "no Com", id="c"
    ),
    pytest.param(
        "roles: [seal-approver]", "roles: [boss]", "approvals.roles[0]", "no Role", id="a"
    ),
    pytest.param("roles: [seal-approver]", "roles: []", "approvals.roles", "at least 1", id="no a"),
    pytest.param("excluded", "included", "approvals.requester", "'excluded'", id="requester"),
    pytest.param("count: 2", "count: 0", "approvals.count", "greater than", id="count"),
    pytest.param("perDay: 20000", "perDay: 0", "limits.perDay", "greater than", id="limit"),
    pytest.param("perDay: 20000", "perWeek: 1", "limits.perWeek", "unknown key", id="week"),
    pytest.param("doc.pages <= 3", "doc.page <= 3", "permit[0].when", "mean doc.pages", id="when"),
    pytest.param(
        "amount_cents <= 5", "amount <= 5", "permit[0].when", "attribute `amount`", id="at"
    ),
    pytest.param("doc.revisions > 1", "doc.urgent", "forbid[0].when", "unknown name", id="forbid"),
    pytest.param(
        "no-changes-after-signature\n", "tms-automatic\n", "spec", "two rules have", id="id"
    ),
    pytest.param(
        "rule: tms-automatic", "rule: tms", "tests[0].rule", "no rule `tms`", id="test rule"
    ),
    pytest.param(
        "rule: tms-automatic", "rule: other/x", "tests[0].rule", "no rule", id="other rule"
    ),
    pytest.param(
        "{system: tms, doc", "{system: x, doc", "tests[0].request.system", "no Sys", id="ts"
    ),
    pytest.param(
        "{system: tms, doc", "{seal: x, doc", "tests[0].request.seal", "no Seal", id="tse"
    ),
    pytest.param("expect: allowed", "expect: yes", "tests[0].expect", "true or false", id="yes"),
    pytest.param("expect: allowed", "expect: maybe", "tests[0].expect", "'allowed'", id="expect"),
    pytest.param(
        "spec:\n", "spec:\n  timeZone: Asia/Peking\n", "spec.timeZone", "Shanghai", id="tz"
    ),
    pytest.param(
        "spec:\n", "spec:\n  timeZone: ../x\n", "spec.timeZone", "no time zone", id="tz path"
    ),
]


@pytest.mark.parametrize(("old", "new", "path", "message"), POLICY_MISTAKES)
def test_a_wrong_policy_is_a_mistake_at_its_place(
    *, world: str, receipts: str, old: str, new: str, path: str, message: str
) -> None:
    assert old in receipts
    sources = {"world.yaml": world, "receipts.yaml": receipts.replace(old, new, 1)}
    mistakes = mistakes_of(sources)
    found = [mistake for mistake in mistakes if mistake.path.endswith(path)]
    assert any(message in str(mistake) for mistake in found), MistakesError(mistakes)
    assert {mistake.file for mistake in found} == {"receipts.yaml"}


def test_mistakes_of_all_files_are_told_together(world: str, receipts: str) -> None:
    mistakes = mistakes_of(
        {
            "world.yaml": world.replace("parent: example-group", "parent: nobody"),
            "receipts.yaml": receipts.replace("doc.pages <= 3", "doc.page <= 3"),
            "broken.yaml": "kind: [",
            "typo.yaml": "apiVersion: sealgate/v1\nkind: Role\nmetadata: {nam: x}\n",
        }
    )
    assert {mistake.file for mistake in mistakes} == {
        "receipts.yaml",
        "broken.yaml",
        "typo.yaml",
    }


def test_what_refers_to_a_wrong_object_is_not_a_second_mistake(world: str, receipts: str) -> None:
    wrong = world.replace("type: 回单章", "typ: 回单章").replace("minimum: 0", "minimum: zero")
    mistakes = mistakes_of({"world.yaml": wrong, "receipts.yaml": receipts})
    assert {mistake.file for mistake in mistakes} == {"world.yaml"}


def test_a_policy_without_rules_is_a_mistake(world: str, receipts: str) -> None:
    start, end = receipts.index("  permit:"), receipts.index("tests:")
    (mistake,) = mistakes_of({"w": world, "r": receipts[:start] + receipts[end:]})
    assert "the policy has no rules" in mistake.message


def test_one_certificate_cannot_stand_for_two_systems(world: str) -> None:
    certificate = "AB:" * 31 + "AB"
    system = """\
apiVersion: sealgate/v1
kind: System
metadata: {{name: {name}}}
spec: {{company: example-east, certificates: [{{sha256: "{sha256}"}}]}}
---
"""
    text = system.format(name="a", sha256=certificate)
    assert load_bundle({"w": world, "s": text}).systems["a"].certificates == ("ab" * 32,)
    text += system.format(name="b", sha256=certificate.lower())
    (mistake,) = mistakes_of({"w": world, "s": text})
    assert mistake.path == "spec.certificates[0].sha256"
    assert "the system a has the certificate" in mistake.message
    (mistake,) = mistakes_of({"w": world, "s": system.format(name="c", sha256="AB:CD")})
    assert "64 digits" in mistake.message


def test_a_condition_may_only_count_on_attributes_that_all_its_types_require(
    world: str, receipts: str
) -> None:
    wrong = receipts.replace("[logistics-receipt]", "[logistics-receipt, memo]")
    (mistake,) = mistakes_of({"w": world, "r": wrong})
    assert "may be missing" in mistake.message
    right = wrong.replace(
        "doc.attributes.amount_cents <=",
        "has(doc.attributes.amount_cents) && doc.attributes.amount_cents <=",
    )
    assert load_bundle({"w": world, "r": right}).policies


# ---- the tests that policies carry ----


def test_a_policy_without_tests_is_a_mistake(world: str, receipts: str) -> None:
    untested = receipts[: receipts.index("tests:")]
    (mistake,) = mistakes_of({"w": world, "r": untested})
    assert "no tests" in mistake.message
    assert "expect: denied" in mistake.cure


def test_a_failing_test_is_a_mistake_with_what_was_expected_got_and_decided(
    world: str, receipts: str
) -> None:
    wrong = receipts.replace("doc.pages <= 3", "doc.pages <= 0")
    (mistake,) = mistakes_of({"w": world, "r.yaml": wrong})
    assert (mistake.file, mistake.line, mistake.path) == ("r.yaml", 22, "tests[0]")
    assert "`an ordinary receipt` expects allowed by receipts-east/tms-auto" in mistake.message
    assert "it is denied by default: no rule permits" in mistake.message
    assert "doc.pages <= 0 (doc.pages is 1)" in mistake.message


def test_a_test_that_another_rule_decides_fails(world: str, receipts: str) -> None:
    wrong = receipts.replace(
        "rule: no-changes-after-signature", "rule: dispatcher-with-two-approvals"
    )
    (mistake,) = mistakes_of({"w": world, "r": wrong})
    assert mistake.path == "tests[3]"
    assert "by receipts-east/no-changes-after-signature" in mistake.message


def test_a_test_may_expect_the_default(world: str, receipts: str) -> None:
    right = receipts + "    \n  - {name: nobody, expect: denied, rule: default, request: {doc: "
    right += "{attributes: {amount_cents: 1}}}}\n"
    assert load_bundle({"w": world, "r": right}).policies


def test_a_denial_for_a_reason_that_the_test_does_not_name_proves_nothing(
    world: str, receipts: str
) -> None:
    forgetful = receipts + "  - {name: no attributes, request: {system: tms}, expect: denied}\n"
    (mistake,) = mistakes_of({"w": world, "r": forgetful})
    assert "denied by document-type: the attribute `amount_cents` is missing" in mistake.message
    named = forgetful.replace("expect: denied}", "expect: denied, rule: document-type}")
    assert load_bundle({"w": world, "r": named}).policies


def test_an_error_in_a_condition_proves_nothing_either(world: str, receipts: str) -> None:
    wrong = receipts.replace("doc.revisions > 1", "1 / (doc.revisions - 1) > 0 && doc.pages < 9")
    mistakes = mistakes_of({"w": world, "r": wrong})
    assert [mistake.path for mistake in mistakes] == ["tests[0]", "tests[1]", "tests[2]"]
    assert "divide by zero" in mistakes[1].message


def test_tests_may_stand_in_the_spec_too(world: str, receipts: str) -> None:
    head, tests = receipts.split("tests:\n")
    inside = head + "  tests:\n" + "".join(f"  {line}\n" for line in tests.splitlines())
    assert load_bundle({"w": world, "r": inside}).policies["receipts-east"].tests
    wrong = inside.replace("expect: needs-approval", "expect: allowed")
    (mistake,) = mistakes_of({"w": world, "r": wrong})
    assert mistake.path == "spec.tests[2]"


def test_a_seal_can_be_frozen_without_touching_the_tests(world: str, receipts: str) -> None:
    frozen = world.replace("state: active", "state: frozen", 1)
    bundle = load_bundle({"w": frozen, "r": receipts})
    assert bundle.seals["receipt-east"].state == "frozen"


def test_a_moment_without_an_offset_is_in_the_policys_time_zone(world: str, receipts: str) -> None:
    local = receipts.replace('"2026-11-22T03:00:00+08:00"', "2026-11-22T03:00:00")
    test = load_bundle({"w": world, "r": local}).policies["receipts-east"].tests[1]
    assert test.at.isoformat() == "2026-11-22T03:00:00+08:00"


def test_a_policy_may_live_in_another_time_zone(world: str, receipts: str) -> None:
    abroad = receipts.replace("spec:\n", "spec:\n  timeZone: Asia/Urumqi\n")
    test = load_bundle({"w": world, "r": abroad}).policies["receipts-east"].tests[0]
    assert test.at.isoformat() == "2026-01-05T10:00:00+06:00"


def test_a_test_may_name_a_rule_of_another_policy(world: str, receipts: str) -> None:
    group = """\
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: group}
spec:
  seals: ['*']
  documentTypes: ['*']
  forbid: [{id: thick, when: doc.pages > 100}]
tests:
  - {name: thick, request: {documentType: memo, doc: {pages: 101}}, expect: denied, rule: thick}
"""
    other = receipts + (
        "  - {name: thick, expect: denied, rule: group/thick,"
        " request: {doc: {pages: 101, attributes: {amount_cents: 1}}}}\n"
    )
    assert load_bundle({"w": world, "g": group, "r": other}).policies
