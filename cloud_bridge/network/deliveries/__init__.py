"""Receipts whose signer nobody knows beforehand: whoever holds the goods, and scans the label.

`labels` makes addresses, `claims` decides who is first, `receiving` makes a signature of what a
telephone sent, `copies` and `statuses` tell the others. `handlers` is where telephones come in.
"""
