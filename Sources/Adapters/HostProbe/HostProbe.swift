// Room for the HostProbe adapter.
