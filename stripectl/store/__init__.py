"""Records on disk: plan files, journals, revisions, the lock. Nothing is overwritten in place."""
