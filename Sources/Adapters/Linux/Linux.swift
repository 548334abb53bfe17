// Room for the Linux adapter.
