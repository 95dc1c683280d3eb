"""Alembic's entry: runs on the connection that `network.store.migrating` hands over."""

from alembic import context

from cloud_bridge.network.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
