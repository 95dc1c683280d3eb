"""Who takes part: in the network, and in each envelope.

`accounts` is organisations with their cards, and persons, over `rows`; `parties` says who may take
part in an envelope, `membership` who does.
"""
