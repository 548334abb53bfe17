// Room for the CgroupV1 adapter.
