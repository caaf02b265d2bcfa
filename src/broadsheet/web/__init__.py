"""The pages: addresses in, HTML out. They ask the services and never the store."""
