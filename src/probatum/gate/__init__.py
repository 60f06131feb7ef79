"""The gate: only certified text passes. Pure, fails closed, says why.

certified = require(text, bundle_bytes, GatePolicy(), trust)   # Certified[str], or GateDenied with every reason
"""

from probatum.gate.decision import Allowed, Decision, Denied, GatePolicy, Reason, decide
from probatum.gate.types import Certified, Provisional, require

__all__ = ["Allowed", "Certified", "Decision", "Denied", "GatePolicy", "Provisional", "Reason", "decide", "require"]
