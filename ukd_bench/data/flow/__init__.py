"""Optical flow: made before training, stored as MMAction2 stores it, read under a view."""

FLOW_VERSION = 1
"""Version that is raised whenever a change to the code here alters the fields that are made.

It stands in the manifest of flow, beside the decoder that was used, and in the keys of runs that
read flow.
"""
