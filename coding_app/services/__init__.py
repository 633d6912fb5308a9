"""Every write of the application. A service knows no request; its arguments are keyword-only."""
