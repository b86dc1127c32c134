"""Optical flow: made before training, stored as MMAction2 stores it, read under a view."""
