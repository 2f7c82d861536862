"""A server on waitress: the sockets, connections and threads below the applications."""
