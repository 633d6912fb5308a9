"""Pages: one module a screen. A view reads the request, calls services and selectors, and renders."""
