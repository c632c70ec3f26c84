"""What a plan means to a reader, worked out once from its values; every view lays it out."""
