"""Figures, not checks: how long things take on this machine. ``python -m tests.benchmarks``."""
