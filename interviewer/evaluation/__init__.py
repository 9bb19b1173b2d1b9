"""Measures graders on labelled answers, offline as a rule; this file only gathers the package, and runs nothing."""
