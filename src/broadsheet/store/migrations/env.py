"""Runs migrations on the connection that `store.opening` hands over; sets no logging up."""

from alembic import context

from broadsheet.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
