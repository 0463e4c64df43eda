"""The config file is the truth about structure: what differs in the store, and making it so."""

from dirserver.reconcile.applying import apply_config, plan_config
from dirserver.reconcile.plan import Plan, Step

__all__ = ["Plan", "Step", "apply_config", "plan_config"]
