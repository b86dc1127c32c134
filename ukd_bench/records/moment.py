"""The present time as records and states tell it."""

import datetime


def present_moment() -> str:
    """The present time in UTC, to the second, in ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')
