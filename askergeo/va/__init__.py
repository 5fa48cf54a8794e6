"""Water and sewage: the network of pipes, and the questions that it answers."""
