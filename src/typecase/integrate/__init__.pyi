"""Records of one thing: judged, grouped, and made one. The contract is in `contract.py`."""

from .table_integration import TableIntegration as TableIntegration
