"""Many photos: planned, assessed by workers on one machine or on a cluster, each exactly once."""
