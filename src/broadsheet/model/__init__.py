"""Records, ports, settings and errors of the service. No input or output happens here."""
