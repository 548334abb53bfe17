// Room for the Simulation adapter.
