"""YAML texts into a bundle, or into the list of everything that is wrong with them."""

from collections.abc import Iterator, Mapping

from policies.bundle import Bundle, sources_digest
from policies.foresight.selftest import failures
from policies.kinds.policy import tests_of
from policies.reading.conditions import condition_mistakes
from policies.reading.conversion import bundle_of
from policies.reading.library import Library, read_library
from policies.reading.references import reference_mistakes
from strictyaml import Mistake, raise_if_any


def load_bundle(
    sources: Mapping[str, str],
    *,
    files: Mapping[str, str] | None = None,
    run_tests: bool = True,
) -> Bundle:
    """Read, check, connect and test; what comes back is fit to decide.

    The order of files, documents and rules has no influence. No files at all give a bundle that
    denies everything.

    Args:
        sources: file name → text, e.g. `{"seals/east.yaml": "apiVersion: …"}`.
        files: what lies beside them, path → SHA-256 in hex; None: not known, and then nobody asks
            whether a file that an object names is there.
        run_tests: whether the policies' own tests are run; who leaves them out has run them before.

    Raises:
        MistakesError: with every mistake in any file. The policies' own tests are run once there
            are no others, and each failing test is a mistake.
    """
    library = read_library(sources, files=files)
    raise_if_any((*library.mistakes, *reference_mistakes(library), *condition_mistakes(library)))
    bundle = bundle_of(library, sources_digest(sources))
    if run_tests:
        raise_if_any(_failing_tests(bundle, library))
    return bundle


def _failing_tests(bundle: Bundle, library: Library) -> Iterator[Mistake]:
    for failure in failures(bundle):
        policy = library.policies.documents[failure.policy]
        path, _ = list(tests_of(policy.value))[failure.position]
        yield policy.mistake(
            path,
            f"the test `{failure.test.name}` {failure.failure}",
            "correct the rule or the test; a denial that is not a rule's must be named by `rule:`",
        )
