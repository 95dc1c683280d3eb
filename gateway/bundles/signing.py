"""An officer's signature on a bundle, after a look at whether it is what its sources say."""

from gateway.bundles.building import Compile
from gateway.bundles.errors import NotWhatItSaysError
from gateway.bundles.manifest import TYP
from gateway.bundles.reading import SealedBundle, written
from gateway.statements import StatementSigner, add_signature
from policies.compiled import compiled, with_files
from policies.loader import load_bundle


def signed(
    sealed: SealedBundle, *, signer: StatementSigner, compile_sources: Compile = load_bundle
) -> bytes:
    """The bundle file with one more signature.

    What decides are the compiled objects, what officers read are the sources. So the objects are
    made from the sources once more, and nothing is signed that differs.

    Raises:
        NotWhatItSaysError: it differs.
        MistakesError: the sources have mistakes, or one of their own tests fails.
        StatementInvalidError: the key has signed it already.
    """
    fresh = compile_sources(sealed.sources)
    pieces = compiled(fresh)
    differing = sorted(
        name
        for name in pieces.keys() | sealed.pieces.keys()
        if pieces.get(name) != sealed.pieces.get(name)
    )
    if differing or with_files(fresh, sealed.bundle.files).digest != sealed.manifest.content:
        raise NotWhatItSaysError(
            f"what would decide ({', '.join(differing[:5])}) is not what the sources say: do not "
            "sign it; build it anew with this version, and ask who built this file"
        )
    statement = add_signature(sealed.statement, typ=TYP, signer=signer)
    return written(statement, pieces=sealed.pieces, files=sealed.files, sources=sealed.sources)
