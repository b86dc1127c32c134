"""What methods do, carried out for a few steps on clips that stand in for a data set."""
