// Room for the StateDirectory adapter.
