"""Dark videos: ARID on disk, DarkRoom made here, and views that replay.

The registered classes are in :mod:`.arid.dataset`, :mod:`.views.draw`, :mod:`.video.loading` and
:mod:`.flow.open_flow`, which need MMAction2 and torch. This module imports none of them, so
planning a sweep or making DarkRoom does not pay for them.
"""
