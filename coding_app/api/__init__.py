"""The REST API: translates requests into calls of services and selectors, and their answers into JSON."""
