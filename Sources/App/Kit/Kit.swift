// Room for the use cases.
