"""What an envelope is here, which its record alone does not say."""

from cloud_bridge.envelopes.state import EnvelopeState
from gateway.store.rows.envelopes import EnvelopeRow


def status_of(row: EnvelopeRow, state: EnvelopeState) -> str:
    """What an envelope that is not held is told to be.

    It is completed once what was signed last was found sound here, and not when the network says
    that everybody has signed. Whoever acts on it acts on a contract that we have.

    Args:
        row: as it is kept.
        state: as its record says.
    """
    if state.status == "draft":
        return "sending"
    if row.status == "withdrawn" and state.status == "signing":
        return "withdrawn"  # it was taken back before it left, and came there all the same
    if state.status == "completed" and row.status in {"voiding", "completed"}:
        return row.status
    if state.status == "completed":
        return "completed" if row.organisation in state.acknowledged else "signing"
    return state.status
