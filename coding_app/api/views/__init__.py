"""One module a resource. A view checks who asks, calls a service or a selector, and shows the answer."""
