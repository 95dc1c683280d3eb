"""What a caller is told has the name of the reason that decided."""

from gateway.signing.deciding import Refusal
from gateway.signing.refusals import PROBLEM_OF, problem_for
from policies.model import Denied, Reason
from policies.reasons import CALLER_UNKNOWN, COUNTED_MEANWHILE, MEANINGS

OTHER_WORDS = {
    "default": "policy-denied",
    "grant": "policy-denied",
    "document-type": "request-refused",
    "placement": "placement-refused",
}


def test_every_reason_of_the_gateways_own_has_a_problem_of_its_name() -> None:
    told = {name: problem.type for name, problem in PROBLEM_OF.items()}
    # Who is not known to the policies is stopped at the door; only a replay meets that reason.
    assert told == {name: name for name in MEANINGS if name != CALLER_UNKNOWN} | OTHER_WORDS


def test_whoever_was_overtaken_is_told_to_send_the_same_again() -> None:
    reason = Reason(rule=COUNTED_MEANWHILE, message="others were sealed")
    refusal = Refusal(decision=Denied(bundle="sha256:00", reasons=(reason,)))
    problem = problem_for(refusal, audit_index=7)
    assert (problem.type, problem.status, problem.owner) == ("counted-meanwhile", 409, "caller")
    assert problem.cure == "Send the same request again with the same key."
    assert problem.reasons == ((COUNTED_MEANWHILE, "others were sealed"),)
