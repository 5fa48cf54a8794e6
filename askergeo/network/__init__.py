"""The walking network: graph, profiles, snapping, shortest paths and isochrones."""
