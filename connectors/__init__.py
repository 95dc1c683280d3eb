"""Doors to and from internal systems (folders, queues, tables). Imports none of our other code.

A room for each kind of place, behind one Protocol (`interfaces`): `folder` and `sftp`, which share
the manners of a watched folder (`files`), `amqp`, `table`, `http` and `s3`. `open` chooses.
"""
