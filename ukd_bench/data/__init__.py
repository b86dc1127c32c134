"""Dark videos: ARID on disk, DarkRoom made here, and views that replay.

The registered classes live in :mod:`.arid` and :mod:`.views`, which need torch and MMAction2;
nothing is imported here, so that planning a sweep or making DarkRoom does not pay for them.
"""
