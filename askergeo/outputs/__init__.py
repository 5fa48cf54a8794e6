"""Writers: each writes results to one format; none computes."""
