"""One file a page: its address, what it asks of the services, its template."""
