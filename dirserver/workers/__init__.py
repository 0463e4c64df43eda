"""Several processes that serve one config, and the one that watches over them.

The supervisor has the listening sockets, and no reactor; each worker is a whole server that asks
it for them. So a worker may die and be replaced while connections wait, and a new config is each
worker's own affair. What the workers must know of each other goes through the supervisor.
"""
