"""`python -m cloud_bridge.network.deliveries.photos.child`: photographs in, JPEGs of ours out."""

import sys

from cloud_bridge.network.press.child import confine


def main(max_memory_bytes: int, max_seconds: int) -> None:
    """Confine this process, then draw."""
    confine(max_memory_bytes, max_seconds)
    # What decodes is imported behind the bounds.
    import msgspec  # noqa: PLC0415

    from cloud_bridge.network.deliveries.photos.darkroom import Developed, Spoilt  # noqa: PLC0415
    from cloud_bridge.network.deliveries.photos.photographs import redrawn  # noqa: PLC0415
    from cloud_bridge.network.deliveries.problems import PhotoRefusedProblem  # noqa: PLC0415

    photographs = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=tuple[bytes, ...])
    answer: Developed | Spoilt
    try:
        answer = Developed(tuple(map(redrawn, photographs)))
    except PhotoRefusedProblem as refused:
        answer = Spoilt(refused.detail)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
