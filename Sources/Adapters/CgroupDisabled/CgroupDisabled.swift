// Room for the CgroupDisabled adapter.
