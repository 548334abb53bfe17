// Room for the Seccomp adapter.
