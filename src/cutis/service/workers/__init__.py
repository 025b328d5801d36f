"""Analysis in processes of their own: a crash, a hang or too much memory costs one job."""
