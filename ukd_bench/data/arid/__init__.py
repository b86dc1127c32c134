"""ARID in all its editions, and anybody's own lists: layouts, lists, groups, and the data set."""
