"""The API over HTTP: who is it, what do they ask, and how is the answer told.

`app` is what happens around every request: `callers` says who asks and what they may do, `reading`
makes of its bytes what is asked. `documents`, `batches`, `envelopes` and `approvals` answer, or a
file beside them where one is enough; `operation` answers those who run the gateway. `answers` and
`errors` are the words for all of them, `describing` and `openapi` describe them.
"""
