"""Teachers, the bank of their scores, and the rules that assemble scores into targets.

Nothing is imported here: what reads a bank needs none of what runs a teacher. Importing
``ukd_bench.distill`` loads the code of all knowledge sources, those with teachers among them; a
teacher itself, its weights and its forwards, is there only once a hook or a fill builds one.
"""
