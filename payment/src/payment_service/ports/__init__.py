"""What is served: each port's application, and the sockets and threads below it."""
