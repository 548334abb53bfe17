// Room for the YajlDocument adapter.
