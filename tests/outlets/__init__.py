"""Replicas of the outlets in the catalogue: the shapes of their lists and pages, and texts that are plainly nobody's."""
