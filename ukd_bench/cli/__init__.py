"""The command line, one command a file: options, printing and exit statuses.

What a command does lies in the rooms, and is imported when it is done: help waits for no torch.
"""
