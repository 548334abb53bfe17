// Room for the Console adapter.
