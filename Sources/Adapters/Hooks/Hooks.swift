// Room for the Hooks adapter.
