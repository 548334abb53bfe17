// Room for the Init adapter.
