"""Many machines: the same predictions, made by the workers of a dask cluster (extra ``cluster``)."""
