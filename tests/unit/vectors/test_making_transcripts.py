"""The vectors of transcripts can be made again: other keys, the same faults."""

from cloud_bridge.envelopes.transcript import verify
from tests.vectors.transcripts import make_vectors


def test_each_has_the_faults_that_it_is_said_to_have() -> None:
    sealed, vectors = make_vectors()
    for vector in vectors:
        found = verify(
            vector.file,
            roots=[sealed.root.der],
            at=sealed.envelope.now,
            documents={},
            network_key=sealed.envelope.network.public,
        )
        assert tuple((each.fault, each.entry) for each in found.findings) == vector.faults
