"""A caller's side of the API: sign a request, send a document, get it back sealed.

Used by the commands, the demo and the benchmark. It shows what an internal system has to do;
docs/api.md says the same in words.
"""

from gateway.client.envelopes import EnvelopeClient
from gateway.client.errors import GatewayRefusedError
from gateway.client.gateway import GatewayClient
from gateway.client.model import LargeBody, Sealed, Submission, multipart_body
from gateway.client.signing import RequestKey, RequestSigner

__all__ = [
    "EnvelopeClient",
    "GatewayClient",
    "GatewayRefusedError",
    "LargeBody",
    "RequestKey",
    "RequestSigner",
    "Sealed",
    "Submission",
    "multipart_body",
]
