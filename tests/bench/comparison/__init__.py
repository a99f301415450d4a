"""Benchmarks of one revision beside another: what is measured, how both sides take turns, and the table of results."""
