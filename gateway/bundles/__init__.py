"""Bundle files: policies with their files, as officers sign them and gateways take them.

A `*.sealbundle` is a plain tar with one spelling:

    manifest.json       what it is and follows, signed by the officers (general JWS)
    compiled/PIECE      the same objects as `sources/`, decoded without reading YAML
    files/PATH          certificates, pictures, sealed grants, which the objects name
    sources/PATH        the YAML that the officers have read

`building` makes one from a directory, `signing` adds an officer's signature, `reading` opens it,
`acceptance` says whether it may follow what is in force. Nothing here runs a gateway.
"""
