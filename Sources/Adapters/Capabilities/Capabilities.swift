// Room for the Capabilities adapter.
