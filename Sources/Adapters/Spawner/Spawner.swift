// Room for the Spawner adapter.
