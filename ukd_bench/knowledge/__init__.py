"""Teachers, the bank of their scores, and the rules that assemble scores into targets.

Nothing is imported here: a student that reads a bank must not load what runs a teacher.
"""
