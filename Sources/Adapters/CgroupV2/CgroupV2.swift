// Room for the CgroupV2 adapter.
